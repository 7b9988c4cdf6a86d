package fat32

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// memory is a device in memory.
type memory []byte

func (m memory) ReadAt(p []byte, at int64) (int, error) { return bytes.NewReader(m).ReadAt(p, at) }

func (m memory) WriteAt(p []byte, at int64) (int, error) {
	if at < 0 || at+int64(len(p)) > int64(len(m)) {
		return 0, fmt.Errorf("write of %d bytes at %d, device of %d", len(p), at, len(m))
	}
	return copy(m[at:], p), nil
}

// newVolume makes a volume on a device that is full of garbage.
func newVolume(t *testing.T, bytesOfFiles int64) (memory, *Volume) {
	t.Helper()
	sectors := MinSectors(bytesOfFiles)
	m := memory(bytes.Repeat([]byte{0xa5}, int(sectors)*SectorSize))
	v, err := Format(m, Options{Sectors: sectors, Start: 2048, ID: 1, Label: "TEST"})
	if err != nil {
		t.Fatal(err)
	}
	return m, v
}

// fsck lets dosfstools judge the volume, where they are installed.
func fsck(t *testing.T, m memory) {
	t.Helper()
	path, err := exec.LookPath("fsck.vfat")
	if err != nil {
		path = "/usr/sbin/fsck.vfat"
		if _, err := os.Stat(path); err != nil {
			t.Log("no fsck.vfat on this machine: apt-get install dosfstools")
			return
		}
	}
	file := filepath.Join(t.TempDir(), "fat.img")
	if err := os.WriteFile(file, m, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(path, "-n", file).CombinedOutput(); err != nil {
		t.Fatalf("fsck.vfat: %v\n%s", err, out)
	}
}

func TestFiles(t *testing.T) {
	m, v := newVolume(t, 1<<20)
	for _, dir := range []string{"EFI", "EFI/BOOT", "loader", "loader/entries", "loader"} {
		if err := v.Mkdir(dir); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string][]byte{
		"EFI/BOOT/BOOTX64.EFI":                       bytes.Repeat([]byte("x"), 100_000),
		"loader/loader.conf":                         []byte("timeout 0\n"),
		"loader/entries/redoubt-00000002-b+2.conf":   []byte("second"),
		"loader/entries/redoubt-00000001-a.conf":     []byte("first"),
		"loader/entries/exactly13char":               nil,
		"loader/entries/a name of twenty-six units.": nil,
	}
	for path, content := range want {
		err := v.Create(path, content)
		if path[len(path)-1] == '.' {
			if err == nil {
				t.Errorf("%s is accepted", path)
			}
			delete(want, path)
		} else if err != nil {
			t.Fatal(err)
		}
	}
	big, err := v.Allocate("VMLINUZ", 300_000)
	if err != nil {
		t.Fatal(err)
	}
	copy(m[big.Offset:], "kernel")
	fsck(t, m)

	v, err = Open(m)
	if err != nil {
		t.Fatal(err)
	}
	for path, content := range want {
		got, err := v.ReadFile(path, 1<<20)
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%s: %d bytes, %v", path, len(got), err)
		}
	}
	if at, err := v.Locate("vmlinuz"); err != nil || at != big {
		t.Errorf("the kernel is at %v, %v; want %v", at, err, big)
	}
	list, err := v.List("loader/entries")
	if err != nil || len(list) != 3 {
		t.Errorf("%v %v", list, err)
	}
	if err := v.Remove("loader/entries/redoubt-00000002-b+2.conf"); err != nil {
		t.Fatal(err)
	}
	if err := v.Remove("loader/entries/nosuch"); err != nil {
		t.Error(err)
	}
	if _, err := v.ReadFile("loader/entries/redoubt-00000002-b+2.conf", 100); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
	if _, err := v.ReadFile("EFI/BOOT/BOOTX64.EFI", 99_999); err == nil {
		t.Error("the limit does not hold")
	}
	if err := v.Create("loader/loader.conf", nil); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second loader.conf: %v", err)
	}
	fsck(t, m)
}

