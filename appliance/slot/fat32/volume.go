// Package fat32 reads and writes small FAT32 file systems: the EFI system
// partition of a disk image, when it is made and while the machine runs. The
// kernel's driver is not needed for it.
//
// Definitions. A cluster is the unit in which space is given to files; the first
// has number 2. A chain is the clusters of one file, in order; the FAT holds, for
// each cluster, the next one of its chain. A file in one piece has clusters that
// follow each other, so that a boot loader can read it by block number.
//
// # Layout
//
// In sectors of 512 bytes from the volume's beginning:
//
//	0        BPB (sizes and places), again in 6
//	1        FSInfo (hints about free space; we say "unknown"), again in 7
//	32       FAT, 4 bytes for each cluster and for the numbers 0 and 1; twice
//	data     clusters 2, 3, 4 …; the root directory begins in cluster 2
//
// A directory is a chain of entries of 32 bytes. A name that is no upper-case
// 8.3 name has its UTF-16 in entries before its own one, last part first:
//
//	┌───────────────┬───────────────┬──────────────────────────────┐
//	│ 0x42 "…rest"  │ 0x01 "begin…" │ "BEGIN~1 CON" cluster, bytes │
//	└───────────────┴───────────────┴──────────────────────────────┘
//
// The order of writes keeps a volume usable if the power goes in between: what a
// directory entry names is complete before the entry is there, and is freed after
// it is gone. The worst case is a chain that no file owns.
//
// Source: Microsoft Extensible Firmware Initiative FAT32 File System
// Specification, version 1.03.
package fat32

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Device is where a volume lies, from its first byte on.
type Device interface {
	io.ReaderAt
	io.WriterAt
}

// SectorSize is the size of a sector in bytes; no other is supported.
const SectorSize = 512

const (
	reservedSectors = 32
	fatCopies       = 2
	media           = 0xf8 // "fixed disk"
	rootCluster     = 2
	infoSector      = 1
	backupSector    = 6

	// The number of clusters is what makes a volume FAT32: not one fewer. Some
	// drivers count wrongly near the border, so the specification says to keep 16
	// away from it.
	minClusters = 65525 + 16
	// maxClusters bounds the memory for the FAT, 4 bytes each: our volumes are small.
	maxClusters = 1 << 21

	fatMask     = 0x0fffffff // the upper four bits are not ours
	endOfChain  = 0x0fffffff
	firstEnd    = 0x0ffffff8 // this and above ends a chain
	maxDirBytes = 1 << 20
)

// ErrDamaged is what a volume's contents break.
var ErrDamaged = errors.New("damaged FAT file system")

// Volume is an open file system. It keeps the FAT in memory, so nobody else may
// write to the volume meanwhile. It is not safe for concurrent use.
type Volume struct {
	dev               Device
	sectorsPerCluster uint32
	fatSectors        uint32
	clusters          uint32 // their numbers are 2 to clusters+1
	fat               []byte
	dirty             map[uint32]bool // sectors of the FAT to be written
}

// Options say how a volume is made.
type Options struct {
	Sectors uint32 // size
	Start   uint32 // LBA of the partition on its disk, which the BPB repeats
	ID      uint32 // volume number
	Label   string // at most 11 upper-case characters
}

// MinSectors returns the size of the smallest volume that holds so many bytes of
// files, directories included.
func MinSectors(bytes int64) uint32 {
	for spc := int64(1); ; spc *= 2 {
		size := spc * SectorSize
		clusters := max((bytes+size-1)/size, minClusters)
		if clusters > maxClusters {
			continue
		}
		return reservedSectors + fatCopies*fatSectorsFor(uint32(clusters)) + uint32(clusters*spc)
	}
}

