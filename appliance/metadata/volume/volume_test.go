package volume

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// image returns a disk of testdata: made by mkfs.vfat and mtools, genisoimage,
// or xorrisofs, of the same five files.
func image(t testing.TB, name string) []byte {
	t.Helper()
	packed, err := os.ReadFile(filepath.Join("testdata", name+".img.zst"))
	if err != nil {
		t.Fatal(err)
	}
	d, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	disk, err := d.DecodeAll(packed, nil)
	if err != nil {
		t.Fatal(err)
	}
	return disk
}

func TestDisksOfOthers(t *testing.T) {
	for name, want := range map[string]struct{ kind, label string }{
		"fat12":       {"FAT12", "cidata"},
		"fat16":       {"FAT16", "CIDATA"},
		"fat32":       {"FAT32", "CIDATA"},
		"iso-r":       {"ISO 9660", "cidata"},
		"iso-j":       {"ISO 9660", "CIDATA"},
		"iso-rj":      {"ISO 9660", "cidata"},
		"iso-xorriso": {"ISO 9660", "cidata"},
	} {
		v, err := Open(bytes.NewReader(image(t, name)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if v.Kind != want.kind || v.Label != want.label {
			t.Errorf("%s: %s with label %q", name, v.Kind, v.Label)
		}
		for path, content := range map[string]string{
			"user-data":                  "#cloud-config\nhostname: one\n",
			"Meta-Data":                  "instance-id: i-1\n",
			"network-config":             "version: 2\n",
			"openstack/latest/user_data": strings.Repeat("x", 5000),
			"plain.txt":                  "short\n",
		} {
			got, err := v.ReadFile(path, 5000)
			if err != nil || string(got) != content {
				t.Errorf("%s: %s: got %d bytes, %v", name, path, len(got), err)
			}
		}
		if _, err := v.ReadFile("openstack/latest/user_data", 4999); err == nil || errors.Is(err, ErrNotFound) {
			t.Errorf("%s: a file above the limit: %v", name, err)
		}
		for _, path := range []string{"vendor-data", "openstack", "user-data/x", "", "openstack/latest", "..", "openstack/../user-data"} {
			if _, err := v.ReadFile(path, 100); !errors.Is(err, ErrNotFound) {
				t.Errorf("%s: %q: %v", name, path, err)
			}
		}
	}
}

// Without Joliet and Rock Ridge there are short names only.
func TestPlainISO(t *testing.T) {
	v, err := Open(bytes.NewReader(image(t, "iso-plain")))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := v.ReadFile("plain.txt", 100); err != nil || string(got) != "short\n" || v.Label != "config-2" {
		t.Errorf("%q: got %q, %v", v.Label, got, err)
	}
}

func TestWriteISO(t *testing.T) {
	var files []File
	for i := range 40 { // more than one block of records
		name := string([]byte{byte('a' + i%26), byte('a' + i/26)}) + "-a-long-name.with.dots"
		files = append(files, File{name, bytes.Repeat([]byte{byte(i)}, 100*i)})
	}
	var disk bytes.Buffer
	if err := WriteISO(&disk, "cidata", files); err != nil {
		t.Fatal(err)
	}
	v, err := Open(bytes.NewReader(disk.Bytes()))
	if err != nil || v.Label != "cidata" {
		t.Fatal(v, err)
	}
	for _, f := range files {
		if got, err := v.ReadFile(f.Name, 1<<20); err != nil || !bytes.Equal(got, f.Content) {
			t.Errorf("%s: got %d bytes, %v", f.Name, len(got), err)
		}
	}
	for _, bad := range [][]File{{{Name: ""}}, {{Name: "same-name-1"}, {Name: "same-name-2"}}, {{Name: strings.Repeat("n", 65)}}} {
		if err := WriteISO(io.Discard, "cidata", bad); err == nil {
			t.Errorf("%q was written", bad)
		}
	}
}

func TestNotAVolume(t *testing.T) {
	for _, disk := range [][]byte{nil, make([]byte, 511), make([]byte, 1<<20), bytes.Repeat([]byte{0x55, 0xaa}, 1<<16)} {
		if v, err := Open(bytes.NewReader(disk)); !errors.Is(err, ErrUnknown) {
			t.Errorf("%d bytes: %v, %v", len(disk), v, err)
		}
	}
}

// UDF as genisoimage makes it, beside ISO 9660, which is hidden here.
func TestUDF(t *testing.T) {
	disk := image(t, "udf-bridge")
	copy(disk[isoFirst*isoBlock+1:], "XXXXX")
	v, err := Open(bytes.NewReader(disk))
	if err != nil || v.Kind != "UDF" || v.Label != "cidata" {
		t.Fatalf("%+v, %v", v, err)
	}
	for path, content := range map[string]string{
		"user-data":                  "#cloud-config\nhostname: one\n",
		"openstack/latest/user_data": strings.Repeat("x", 5000),
		"PLAIN.TXT":                  "short\n",
	} {
		if got, err := v.ReadFile(path, 5000); err != nil || string(got) != content {
			t.Errorf("%s: got %d bytes, %v", path, len(got), err)
		}
	}
	if _, err := v.ReadFile("openstack/nothing", 10); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

// A chain of clusters that runs in a circle ends.
func TestFATCircle(t *testing.T) {
	disk := image(t, "fat16")
	v, err := Open(bytes.NewReader(disk))
	if err != nil {
		t.Fatal(err)
	}
	folder, err := v.find(v.root, "openstack")
	if err != nil {
		t.Fatal(err)
	}
	at := v.fs.(*fat).fatOffset + 2*int64(folder.start)
	disk[at], disk[at+1] = byte(folder.start), byte(folder.start>>8)
	if _, err := v.ReadFile("openstack/nothing", 10); err == nil || !strings.Contains(err.Error(), "damaged FAT") && !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

// patched is a disk of testdata with bytes put over some of it.
type patched struct {
	disk  []byte
	at    int64
	patch []byte
}

func (p patched) ReadAt(b []byte, offset int64) (int, error) {
	if offset < 0 || offset >= int64(len(p.disk)) {
		return 0, io.EOF
	}
	n := copy(b, p.disk[offset:])
	for i := range b[:n] {
		if k := offset + int64(i) - p.at; k >= 0 && k < int64(len(p.patch)) {
			b[i] = p.patch[k]
		}
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// FuzzOpen: whatever is on a disk, reading ends, with a file or an error. The
// input is laid over a sound disk, so that it reaches what comes after the first
// check.
func FuzzOpen(f *testing.F) {
	names := []string{"fat12", "fat16", "fat32", "iso-rj", "iso-j", "udf-bridge"}
	var disks [][]byte
	for i, name := range names {
		disks = append(disks, image(f, name))
		if name == "udf-bridge" {
			copy(disks[i][isoFirst*isoBlock+1:], "XXXXX")
		}
		for _, at := range []int{0, 11, 32768, 32768 + 156, 20 * 2048, 257 * 2048} {
			if at+64 < len(disks[i]) {
				f.Add(byte(i), uint32(at), disks[i][at:at+64])
			}
		}
	}
	f.Fuzz(func(t *testing.T, which byte, at uint32, patch []byte) {
		p := patched{disks[int(which)%len(disks)], int64(at), patch}
		if which >= 128 {
			p.disk = nil
			p = patched{patch, 0, nil}
		}
		v, err := Open(p)
		if err != nil {
			return
		}
		for _, path := range []string{"user-data", "openstack/latest/user_data", "nothing"} {
			if b, err := v.ReadFile(path, 6000); err == nil && len(b) > 6000 {
				t.Fatalf("%s: %d bytes", path, len(b))
			}
		}
	})
}
