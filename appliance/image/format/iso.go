package format

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/redoubt-kv/redoubt/appliance/slot"
)

// The ISO image is the raw disk itself, with an ISO 9660 file system and an El
// Torito boot catalog written into the gap before its first partition, which
// package slot leaves for that. So one file boots from a CD by BIOS (the catalog
// names BOOT.BIN) and by UEFI (it names the EFI system partition), and from a USB
// stick by both, as the disk that it also is. What the boot loader reads lies where
// it lies on the disk; a BIOS counts a CD's sectors in 2048 bytes, which boot.S
// knows.
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
//	23     README.TXT
//	24     BOOT.BIN: stage 1 and stage 2 of the boot loader in one piece
//	128    the disk's first partition: stage 2, boot state
//	512    EFI.IMG, the EFI system partition
const (
	isoBlock    = 2048
	isoFirst    = 16
	isoCatalog  = 19
	isoPathL    = 20
	isoPathM    = 21
	isoRoot     = 22
	isoReadme   = 23
	isoBoot     = 24
	isoEnd      = slot.BootLBA * sectorSize / isoBlock
	isoPathSize = 10 // bytes: the root only

	isoReadmeText = "This is a live Redoubt machine. It boots from a CD or a USB stick, by BIOS and\r\n" +
		"by UEFI, and keeps its data in memory. EFI.IMG is its EFI system partition.\r\n"
)

// In stage 1 of the boot loader is the block with which it asks the BIOS for stage
// 2 (boot.S): its size, 0, number of sectors (2 bytes), where to (4), LBA (8).
const (
	dapOffset  = 424
	dapSectors = dapOffset + 2
	dapLBA     = dapOffset + 8
	// What a CD has room for, and far more than there is.
	maxLoaderSectors = 64
)

// isoFile is one file of the root directory.
type isoFile struct {
	name  string
	block int64
	size  int64
}

// writeISO writes the disk with an ISO 9660 file system in its gap.
func writeISO(w io.Writer, d *Disk) error {
	esp, err := d.liveSystem()
	if err != nil {
		return err
	}
	if d.Size%isoBlock != 0 {
		return fmt.Errorf("the disk has %d bytes, not a multiple of %d", d.Size, isoBlock)
	}
	head := make([]byte, isoEnd*isoBlock)
	if err := readFull(d.Content, head, 0); err != nil {
		return err
	}
	loader, err := d.loader(head)
	if err != nil {
		return err
	}
	if gap := head[isoFirst*isoBlock:]; !bytes.Equal(gap, make([]byte, len(gap))) {
		return errors.New("the disk uses the gap before its first partition")
	}
	d.putISO(head, loader, esp)
	if _, err := w.Write(head); err != nil {
		return err
	}
	_, err = io.Copy(w, io.NewSectionReader(d.Content, int64(len(head)), d.Size-int64(len(head))))
	return err
}

// readOnly makes the disk one for package slot.
type readOnly struct{ io.ReaderAt }

func (readOnly) WriteAt([]byte, int64) (int, error) { return 0, errors.ErrUnsupported }
func (readOnly) Sync() error                        { return nil }

// liveSystem returns the EFI system partition of a disk that has no root and no
// data partition.
func (d *Disk) liveSystem() (segment, error) {
	gpt, err := slot.ReadGPT(readOnly{d.Content}, d.Size)
	if err != nil {
		return segment{}, err
	}
	if gpt.Find(slot.NameRootA) != 0 || gpt.Find(slot.NameData) != 0 {
		return segment{}, errors.New("an ISO image is a live machine, and this profile keeps data on its disk; build redis-memonly")
	}
	n := gpt.Find(slot.NameESP)
	if n == 0 {
		return segment{}, errors.New("the disk has no EFI system partition")
	}
	esp := segment{gpt.Partitions[n-1].Offset(), gpt.Partitions[n-1].Size()}
	if esp.offset%isoBlock != 0 || esp.size%isoBlock != 0 || esp.offset < isoEnd*isoBlock || esp.size > math.MaxUint32 {
		return esp, fmt.Errorf("the EFI system partition has %d bytes at %d, which is no place for a file on a CD", esp.size, esp.offset)
	}
	return esp, nil
}

// loader returns stage 1 and 2 of the boot loader as a BIOS loads them from a CD:
// nil if the disk, which begins with head, has none (arm64).
func (d *Disk) loader(head []byte) ([]byte, error) {
	le := binary.LittleEndian
	if bytes.Equal(head[:dapOffset], make([]byte, dapOffset)) {
		return nil, nil
	}
	sectors := int(le.Uint16(head[dapSectors:]))
	if head[dapOffset] != 16 || le.Uint64(head[dapLBA:]) != slot.BootLBA || sectors == 0 || sectors > maxLoaderSectors {
		return nil, errors.New("the disk's boot sector does not say where stage 2 of the boot loader is")
	}
	loader := make([]byte, (1+sectors)*sectorSize)
	copy(loader, head[:sectorSize])
	le.PutUint16(loader[dapSectors:], 0) // "it is there"
	return loader, readFull(d.Content, loader[sectorSize:], slot.BootLBA*sectorSize)
}

// putISO writes all blocks of the file system into the disk's first ones.
func (d *Disk) putISO(head, loader []byte, esp segment) {
	block := func(i int64) []byte { return head[i*isoBlock : (i+1)*isoBlock] }
	copy(head[isoBoot*isoBlock:], loader)
	copy(block(isoReadme), isoReadmeText)
	putDescriptor(block(isoFirst), 1)
	d.putVolume(block(isoFirst))
	putDescriptor(block(isoFirst+1), 0)
	copy(block(isoFirst + 1)[7:], "EL TORITO SPECIFICATION")
	binary.LittleEndian.PutUint32(block(isoFirst + 1)[71:], isoCatalog)
	putDescriptor(block(isoFirst+2), 255)
	putCatalog(block(isoCatalog), int64(len(loader)), esp)
	putPathTable(block(isoPathL), binary.LittleEndian)
	putPathTable(block(isoPathM), binary.BigEndian)
	putRoot(block(isoRoot), []isoFile{
		{"BOOT.BIN;1", isoBoot, int64(len(loader))},
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

// putCatalog writes El Torito's boot catalog: first a BIOS's entry, for a loader of
// so many bytes, then a section for UEFI.
func putCatalog(b []byte, loader int64, esp segment) {
	le := binary.LittleEndian
	b[0] = 1 // validation entry, platform 0: x86 BIOS
	copy(b[4:], "REDOUBT")
	b[30], b[31] = 0x55, 0xaa
	var sum uint16
	for i := 0; i < 32; i += 2 {
		sum += le.Uint16(b[i:])
	}
	le.PutUint16(b[28:], -sum)
	if loader > 0 {
		bootEntry(b[32:], isoBoot, loader/sectorSize)
	}
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

// putRecord writes a directory record, dated 1980-01-01, and returns its length.
func putRecord(b []byte, name string, block, size int64, folder bool) int {
	n := (33 + len(name) + 1) &^ 1
	b[0] = byte(n)
	both32(b[2:], uint32(block))
	both32(b[10:], uint32(size))
	copy(b[18:], []byte{80, 1, 1, 0, 0, 0, 0})
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
