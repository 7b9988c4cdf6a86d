package slot

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ErrTooLarge is contents that do not fit a slot's place for them.
var ErrTooLarge = errors.New("does not fit its place on the disk")

const copyBuffer = 1 << 20

// Capacity says how large the parts of a slot may be, in bytes.
type Capacity struct{ Kernel, Initramfs, Root int64 }

// Capacity returns what fits into the slots.
func (t *Table) Capacity() (Capacity, error) {
	var c Capacity
	kernel, err := t.esp.Locate(A.kernelPath())
	if err != nil {
		return c, err
	}
	c.Kernel = kernel.Size
	if initramfs, err := t.esp.Locate(A.initramfsPath()); err == nil {
		c.Initramfs = initramfs.Size
	}
	if len(t.state.Slots) == 2 {
		c.Root = min(t.gpt.Partitions[PartRootA-1].Size(), t.gpt.Partitions[PartRootB-1].Size())
	}
	return c, nil
}

// The beginnings of what can boot.
const (
	x86KernelMagic   = "HdrS" // at 0x202
	x86MagicOffset   = 0x202
	arm64KernelMagic = "ARM\x64" // at 56
	arm64MagicOffset = 56
	squashfsMagic    = "hsqs"
	probe            = 1024
)

func isKernel(head []byte) bool {
	has := func(at int, magic string) bool {
		return len(head) >= at+len(magic) && string(head[at:at+len(magic)]) == magic
	}
	return has(x86MagicOffset, x86KernelMagic) || has(arm64MagicOffset, arm64KernelMagic)
}

// WriteKernel writes a slot's kernel. From then on the slot is empty, until Arm.
func (t *Table) WriteKernel(n Name, r io.Reader) error {
	return t.writeFile(n, n.kernelPath(), r, func(s *Slot) *File { return &s.Kernel }, func(head []byte) error {
		if !isKernel(head) {
			return errors.New("it is no Linux kernel")
		}
		return nil
	})
}

// WriteInitramfs writes a slot's initramfs, as WriteKernel does.
func (t *Table) WriteInitramfs(n Name, r io.Reader) error {
	return t.writeFile(n, n.initramfsPath(), r, func(s *Slot) *File { return &s.Initramfs }, func([]byte) error { return nil })
}

// writeFile writes one of a slot's files into its place.
func (t *Table) writeFile(n Name, path string, r io.Reader, field func(*Slot) *File, check func([]byte) error) error {
	s, err := t.clear(n)
	if err != nil {
		return err
	}
	at, err := t.esp.Locate(path)
	if err != nil {
		return err
	}
	*field(s) = File{}
	size, err := t.fill(section{t.disk, t.espAt + at.Offset, at.Size}, r, check, true)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	*field(s) = File{uint32((t.espAt + at.Offset) / SectorSize), uint32(size)}
	return writeState(t.disk, t.state)
}

// WriteRoot writes a slot's root file system. From then on the slot is empty,
// until Arm.
func (t *Table) WriteRoot(n Name, r io.Reader) error {
	if _, err := t.clear(n); err != nil {
		return err
	}
	p, ok := t.Partition(PartRootA + int(n))
	if !ok {
		return fmt.Errorf("this disk has no root partition for slot %s", n)
	}
	_, err := t.fill(section{t.disk, p.Offset(), p.Size()}, r, func(head []byte) error {
		if !bytes.HasPrefix(head, []byte(squashfsMagic)) {
			return errors.New("it is no SquashFS file system")
		}
		return nil
	}, false)
	if err != nil {
		return fmt.Errorf("write %s: %w", p.Name, err)
	}
	return nil
}

// fill copies r to a part of the disk, and zeros to its end if it is to be padded.
// The first sector is zero until all the rest is on the disk: half a file system
// does not look like one.
func (t *Table) fill(to section, r io.Reader, check func([]byte) error, pad bool) (int64, error) {
	buf, head := make([]byte, copyBuffer), make([]byte, SectorSize)
	var at int64
	for {
		n, err := io.ReadFull(r, buf)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return 0, err
		}
		if at == 0 {
			if err := check(buf[:min(n, probe)]); err != nil {
				return 0, err
			}
			copy(head, buf[:n])
			clear(buf[:min(n, SectorSize)])
		}
		if int64(n) > to.size-at {
			return 0, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, to.size)
		}
		// Whole sectors, the rest of the last one zeros.
		whole := min(int64(n+SectorSize-1)/SectorSize*SectorSize, to.size-at)
		clear(buf[n:max(int64(n), whole)])
		if _, e := to.WriteAt(buf[:whole], at); e != nil {
			return 0, e
		}
		at += int64(n)
		if err != nil {
			break
		}
	}
	size := at
	clear(buf)
	for at = (at + SectorSize - 1) / SectorSize * SectorSize; pad && at < to.size; {
		n := min(int64(len(buf)), to.size-at)
		if _, err := to.WriteAt(buf[:n], at); err != nil {
			return 0, err
		}
		at += n
	}
	if err := t.disk.Sync(); err != nil {
		return 0, err
	}
	if _, err := to.WriteAt(head[:min(int64(len(head)), to.size)], 0); err != nil {
		return 0, err
	}
	return size, t.disk.Sync()
}

