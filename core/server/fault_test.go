package server_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/vfs/faultfs"
	"github.com/redoubt-kv/redoubt/core/vfs/memfs"
)

// A way in which a disk fails.
type failing struct {
	name  string
	fault faultfs.Fault
}

var failings = []failing{
	{"EIO once", faultfs.Fault{}},
	{"EIO from then on", faultfs.Fault{Persistent: true}},
	{"full once, after half a write", faultfs.Fault{ShortWrite: true, Err: syscall.ENOSPC, Only: takesSpace}},
	{"full from then on, after half a write", faultfs.Fault{Persistent: true, ShortWrite: true, Err: syscall.ENOSPC, Only: takesSpace}},
	{"read-only from then on", faultfs.Fault{Persistent: true, Err: syscall.EROFS, Only: changes}},
}

func takesSpace(op string) bool {
	word, _, _ := strings.Cut(op, " ")
	return slices.Contains([]string{"write", "create", "openappend", "mkdirall", "sync", "datasync"}, word)
}

func changes(op string) bool {
	word, _, _ := strings.Cut(op, " ")
	return takesSpace(op) || slices.Contains([]string{"rename", "remove", "truncate", "syncdir"}, word)
}

// failAt has the nth file operation fail in one way and crashes during the failure and
// after it. It tells whether there was an nth operation.
func failAt(t *testing.T, base *memfs.FS, written *history, dir string, f failing, n int) (fired bool) {
	t.Helper()
	what := fmt.Sprintf("%s, operation %d", f.name, n)
	m := base.CrashClone(nil)
	fault := f.fault
	fault.At = n
	disk := faultfs.New(m, fault)
	h := written.copy()
	d := startOnDisk(t, disk, dir)
	defer d.stop()
	if !d.ended {
		h.work(d)
	}
	if trace := disk.Trace(); disk.Fired() {
		if i := slices.IndexFunc(trace, func(op string) bool { return strings.HasSuffix(op, "!") }); i >= 0 {
			what += " (" + trace[i] + ")"
		}
	}
	r := rand.New(rand.NewPCG(uint64(n), 1))
	h.verify(t, what+", crash while it fails", m.CrashClone(nil), dir)
	h.verify(t, what+", crash that keeps more", m.CrashPrefix(r), dir)
	fired = disk.Fired()
	if d.ended {
		if !fired {
			t.Errorf("%s: the server ended by itself\n%s", what, d.log)
		}
		return fired
	}
	disk.Clear()
	h.recover(what, d)
	h.write(d)
	h.verify(t, what+", crash after it", m.CrashClone(nil), dir)
	return fired
}

// recover wants writes to be possible again after the disk has stopped failing. A
// rewrite is asked for, since those that begin by themselves wait for minutes after
// many failures.
func (h *history) recover(what string, d *onDisk) {
	d.t.Helper()
	if !d.enabled() {
		if reply, err := d.do("CONFIG", "SET", "appendonly", "yes"); err != nil || reply != "OK" {
			d.t.Errorf("%s: the append-only file cannot be turned on again: %v, %v\n%s", what, reply, err, d.log)
		}
	}
	d.idle()
	if reply, err := d.do("BGREWRITEAOF"); err != nil || !strings.HasPrefix(fmt.Sprint(reply), "Background append only file rewriting") {
		d.t.Errorf("%s: BGREWRITEAOF: %v, %v", what, reply, err)
	}
	const most = 15 * time.Second
	for end := time.Now().Add(most); !d.complete(most) || !h.write(d); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			d.t.Errorf("%s: no write is possible after the disk is well again\n%s", what, d.log)
			return
		}
	}
}

// Environment of the child processes of the tests below: which way of failing, and
// which operations. A server reserves a terabyte of address space for good, so that
// one process can run a hundred of them only.
const (
	failEnv = "REDOUBT_DISK_FAILS"
	// failAllEnv has every operation fail in turn, which takes minutes (make crash).
	failAllEnv = "REDOUBT_DISK_FAILS_ALL"
	perChild   = 20
	lieEnv     = "REDOUBT_DISK_LIES" // DataSync does nothing
)

// TestDiskFailsChild is the child.
func TestDiskFailsChild(t *testing.T) {
	var way, from, step int
	if n, err := fmt.Sscanf(os.Getenv(failEnv), "%d %d %d", &way, &from, &step); n != 3 || err != nil {
		t.Skip("for TestEveryFileOperationFails")
	}
	dir := t.TempDir()
	m := newDisk(t, dir)
	h := &history{}
	d := startOnDisk(t, m, dir)
	for range 5 {
		h.write(d)
	}
	d.stop()
	for i := range perChild {
		if !failAt(t, m, h, dir, failings[way], from+i*step) {
			fmt.Println("no more operations")
			return
		}
	}
}

// TestEveryFileOperationFails has the Nth operation on files fail, for all N or by
// default some, in several ways, and crashes the machine during that and afterwards.
func TestEveryFileOperationFails(t *testing.T) {
	all := os.Getenv(failAllEnv) != ""
	for way, f := range failings {
		t.Run(f.name, func(t *testing.T) {
			step := 1
			if !all {
				step = 27 - 2*way // each way hits others
			}
			for from := 1 + way; ; from += perChild * step {
				if !all && from > 1+way {
					return
				}
				cmd := exec.Command(os.Args[0], "-test.run", "^TestDiskFailsChild$", "-test.timeout", "20m")
				cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %d %d", failEnv, way, from, step))
				out, err := cmd.CombinedOutput()
				if err != nil {
					t.Fatalf("from operation %d on: %v\n%s", from, err, out)
				}
				if strings.Contains(string(out), "no more operations") {
					return
				}
			}
		})
	}
}
