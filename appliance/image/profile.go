package image

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// File is one file that a profile asks for.
type File struct {
	Target string // path in the machine, without the leading slash
	Source string // path relative to the profile's folder
}

// Profile says what an image consists of. It is read from a text file of one
// setting per line; the files of images/ are the reference.
type Profile struct {
	Kernel   string // Go module that holds the kernel as "vmlinuz"
	Init     string // Go package that becomes /init
	Compress string // "none", "gzip" or "zstd"
	Cmdline  string // the kernel's command line
	Files    []File
}

// maxCmdline is the longest command line that Linux on x86 takes, without the
// zero at its end (COMMAND_LINE_SIZE is 2048).
const maxCmdline = 2047

// ReadProfile reads the profile at path.
func ReadProfile(path string) (*Profile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read profile: %w", err)
	}
	defer f.Close()
	p, err := ParseProfile(f)
	if err != nil {
		return nil, fmt.Errorf("read profile %s: %w", path, err)
	}
	return p, nil
}

// ParseProfile reads a profile. Errors name the line.
func ParseProfile(r io.Reader) (*Profile, error) {
	p := &Profile{Compress: "none"}
	scanner := bufio.NewScanner(r)
	for n := 1; scanner.Scan(); n++ {
		line := strings.TrimSpace(scanner.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		if err := p.set(line); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	if err := scanner.Err(); err != nil {
		return nil, err
	}
	return p, p.check()
}

// set applies one line.
func (p *Profile) set(line string) error {
	key, value, _ := strings.Cut(line, " ")
	value = strings.TrimSpace(value)
	if value == "" {
		return fmt.Errorf("%q needs a value", key)
	}
	switch key {
	case "kernel":
		p.Kernel = value
	case "init":
		p.Init = value
	case "compress":
		p.Compress = value
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
	return nil
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
	for _, f := range p.Files {
		if !filepath.IsLocal(f.Target) || !filepath.IsLocal(f.Source) {
			return fmt.Errorf("file %q from %q: both must be relative and stay inside", f.Target, f.Source)
		}
	}
	return nil
}
