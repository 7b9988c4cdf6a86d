package image

import (
	"bytes"
	_ "embed" // for the boot loader
	"errors"
	"fmt"
	"io"

	"github.com/gokrazy/tools/third_party/systemd-250.5-1"

	"github.com/redoubt-kv/redoubt/appliance/slot"
)

// bootLoader is the assembled bootsector/boot.S. Its source explains it: stage 1 in
// the first sector, stage 2 in the others.
//
//go:embed bootsector/boot.bin
var bootLoader []byte

const bootLoaderSectors = 8

const mib = 1 << 20

// System is what a disk is made of.
type System struct {
	Seed      string // the same one gives the same GUIDs
	Arch      string // "amd64" or "arm64"
	Version   string
	Cmdline   string
	Kernel    []byte
	Initramfs []byte // without a root: the machine is in the initramfs
	Root      []byte // with one, the disk has two slots and a data partition

	KernelRoom, RootRoom int64     // bytes in each slot; 0 leaves room for later versions
	DataRoom             int64     // bytes of the data partition
	Data                 io.Reader // its contents
}

// room returns the place in a slot for something of a size: half as much again, in
// steps that leave small things room to grow.
func room(size int64, step int64) int64 {
	return (size + size/2 + step - 1) / step * step
}

const (
	kernelStep = 16 * mib
	rootStep   = 32 * mib
)

// plan returns the layout of the system's disk.
func (s *System) plan() (*slot.Plan, error) {
	efi, err := efiFiles(s.Arch)
	if err != nil {
		return nil, err
	}
	p := &slot.Plan{
		Seed: s.Seed, Slots: 1, EFI: efi,
		Kernel: int64(len(s.Kernel)), Initramfs: int64(len(s.Initramfs)),
	}
	if s.Arch == "amd64" {
		p.Loader = bootLoader
	}
	if s.Root == nil {
		return p, nil
	}
	p.Slots, p.Kernel, p.Root, p.Data = 2, s.KernelRoom, s.RootRoom, s.DataRoom
	if p.Kernel == 0 {
		p.Kernel = room(int64(len(s.Kernel)), kernelStep)
	}
	if p.Root == 0 {
		p.Root = room(int64(len(s.Root)), rootStep)
	}
	return p, nil
}

// loaderConf are systemd-boot's settings: no menu, nothing to type, no entries but
// ours. Its random seed is off: it would be the same in every copy of the disk.
const loaderConf = "timeout 0\neditor no\nauto-entries no\nauto-firmware no\nrandom-seed-mode off\n"

// startupScript is for firmware with a UEFI shell, as QEMU's: that starts it when
// systemd-boot has given up because a kernel cannot be loaded. The reset takes one
// of the slot's tries, and the last one leads to the other slot.
const startupScript = "reset -c\r\n"

// efiFiles returns what UEFI firmware starts.
func efiFiles(arch string) ([]slot.EFIFile, error) {
	var loader []byte
	var err error
	path := "EFI/BOOT/BOOTX64.EFI"
	switch arch {
	case "amd64":
		loader, err = systemd.SystemdBootX64.ReadFile("systemd-bootx64.efi")
	case "arm64":
		path = "EFI/BOOT/BOOTAA64.EFI"
		loader, err = systemd.SystemdBootAA64.ReadFile("systemd-bootaa64.efi")
	default:
		err = fmt.Errorf("no UEFI boot loader for %s", arch)
	}
	if err != nil {
		return nil, err
	}
	return []slot.EFIFile{
		{Path: path, Content: loader},
		{Path: "loader/loader.conf", Content: []byte(loaderConf)},
		{Path: "startup.nsh", Content: []byte(startupScript)},
	}, nil
}

// WriteDisk writes a raw disk that boots by itself from a BIOS and from UEFI, in
// the layout of package slot. sized is called once with the disk's size and returns
// the disk, all zeros. The same system gives the same bytes.
func (s *System) WriteDisk(sized func(size int64) (slot.Disk, error)) (*slot.Table, error) {
	plan, err := s.plan()
	if err != nil {
		return nil, err
	}
	size, err := plan.Size()
	if err != nil {
		return nil, err
	}
	disk, err := sized(size)
	if err != nil {
		return nil, err
	}
	t, err := slot.Create(disk, plan)
	if err != nil {
		return nil, err
	}
	write := []error{t.WriteKernel(slot.A, bytes.NewReader(s.Kernel))}
	if s.Initramfs != nil {
		write = append(write, t.WriteInitramfs(slot.A, bytes.NewReader(s.Initramfs)))
	}
	write = append(write, t.SetCmdline(slot.A, s.Cmdline, s.Version))
	if s.Root != nil {
		write = append(write, t.WriteRoot(slot.A, bytes.NewReader(s.Root)), s.writeData(t, disk))
	}
	return t, errors.Join(append(write, t.Arm(slot.A, 1), t.Confirm(slot.A))...)
}

// writeData copies the data partition's contents, without its zeros.
func (s *System) writeData(t *slot.Table, disk slot.Disk) error {
	p, ok := t.Partition(slot.PartData)
	if !ok || s.Data == nil {
		return nil
	}
	block, zeros := make([]byte, 4096), make([]byte, 4096)
	for at := int64(0); ; at += int64(len(block)) {
		n, err := io.ReadFull(s.Data, block)
		if n == 0 && errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			return fmt.Errorf("write the data partition: %w", err)
		}
		if at+int64(n) > p.Size() {
			return fmt.Errorf("write the data partition: %w", slot.ErrTooLarge)
		}
		if bytes.Equal(block[:n], zeros[:n]) {
			continue
		}
		if _, err := disk.WriteAt(block[:n], p.Offset()+at); err != nil {
			return fmt.Errorf("write the data partition: %w", err)
		}
	}
}
