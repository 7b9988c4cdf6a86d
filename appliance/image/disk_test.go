package image

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/appliance/slot"
)

// memoryDisk is a disk in memory.
type memoryDisk []byte

func (m memoryDisk) ReadAt(p []byte, at int64) (int, error) { return bytes.NewReader(m).ReadAt(p, at) }

func (m memoryDisk) WriteAt(p []byte, at int64) (int, error) {
	if at < 0 || at+int64(len(p)) > int64(len(m)) {
		return 0, fmt.Errorf("write of %d bytes at %d, disk of %d", len(p), at, len(m))
	}
	return copy(m[at:], p), nil
}

func (memoryDisk) Sync() error { return nil }

// fakeKernel is what a slot takes for a kernel.
func fakeKernel(size int) []byte {
	b := bytes.Repeat([]byte("K"), size)
	copy(b[0x202:], "HdrS")
	return b
}

func writeDisk(t *testing.T, s *System) memoryDisk {
	t.Helper()
	var disk memoryDisk
	if _, err := s.WriteDisk(func(size int64) (slot.Disk, error) {
		disk = make(memoryDisk, size)
		return disk, nil
	}); err != nil {
		t.Fatal(err)
	}
	return disk
}

// What a disk is made of is found again through its boot state.
func TestWriteDisk(t *testing.T) {
	for _, s := range []System{
		{Seed: "memory", Arch: "amd64", Version: "1", Cmdline: "console=ttyS0", Kernel: fakeKernel(100_000), Initramfs: []byte("I")},
		{Seed: "arm", Arch: "arm64", Version: "1", Cmdline: "console=ttyAMA0", Kernel: fakeKernel(5000), Initramfs: []byte("I")},
		{
			Seed: "slots", Arch: "amd64", Version: "1", Cmdline: "quiet", Kernel: fakeKernel(100_000),
			Root: []byte("hsqs root"), DataRoom: mib, Data: strings.NewReader("data" + strings.Repeat("\x00", 9000) + "more"),
		},
	} {
		disk := writeDisk(t, &s)
		if (s.Arch == "amd64") != bytes.Equal(disk[:424], bootLoader[:424]) {
			t.Error("the boot loader")
		}
		table, err := slot.Open(disk, int64(len(disk)), slot.NoSlot)
		if err != nil {
			t.Fatal(err)
		}
		a := table.State().Slots[slot.A]
		at := func(f slot.File) []byte { return disk[int64(f.LBA)*slot.SectorSize:][:f.Bytes] }
		if a.Condition != slot.Good || a.Version != "1" || !bytes.Equal(at(a.Kernel), s.Kernel) || !bytes.Equal(at(a.Initramfs), s.Initramfs) ||
			!strings.HasPrefix(string(at(a.Cmdline)), s.Cmdline) {
			t.Errorf("%s: slot a is %+v", s.Seed, a)
		}
		if p, ok := table.Partition(slot.PartData); ok != (s.Root != nil) {
			t.Errorf("%s: a data partition: %v", s.Seed, ok)
		} else if ok && (string(disk[p.Offset():][:4]) != "data" || string(disk[p.Offset()+9004:][:4]) != "more") {
			t.Error("the data partition's contents")
		}
	}
	if _, err := (&System{Arch: "mips"}).WriteDisk(nil); err == nil {
		t.Error("there is a boot loader for mips")
	}
}

// A file system is read back by squashfs-tools.
func TestSquashFS(t *testing.T) {
	big := make([]byte, 3*squashBlock+5)
	for i := range big {
		big[i] = byte(i * i >> 8)
	}
	entries := []Entry{
		{Path: "init", Mode: 0o755, Content: big},
		{Path: "etc/a", Mode: 0o644, Content: []byte("A")},
		{Path: "etc/empty", Mode: 0o600},
		{Path: "etc/link", Link: "/run/link"},
		{Path: "data", Mode: 0o755, Folder: true},
	}
	// Many files: names and inodes that need several pieces of metadata.
	for i := range 1500 {
		entries = append(entries, Entry{Path: fmt.Sprintf("many/file-with-a-long-name-%04d", i), Mode: 0o644, Content: fmt.Append(nil, i)})
	}
	content, err := SquashFS(entries)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := SquashFS(entries); err != nil || !bytes.Equal(content, again) {
		t.Errorf("the second one differs (%v)", err)
	}
	path := filepath.Join(t.TempDir(), "root.squashfs")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	unsquash, err := findProgram("unsquashfs")
	if err != nil {
		t.Fatal(err, "(scripts/setup test)")
	}
	out := filepath.Join(t.TempDir(), "root")
	if msg, err := exec.Command(unsquash, "-d", out, path).CombinedOutput(); err != nil {
		t.Fatalf("unsquashfs: %v\n%s", err, msg)
	}
	for _, e := range entries {
		got, err := os.ReadFile(filepath.Join(out, e.Path))
		if e.Link != "" {
			target, err := os.Readlink(filepath.Join(out, e.Path))
			if err != nil || target != e.Link {
				t.Errorf("/%s leads to %q, %v", e.Path, target, err)
			}
		} else if !e.Folder && (err != nil || !bytes.Equal(got, e.Content)) {
			t.Errorf("/%s has %d bytes, %v", e.Path, len(got), err)
		}
	}
}

func TestSquashFSRefuses(t *testing.T) {
	for _, entries := range [][]Entry{
		{{Path: "a"}, {Path: "a"}},
		{{Path: "a"}, {Path: "a/b"}},
		{{Path: "a/"}},
		{{Path: long(256)}},
	} {
		if _, err := SquashFS(entries); err == nil {
			t.Errorf("%v is accepted", entries)
		}
	}
}

// A file system for data is the same each time, and what e2fsck accepts.
func TestDataFS(t *testing.T) {
	if _, err := findProgram("mkfs.ext4"); err != nil {
		t.Fatal(err)
	}
	var made [][]byte
	for range 2 {
		f, err := dataFS(t.TempDir(), minData, "test")
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(f)
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		made = append(made, content)
		check, err := findProgram("e2fsck")
		if err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(check, "-f", "-n", f.Name()).CombinedOutput(); err != nil {
			t.Errorf("e2fsck: %v\n%s", err, out)
		}
	}
	if !slices.Equal(made[0], made[1]) {
		t.Error("two file systems differ")
	}
}
