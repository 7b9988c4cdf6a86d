package format

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The ISO image is the raw disk itself, with an ISO 9660 file system and an El
// Torito boot catalog written into the gap before the first partition. So one
// file boots from a CD by BIOS (the catalog names a copy of the boot sector) and
// by UEFI (it names the EFI system partition), and from a USB stick by both, as
// the disk that it also is. Every sector the boot loader reads lies where it lies
// on the disk; a BIOS counts a CD's sectors in 2048 bytes, which boot.S knows.
//
// Layout, in blocks of 2048 bytes
//
//	0      the disk's boot sector and partition table
//	16     primary volume descriptor
//	17     boot record: where the catalog is
//	18     end of the descriptors
//	19     boot catalog
//	20,21  path table, little and big endian
//	22     root directory: BOOT.BIN, BOOT.CAT, EFI.IMG, README.TXT
//	23     BOOT.BIN, a copy of the boot sector and what follows it
//	24     README.TXT
//	512    the first partition; EFI.IMG is the EFI system partition
const (
	isoBlock      = 2048
	isoFirst      = 16
	isoCatalog    = 19
	isoPathL      = 20
	isoPathM      = 21
	isoRoot       = 22
	isoBoot       = 23
	isoReadme     = 24
	isoEnd        = 25
	isoPathSize   = 10 // bytes: the root only
	isoReadmeText = "This is a live Redoubt machine. It boots from a CD or a USB stick, by BIOS and\r\n" +
		"by UEFI, keeps its data in memory, and writes to no disk that is not named\r\n" +
		"or labelled as its data disk. EFI.IMG is its EFI system partition.\r\n"
)

// isoFile is one file of the root directory.
type isoFile struct {
	name  string
	block int64
	size  int64
}

// writeISO writes the disk with an ISO 9660 file system in its gap.
func writeISO(w io.Writer, d *Disk) error {
	if d.Size%isoBlock != 0 {
		return fmt.Errorf("the disk has %d bytes, not a multiple of %d", d.Size, isoBlock)
	}
	esp, err := d.liveSystem()
	if err != nil {
		return err
	}
	head := make([]byte, isoEnd*isoBlock)
	if err := readFull(d.Content, head, 0); err != nil {
		return err
	}
	gap := head[isoFirst*isoBlock:]
	if !bytes.Equal(gap, make([]byte, len(gap))) {
		return fmt.Errorf("the disk uses its bytes %d to %d, where an ISO 9660 file system begins", isoFirst*isoBlock, len(head))
	}
	d.putISO(head, esp)
	if _, err := w.Write(head); err != nil {
		return err
	}
	_, err = io.Copy(w, io.NewSectionReader(d.Content, int64(len(head)), d.Size-int64(len(head))))
	return err
}

// liveSystem returns the EFI system partition of a disk that has no root and no
// data partition.
func (d *Disk) liveSystem() (segment, error) {
	partitions, err := d.partitions()
	if err != nil {
		return segment{}, err
	}
	var esp segment
	for _, p := range partitions {
		switch p.kind {
		case gptESP:
			esp = segment{p.first * sectorSize, p.sectors * sectorSize}
		case gptBIOSBoot:
		default:
			return segment{}, errors.New("an ISO image is a live machine, and this profile keeps data on its disk; build redis-memonly")
		}
	}
	switch {
	case esp.size == 0:
		return esp, errors.New("the disk has no EFI system partition")
	case esp.offset%isoBlock != 0 || esp.size%isoBlock != 0:
		return esp, fmt.Errorf("the EFI system partition does not begin and end with a block of %d bytes", isoBlock)
	}
	return esp, nil
}

// putISO writes all blocks of the file system into the disk's first ones.
func (d *Disk) putISO(head []byte, esp segment) {
	block := func(i int64) []byte { return head[i*isoBlock : (i+1)*isoBlock] }
	copy(block(isoBoot), head[:isoBlock])
	copy(block(isoReadme), isoReadmeText)
	putDescriptor(block(isoFirst), 1)
	d.putVolume(block(isoFirst))
	putDescriptor(block(isoFirst+1), 0)
	copy(block(isoFirst + 1)[7:], "EL TORITO SPECIFICATION")
	binary.LittleEndian.PutUint32(block(isoFirst + 1)[71:], isoCatalog)
	putDescriptor(block(isoFirst+2), 255)
	putCatalog(block(isoCatalog), esp)
	putPathTable(block(isoPathL), binary.LittleEndian)
	putPathTable(block(isoPathM), binary.BigEndian)
	putRoot(block(isoRoot), []isoFile{
		{"BOOT.BIN;1", isoBoot, isoBlock},
		{"BOOT.CAT;1", isoCatalog, isoBlock},
		{"EFI.IMG;1", esp.offset / isoBlock, esp.size},
		{"README.TXT;1", isoReadme, int64(len(isoReadmeText))},
	})
}

