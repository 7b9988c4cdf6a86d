package server_test

import (
	"io"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/core/vfs"
	"github.com/redoubt-kv/redoubt/core/vfs/faultfs"
	"github.com/redoubt-kv/redoubt/core/vfs/memfs"
)

func readACLFile(t *testing.T, disk vfs.FS) string {
	t.Helper()
	f, err := disk.Open("/acl/users.acl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestACLSaveFails fails each file operation of an ACL SAVE and crashes: the file is
// the old one or the new one, and the new one once the client has been told so.
func TestACLSaveFails(t *testing.T) {
	dir := t.TempDir()
	const old, added = "user default on nopass ~* &* +@all\n", "user new on"
	for n := 1; ; n++ {
		m := memfs.New()
		if err := m.MkdirAll("/acl"); err != nil {
			t.Fatal(err)
		}
		f, err := m.Create("/acl/users.acl")
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(f, old)
		f.Sync()
		f.Close()
		for _, name := range []string{"/acl", "/"} {
			if err := m.SyncDir(name); err != nil {
				t.Fatal(err)
			}
		}
		disk := faultfs.New(m, faultfs.Fault{At: n, ShortWrite: true, Only: func(op string) bool { return changes(op) && (strings.Contains(op, "users.acl") || op == "syncdir acl") }})
		d := startOnDisk(t, disk, dir, "--aclfile", "/acl/users.acl", "--appendonly", "no")
		if reply, err := d.do("ACL", "SETUSER", "new", "on"); reply != "OK" {
			t.Fatal(reply, err, d.log)
		}
		reply, err := d.do("ACL", "SAVE")
		if err != nil {
			t.Fatal(err)
		}
		crashed := readACLFile(t, m.CrashClone(nil))
		if saved := strings.Contains(crashed, added); crashed != old && !saved || reply == "OK" && !saved {
			t.Errorf("operation %d, %v: after a crash the file is %q", n, reply, crashed)
		}
		names, err := m.ReadDir("/acl")
		if err != nil || len(names) != 1 {
			t.Errorf("operation %d: files %v, %v", n, names, err)
		}
		fired := disk.Fired()
		if fired == (reply == "OK") {
			t.Errorf("operation %d, failed %v: %v", n, fired, reply)
		}
		disk.Clear()
		if reply, _ := d.do("ACL", "SAVE"); reply != "OK" || !strings.Contains(readACLFile(t, m.CrashClone(nil)), added) {
			t.Errorf("operation %d: then %v", n, reply)
		}
		d.stop()
		if !fired {
			if n < 5 {
				t.Errorf("only %d operations", n-1)
			}
			return
		}
	}
}