// Format makes an empty volume. Only what is not zero afterwards is written
// outside of the FATs and the root directory, so the rest may hold anything.
func Format(dev Device, o Options) (*Volume, error) {
	v := &Volume{dev: dev, dirty: map[uint32]bool{}}
	for v.sectorsPerCluster = 64; v.sectorsPerCluster > 0; v.sectorsPerCluster /= 2 {
		v.layOut(o.Sectors)
		if v.clusters >= minClusters {
			break
		}
	}
	if v.sectorsPerCluster == 0 || v.clusters > maxClusters || len(o.Label) > 11 {
		return nil, fmt.Errorf("make FAT32: %d sectors with the label %q do not do", o.Sectors, o.Label)
	}
	v.fat = make([]byte, v.fatSectors*SectorSize)
	for s := range v.fatSectors {
		v.dirty[s] = true
	}
	v.set(0, 0x0fffff00|media)
	v.set(1, endOfChain)
	v.set(rootCluster, endOfChain)
	if err := v.writeHead(o); err != nil {
		return nil, err
	}
	if err := v.flush(); err != nil {
		return nil, err
	}
	root := make([]byte, v.clusterSize())
	if o.Label != "" {
		copy(root, fmt.Sprintf("%-11s", o.Label))
		root[11] = attrLabel
		binary.LittleEndian.PutUint16(root[24:], epochDate)
	}
	return v, v.write(root, v.offset(rootCluster))
}

// layOut computes the sizes for the chosen cluster size: the smallest FAT for the
// clusters that are left beside it.
func (v *Volume) layOut(sectors uint32) {
	v.clusters, v.fatSectors = 0, 0
	if sectors <= reservedSectors {
		return
	}
	data := sectors - reservedSectors
	for v.fatSectors = 1; fatCopies*v.fatSectors < data; v.fatSectors++ {
		v.clusters = (data - fatCopies*v.fatSectors) / v.sectorsPerCluster
		if fatSectorsFor(v.clusters) <= v.fatSectors {
			return
		}
	}
	v.clusters = 0
}

func fatSectorsFor(clusters uint32) uint32 {
	return uint32((4*(uint64(clusters)+2) + SectorSize - 1) / SectorSize)
}

// sectors returns the size of the volume, which may be a little less than that of
// its partition.
func (v *Volume) sectors() uint32 {
	return reservedSectors + fatCopies*v.fatSectors + v.clusters*v.sectorsPerCluster
}

// writeHead writes the BPB and FSInfo, both twice.
func (v *Volume) writeHead(o Options) error {
	le := binary.LittleEndian
	head := make([]byte, reservedSectors*SectorSize)
	b := head[:SectorSize]
	copy(b, []byte{0xeb, 0x58, 0x90}) // a jump, which Windows wants to see
	copy(b[3:], "REDOUBT ")
	le.PutUint16(b[11:], SectorSize)
	b[13] = byte(v.sectorsPerCluster)
	le.PutUint16(b[14:], reservedSectors)
	b[16] = fatCopies
	b[21] = media
	le.PutUint16(b[24:], 63)  // sectors per track, of old
	le.PutUint16(b[26:], 255) // heads, of old
	le.PutUint32(b[28:], o.Start)
	le.PutUint32(b[32:], v.sectors())
	le.PutUint32(b[36:], v.fatSectors)
	le.PutUint32(b[44:], rootCluster)
	le.PutUint16(b[48:], infoSector)
	le.PutUint16(b[50:], backupSector)
	b[64] = 0x80 // drive number
	b[66] = 0x29 // the three fields below are there
	le.PutUint32(b[67:], o.ID)
	copy(b[71:], fmt.Sprintf("%-11s%-8s", o.Label, "FAT32"))
	b[510], b[511] = 0x55, 0xaa

	info := head[infoSector*SectorSize:][:SectorSize]
	copy(info, "RRaA")
	copy(info[484:], "rrAa")
	le.PutUint32(info[488:], 0xffffffff) // free clusters: unknown
	le.PutUint32(info[492:], 0xffffffff) // where to look: unknown
	info[510], info[511] = 0x55, 0xaa
	copy(head[backupSector*SectorSize:], head[:2*SectorSize])
	return v.write(head, 0)
}