// putDescriptor begins a volume descriptor.
func putDescriptor(b []byte, kind byte) {
	b[0] = kind
	copy(b[1:], "CD001\x01")
}

// putVolume fills in the primary volume descriptor.
func (d *Disk) putVolume(b []byte) {
	blanks := func(from, to int, text string) { copy(b[from:to], fmt.Sprintf("%-*s", to-from, text)) }
	blanks(8, 40, "")
	blanks(40, 72, "REDOUBT")
	both32(b[80:], uint32(d.Size/isoBlock))
	both16(b[120:], 1) // volumes in the set
	both16(b[124:], 1) // this volume's number
	both16(b[128:], isoBlock)
	both32(b[132:], isoPathSize)
	binary.LittleEndian.PutUint32(b[140:], isoPathL)
	binary.BigEndian.PutUint32(b[148:], isoPathM)
	putRecord(b[156:], "\x00", isoRoot, isoBlock, true)
	blanks(190, 813, "") // set, publisher, preparer, application, files
	for _, at := range []int{813, 830, 847, 864} {
		copy(b[at:], "0000000000000000\x00") // a time that is not given
	}
	b[881] = 1 // version of the structure
}

// putCatalog writes El Torito's boot catalog: first a BIOS's entry, then a
// section for UEFI.
func putCatalog(b []byte, esp segment) {
	le := binary.LittleEndian
	b[0] = 1 // validation entry, platform 0: x86 BIOS
	copy(b[4:], "REDOUBT")
	b[30], b[31] = 0x55, 0xaa
	var sum uint16
	for i := 0; i < 32; i += 2 {
		sum += le.Uint16(b[i:])
	}
	le.PutUint16(b[28:], -sum)
	bootEntry(b[32:], isoBoot, isoBlock/sectorSize)
	b[64], b[65] = 0x91, 0xef // last section header, platform: EFI
	le.PutUint16(b[66:], 1)   // entries
	// The number of sectors has 16 bits. Zero stands for "up to the end of the CD"
	// (UEFI, 13.3.2.1), which is as good: a FAT file system knows its own size.
	sectors := esp.size / sectorSize
	if sectors > 0xffff {
		sectors = 0
	}
	bootEntry(b[96:], esp.offset/isoBlock, sectors)
}

// bootEntry writes an entry "bootable, no emulation".
func bootEntry(b []byte, block, sectors int64) {
	b[0] = 0x88
	binary.LittleEndian.PutUint16(b[6:], uint16(sectors))
	binary.LittleEndian.PutUint32(b[8:], uint32(block))
}

// putPathTable writes the table of folders: the root.
func putPathTable(b []byte, order binary.ByteOrder) {
	b[0] = 1 // length of the name
	order.PutUint32(b[2:], isoRoot)
	order.PutUint16(b[6:], 1) // its parent
}

// putRoot writes the root directory.
func putRoot(b []byte, files []isoFile) {
	b = b[putRecord(b, "\x00", isoRoot, isoBlock, true):]
	b = b[putRecord(b, "\x01", isoRoot, isoBlock, true):]
	for _, f := range files {
		b = b[putRecord(b, f.name, f.block, f.size, false):]
	}
}

// putRecord writes a directory record, without a date, and returns its length.
func putRecord(b []byte, name string, block, size int64, folder bool) int {
	n := (33 + len(name) + 1) &^ 1
	b[0] = byte(n)
	both32(b[2:], uint32(block))
	both32(b[10:], uint32(size))
	if folder {
		b[25] = 2
	}
	both16(b[28:], 1) // the volume
	b[32] = byte(len(name))
	copy(b[33:], name)
	return n
}

// both16 and both32 write a number in both byte orders, as ISO 9660 has them.
func both16(b []byte, x uint16) {
	binary.LittleEndian.PutUint16(b, x)
	binary.BigEndian.PutUint16(b[2:], x)
}

func both32(b []byte, x uint32) {
	binary.LittleEndian.PutUint32(b, x)
	binary.BigEndian.PutUint32(b[4:], x)
}
