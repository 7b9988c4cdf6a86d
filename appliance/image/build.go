// Package image builds the disk image, the initramfs and the files for a direct
// boot from a profile of images/.
package image

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	_ "github.com/gokrazy/kernel.amd64" // keep the kernels' modules in go.mod
	_ "github.com/gokrazy/kernel.arm64"

	"github.com/redoubt-kv/redoubt/appliance/image/sbom"
	"github.com/redoubt-kv/redoubt/appliance/slot"
)

// Builder says where an image comes from and where it goes.
type Builder struct {
	Profile string    // folder of the profile, as in images/redis-memonly
	Output  string    // folder for the results, created if need be
	Root    string    // the module's root, in which Go packages are built
	Init    string    // a Go package instead of the profile's "init", for tests
	Arch    string    // "amd64" (also if it is "") or "arm64"
	Kernel  string    // "prebuilt" (also if it is ""), or "minimal" or "cloud" from build/kernel
	Version string    // of the image; "" asks git
	Formats []string  // of the disk beside the raw one, see ParseFormats
	Report  io.Writer // gets the list of what was built
}

// The kernels that a machine can be built with.
const (
	KernelPrebuilt = "prebuilt" // from the profile's Go module
	KernelMinimal  = "minimal"  // from Debian's sources, see scripts/kernel
	KernelCloud    = "cloud"    // the same with the drivers of clouds
)

// The files that Build writes to the output folder.
const (
	DiskFile      = "usr.img"       // raw, boots by itself
	KernelFile    = "vmlinuz"       // for QEMU's -kernel
	KernelELFFile = "vmlinux"       // the same, not compressed: for Firecracker and microvm
	InitramfsFile = "initramfs"     // for QEMU's -initrd, if the machine is in it
	RootFile      = "root.squashfs" // the root file system otherwise
	CmdlineFile   = "cmdline"       // for QEMU's -append
	UpdateFile    = "update.tar"    // for a running machine with two slots
)

// BuildName returns the folder of build/ for an image: NAME, and what is not as usual.
func BuildName(name, arch, kernel string) string {
	if arch != "amd64" {
		name += "-" + arch
	}
	if kernel != KernelPrebuilt {
		name += "-" + kernel
	}
	return name
}

// Build makes the image. A file is replaced only when its new content is
// complete, so that an interrupted build leaves the last image as it was.
func (b *Builder) Build() error {
	p, err := b.check()
	if err != nil {
		return err
	}
	if b.Version == "" {
		b.Version = b.describe()
	}
	entries, err := b.entries(p)
	if err != nil {
		return err
	}
	system := System{
		Seed: filepath.Base(b.Profile) + " " + b.Arch, Arch: b.Arch, Version: b.Version, Cmdline: p.Cmdline,
		KernelRoom: p.KernelRoom, RootRoom: p.RootRoom, DataRoom: p.Data,
	}
	if system.Kernel, err = b.kernel(p); err != nil {
		return err
	}
	if err := os.MkdirAll(b.Output, 0o755); err != nil {
		return fmt.Errorf("build image: %w", err)
	}
	materials, err := b.billOfMaterials(p, &system, entries[0].Content)
	if err != nil {
		return err
	}
	results := []Entry{{Path: KernelFile, Content: system.Kernel}, {Path: sbom.FileName, Content: materials}}
	if b.Kernel != KernelPrebuilt && b.Arch == "amd64" {
		elf, err := os.ReadFile(filepath.Join(b.minimalKernel(), KernelELFFile))
		if err != nil {
			return fmt.Errorf("build image: %w", err)
		}
		results = append(results, Entry{Path: KernelELFFile, Content: elf})
	}
	if p.Root == RootSquashFS {
		if system.Root, err = SquashFS(entries); err != nil {
			return err
		}
		update, err := b.update(&system, materials)
		if err != nil {
			return err
		}
		results = append(results, Entry{Path: RootFile, Content: system.Root}, Entry{Path: UpdateFile, Content: update})
	} else {
		if system.Initramfs, err = b.initramfs(p, entries); err != nil {
			return err
		}
		results = append(results, Entry{Path: InitramfsFile, Content: system.Initramfs})
	}
	cmdline, err := b.writeDisk(&system)
	if err != nil {
		return err
	}
	results = append(results, Entry{Path: CmdlineFile, Content: []byte(cmdline + "\n")})
	var names []string
	for _, r := range results {
		if err := replaceFile(filepath.Join(b.Output, r.Path), r.Content); err != nil {
			return err
		}
		names = append(names, r.Path)
	}
	all, err := b.finish(append(names, DiskFile))
	if err != nil {
		return err
	}
	return b.report(p, all, entries)
}

