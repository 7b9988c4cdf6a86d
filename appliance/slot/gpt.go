package slot

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"unicode/utf16"
)

// Partition is one entry of the GPT.
type Partition struct {
	Type, ID    GUID
	First, Last uint64 // LBAs, both its own
	Name        string
}

// Offset and Size are the partition's place on the disk in bytes.
func (p Partition) Offset() int64 { return int64(p.First) * SectorSize }

// Size is the partition's size in bytes.
func (p Partition) Size() int64 { return int64(p.Last-p.First+1) * SectorSize }

// GPT is a partition table. Index 0 is partition 1; an unused one has a zero Type.
type GPT struct {
	ID         GUID
	Partitions []Partition
	sectors    uint64 // of the disk, as the table believes
}

const (
	gptEntries     = 128
	gptEntrySize   = 128
	gptHeaderSize  = 92
	gptTableSize   = gptEntries * gptEntrySize / SectorSize // in sectors
	gptReserved    = 1 + gptTableSize                       // at either end, without the MBR
	gptRevision    = 0x00010000
	gptSignature   = "EFI PART"
	gptNameUnits   = 36
	mbrTable       = 446
	mbrTypeGPT     = 0xee
	maxDiskSectors = 1 << 53
)

// ErrNoGPT is a disk without a valid partition table of ours.
var ErrNoGPT = errors.New("no valid GPT")

// ReadGPT reads the table of a disk with so many bytes: the primary one or, if that
// is damaged, the backup at the disk's end.
func ReadGPT(disk Disk, size int64) (*GPT, error) {
	g, err := readTable(disk, 1)
	if err == nil {
		return g, nil
	}
	if last := size/SectorSize - 1; last > 2*gptReserved {
		if g, e := readTable(disk, uint64(last)); e == nil {
			return g, nil
		}
	}
	return nil, err
}

// readTable reads the table whose header is at an LBA.
func readTable(disk Disk, at uint64) (*GPT, error) {
	le := binary.LittleEndian
	h := make([]byte, SectorSize)
	if _, err := disk.ReadAt(h, int64(at)*SectorSize); err != nil {
		return nil, fmt.Errorf("read GPT: %w", err)
	}
	sum := le.Uint32(h[16:])
	le.PutUint32(h[16:], 0)
	if string(h[:8]) != gptSignature || le.Uint32(h[12:]) != gptHeaderSize || crc32.ChecksumIEEE(h[:gptHeaderSize]) != sum ||
		le.Uint64(h[24:]) != at || le.Uint32(h[80:]) != gptEntries || le.Uint32(h[84:]) != gptEntrySize {
		return nil, fmt.Errorf("%w at sector %d", ErrNoGPT, at)
	}
	alternate, table := le.Uint64(h[32:]), le.Uint64(h[72:])
	if table > maxDiskSectors || alternate > maxDiskSectors {
		return nil, fmt.Errorf("%w at sector %d: its table is at %d", ErrNoGPT, at, table)
	}
	raw := make([]byte, gptTableSize*SectorSize)
	if _, err := disk.ReadAt(raw, int64(table)*SectorSize); err != nil {
		return nil, fmt.Errorf("read GPT: %w", err)
	}
	if crc32.ChecksumIEEE(raw) != le.Uint32(h[88:]) {
		return nil, fmt.Errorf("%w at sector %d: the entries do not belong to it", ErrNoGPT, at)
	}
	g := &GPT{ID: GUID(h[56:72]), sectors: max(at, alternate) + 1}
	for i := range gptEntries {
		p, err := decodePartition(raw[i*gptEntrySize:][:gptEntrySize], g.sectors)
		if err != nil {
			return nil, fmt.Errorf("%w: partition %d %w", ErrNoGPT, i+1, err)
		}
		g.Partitions = append(g.Partitions, p)
	}
	for n := len(g.Partitions); n > 0 && g.Partitions[n-1] == (Partition{}); n-- {
		g.Partitions = g.Partitions[:n-1]
	}
	return g, nil
}

func decodePartition(b []byte, sectors uint64) (Partition, error) {
	le := binary.LittleEndian
	p := Partition{Type: GUID(b[:16]), ID: GUID(b[16:32]), First: le.Uint64(b[32:]), Last: le.Uint64(b[40:])}
	if p.Type == (GUID{}) {
		return Partition{}, nil
	}
	if p.First > p.Last || p.Last >= sectors {
		return p, fmt.Errorf("has sectors %d to %d on a disk of %d", p.First, p.Last, sectors)
	}
	var name []uint16
	for i := range gptNameUnits {
		c := le.Uint16(b[56+2*i:])
		if c == 0 {
			break
		}
		name = append(name, c)
	}
	p.Name = string(utf16.Decode(name))
	return p, nil
}

