package volume

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
)

// A UDF file system (ECMA-167), in blocks of 2048 bytes, as on Azure's
// provisioning disk. Each descriptor begins with a tag of 16 bytes, whose first two
// are its kind; numbers are 32 bits, the low byte first, if not said otherwise
//
//	block 16…   recognition: 1 "NSR02" or "NSR03"
//	block 256   anchor (2): 16 length and 20 block of the descriptors
//	            partition (5): 22 number (16 bits), 188 first block
//	            logical volume (6): 84 label, 212 block size, 248 file set, 440 map
//	            terminator (8)
//	file set (256): 400 the root folder's entry
//	file entry (261, 266): 27 kind (4 folder), 34 flags (16 bits), whose low three
//	            are how the extents are given, 56 size (64 bits), 168 or 208 length of
//	            attributes, 4 more bytes on that of the extents, then both
//	file identifier (257): 18 flags, 19 length of the name, 20 its entry,
//	            36 length (16 bits) of what comes before the name, 38
//
// Where an entry is: 0 length, 4 block in the partition, 8 number of the partition.
type udf struct {
	disk  io.ReaderAt
	start uint32 // first block of the partition
}

const (
	udfBlock      = 2048
	udfAnchor     = 256 // its block
	udfFolderKind = 4
	udfDeleted    = 0x04
	udfParent     = 0x08
	udfExtents    = 4096 // of one file, at most
)

var errUDF = errors.New("damaged UDF")

func openUDF(disk io.ReaderAt) (*Volume, error) {
	recognized := false
	for n := isoFirst; n < isoFirst+8 && !recognized; n++ {
		b, err := readAt(disk, int64(n)*udfBlock, udfBlock)
		if err != nil {
			return nil, ErrUnknown
		}
		recognized = string(b[1:5]) == "NSR0"
	}
	if !recognized {
		return nil, ErrUnknown
	}
	f := &udf{disk: disk}
	anchor, err := readAt(disk, udfAnchor*udfBlock, udfBlock)
	if err != nil || udfTag(anchor) != 2 {
		return nil, errUDF
	}
	v := &Volume{Kind: "UDF", fs: f}
	set, err := f.descriptors(v, le32(anchor[20:]), min(le32(anchor[16:])/udfBlock, 256))
	if err != nil {
		return nil, err
	}
	b, err := f.block(set)
	if err != nil || udfTag(b) != 256 {
		return nil, errUDF
	}
	v.root, err = f.entry("/", le32(b[404:]))
	return v, err
}

func le32(b []byte) uint32   { return binary.LittleEndian.Uint32(b) }
func udfTag(b []byte) uint16 { return binary.LittleEndian.Uint16(b) }

// block reads a block of the partition.
func (f *udf) block(n uint32) ([]byte, error) {
	return readAt(f.disk, (int64(f.start)+int64(n))*udfBlock, udfBlock)
}

// descriptors reads the volume's descriptors, and returns the block of the file set.
func (f *udf) descriptors(v *Volume, first, count uint32) (set uint32, err error) {
	var partition, volume []byte
	for n := range count {
		b, err := readAt(f.disk, (int64(first)+int64(n))*udfBlock, udfBlock)
		if err != nil {
			return 0, err
		}
		switch udfTag(b) {
		case 5:
			partition = b
		case 6:
			volume = b
		}
		if udfTag(b) == 8 {
			break
		}
	}
	switch {
	case partition == nil || volume == nil:
		return 0, errUDF
	case le32(volume[212:]) != udfBlock:
		return 0, fmt.Errorf("UDF in blocks of %d bytes is not supported", le32(volume[212:]))
	case volume[440] != 1: // the map of a plain partition
		return 0, errors.New("UDF on a virtual partition is not supported")
	}
	f.start = le32(partition[188:])
	field := volume[84 : 84+128]
	v.Label = udfName(field[:min(int(field[127]), 127)])
	return le32(volume[252:]), nil
}

// udfName decodes a name: its first byte says in how many bits.
func udfName(raw []byte) string {
	if len(raw) < 2 {
		return ""
	}
	var units []uint16
	for bits := raw[0]; len(raw) > 1; {
		if bits == 16 {
			if len(raw) < 3 {
				break
			}
			units = append(units, binary.BigEndian.Uint16(raw[1:]))
			raw = raw[2:]
			continue
		}
		units = append(units, uint16(raw[1]))
		raw = raw[1:]
	}
	return strings.TrimRight(string(utf16.Decode(units)), "\x00")
}

// entry reads the file entry in a block.
func (f *udf) entry(name string, block uint32) (entry, error) {
	b, err := f.block(block)
	if err != nil {
		return entry{}, err
	}
	if tag := udfTag(b); tag != 261 && tag != 266 {
		return entry{}, errUDF
	}
	e := entry{name: name, start: block, folder: b[27] == udfFolderKind, size: ^uint32(0)}
	if size := binary.LittleEndian.Uint64(b[56:]); size < uint64(e.size) {
		e.size = uint32(size)
	}
	return e, nil
}

// read returns a file's contents by its extents.
func (f *udf) read(file entry) ([]byte, error) {
	b, err := f.block(file.start)
	if err != nil {
		return nil, err
	}
	at := 168
	if udfTag(b) == 266 {
		at = 208
	}
	begin := uint64(at) + 8 + uint64(le32(b[at:]))
	end := begin + uint64(le32(b[at+4:]))
	if end > udfBlock {
		return nil, errUDF
	}
	extents := b[begin:end]
	step := 8
	switch udfTag(b[34:]) & 7 {
	case 0:
	case 1:
		step = 16
	case 3: // the contents stand in the place of the extents
		if uint64(file.size) > uint64(len(extents)) {
			return nil, errUDF
		}
		return extents[:file.size], nil
	default:
		return nil, errUDF
	}
	content := make([]byte, 0, file.size)
	for n := 0; len(extents) >= step && n < udfExtents && len(content) < int(file.size); n++ {
		length, block := le32(extents), le32(extents[4:])
		if length>>30 != 0 { // not recorded, or more extents elsewhere
			return nil, errUDF
		}
		part := min(int(length), int(file.size)-len(content))
		data, err := readAt(f.disk, (int64(f.start)+int64(block))*udfBlock, part)
		if err != nil {
			return nil, err
		}
		content = append(content, data...)
		extents = extents[step:]
	}
	if len(content) < int(file.size) {
		return nil, errUDF
	}
	return content, nil
}

func (f *udf) list(folder entry, found func(entry) bool) error {
	if folder.size > maxDirectory {
		return fmt.Errorf("a folder of %d bytes, more than %d", folder.size, maxDirectory)
	}
	table, err := f.read(folder)
	if err != nil {
		return err
	}
	for n := 0; len(table) >= 38 && n < maxEntries; n++ {
		name := 38 + int(udfTag(table[36:]))
		length := name + int(table[19])
		if udfTag(table) != 257 || length > len(table) {
			return errUDF
		}
		if table[18]&(udfDeleted|udfParent) == 0 {
			e, err := f.entry(udfName(table[name:length]), le32(table[24:]))
			if err != nil {
				return err
			}
			if e.name != "" && !found(e) {
				return nil
			}
		}
		table = table[min((length+3)&^3, len(table)):]
	}
	return nil
}