// describe asks git for the version.
func (b *Builder) describe() string {
	cmd := exec.Command("git", "describe", "--always", "--dirty")
	cmd.Dir = b.Root
	out, err := cmd.Output()
	if err != nil {
		return "unknown" // not a repository, or no git
	}
	return strings.TrimSpace(string(out))
}

func (b *Builder) initramfs(p *Profile, entries []Entry) ([]byte, error) {
	archive, err := Initramfs(entries)
	if err != nil {
		return nil, err
	}
	return Compress(p.Compress, archive)
}

// fileDisk is a disk in a file.
type fileDisk struct{ *os.File }

// Sync does nothing: a disk that is built counts once it has its name.
func (fileDisk) Sync() error { return nil }

// writeDisk builds the disk and returns the command line for a direct boot with it.
func (b *Builder) writeDisk(system *System) (cmdline string, err error) {
	dir, err := os.MkdirTemp(b.Output, ".disk-")
	if err != nil {
		return "", fmt.Errorf("build image: %w", err)
	}
	defer os.RemoveAll(dir)
	if system.Root != nil {
		data, err := dataFS(dir, system.DataRoom, system.Seed)
		if err != nil {
			return "", err
		}
		defer data.Close()
		system.Data = data
	}
	f, err := os.OpenFile(filepath.Join(dir, DiskFile), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return "", fmt.Errorf("build image: %w", err)
	}
	defer f.Close()
	t, err := system.WriteDisk(func(size int64) (slot.Disk, error) {
		return fileDisk{f}, f.Truncate(size)
	})
	if err == nil {
		cmdline, err = t.Cmdline(slot.A)
	}
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(b.Output, DiskFile))
	}
	if err != nil {
		return "", fmt.Errorf("build image: write disk: %w", err)
	}
	return cmdline, nil
}

// entries returns what goes into the initramfs: /init first.
func (b *Builder) entries(p *Profile) ([]Entry, error) {
	program, err := b.buildInit(p)
	if err != nil {
		return nil, err
	}
	entries := []Entry{{Path: "init", Mode: 0o755, Content: program}}
	for _, dir := range rootFolders {
		mode := uint64(0o755)
		if dir == "tmp" {
			mode = 0o1777
		}
		entries = append(entries, Entry{Path: dir, Mode: mode, Folder: true})
	}
	for _, l := range rootLinks {
		entries = append(entries, Entry{Path: l[0], Mode: 0o777, Link: l[1]})
	}
	entries = append(entries, Entry{Path: ReleaseFile, Mode: 0o644, Content: b.release()})
	for _, f := range p.Files {
		content, err := os.ReadFile(filepath.Join(b.Profile, f.Source))
		if err != nil {
			return nil, fmt.Errorf("build image: %w", err)
		}
		entries = append(entries, Entry{Path: f.Target, Mode: 0o644, Content: content})
	}
	return entries, nil
}

// ReleaseFile is the file of the machine that says what it is: lines of NAME=VALUE.
const ReleaseFile = "etc/redoubt-release"

func (b *Builder) release() []byte {
	return fmt.Appendf(nil, "VERSION=%s\nPROFILE=%s\nARCH=%s\nKERNEL=%s\n", b.Version, filepath.Base(b.Profile), b.Arch, b.Kernel)
}

