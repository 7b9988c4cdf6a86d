// Package image builds the disk image, the initramfs and the files for a direct
// boot from a profile of images/.
package image

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	_ "github.com/gokrazy/kernel.amd64" // keeps the kernel's module in go.mod

	"github.com/redoubt-kv/redoubt/appliance/image/sbom"
)

// Builder says where an image comes from and where it goes.
type Builder struct {
	Profile string    // folder of the profile, as in images/redis-memonly
	Output  string    // folder for the results, created if need be
	Root    string    // the module's root, in which Go packages are built
	Init    string    // a Go package instead of the profile's "init", for tests
	Version string    // of the image
	Formats []string  // of the disk beside the raw one, see ParseFormats
	Report  io.Writer // gets the list of what was built
}

// The files that Build writes to the output folder.
const (
	DiskFile      = "usr.img"   // raw, boots by itself
	KernelFile    = "vmlinuz"   // for QEMU's -kernel
	InitramfsFile = "initramfs" // for QEMU's -initrd
	CmdlineFile   = "cmdline"   // for QEMU's -append
)

// Build makes the image. A file is replaced only when its new content is
// complete, so that an interrupted build leaves the last image as it was.
func (b *Builder) Build() error {
	p, err := ReadProfile(filepath.Join(b.Profile, "profile"))
	if err != nil {
		return err
	}
	entries, err := b.entries(p)
	if err != nil {
		return err
	}
	archive, err := Initramfs(entries)
	if err != nil {
		return err
	}
	initramfs, err := Compress(p.Compress, archive)
	if err != nil {
		return err
	}
	kernel, part, err := b.kernel(p)
	if err != nil {
		return err
	}
	materials, err := b.billOfMaterials(entries[0].Content, []sbom.Part{part, bootLoaderPart(b.Version)})
	if err != nil {
		return err
	}
	var disk bytes.Buffer
	if err := WriteDisk(&disk, kernel, initramfs, p.Cmdline); err != nil {
		return err
	}
	if err := os.MkdirAll(b.Output, 0o755); err != nil {
		return fmt.Errorf("build image: %w", err)
	}
	results := []Entry{
		{Path: KernelFile, Content: kernel},
		{Path: InitramfsFile, Content: initramfs},
		{Path: CmdlineFile, Content: []byte(p.Cmdline + "\n")},
		{Path: DiskFile, Content: disk.Bytes()},
		{Path: sbom.FileName, Content: materials},
	}
	var names []string
	for _, r := range results {
		names = append(names, r.Path)
		if err := replaceFile(filepath.Join(b.Output, r.Path), r.Content); err != nil {
			return err
		}
	}
	all, err := b.finish(names)
	if err != nil {
		return err
	}
	return b.report(p, all, entries)
}

// entries returns what goes into the initramfs: /init first.
func (b *Builder) entries(p *Profile) ([]Entry, error) {
	program, err := b.buildInit(p)
	if err != nil {
		return nil, err
	}
	entries := []Entry{{Path: "init", Mode: 0o755, Content: program}}
	for _, f := range p.Files {
		content, err := os.ReadFile(filepath.Join(b.Profile, f.Source))
		if err != nil {
			return nil, fmt.Errorf("build image: %w", err)
		}
		entries = append(entries, Entry{Path: f.Target, Mode: 0o644, Content: content})
	}
	return entries, nil
}

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
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", out, pkg)
	cmd.Dir = b.Root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	if msg, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build image: go build %s: %w\n%s", pkg, err, msg)
	}
	program, err := os.ReadFile(out)
	if err != nil {
		return nil, fmt.Errorf("build image: %w", err)
	}
	return program, nil
}

// kernel reads the kernel from its Go module.
func (b *Builder) kernel(p *Profile) ([]byte, sbom.Part, error) {
	cmd := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", p.Kernel)
	cmd.Dir = b.Root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, sbom.Part{}, fmt.Errorf("build image: find the kernel's module %s: %w\n%s", p.Kernel, err, &stderr)
	}
	dir := strings.TrimSpace(string(out))
	if dir == "" {
		return nil, sbom.Part{}, fmt.Errorf("build image: the kernel's module is not downloaded; run: go mod download %s", p.Kernel)
	}
	kernel, err := os.ReadFile(filepath.Join(dir, "vmlinuz"))
	if err != nil {
		return nil, sbom.Part{}, fmt.Errorf("build image: read the kernel: %w", err)
	}
	part, err := kernelPart(p.Kernel, dir, kernel)
	if err != nil {
		return nil, part, fmt.Errorf("build image: %w", err)
	}
	return kernel, part, nil
}

// report lists the results with their sizes, and everything that is inside.
func (b *Builder) report(p *Profile, results []result, entries []Entry) error {
	var s strings.Builder
	fmt.Fprintf(&s, "Built %s:\n", b.Output)
	for _, r := range results {
		fmt.Fprintf(&s, "  %11d  %s\n", r.size, r.name)
	}
	fmt.Fprintf(&s, "Everything in the machine (initramfs, compression %s):\n", p.Compress)
	for _, e := range entries {
		fmt.Fprintf(&s, "  %11d  /%s\n", len(e.Content), e.Path)
	}
	fmt.Fprintf(&s, "  %11s  /dev/console\nKernel command line: %s\n", "device", p.Cmdline)
	_, err := io.WriteString(b.Report, s.String())
	return err
}
