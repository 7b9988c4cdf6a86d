package image

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// File is one file that a profile asks for.
type File struct {
	Target string // path in the machine, without the leading slash
	Source string // path relative to the profile's folder
}

// Profile says what an image consists of. It is read from a text file of one
// setting per line; the files of images/ are the reference. A setting with an
// architecture behind it, as in kernel.amd64, is for that one only.
type Profile struct {
	Kernel   string // Go module that holds the kernel as "vmlinuz"
	Init     string // Go package that becomes /init
	Root     string // "initramfs", or "squashfs": read-only on a disk with two slots
	Compress string // of the initramfs: "none", "gzip" or "zstd"
	Cmdline  string // the kernel's command line
	Files    []File

	// Bytes. Zero leaves the rooms in a slot to be chosen by what is in them.
	KernelRoom, RootRoom int64
	Data                 int64 // the data partition of a new disk
}

// The kinds of root file system.
const (
	RootInitramfs = "initramfs"
	RootSquashFS  = "squashfs"
)

// Architectures are those that a machine can be built for, as Go names them.
func Architectures() []string { return []string{"amd64", "arm64"} }

// maxCmdline is the longest command line that Linux on x86 takes, without the
// zero at its end (COMMAND_LINE_SIZE is 2048).
const maxCmdline = 2047

// minData is the smallest data partition: its journal has 32 MiB, which
// must be less than half.
const minData = 96 * mib

// ReadProfile reads the profile at path for an architecture.
func ReadProfile(path, arch string) (*Profile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read profile: %w", err)
	}
	defer f.Close()
	p, err := ParseProfile(f, arch)
	if err != nil {
		return nil, fmt.Errorf("read profile %s: %w", path, err)
	}
	return p, nil
}

// ParseProfile reads a profile for an architecture. Errors name the line.
func ParseProfile(r io.Reader, arch string) (*Profile, error) {
	if !slices.Contains(Architectures(), arch) {
		return nil, fmt.Errorf("unknown architecture %q; there are: %s", arch, strings.Join(Architectures(), " "))
	}
	p := &Profile{Root: RootInitramfs, Compress: "none"}
	scanner := bufio.NewScanner(r)
	for n := 1; scanner.Scan(); n++ {
		line := strings.TrimSpace(scanner.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		if err := p.set(line, arch); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	if err := scanner.Err(); err != nil {
		return nil, err
	}
	return p, p.check()
}

// set applies one line.
func (p *Profile) set(line, arch string) error {
	key, value, _ := strings.Cut(line, " ")
	value = strings.TrimSpace(value)
	if value == "" {
		return fmt.Errorf("%q needs a value", key)
	}
	key, only, limited := strings.Cut(key, ".")
	if limited && !slices.Contains(Architectures(), only) {
		return fmt.Errorf("%s.%s: unknown architecture", key, only)
	}
	if limited && only != arch {
		return nil
	}
	var err error
	switch key {
	case "kernel":
		p.Kernel = value
	case "init":
		p.Init = value
	case "root":
		p.Root = value
	case "compress":
		p.Compress = value
	case "kernel-room":
		p.KernelRoom, err = parseRoom(value)
	case "root-room":
		p.RootRoom, err = parseRoom(value)
	case "data":
		p.Data, err = parseRoom(value)
	case "cmdline":
		p.Cmdline = strings.TrimSpace(p.Cmdline + " " + value)
	case "file":
		fields := strings.Fields(value)
		if len(fields) != 2 {
			return fmt.Errorf("file wants a target and a source, got %q", value)
		}
		p.Files = append(p.Files, File{Target: fields[0], Source: fields[1]})
	default:
		return fmt.Errorf("unknown setting %q", key)
	}
	return err
}

const maxRoom = 1 << 20 // MiB

// parseRoom reads a size in MiB, as in 64M.
func parseRoom(value string) (int64, error) {
	number, ok := strings.CutSuffix(value, "M")
	n, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || n < 1 || n > maxRoom {
		return 0, fmt.Errorf("want a size in MiB as in 64M, got %q", value)
	}
	return n * mib, nil
}

// check refuses a profile from which no image can be built.
func (p *Profile) check() error {
	if p.Kernel == "" || p.Init == "" {
		return fmt.Errorf("a profile needs \"kernel\" and \"init\"")
	}
	if len(p.Cmdline) > maxCmdline {
		return fmt.Errorf("the command line has %d bytes, the kernel takes %d", len(p.Cmdline), maxCmdline)
	}
	switch p.Compress {
	case "none", "gzip", "zstd":
	default:
		return fmt.Errorf("unknown compression %q", p.Compress)
	}
	switch {
	case p.Root != RootInitramfs && p.Root != RootSquashFS:
		return fmt.Errorf("unknown root %q; there are: %s %s", p.Root, RootInitramfs, RootSquashFS)
	case p.Root == RootSquashFS && p.Data < minData:
		return fmt.Errorf("root %s needs \"data\": at least %dM", RootSquashFS, minData/mib)
	case p.Root == RootInitramfs && (p.Data > 0 || p.RootRoom > 0 || p.KernelRoom > 0):
		return fmt.Errorf("a data partition and rooms for updates need root %s", RootSquashFS)
	}
	for _, f := range p.Files {
		if !filepath.IsLocal(f.Target) || !filepath.IsLocal(f.Source) {
			return fmt.Errorf("file %q from %q: both must be relative and stay inside", f.Target, f.Source)
		}
	}
	return nil
}
