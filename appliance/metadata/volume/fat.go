package volume

import (
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
)

// A FAT file system, in sectors of 512 to 4096 bytes from its start
//
//	0                  BIOS parameter block
//	reserved           file allocation tables, one after the other
//	rootStart          root folder (FAT12 and FAT16), rootEntries of 32 bytes
//	dataStart          clusters 2, 3, 4 …; FAT32's root folder is one of them
//
// A folder's entry
//
//	0   8+3 bytes of name     11  attributes: 0x08 label, 0x10 folder, 0x0f part of a long name
//	20  cluster, high half    26  cluster, low half     28  size, 32 bits
//
// A long name stands before its entry, its last part first, 13 UTF-16 units each
//
//	0   number from 1; 0x40 marks the last part     13  checksum of the short name
//	1, 14, 28  five, six and two units
type fat struct {
	disk        io.ReaderAt
	bits        int // 12, 16 or 32
	clusterSize int // bytes
	fatOffset   int64
	rootOffset  int64 // of FAT12 and FAT16
	rootSize    int
	dataOffset  int64
	clusters    uint32 // numbers below this one can be in use
}

const (
	fatEntrySize  = 32
	fatFolder     = 0x10
	fatLabel      = 0x08
	fatLongName   = 0x0f
	fatDeleted    = 0xe5
	fatLastPart   = 0x40
	fatNamePart   = 13 // UTF-16 units in one part of a long name
	fatNameParts  = 20 // parts of the longest name, 255 units
	fatMaxCluster = 64 << 10
)

func openFAT(disk io.ReaderAt) (*Volume, error) {
	b, err := readAt(disk, 0, 512)
	if err != nil || b[510] != 0x55 || b[511] != 0xaa {
		return nil, ErrUnknown
	}
	u16 := func(at int) uint32 { return uint32(binary.LittleEndian.Uint16(b[at:])) }
	u32 := func(at int) uint32 { return binary.LittleEndian.Uint32(b[at:]) }
	sector, perCluster := u16(11), uint32(b[13])
	reserved, copies, entries := u16(14), uint32(b[16]), u16(17)
	powers := sector&(sector-1) == 0 && perCluster&(perCluster-1) == 0
	if sector < 512 || sector > 4096 || perCluster == 0 || !powers || reserved == 0 || copies == 0 || copies > 4 ||
		sector*perCluster > fatMaxCluster {
		return nil, ErrUnknown
	}
	total, size := u16(19), u16(22)
	if total == 0 {
		total = u32(32)
	}
	label := b[43:54]
	f := &fat{disk: disk, clusterSize: int(sector * perCluster)}
	root := entry{name: "/", folder: true}
	if size == 0 {
		size, root.start, label = u32(36), u32(44), b[71:82]
	}
	rootSectors := (uint64(entries)*fatEntrySize + uint64(sector) - 1) / uint64(sector)
	before := uint64(reserved) + uint64(copies)*uint64(size) + rootSectors
	if size == 0 || before >= uint64(total) {
		return nil, ErrUnknown
	}
	count := (uint64(total) - before) / uint64(perCluster)
	f.bits = fatBits(count, root.start != 0)
	f.clusters = uint32(min(count+2, 1<<28))
	f.fatOffset = int64(reserved) * int64(sector)
	f.rootOffset = f.fatOffset + int64(copies)*int64(size)*int64(sector)
	f.rootSize = int(entries) * fatEntrySize
	f.dataOffset = int64(before) * int64(sector)
	v := &Volume{Kind: fmt.Sprintf("FAT%d", f.bits), Label: string(label), root: root, fs: f}
	if l := f.label(root); l != "" {
		v.Label = l
	}
	return v, nil
}

// fatBits decides by the number of clusters, as everybody does.
func fatBits(clusters uint64, rootCluster bool) int {
	switch {
	case rootCluster:
		return 32
	case clusters < 4085:
		return 12
	}
	return 16
}

// label returns the label that the root folder has: the one in the first sector
// may be an old one.
func (f *fat) label(root entry) (label string) {
	// What cannot be read has no label; the error comes again with the first file.
	_ = f.entries(root, func(raw []byte) bool {
		if raw[11]&fatLabel == 0 || raw[11] == fatLongName || raw[0] == fatDeleted {
			return true
		}
		label = string(raw[:11])
		return false
	})
	return label
}

// next returns the cluster after c, or 0 at the end of the chain.
func (f *fat) next(c uint32) (uint32, error) {
	var offset int64
	switch f.bits {
	case 12:
		offset = int64(c) * 3 / 2
	case 16:
		offset = int64(c) * 2
	default:
		offset = int64(c) * 4
	}
	b, err := readAt(f.disk, f.fatOffset+offset, max(2, f.bits/8))
	if err != nil {
		return 0, err
	}
	var n, end uint32
	switch f.bits {
	case 12:
		n, end = uint32(binary.LittleEndian.Uint16(b)), 0xff8
		if c%2 == 1 {
			n >>= 4
		}
		n &= 0xfff
	case 16:
		n, end = uint32(binary.LittleEndian.Uint16(b)), 0xfff8
	default:
		n, end = binary.LittleEndian.Uint32(b)&0x0fffffff, 0x0ffffff8
	}
	if n >= end {
		return 0, nil
	}
	return n, f.check(n)
}

