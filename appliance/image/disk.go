package image

import (
	_ "embed" // for the boot loader
	"encoding/binary"
	"fmt"
	"io"
)

// bootLoader is the assembled bootsector/boot.S: the first eight sectors of a
// disk. Its source explains it.
//
//go:embed bootsector/boot.bin
var bootLoader []byte

const (
	bootLoaderSectors = 8
	paramsOffset      = 512 // of the loader's parameter block, see boot.S

	// The partition starts at 1 MiB, as everywhere; the loader is in the gap.
	partitionStart = 2048
	// partitionType is FAT16 with LBA access.
	partitionType = 0x0e
	// diskSignature identifies the disk to operating systems; "RDBT".
	diskSignature = 0x54424452

	partitionTable = 446 // offset in the first sector
)

// WriteDisk writes a raw disk that boots by itself from a BIOS.
//
// Layout
//
//	LBA     0      1 … 7     … 2048                                        end
//	      ┌─────────┬────────┬─────┬──────────────────────────────────────────┐
//	      │ stage 1 │ stage 2│  0  │ FAT16: VMLINUZ  INITRAMF.CPI  CMDLINE.TXT │
//	      │ + table │ params │     │        one piece each, in this order      │
//	      └─────────┴───┬────┴─────┴────▲───────▲─────────────▲───────────────┘
//	                    └── LBA, bytes ─┴───────┴─────────────┘
//
// The same arguments give the same bytes.
func WriteDisk(w io.Writer, kernel, initramfs []byte, cmdline string) error {
	if len(cmdline) > maxCmdline {
		return fmt.Errorf("write disk: the command line has %d bytes, the kernel takes %d", len(cmdline), maxCmdline)
	}
	files := []*bootFile{
		{name: "VMLINUZ", content: kernel},
		{name: "INITRAMF.CPI", content: initramfs},
		{name: "CMDLINE.TXT", content: []byte(cmdline)},
	}
	volume, err := newFATVolume(partitionStart, files)
	if err != nil {
		return fmt.Errorf("write disk: %w", err)
	}
	if _, err := w.Write(bootArea(volume)); err != nil {
		return fmt.Errorf("write disk: %w", err)
	}
	if err := volume.writeTo(w); err != nil {
		return fmt.Errorf("write disk: %w", err)
	}
	return nil
}

// bootArea returns everything before the partition: the loader with its
// parameters, the partition table, and zeros.
func bootArea(v *fatVolume) []byte {
	b := make([]byte, partitionStart*sectorSize)
	copy(b, bootLoader)
	params := b[paramsOffset:]
	for i, f := range v.files {
		binary.LittleEndian.PutUint32(params[8+8*i:], f.lba)
		binary.LittleEndian.PutUint32(params[12+8*i:], uint32(len(f.content)))
	}
	binary.LittleEndian.PutUint32(b[440:], diskSignature)
	entry := b[partitionTable:]
	entry[0] = 0x80                           // active
	copy(entry[1:], []byte{0xfe, 0xff, 0xff}) // cylinder, head, sector: "use LBA"
	entry[4] = partitionType                  //
	copy(entry[5:], []byte{0xfe, 0xff, 0xff}) // the same for its end
	binary.LittleEndian.PutUint32(entry[8:], partitionStart)
	binary.LittleEndian.PutUint32(entry[12:], v.sectors())
	return b
}