// initTags leave out what no machine needs: HTTP/2, which the administration and the
// metadata services do without, is 200 KiB of the initramfs.
const initTags = "nethttpomithttp2"

// buildInit compiles the machine's one program: static, without symbols and
// without paths of the machine it was built on.
func (b *Builder) buildInit(p *Profile) ([]byte, error) {
	pkg := p.Init
	if b.Init != "" {
		pkg = b.Init
	}
	dir, err := os.MkdirTemp("", "redoubt-image-")
	if err != nil {
		return nil, fmt.Errorf("build image: %w", err)
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "init")
	cmd := exec.Command("go", "build", "-tags", initTags, "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", out, pkg)
	cmd.Dir = b.Root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+b.Arch)
	if msg, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build image: go build %s: %w\n%s", pkg, err, msg)
	}
	program, err := os.ReadFile(out)
	if err != nil {
		return nil, fmt.Errorf("build image: %w", err)
	}
	return program, nil
}

// kernel reads the kernel from its Go module, or the one that was built.
func (b *Builder) kernel(p *Profile) ([]byte, error) {
	switch b.Kernel {
	case KernelPrebuilt:
		return b.moduleKernel(p)
	case KernelMinimal, KernelCloud:
		kernel, err := os.ReadFile(filepath.Join(b.minimalKernel(), "vmlinuz"))
		if err != nil {
			return nil, fmt.Errorf("build image: read the %s kernel: %w; \"make image=%s kernel=%s arch=%s\" builds it first",
				b.Kernel, err, filepath.Base(b.Profile), b.Kernel, b.Arch)
		}
		return kernel, nil
	}
	return nil, fmt.Errorf("build image: unknown kernel %q", b.Kernel)
}

// minimalKernel is where scripts/kernel leaves its results.
func (b *Builder) minimalKernel() string {
	name := b.Arch
	if b.Kernel == KernelCloud {
		name += "-cloud"
	}
	return filepath.Join(b.Root, "build", "kernel", name)
}

func (b *Builder) moduleKernel(p *Profile) ([]byte, error) {
	dir, err := b.kernelModule(p)
	if err != nil {
		return nil, fmt.Errorf("build image: %w", err)
	}
	kernel, err := os.ReadFile(filepath.Join(dir, "vmlinuz"))
	if err != nil {
		return nil, fmt.Errorf("build image: read the kernel: %w", err)
	}
	return kernel, nil
}

// kernelModule returns the folder of the Go module with the kernel.
func (b *Builder) kernelModule(p *Profile) (string, error) {
	folders, err := sbom.GoFolders(b.Root)([]string{p.Kernel})
	if err != nil {
		return "", fmt.Errorf("find the kernel's module: %w", err)
	}
	if folders[p.Kernel] == "" {
		return "", fmt.Errorf("the kernel's module is not downloaded; run: go mod download %s", p.Kernel)
	}
	return folders[p.Kernel], nil
}

// report lists the results with their sizes, and everything that is inside.
func (b *Builder) report(p *Profile, results []result, entries []Entry) error {
	var s strings.Builder
	fmt.Fprintf(&s, "Built %s:\n", b.Output)
	for _, r := range results {
		fmt.Fprintf(&s, "  %11d  %s\n", r.size, r.name)
	}
	fmt.Fprintf(&s, "Everything in the machine (version %s, %s, root in %s):\n", b.Version, b.Arch, p.Root)
	for _, e := range entries {
		switch {
		case e.Folder:
			fmt.Fprintf(&s, "  %11s  /%s/\n", "folder", e.Path)
		case e.Link != "":
			fmt.Fprintf(&s, "  %11s  /%s -> %s\n", "link", e.Path, e.Link)
		default:
			fmt.Fprintf(&s, "  %11d  /%s\n", len(e.Content), e.Path)
		}
	}
	fmt.Fprintf(&s, "Kernel command line: %s\n", p.Cmdline)
	_, err := io.WriteString(b.Report, s.String())
	return err
}
