package image

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/u-root/u-root/pkg/cpio"
)

func TestParseProfile(t *testing.T) {
	p, err := ParseProfile(strings.NewReader("# x\nkernel  k/m\ninit ./i\ncmdline a b\ncmdline c\nfile etc/x x\ncompress gzip\n"))
	if err != nil {
		t.Fatal(err)
	}
	if p.Kernel != "k/m" || p.Init != "./i" || p.Cmdline != "a b c" || p.Compress != "gzip" || p.Files[0] != (File{"etc/x", "x"}) {
		t.Errorf("got %+v", p)
	}
	const good = "kernel k\ninit i\n"
	for text, want := range map[string]string{
		"kernel k":                             `needs "kernel" and "init"`,
		good + "nosuch 1":                      `line 3: unknown setting "nosuch"`,
		good + "init":                          `line 3: "init" needs a value`,
		good + "file one":                      "a target and a source",
		good + "file ../x y":                   "must be relative",
		good + "file x /etc/shadow":            "must be relative",
		good + "compress lzma":                 "unknown compression",
		good + "cmdline " + long(maxCmdline+1): "2048 bytes",
	} {
		if _, err := ParseProfile(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: got %v, want %q", text, err, want)
		}
	}
}

func long(n int) string { return strings.Repeat("x", n) }

// FuzzParseProfile: what the parser accepts can be built from.
func FuzzParseProfile(f *testing.F) {
	f.Add("kernel k\ninit i\ncmdline c\nfile a b\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParseProfile(strings.NewReader(text))
		if err != nil {
			return
		}
		if p.Kernel == "" || p.Init == "" || len(p.Cmdline) > maxCmdline {
			t.Errorf("accepted %+v", p)
		}
	})
}

// Every profile of the repository is a good one.
func TestImagesProfiles(t *testing.T) {
	paths, err := filepath.Glob("../../images/*/profile")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no profiles: %v", err)
	}
	for _, path := range paths {
		if _, err := ReadProfile(path); err != nil {
			t.Error(err)
		}
	}
}

func TestInitramfs(t *testing.T) {
	entries := []Entry{{"init", 0o755, []byte("program")}, {"etc/a", 0o644, []byte("A")}, {"etc/b", 0o600, nil}}
	archive, err := Initramfs(entries)
	if err != nil {
		t.Fatal(err)
	}
	records, err := cpio.ReadAllRecords(cpio.Newc.Reader(bytes.NewReader(archive)))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range records {
		got = append(got, r.Name)
		if r.MTime != 0 || r.UID != 0 {
			t.Errorf("%s carries a time or an owner", r.Name)
		}
	}
	if want := "dev dev/console init etc etc/a etc/b"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
	again, err := Initramfs(entries)
	if err != nil || !bytes.Equal(archive, again) {
		t.Errorf("the second archive differs (%v)", err)
	}
}

func TestCompress(t *testing.T) {
	data := bytes.Repeat([]byte("redoubt "), 1000)
	for method, magic := range map[string]string{"none": "redoubt", "gzip": "\x1f\x8b", "zstd": "\x28\xb5\x2f\xfd"} {
		got, err := Compress(method, data)
		if err != nil || !bytes.HasPrefix(got, []byte(magic)) {
			t.Errorf("%s: %x, %v", method, got[:min(8, len(got))], err)
		}
	}
	if _, err := Compress("lzma", data); err == nil {
		t.Error("lzma is accepted")
	}
}

// The disk is read back as a loader and as a FAT driver would.
func TestWriteDisk(t *testing.T) {
	kernel, initramfs := bytes.Repeat([]byte("K"), 100_000), bytes.Repeat([]byte("I"), 5000)
	const cmdline = "console=ttyS0"
	var b bytes.Buffer
	if err := WriteDisk(&b, kernel, initramfs, cmdline); err != nil {
		t.Fatal(err)
	}
	disk := b.Bytes()
	le := binary.LittleEndian
	if disk[510] != 0x55 || disk[511] != 0xaa || string(disk[512:516]) != "RDBT" {
		t.Fatal("no boot loader")
	}
	for i, want := range [][]byte{kernel, initramfs, []byte(cmdline)} {
		lba, size := le.Uint32(disk[paramsOffset+8+8*i:]), le.Uint32(disk[paramsOffset+12+8*i:])
		if got := disk[lba*sectorSize:][:size]; !bytes.Equal(got, want) {
			t.Errorf("file %d is not where the loader is told", i)
		}
	}
	start, sectors := le.Uint32(disk[partitionTable+8:]), le.Uint32(disk[partitionTable+12:])
	if uint64(start+sectors)*sectorSize != uint64(len(disk)) {
		t.Errorf("the partition is %d+%d sectors, the disk %d bytes", start, sectors, len(disk))
	}
	for name, want := range map[string][]byte{"VMLINUZ    ": kernel, "INITRAMFCPI": initramfs, "CMDLINE TXT": []byte(cmdline)} {
		if got := readFAT(t, disk[start*sectorSize:], name); !bytes.Equal(got, want) {
			t.Errorf("%s: got %d bytes, want %d", name, len(got), len(want))
		}
	}
	if err := WriteDisk(&b, kernel, initramfs, long(maxCmdline+1)); err == nil {
		t.Error("a command line that is too long is accepted")
	}
}

// readFAT reads a file by its directory entry and its chain of clusters.
func readFAT(t *testing.T, v []byte, name string) []byte {
	t.Helper()
	le := binary.LittleEndian
	cluster := int(v[13]) * sectorSize
	fat := int(le.Uint16(v[14:])) * sectorSize
	root := fat + int(v[16])*int(le.Uint16(v[22:]))*sectorSize
	data := root + int(le.Uint16(v[17:]))*32
	at := bytes.Index(v[root:data], []byte(name))
	if at < 0 {
		t.Fatalf("%s is not in the directory", name)
	}
	entry := v[root+at:]
	var content []byte
	for c := int(le.Uint16(entry[26:])); c != 0xffff; c = int(le.Uint16(v[fat+2*c:])) {
		content = append(content, v[data+(c-2)*cluster:][:cluster]...)
	}
	return content[:le.Uint32(entry[28:])]
}

func TestBadBootFileNames(t *testing.T) {
	for _, name := range []string{"", "lower", "NINECHARS", "A.LONG", ".X"} {
		if _, err := newFATVolume(0, []*bootFile{{name: name}}); err == nil {
			t.Errorf("%q is accepted", name)
		}
	}
}

// The committed boot.bin is what boot.S says; compared where there is an
// assembler (it is not needed to build an image).
func TestBootBinIsAssembledFromSource(t *testing.T) {
	if len(bootLoader) != bootLoaderSectors*sectorSize {
		t.Fatalf("boot.bin has %d bytes", len(bootLoader))
	}
	if _, err := exec.LookPath("as"); err != nil {
		t.Skip("no assembler on this machine: apt-get install binutils")
	}
	// Looked at, so that Go does not remember the result for another source.
	if _, err := os.Stat("bootsector/boot.S"); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	object, binary := filepath.Join(dir, "boot.o"), filepath.Join(dir, "boot.bin")
	for _, command := range [][]string{
		{"as", "--32", "-o", object, "bootsector/boot.S"},
		{"ld", "-m", "elf_i386", "-Ttext", "0x7c00", "--oformat", "binary", "-o", binary, object},
	} {
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", command, err, out)
		}
	}
	got, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, bootLoader) {
		t.Error("boot.bin is not assembled from boot.S; see its head for the command")
	}
}