// SetCmdline writes a slot's command line and version. What tells the slot is
// added: where its root file system is, and its name.
func (t *Table) SetCmdline(n Name, cmdline, version string) error {
	s, err := t.clear(n)
	if err != nil {
		return err
	}
	full := t.SlotCmdline(n, cmdline)
	if len(full) > MaxCmdline || strings.ContainsAny(full, "\x00\n\r") {
		return fmt.Errorf("the command line of slot %s has %d bytes in %d lines; one line of %d is allowed",
			n, len(full), 1+strings.Count(full, "\n"), MaxCmdline)
	}
	if len(version) > MaxVersion || strings.ContainsAny(version, "\x00\n\r") {
		return fmt.Errorf("the version %q of slot %s: at most %d bytes in one line", version, n, MaxVersion)
	}
	s.Version = version
	return t.writeFile(n, n.cmdlinePath(), strings.NewReader(full), func(s *Slot) *File { return &s.Cmdline }, func([]byte) error { return nil })
}

// SlotCmdline returns a command line with what is added for a slot.
func (t *Table) SlotCmdline(n Name, cmdline string) string {
	if len(t.state.Slots) < 2 {
		return cmdline
	}
	return fmt.Sprintf("%s root=PARTUUID=%s redoubt.slot=%s", cmdline, t.gpt.Partitions[PartRootA+int(n)-1].ID, n)
}

// Cmdline returns a slot's command line as it is on the disk.
func (t *Table) Cmdline(n Name) (string, error) {
	s, err := t.slot(n)
	if err != nil {
		return "", err
	}
	if s.Cmdline.Bytes == 0 || s.Cmdline.Bytes > MaxCmdline {
		return "", fmt.Errorf("slot %s: %w: it has no command line", n, ErrIncomplete)
	}
	b := make([]byte, s.Cmdline.Bytes)
	if _, err := t.disk.ReadAt(b, int64(s.Cmdline.LBA)*SectorSize); err != nil {
		return "", fmt.Errorf("read the command line of slot %s: %w", n, err)
	}
	return string(b), nil
}

// Empty makes a slot one that holds nothing, and cannot be taken for one that does.
func (t *Table) Empty(n Name) error {
	s, err := t.clear(n)
	if err != nil {
		return err
	}
	*s = Slot{Sequence: s.Sequence}
	if p, ok := t.Partition(PartRootA + int(n)); ok && len(t.state.Slots) == 2 {
		if _, err := t.disk.WriteAt(make([]byte, SectorSize), p.Offset()); err != nil {
			return fmt.Errorf("empty slot %s: %w", n, err)
		}
	}
	return writeState(t.disk, t.state)
}

// Complete returns nil if a slot has everything it needs to boot.
func (t *Table) Complete(n Name) error {
	if _, err := t.slot(n); err != nil {
		return err
	}
	return t.complete(n)
}

// complete checks that a slot has everything it needs to boot.
func (t *Table) complete(n Name) error {
	s := t.state.Slots[n]
	if s.Kernel.Bytes == 0 {
		return fmt.Errorf("%w: it has no kernel", ErrIncomplete)
	}
	if _, err := t.Cmdline(n); err != nil {
		return err
	}
	if len(t.state.Slots) == 1 {
		return nil
	}
	head := make([]byte, len(squashfsMagic))
	if _, err := t.disk.ReadAt(head, t.gpt.Partitions[PartRootA+int(n)-1].Offset()); err != nil {
		return fmt.Errorf("read the root of slot %s: %w", n, err)
	}
	if string(head) != squashfsMagic {
		return fmt.Errorf("%w: it has no root file system", ErrIncomplete)
	}
	return nil
}
