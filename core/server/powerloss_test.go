package server_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/redoubt-kv/redoubt/core/vfs"
	"github.com/redoubt-kv/redoubt/core/vfs/faultfs"
	"github.com/redoubt-kv/redoubt/core/vfs/memfs"
)

// instant is what a crash just before a file operation would have left, and what was
// known of the writes at that moment.
type instant struct {
	op    string
	disk  *memfs.FS
	kept  string // of what was not synced
	known *history
}

// TestCrashAtEveryFileOperation has the machine lose power before each file operation
// of a server that writes, rewrites and saves, and starts another one on what is left.
func TestCrashAtEveryFileOperation(t *testing.T) {
	if spec := os.Getenv(failEnv); spec != "" {
		crashes(t, spec)
		return
	}
	for from := 0; ; from += 4 * perChild {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestCrashAtEveryFileOperation$", "-test.timeout", "20m")
		cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", failEnv, from))
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("from operation %d on: %v\n%s", from, err, out)
		}
		if strings.Contains(string(out), "no more operations") || os.Getenv(failAllEnv) == "" {
			return
		}
	}
}

// crashes plays a part of the instants: all from one on, or by default every fourth.
func crashes(t *testing.T, spec string) {
	var from int
	if _, err := fmt.Sscan(spec, &from); err != nil {
		t.Fatal(err)
	}
	step := 4
	if os.Getenv(failAllEnv) != "" {
		step = 1
	}
	dir := t.TempDir()
	m := newDisk(t, dir)
	h := &history{}
	r := rand.New(rand.NewPCG(uint64(from), 2))
	var mu sync.Mutex
	var all []instant
	disk := faultfs.New(m, faultfs.Fault{Before: func(op string) {
		known := h.copy()
		mu.Lock()
		defer mu.Unlock()
		i := instant{op: op, known: known}
		switch len(all) % 5 {
		case 0, 1:
			i.kept, i.disk = "nothing", m.CrashClone(nil)
		case 2, 3:
			i.kept, i.disk = "a prefix", m.CrashPrefix(r)
		default: // of the few bytes of one write: some, or zeros
			i.kept, i.disk = "any sectors", m.CrashClone(r)
		}
		all = append(all, i)
	}})
	var used vfs.FS = disk
	if os.Getenv(lieEnv) != "" {
		used = lying{disk}
	}
	d := startOnDisk(t, used, dir)
	h.work(d)
	d.stop()
	mu.Lock()
	defer mu.Unlock()
	for n := from; n < from+4*perChild; n += step {
		if n >= len(all) {
			fmt.Println("no more operations")
			return
		}
		i := all[n]
		i.known.writes = append(i.known.writes, make([]outcome, len(h.writes)-len(i.known.writes))...)
		i.known.verify(t, fmt.Sprintf("power lost before operation %d (%s), of what was not synced %s kept", n, i.op, i.kept), i.disk, dir)
	}
}

// lying is a disk whose files say that they are durable when they are not.
type lying struct{ vfs.FS }

type lyingFile struct{ vfs.File }

func (lyingFile) DataSync() error { return nil }

// OpenAppend implements vfs.FS.
func (l lying) OpenAppend(name string) (vfs.File, error) {
	f, err := l.FS.OpenAppend(name)
	if err != nil {
		return nil, err
	}
	return lyingFile{f}, nil
}

// TestLostWritesAreNoticed: on a disk that lies, acknowledged writes are lost, and
// the test above says so.
func TestLostWritesAreNoticed(t *testing.T) {
	cmd := exec.Command(os.Args[0], "-test.run", "^TestCrashAtEveryFileOperation$")
	cmd.Env = append(os.Environ(), failEnv+"=0", lieEnv+"=1")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "ACKNOWLEDGED WRITES ARE LOST") {
		t.Fatalf("a disk that syncs nothing was not noticed: %v\n%s", err, out)
	}
}