// Find returns the number of the partition with a name, or 0.
func (g *GPT) Find(name string) int {
	for i, p := range g.Partitions {
		if p.Name == name && p.Type != (GUID{}) {
			return i + 1
		}
	}
	return 0
}

// entries returns the table as it is on the disk.
func (g *GPT) entries() []byte {
	le := binary.LittleEndian
	raw := make([]byte, gptTableSize*SectorSize)
	for i, p := range g.Partitions {
		b := raw[i*gptEntrySize:]
		copy(b, p.Type[:])
		copy(b[16:], p.ID[:])
		le.PutUint64(b[32:], p.First)
		le.PutUint64(b[40:], p.Last)
		if p.Type == (GUID{}) {
			clear(b[:gptEntrySize])
		}
		for k, c := range utf16.Encode([]rune(p.Name)) {
			if k < gptNameUnits {
				le.PutUint16(b[56+2*k:], c)
			}
		}
	}
	return raw
}

// header returns the sector of the header at an LBA whose counterpart is at another.
func (g *GPT) header(at, alternate, table uint64, entries []byte) []byte {
	le := binary.LittleEndian
	h := make([]byte, SectorSize)
	copy(h, gptSignature)
	le.PutUint32(h[8:], gptRevision)
	le.PutUint32(h[12:], gptHeaderSize)
	le.PutUint64(h[24:], at)
	le.PutUint64(h[32:], alternate)
	le.PutUint64(h[40:], 1+gptReserved)           // first usable LBA
	le.PutUint64(h[48:], g.sectors-1-gptReserved) // last usable LBA
	copy(h[56:], g.ID[:])
	le.PutUint64(h[72:], table)
	le.PutUint32(h[80:], gptEntries)
	le.PutUint32(h[84:], gptEntrySize)
	le.PutUint32(h[88:], crc32.ChecksumIEEE(entries))
	le.PutUint32(h[16:], crc32.ChecksumIEEE(h[:gptHeaderSize]))
	return h
}

// write writes the backup, then the primary table: one of them is valid at any
// time. The sectors in between, and the MBR, stay as they are.
func (g *GPT) write(disk Disk) error {
	last := g.sectors - 1
	entries := g.entries()
	backup := append(entries[:len(entries):len(entries)], g.header(last, 1, last-gptTableSize, entries)...)
	primary := append(g.header(1, last, 2, entries), entries...)
	if _, err := disk.WriteAt(backup, int64(last-gptTableSize)*SectorSize); err != nil {
		return fmt.Errorf("write GPT's backup: %w", err)
	}
	if err := disk.Sync(); err != nil {
		return fmt.Errorf("write GPT's backup: %w", err)
	}
	if _, err := disk.WriteAt(primary, SectorSize); err != nil {
		return fmt.Errorf("write GPT: %w", err)
	}
	if err := disk.Sync(); err != nil {
		return fmt.Errorf("write GPT: %w", err)
	}
	return nil
}

// protectiveMBR fills in the one partition by which old programs see that the
// disk is not empty.
func (g *GPT) protectiveMBR(sector []byte) {
	e := sector[mbrTable:]
	copy(e, []byte{0, 0, 2, 0, mbrTypeGPT, 0xff, 0xff, 0xff})
	binary.LittleEndian.PutUint32(e[8:], 1)
	binary.LittleEndian.PutUint32(e[12:], uint32(min(g.sectors-1, 0xffffffff)))
	sector[510], sector[511] = 0x55, 0xaa
}

// Grow gives the last partition, if it is the data partition, all of a disk of so
// many bytes, and moves the backup table to the disk's end. It returns the
// partition, and whether anything changed. Doing it twice does nothing more, and
// being cut off in the middle leaves a valid table, the old or the new one.
func Grow(disk Disk, size int64) (p Partition, changed bool, err error) {
	g, err := ReadGPT(disk, size)
	if err != nil {
		return p, false, err
	}
	if g.Find(NameData) != len(g.Partitions) || len(g.Partitions) == 0 {
		return p, false, fmt.Errorf("%s is not the last partition", NameData)
	}
	data := &g.Partitions[len(g.Partitions)-1]
	for i := range g.Partitions[:len(g.Partitions)-1] {
		if g.Partitions[i].Last >= data.First {
			return p, false, fmt.Errorf("partition %d lies behind %s", i+1, NameData)
		}
	}
	g.sectors = uint64(size / SectorSize)
	// Whole MiB, so that file systems see a round number.
	last := (g.sectors-1-gptReserved+1)/(mib/SectorSize)*(mib/SectorSize) - 1
	if last <= data.Last {
		return *data, false, nil // also a disk that has become smaller
	}
	data.Last = last
	return *data, true, g.write(disk)
}
