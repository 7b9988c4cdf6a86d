package format

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Types of partitions, as their identifiers lie on the disk.
const (
	gptESP      = "\x28\x73\x2a\xc1\x1f\xf8\xd2\x11\xba\x4b\x00\xa0\xc9\x3e\xc9\x3b"
	gptBIOSBoot = "Hah!IdontNeedEFI"
)

const gptMaxEntries = 1024 // far more than the 128 that everybody has

// partition is one entry of a GUID partition table.
type partition struct {
	kind           string
	first, sectors int64
}

// partitions reads the disk's GUID partition table (UEFI, 5.3).
func (d *Disk) partitions() ([]partition, error) {
	header := make([]byte, sectorSize)
	if err := readFull(d.Content, header, sectorSize); err != nil {
		return nil, err
	}
	if string(header[:8]) != "EFI PART" {
		return nil, errors.New("the disk has no GUID partition table")
	}
	le := binary.LittleEndian
	at, n, size := le.Uint64(header[72:]), le.Uint32(header[80:]), le.Uint32(header[84:])
	if n > gptMaxEntries || size < 128 || size > sectorSize || at > uint64(d.Size/sectorSize) {
		return nil, fmt.Errorf("the disk's GUID partition table has %d entries of %d bytes at sector %d", n, size, at)
	}
	table := make([]byte, n*size)
	if err := readFull(d.Content, table, int64(at)*sectorSize); err != nil {
		return nil, err
	}
	var list []partition
	for ; len(table) > 0; table = table[size:] {
		p := partition{kind: string(table[:16]), first: int64(le.Uint64(table[32:]))}
		last := int64(le.Uint64(table[40:]))
		if p.kind == string(make([]byte, 16)) {
			continue
		}
		if p.first <= 0 || last < p.first || last >= d.Size/sectorSize {
			return nil, fmt.Errorf("a partition lies from sector %d to %d, on a disk of %d", p.first, last, d.Size/sectorSize)
		}
		p.sectors = last + 1 - p.first
		list = append(list, p)
	}
	return list, nil
}