// Random files against a map; the volume is read anew now and then, and judged.
func TestRandomFiles(t *testing.T) {
	m, v := newVolume(t, 4<<20)
	r := rand.New(rand.NewPCG(1, 2))
	model := map[string][]byte{}
	for i := range 3000 {
		name := fmt.Sprintf("redoubt-%08d-%c+%d.conf", r.IntN(60), 'a'+r.IntN(2), r.IntN(3))
		if _, there := model[name]; there {
			if err := v.Remove(name); err != nil {
				t.Fatal(err)
			}
			delete(model, name)
		} else {
			content := bytes.Repeat([]byte(name), r.IntN(100))
			if err := v.Create(name, content); err != nil {
				t.Fatal(err)
			}
			model[name] = content
		}
		if i%500 != 499 {
			continue
		}
		var err error
		if v, err = Open(m); err != nil {
			t.Fatal(err)
		}
		list, err := v.List("")
		if err != nil || len(list) != len(model) {
			t.Fatalf("%d files, want %d, %v", len(list), len(model), err)
		}
		for name, content := range model {
			if got, err := v.ReadFile(name, 1<<20); err != nil || !bytes.Equal(got, content) {
				t.Fatalf("%s: %d bytes, want %d, %v", name, len(got), len(content), err)
			}
		}
	}
	fsck(t, m)
}

func TestFull(t *testing.T) {
	_, v := newVolume(t, 1<<20)
	var err error
	for i := 0; err == nil && i < 1000; i++ {
		_, err = v.Allocate(fmt.Sprintf("F%d", i), 1<<20)
	}
	if !errors.Is(err, ErrFull) {
		t.Errorf("got %v", err)
	}
}

// overlay is a device whose writes leave the one below as it is. They are whole
// sectors.
type overlay struct {
	below   memory
	sectors map[int64][]byte
}

func (o overlay) ReadAt(p []byte, at int64) (int, error) {
	n, err := o.below.ReadAt(p, at)
	for s := at / SectorSize; s*SectorSize < at+int64(n); s++ {
		if b := o.sectors[s]; b != nil {
			from := max(at, s*SectorSize)
			copy(p[from-at:n], b[from-s*SectorSize:])
		}
	}
	return n, err
}

func (o overlay) WriteAt(p []byte, at int64) (int, error) {
	if at < 0 || at%SectorSize != 0 || len(p)%SectorSize != 0 || at+int64(len(p)) > int64(len(o.below)) {
		return 0, fmt.Errorf("write of %d bytes at %d", len(p), at)
	}
	for i := 0; i < len(p); i += SectorSize {
		o.sectors[(at+int64(i))/SectorSize] = bytes.Clone(p[i : i+SectorSize])
	}
	return len(p), nil
}

// put writes over the beginning of a sector.
func (o overlay) put(at int64, b []byte) {
	sector := bytes.Clone(o.below[at : at+SectorSize])
	copy(sector, b)
	o.sectors[at/SectorSize] = sector
}

// FuzzOpen: any contents of the head, the FAT and the directory are read without a
// panic, and in bounded time.
func FuzzOpen(f *testing.F) {
	sectors := MinSectors(1 << 20)
	base := memory(make([]byte, int(sectors)*SectorSize))
	v, err := Format(base, Options{Sectors: sectors, Label: "TEST"})
	if err != nil {
		f.Fatal(err)
	}
	if err := v.Mkdir("loader"); err != nil {
		f.Fatal(err)
	}
	if err := v.Create("loader/redoubt-1.conf", []byte("text")); err != nil {
		f.Fatal(err)
	}
	root := v.offset(rootCluster)
	f.Add([]byte{}, []byte{}, []byte{})
	f.Add([]byte(base[:96]), []byte(base[reservedSectors*SectorSize:][:32]), []byte(base[root:][:96]))
	f.Fuzz(func(t *testing.T, head, fat, dir []byte) {
		m := overlay{base, map[int64][]byte{}}
		m.put(0, head[:min(len(head), SectorSize-2)])
		m.put(reservedSectors*SectorSize, fat)
		m.put(root, dir)
		v, err := Open(m)
		if err != nil {
			return
		}
		_, _ = v.List("")
		_, _ = v.ReadFile("loader/redoubt-1.conf", 1000)
		if err := v.Create("new.conf", []byte("x")); err == nil {
			if got, err := v.ReadFile("new.conf", 10); err != nil || string(got) != "x" {
				t.Errorf("a new file reads %q, %v", got, err)
			}
		}
		_ = v.Remove("loader/redoubt-1.conf")
	})
}