// check refuses a cluster that is none.
func (f *fat) check(c uint32) error {
	if c < 2 || c >= f.clusters {
		return fmt.Errorf("damaged FAT: there is no cluster %d", c)
	}
	return nil
}

// chain reads from cluster c on: size bytes, or all of it up to limit if size < 0.
func (f *fat) chain(c uint32, size, limit int) ([]byte, error) {
	var content []byte
	if err := f.check(c); err != nil {
		return nil, err
	}
	for c != 0 && (size < 0 || len(content) < size) {
		if len(content) >= limit {
			return nil, fmt.Errorf("damaged FAT: a chain of more than %d bytes", limit)
		}
		part, err := readAt(f.disk, f.dataOffset+int64(c-2)*int64(f.clusterSize), f.clusterSize)
		if err != nil {
			return nil, err
		}
		content = append(content, part...)
		if c, err = f.next(c); err != nil {
			return nil, err
		}
	}
	if size < 0 {
		return content, nil
	}
	if len(content) < size {
		return nil, fmt.Errorf("damaged FAT: %d of %d bytes", len(content), size)
	}
	return content[:size], nil
}

func (f *fat) read(file entry) ([]byte, error) {
	if file.size == 0 {
		return []byte{}, nil
	}
	return f.chain(file.start, int(file.size), int(file.size)+f.clusterSize)
}

// entries calls found with each raw entry of a folder until it returns false.
func (f *fat) entries(folder entry, found func(raw []byte) bool) error {
	var table []byte
	var err error
	if folder.start == 0 { // the root of FAT12 and FAT16, also in "..", which nobody follows
		table, err = readAt(f.disk, f.rootOffset, f.rootSize)
	} else {
		table, err = f.chain(folder.start, -1, maxDirectory)
	}
	if err != nil {
		return err
	}
	for ; len(table) >= fatEntrySize && table[0] != 0; table = table[fatEntrySize:] {
		if !found(table[:fatEntrySize]) {
			return nil
		}
	}
	return nil
}

func (f *fat) list(folder entry, found func(entry) bool) error {
	var long longName
	return f.entries(folder, func(raw []byte) bool {
		switch {
		case raw[0] == fatDeleted:
			long = longName{}
			return true
		case raw[11]&0x3f == fatLongName:
			long.add(raw)
			return true
		case raw[11]&fatLabel != 0:
			long = longName{}
			return true
		}
		e := entry{
			name:   long.of(raw),
			folder: raw[11]&fatFolder != 0,
			start:  uint32(binary.LittleEndian.Uint16(raw[26:])),
			size:   binary.LittleEndian.Uint32(raw[28:]),
		}
		if f.bits == 32 {
			e.start |= uint32(binary.LittleEndian.Uint16(raw[20:])) << 16
		}
		long = longName{}
		return e.name == "." || e.name == ".." || found(e)
	})
}

// longName collects the parts of a long name.
type longName struct {
	units    []uint16 // of the parts so far, the first part first
	next     int      // number of the part that has to come, 0 when complete
	checksum byte
	begun    bool
}

func (l *longName) add(raw []byte) {
	number := int(raw[0] &^ fatLastPart)
	if raw[0]&fatLastPart != 0 {
		*l = longName{next: number, checksum: raw[13], begun: true}
	}
	if !l.begun || number == 0 || number > fatNameParts || number != l.next || raw[13] != l.checksum {
		*l = longName{}
		return
	}
	part := make([]uint16, 0, fatNamePart)
	for _, r := range [][2]int{{1, 11}, {14, 26}, {28, 32}} {
		for at := r[0]; at < r[1]; at += 2 {
			part = append(part, binary.LittleEndian.Uint16(raw[at:]))
		}
	}
	l.units = append(part, l.units...)
	l.next--
}

// of returns the name of an entry: the long one, if it belongs to it.
func (l *longName) of(raw []byte) string {
	if l.begun && l.next == 0 && l.checksum == fatChecksum(raw[:11]) {
		units := l.units
		for i, u := range units {
			if u == 0 {
				units = units[:i]
				break
			}
		}
		return string(utf16.Decode(units))
	}
	base, ext := strings.TrimRight(string(raw[:8]), " "), strings.TrimRight(string(raw[8:11]), " ")
	if ext != "" {
		base += "." + ext
	}
	return base
}

// fatChecksum ties a long name to its short one.
func fatChecksum(short []byte) (sum byte) {
	for _, c := range short {
		sum = sum>>1 | sum<<7
		sum += c
	}
	return sum
}
