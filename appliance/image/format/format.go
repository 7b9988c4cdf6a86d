// Package format turns a finished raw disk into the files that hypervisors and
// clouds take. The writers are our own: each format is small when it only has to
// be written once, in order and in full, and so the same disk gives the same
// bytes on every machine, whatever is installed there.
//
// A writer sees the disk as an io.ReaderAt and writes a stream. Blocks of zeros
// are left out wherever the format can.
package format

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

const (
	sectorSize = 512
	mib        = 1 << 20
	gib        = 1 << 30
)

// Disk is a finished raw disk and what a descriptor says of it. It is for one
// goroutine.
type Disk struct {
	Content io.ReaderAt
	Size    int64 // bytes, a multiple of 512

	Name    string // of the machine, as in redis-memonly
	Version string // of the image

	digest   [sha256.Size]byte
	streamed []byte // the vmdk, once it was made
}

// NewDisk reads the disk once, for the digest from which all identifiers that a
// format wants are made.
func NewDisk(content io.ReaderAt, size int64, name, version string) (*Disk, error) {
	if size <= 0 || size%sectorSize != 0 {
		return nil, fmt.Errorf("a disk of %d bytes: not a multiple of %d", size, sectorSize)
	}
	d := &Disk{Content: content, Size: size, Name: name, Version: version}
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(content, 0, size)); err != nil {
		return nil, fmt.Errorf("read the disk: %w", err)
	}
	h.Sum(d.digest[:0])
	return d, nil
}

// Format is one kind of file.
type Format struct {
	Name  string // as in "make image=NAME format=qcow2"
	File  string // what it is called in the folder of a build; "" for raw
	About string // one line
	write func(w io.Writer, d *Disk) error
}

// All returns every format, raw first.
func All() []Format {
	return []Format{
		{Name: "raw", About: "usr.img itself, which is always made"},
		{Name: "qcow2", File: "usr.qcow2", About: "QEMU, libvirt, Proxmox, OpenStack", write: writeQCOW2},
		{Name: "vmdk", File: "usr.vmdk", About: "VMware, VirtualBox: the disk (streamOptimized)", write: writeVMDK},
		{Name: "ova", File: "usr.ova", About: "VMware, VirtualBox: the whole virtual machine", write: writeOVA},
		{Name: "vhd", File: "usr.vhd", About: "Azure, Hyper-V (fixed size)", write: writeVHD},
		{Name: "gce", File: "disk.raw.tar.gz", About: "Google Compute Engine", write: writeGCE},
		{Name: "iso", File: "usr.iso", About: "CD or USB stick, live: a machine without a data partition", write: writeISO},
	}
}

// Names returns the names of all formats, for messages.
func Names() []string {
	var names []string
	for _, f := range All() {
		names = append(names, f.Name)
	}
	return names
}

// Parse returns the formats that a list of names with commas means, each once and
// in All's order.
func Parse(list string) ([]Format, error) {
	all := All()
	wanted := map[string]bool{}
	for _, name := range strings.Split(list, ",") {
		name = strings.TrimSpace(name)
		if !slices.ContainsFunc(all, func(f Format) bool { return f.Name == name }) {
			return nil, fmt.Errorf("there is no format %q; there are %s (several with commas)", name, strings.Join(Names(), ", "))
		}
		wanted[name] = true
	}
	return slices.DeleteFunc(all, func(f Format) bool { return !wanted[f.Name] }), nil
}

// Write writes the disk in this format.
func (f Format) Write(w io.Writer, d *Disk) error {
	if f.write == nil {
		return errors.New("raw is the disk itself")
	}
	if err := f.write(w, d); err != nil {
		return fmt.Errorf("write %s: %w", f.File, err)
	}
	return nil
}

// blocks calls f for each block of size bytes in order: with the block, filled
// up with zeros at the end of the disk, or with nil for one that holds zeros only.
// The block is valid during the call.
func (d *Disk) blocks(size int, f func(i int64, block []byte) error) error {
	block, zeros := make([]byte, size), make([]byte, size)
	for i, at := int64(0), int64(0); at < d.Size; i, at = i+1, at+int64(size) {
		n := min(int64(size), d.Size-at)
		if err := readFull(d.Content, block[:n], at); err != nil {
			return err
		}
		clear(block[n:])
		given := block
		if bytes.Equal(block, zeros) {
			given = nil
		}
		if err := f(i, given); err != nil {
			return err
		}
	}
	return nil
}

// readFull reads all of b at an offset.
func readFull(r io.ReaderAt, b []byte, at int64) error {
	n, err := r.ReadAt(b, at)
	if n == len(b) {
		return nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("read the disk at %d: %w", at, err)
}

// uuid returns an identifier made from the disk's contents and a purpose: version
// 8 of RFC 9562, whose bits are the maker's to choose.
func (d *Disk) uuid(purpose string) [16]byte {
	sum := sha256.Sum256(append([]byte(purpose+"\n"), d.digest[:]...))
	id := [16]byte(sum[:16])
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}

// roundUp returns n rounded up to a multiple of unit.
func roundUp(n, unit int64) int64 { return (n + unit - 1) / unit * unit }

// writeZeros writes n zero bytes.
func writeZeros(w io.Writer, n int64) error {
	zeros := make([]byte, min(n, 64<<10))
	for n > 0 {
		k := min(n, int64(len(zeros)))
		if _, err := w.Write(zeros[:k]); err != nil {
			return err
		}
		n -= k
	}
	return nil
}
