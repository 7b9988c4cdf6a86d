package image

import (
	"encoding/binary"
	"fmt"
	"io"
	"strings"
)

const (
	sectorSize = 512

	// Geometry of the boot file system. FAT16 wants 4085 to 65524 clusters.
	fatReserved    = 1   // sectors before the first FAT: the BPB
	fatCopies      = 2   // of the FAT
	fatRootEntries = 512 // directory entries, 32 bytes each
	fatMinClusters = 4085
	fatMaxClusters = 65524
	fatMedia       = 0xf8 // "fixed disk"

	fatRootSectors = fatRootEntries * 32 / sectorSize
	// FAT dates count from 1980-01-01, written as day 1 of month 1 of year 0.
	// All files carry it, so that the same contents give the same bytes.
	fatEpochDate = 0<<9 | 1<<5 | 1
)

// bootFile is one file of the boot file system.
type bootFile struct {
	name    string // upper-case 8.3 name
	content []byte
	lba     uint32 // set by layout: where it begins on the disk
}

// fatVolume is a FAT16 file system whose files lie in one piece each, in order,
// so that the boot loader can read them by block number.
//
// Layout, in sectors from the partition's start
//
//	0                     BPB
//	1                     FAT, twice
//	1+2*fatSectors        root directory, 32 sectors
//	firstData             clusters 2, 3, 4 …
type fatVolume struct {
	start             uint32 // LBA of the partition
	sectorsPerCluster uint32
	clusters          uint32
	fatSectors        uint32
	files             []*bootFile
}

// newFATVolume lays files out from LBA start on.
func newFATVolume(start uint32, files []*bootFile) (*fatVolume, error) {
	v := &fatVolume{start: start, files: files}
	for v.sectorsPerCluster = 4; ; v.sectorsPerCluster *= 2 {
		v.clusters = 0
		for _, f := range files {
			v.clusters += v.clustersOf(f)
		}
		v.clusters = max(v.clusters, fatMinClusters)
		if v.clusters <= fatMaxClusters {
			break
		}
		if v.sectorsPerCluster == 64 {
			return nil, fmt.Errorf("the boot files do not fit a FAT16 file system")
		}
	}
	// Two bytes for each cluster and for the two reserved entries.
	v.fatSectors = ((v.clusters+2)*2 + sectorSize - 1) / sectorSize
	next := v.firstData()
	for _, f := range files {
		if err := checkName(f.name); err != nil {
			return nil, err
		}
		f.lba = start + next
		next += v.clustersOf(f) * v.sectorsPerCluster
	}
	return v, nil
}

// checkName refuses what is no 8.3 name.
func checkName(name string) error {
	base, ext, _ := strings.Cut(name, ".")
	if base == "" || len(base) > 8 || len(ext) > 3 || name != strings.ToUpper(name) {
		return fmt.Errorf("boot file %q: not an 8.3 name", name)
	}
	return nil
}

func (v *fatVolume) clustersOf(f *bootFile) uint32 {
	size := v.sectorsPerCluster * sectorSize
	return (uint32(len(f.content)) + size - 1) / size
}

func (v *fatVolume) firstData() uint32 {
	return fatReserved + fatCopies*v.fatSectors + fatRootSectors
}

// sectors returns the size of the partition.
func (v *fatVolume) sectors() uint32 {
	return v.firstData() + v.clusters*v.sectorsPerCluster
}

// writeTo writes the whole volume, padded to its size.
func (v *fatVolume) writeTo(w io.Writer) error {
	head := append(v.bpb(), v.fat()...)
	head = append(head, v.fat()...)
	head = append(head, v.root()...)
	if _, err := w.Write(head); err != nil {
		return err
	}
	left := int64(v.clusters) * int64(v.sectorsPerCluster) * sectorSize
	for _, f := range v.files {
		size := int64(v.clustersOf(f)) * int64(v.sectorsPerCluster) * sectorSize
		if _, err := w.Write(f.content); err != nil {
			return err
		}
		if err := writeZeros(w, size-int64(len(f.content))); err != nil {
			return err
		}
		left -= size
	}
	return writeZeros(w, left)
}

// bpb returns the first sector, with the BIOS parameter block.
func (v *fatVolume) bpb() []byte {
	b := make([]byte, sectorSize)
	copy(b, []byte{0xeb, 0x3c, 0x90}) // a jump, which Windows wants to see
	copy(b[3:], "REDOUBT ")
	binary.LittleEndian.PutUint16(b[11:], sectorSize)
	b[13] = byte(v.sectorsPerCluster)
	binary.LittleEndian.PutUint16(b[14:], fatReserved)
	b[16] = fatCopies
	binary.LittleEndian.PutUint16(b[17:], fatRootEntries)
	b[21] = fatMedia
	binary.LittleEndian.PutUint16(b[22:], uint16(v.fatSectors))
	binary.LittleEndian.PutUint16(b[24:], 63)  // sectors per track, of old
	binary.LittleEndian.PutUint16(b[26:], 255) // heads, of old
	binary.LittleEndian.PutUint32(b[28:], v.start)
	binary.LittleEndian.PutUint32(b[32:], v.sectors())
	b[36] = 0x80                                         // drive number
	b[38] = 0x29                                         // the three fields below are there
	binary.LittleEndian.PutUint32(b[39:], diskSignature) // volume number
	copy(b[43:], "REDOUBT    FAT16   ")
	b[510], b[511] = 0x55, 0xaa
	return b
}

// fat returns one copy of the file allocation table: a chain for each file.
func (v *fatVolume) fat() []byte {
	b := make([]byte, v.fatSectors*sectorSize)
	put := func(i uint32, x uint16) { binary.LittleEndian.PutUint16(b[2*i:], x) }
	put(0, 0xff00|fatMedia)
	put(1, 0xffff)
	next := uint32(2)
	for _, f := range v.files {
		n := v.clustersOf(f)
		for i := uint32(1); i < n; i++ {
			put(next, uint16(next+1))
			next++
		}
		if n > 0 {
			put(next, 0xffff)
			next++
		}
	}
	return b
}

// root returns the root directory.
func (v *fatVolume) root() []byte {
	b := make([]byte, fatRootSectors*sectorSize)
	copy(b, "REDOUBT    ")
	b[11] = 0x08 // volume label
	binary.LittleEndian.PutUint16(b[24:], fatEpochDate)
	entry, next := b[32:], uint32(2)
	for _, f := range v.files {
		base, ext, _ := strings.Cut(f.name, ".")
		copy(entry, fmt.Sprintf("%-8s%-3s", base, ext))
		entry[11] = 0x01 // read-only: the boot loader knows where each file lies
		binary.LittleEndian.PutUint16(entry[24:], fatEpochDate)
		if n := v.clustersOf(f); n > 0 {
			binary.LittleEndian.PutUint16(entry[26:], uint16(next))
			next += n
		}
		binary.LittleEndian.PutUint32(entry[28:], uint32(len(f.content)))
		entry = entry[32:]
	}
	return b
}

// writeZeros writes n zero bytes.
func writeZeros(w io.Writer, n int64) error {
	zeros := make([]byte, 64<<10)
	for n > 0 {
		k := min(n, int64(len(zeros)))
		if _, err := w.Write(zeros[:k]); err != nil {
			return err
		}
		n -= k
	}
	return nil
}
