package image

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/u-root/u-root/pkg/cpio"

	"github.com/redoubt-kv/redoubt/appliance/slot"
)

func TestParseProfile(t *testing.T) {
	const text = "# x\nkernel.amd64  k/m\nkernel.arm64 k/arm\ninit ./i\ncmdline a b\ncmdline.arm64 arm\ncmdline c\nfile etc/x x\ncompress gzip\n"
	if p, err := ParseProfile(strings.NewReader(text), "arm64"); err != nil || p.Kernel != "k/arm" || p.Cmdline != "a b arm c" {
		t.Errorf("for arm64: %+v, %v", p, err)
	}
	if _, err := ParseProfile(strings.NewReader(text), "mips"); err == nil {
		t.Error("mips is accepted")
	}
	p, err := ParseProfile(strings.NewReader(text), "amd64")
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
		good + "root nfs":                      `unknown root "nfs"`,
		good + "root squashfs":                 `needs "data"`,
		good + "root squashfs\ndata 95M":       "at least 96M",
		good + "data 64M":                      "need root squashfs",
		good + "data 64":                       "want a size in MiB",
		good + "init.mips x":                   "unknown architecture",
		good + "compress lzma":                 "unknown compression",
		good + "cmdline " + long(maxCmdline+1): "2048 bytes",
	} {
		if _, err := ParseProfile(strings.NewReader(text), "amd64"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: got %v, want %q", text, err, want)
		}
	}
}

func long(n int) string { return strings.Repeat("x", n) }

// FuzzParseProfile: what the parser accepts can be built from.
func FuzzParseProfile(f *testing.F) {
	f.Add("kernel k\ninit i\ncmdline c\nfile a b\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParseProfile(strings.NewReader(text), "amd64")
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
		for _, arch := range Architectures() {
			if _, err := ReadProfile(path, arch); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestInitramfs(t *testing.T) {
	entries := []Entry{
		{Path: "init", Mode: 0o755, Content: []byte("program")},
		{Path: "etc/a", Mode: 0o644, Content: []byte("A")},
		{Path: "etc/b", Mode: 0o600},
		{Path: "etc/c", Link: "/run/c"},
		{Path: "dev", Mode: 0o755, Folder: true},
	}
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
	if want := "dev dev/console init etc etc/a etc/b etc/c"; strings.Join(got, " ") != want {
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

// The committed boot.bin is what boot.S says; compared where there is an
// assembler (it is not needed to build an image).
func TestBootBinIsAssembledFromSource(t *testing.T) {
	if len(bootLoader) != bootLoaderSectors*slot.SectorSize {
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
