package faultfs_test

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"github.com/redoubt-kv/redoubt/core/vfs/faultfs"
	"github.com/redoubt-kv/redoubt/core/vfs/memfs"
)

// use runs every operation once and returns which of them failed.
func use(f *faultfs.FS) (failed []int) {
	n := 0
	did := func(err error) {
		n++
		if err != nil && err != io.EOF {
			failed = append(failed, n)
		}
	}
	did(f.MkdirAll("d"))
	file, err := f.Create("d/x")
	did(err)
	if err != nil {
		return failed
	}
	_, err = file.Write([]byte("12345678"))
	did(err)
	did(file.Sync())
	did(file.DataSync())
	did(file.Truncate(4))
	_, err = file.ReadAt(make([]byte, 2), 1)
	did(err)
	_, err = file.Read(make([]byte, 2))
	did(err)
	did(file.Close())
	_, err = f.Open("d/x")
	did(err)
	_, err = f.OpenAppend("d/x")
	did(err)
	did(f.Rename("d/x", "d/y"))
	did(f.SyncDir("d"))
	_, err = f.Stat("d/y")
	did(err)
	_, err = f.ReadDir("d")
	did(err)
	did(f.Remove("d/y"))
	return failed
}

const operations = 16

func TestTheNthOperationFails(t *testing.T) {
	f := faultfs.New(memfs.New(), faultfs.Fault{})
	if failed := use(f); failed != nil || f.Fired() {
		t.Fatalf("without a fault %v failed", failed)
	}
	want := []string{"mkdirall d", "create x", "write x 8", "sync x", "datasync x", "truncate x 4", "readat x 1 2", "read x 2", "close x",
		"open x", "openappend x", "rename x y", "syncdir d", "stat y", "readdir d", "remove y"}
	if got := f.Trace(); !reflect.DeepEqual(got, want) {
		t.Fatalf("%q", got)
	}
	for n := 4; n <= operations; n++ {
		f := faultfs.New(memfs.New(), faultfs.Fault{At: n})
		failed := use(f)
		if len(failed) == 0 || failed[0] != n || n != 12 && len(failed) > 1 || !f.Fired() { // after a failed rename the new name is missing
			t.Errorf("fault at %d: %v failed", n, failed)
		}
		f = faultfs.New(memfs.New(), faultfs.Fault{At: n, Persistent: true})
		if failed := use(f); len(failed) != operations-n+1 || failed[0] != n {
			t.Errorf("from %d on: %v failed", n, failed)
		}
	}
}

func TestShortWriteAndCause(t *testing.T) {
	m := memfs.New()
	var before []string
	f := faultfs.New(m, faultfs.Fault{At: 2, ShortWrite: true, Err: syscall.ENOSPC, Before: func(op string) { before = append(before, op) }})
	file, _ := f.Create("x")
	n, err := file.Write([]byte("12345678"))
	if n != 4 || !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(n, err)
	}
	info, _ := m.Stat("x")
	if info.Size() != 4 || fmt.Sprint(before) != "[create x write x 8]" {
		t.Fatal(info.Size(), before)
	}
}

func TestOnlySomeFailUntilCleared(t *testing.T) {
	f := faultfs.New(memfs.New(), faultfs.Fault{At: 2, Persistent: true, Only: func(op string) bool { return strings.HasPrefix(op, "write ") }})
	file, err := f.Create("x")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, false, false} {
		if _, err := file.Write([]byte("1")); (err == nil) != want {
			t.Fatalf("write %d: %v", i+1, err)
		}
		if err := file.Sync(); err != nil {
			t.Fatal(err)
		}
	}
	f.Clear()
	if _, err := file.Write([]byte("1")); err != nil || !f.Fired() {
		t.Fatalf("after Clear: %v", err)
	}
}
