// Package slot is the layout of a machine's disk, and what is written to it after
// the image was built: the other slot of an update, which slot boots next, and the
// data partition's growth. It needs nothing of the kernel but reads and writes of
// the disk, so that every step can be tested in memory.
//
// Definitions. A slot is everything that a version of the machine consists of: the
// kernel, its command line, an initramfs or a root file system. A disk has the slot
// a, or a and b. A slot is good when it was confirmed, on trial while it has tries
// left, bad when it was given up, and empty otherwise. The active slot is the one
// that the next boot begins with.
//
// # Layout
//
// In sectors of 512 bytes. Partitions begin at multiples of 1 MiB, but the first.
//
//	LBA 0     protective MBR, with the boot loader's stage 1
//	1…33      GPT
//	64…511    free: an ISO image has its ISO 9660 structures there
//	512…2047  1 redoubt-boot    BIOS boot: stage 2 at 512, boot state at 544 and 552,
//	                            a note from one boot to another behind it (see note.go)
//	2048…     2 redoubt-esp     EFI system partition, FAT32
//	…         3 redoubt-root-a  SquashFS             ┐
//	…         4 redoubt-root-b  SquashFS             │ with two slots
//	…         5 redoubt-data    ext4, to be grown    ┘
//	end       GPT's backup
//
//	┌─────┬─────┬──────────────┬───────────────────────┬────────┬────────┬─────────┐
//	│ MBR │ GPT │ stage 2      │ BOOTX64.EFI, entries  │ root A │ root B │ data  → │
//	│ st1 │     │ state, state │ A/VMLINUZ B/VMLINUZ … │        │        │         │
//	└─────┴─────┴──────────────┴───────────────────────┴────────┴────────┴─────────┘
//
// In the EFI system partition, A and B are directories with the slots' files, which
// are made once, in one piece, and keep place and size for ever: an update writes
// into them, so that no file system structure changes, and the BIOS loader finds
// them by the block numbers in the boot state. Behind what they hold they are zeros.
//
//	EFI/BOOT/BOOTX64.EFI or BOOTAA64.EFI    systemd-boot
//	loader/loader.conf                      its settings
//	loader/entries/redoubt-SEQ-a.conf       slot a's entry; SEQ rises with each change
//	A/VMLINUZ A/INITRD A/CMDLINE.TXT        slot a
//	B/…                                     slot b
//
// # Boot state
//
// Two copies of a sector; the valid one with the higher generation counts, and a
// change is written to the other. So a write that a power cut tears leaves the last
// state. Little endian:
//
//	0    "RDBS"
//	4    version, 2 bytes: 1
//	6    number of slots, 1 byte: 1 or 2
//	7    active slot, 1 byte: 0 or 1
//	8    generation, 4 bytes
//	12   0, 4 bytes
//	16   slot a, 112 bytes
//	128  slot b, 112 bytes
//	508  CRC-32 (IEEE) of bytes 0 to 507
//
// and in each slot
//
//	0    state, 1 byte: 0 empty, 1 on trial, 2 good, 3 bad
//	1    tries left, 1 byte
//	2    0, 2 bytes
//	4    sequence of its entry, 4 bytes
//	8    kernel: LBA, bytes; 4 bytes each
//	16   initramfs: LBA, bytes
//	24   command line: LBA, bytes (at most 2047)
//	32   version, 64 bytes, padded with zeros
//	96   0, 16 bytes
//
// An example: one good slot whose kernel has 0x1234 bytes at LBA 4096.
//
//	000  52 44 42 53 01 00 01 00 01 00 00 00 00 00 00 00   RDBS, 1, one slot, a, generation 1
//	010  02 00 00 00 01 00 00 00 00 10 00 00 34 12 00 00   good, sequence 1, 4096, 0x1234
//
// The boot loader (image/bootsector/boot.S) reads the state, and writes it when it
// takes one of a slot's tries:
//
//	             Write              Arm(n)
//	(any but the running) ──► empty ──────► on trial, n left, active
//	                                          │  each boot: n-1
//	             Confirm                      │
//	good ◄────────────────────────────────────┤
//	             Reject, or a boot of the     │
//	bad ◄─── other slot because none was left ┘   and the other one is active
//
// With UEFI, systemd-boot does the same by the names of its entries: redoubt-2-b+3
// has 3 tries left and becomes redoubt-2-b+2-1 at the next boot; without "+" it is
// good. It takes the entry that sorts last by name, leaving those without tries to
// the end. Every operation here changes both.
//
// Sources: UEFI specification 2.10, chapter 5 (GPT); systemd's "Automatic Boot
// Assessment" and "Boot Loader Specification".
package slot

import (
	"crypto/sha256"
	"fmt"
	"io"
)

// Disk is a whole disk: a block device or a file.
type Disk interface {
	io.ReaderAt
	io.WriterAt
	// Sync returns when everything written is on the disk for good.
	Sync() error
}

// SectorSize is the size of a sector in bytes; no other is supported.
const SectorSize = 512

const mib = 1 << 20

// Numbers of the partitions.
const (
	PartBoot = 1 + iota
	PartESP
	PartRootA
	PartRootB
	PartData
)

// Names of the partitions in the GPT.
const (
	NameBoot  = "redoubt-boot"
	NameESP   = "redoubt-esp"
	NameRootA = "redoubt-root-a"
	NameRootB = "redoubt-root-b"
	NameData  = "redoubt-data"
)

// Where the first partition is, and what is in it.
const (
	BootLBA    = 512 // of the partition, and of stage 2
	StateLBA   = 544 // of the boot state's first copy
	StateLBA2  = 552 // of its second copy: another physical sector on disks with 4 KiB
	bootEndLBA = 2047
	espLBA     = 2048
)

// Types of partitions (GUIDs in the order of bytes on the disk).
var (
	typeBIOSBoot = GUID{0x48, 0x61, 0x68, 0x21, 0x49, 0x64, 0x6f, 0x6e, 0x74, 0x4e, 0x65, 0x65, 0x64, 0x45, 0x46, 0x49}
	typeESP      = GUID{0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11, 0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b}
	typeLinux    = GUID{0xaf, 0x3d, 0xc6, 0x0f, 0x83, 0x84, 0x72, 0x47, 0x8e, 0x79, 0x3d, 0x69, 0xd8, 0x47, 0x7d, 0xe4}
)

// GUID is 16 bytes in the order they have on the disk.
type GUID [16]byte

// String returns the usual form, whose first three groups are little endian.
func (g GUID) String() string {
	return fmt.Sprintf("%x-%x-%x-%x-%x",
		[]byte{g[3], g[2], g[1], g[0]}, []byte{g[5], g[4]}, []byte{g[7], g[6]}, g[8:10], g[10:])
}

// DeriveGUID returns a GUID made of a text, always the same one.
func DeriveGUID(text string) GUID {
	sum := sha256.Sum256([]byte("redoubt " + text))
	g := GUID(sum[:16])
	g[7] = g[7]&0x0f | 0x80 // version 8: made in a way of one's own
	g[8] = g[8]&0x3f | 0x80
	return g
}

// align rounds bytes up to whole MiB, in sectors.
func align(bytes int64) uint64 {
	return uint64((bytes + mib - 1) / mib * (mib / SectorSize))
}