// Open reads the head and the FAT of a volume.
func Open(dev Device) (*Volume, error) {
	le := binary.LittleEndian
	b := make([]byte, SectorSize)
	if _, err := dev.ReadAt(b, 0); err != nil {
		return nil, fmt.Errorf("read FAT32: %w", err)
	}
	v := &Volume{dev: dev, dirty: map[uint32]bool{}}
	v.sectorsPerCluster, v.fatSectors = uint32(b[13]), le.Uint32(b[36:])
	sectors := uint64(le.Uint32(b[32:]))
	taken := reservedSectors + fatCopies*uint64(v.fatSectors)
	spc := v.sectorsPerCluster
	switch {
	case b[510] != 0x55 || b[511] != 0xaa,
		le.Uint16(b[11:]) != SectorSize, le.Uint16(b[14:]) != reservedSectors, b[16] != fatCopies,
		le.Uint16(b[22:]) != 0, le.Uint32(b[44:]) != rootCluster,
		spc == 0, spc&(spc-1) != 0, taken >= sectors:
		return nil, fmt.Errorf("%w: not made by us", ErrDamaged)
	}
	clusters := (sectors - taken) / uint64(spc)
	if clusters < minClusters || clusters > maxClusters || uint64(v.fatSectors)*SectorSize < 4*(clusters+2) {
		return nil, fmt.Errorf("%w: %d clusters in %d sectors of FAT", ErrDamaged, clusters, v.fatSectors)
	}
	v.clusters = uint32(clusters)
	// The smallest FAT may be a sector larger than what its clusters need.
	if n := fatSectorsFor(v.clusters); v.fatSectors > n+1 {
		return nil, fmt.Errorf("%w: %d sectors of FAT for %d clusters", ErrDamaged, v.fatSectors, v.clusters)
	}
	v.fat = make([]byte, v.fatSectors*SectorSize)
	if _, err := dev.ReadAt(v.fat, reservedSectors*SectorSize); err != nil {
		return nil, fmt.Errorf("read FAT32: %w", err)
	}
	return v, nil
}

func (v *Volume) clusterSize() int64 { return int64(v.sectorsPerCluster) * SectorSize }

// offset returns where a cluster is on the device, in bytes.
func (v *Volume) offset(cluster uint32) int64 {
	first := int64(reservedSectors+fatCopies*v.fatSectors) * SectorSize
	return first + int64(cluster-2)*v.clusterSize()
}

func (v *Volume) valid(cluster uint32) bool { return cluster >= 2 && cluster < v.clusters+2 }

func (v *Volume) get(cluster uint32) uint32 {
	return binary.LittleEndian.Uint32(v.fat[4*cluster:]) & fatMask
}

// set changes an entry of the FAT in memory; flush writes it.
func (v *Volume) set(cluster, next uint32) {
	old := binary.LittleEndian.Uint32(v.fat[4*cluster:])
	binary.LittleEndian.PutUint32(v.fat[4*cluster:], old&^fatMask|next)
	v.dirty[4*cluster/SectorSize] = true
}

// flush writes the changed sectors of the FAT to both copies, neighbours in one
// piece.
func (v *Volume) flush() error {
	for s := uint32(0); s < v.fatSectors; s++ {
		first := s
		for v.dirty[s] {
			s++
		}
		if s == first {
			continue
		}
		for i := range uint32(fatCopies) {
			at := int64(reservedSectors+i*v.fatSectors+first) * SectorSize
			if err := v.write(v.fat[first*SectorSize:s*SectorSize], at); err != nil {
				return err
			}
		}
	}
	clear(v.dirty)
	return nil
}

func (v *Volume) write(b []byte, at int64) error {
	if _, err := v.dev.WriteAt(b, at); err != nil {
		return fmt.Errorf("write FAT32: %w", err)
	}
	return nil
}

// chain returns the clusters of a chain; an empty file has none and begins with 0.
func (v *Volume) chain(first uint32) ([]uint32, error) {
	if first == 0 {
		return nil, nil
	}
	var all []uint32
	for c := first; ; {
		if !v.valid(c) || uint32(len(all)) > v.clusters {
			return nil, fmt.Errorf("%w: a chain leads to cluster %d", ErrDamaged, c)
		}
		all = append(all, c)
		if c = v.get(c); c >= firstEnd {
			return all, nil
		}
	}
}

// ErrFull is a volume without enough free space in one piece.
var ErrFull = errors.New("no space left in the FAT file system")

// allocate makes a chain of n clusters in one piece, in the first gap that is
// large enough, and returns its first cluster. flush must follow.
func (v *Volume) allocate(n uint32) (uint32, error) {
	run := uint32(0)
	for c := uint32(2); v.valid(c); c++ {
		if run++; v.get(c) != 0 {
			run = 0
		}
		if run < n || run == 0 {
			continue
		}
		first := c - n + 1
		for i := first; i < c; i++ {
			v.set(i, i+1)
		}
		v.set(c, endOfChain)
		return first, nil
	}
	return 0, ErrFull
}

// free gives a chain back. flush must follow.
func (v *Volume) free(first uint32) error {
	clusters, err := v.chain(first)
	if err != nil {
		return err
	}
	for _, c := range clusters {
		v.set(c, 0)
	}
	return nil
}
