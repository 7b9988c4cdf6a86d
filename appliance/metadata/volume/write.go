package volume

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"
)

// File is one file for WriteISO, in the root folder.
type File struct {
	Name    string
	Content []byte
}

// Blocks of what WriteISO writes.
const (
	isoEnd    = 17 // the volume descriptors' terminator
	isoTableL = 18 // path table, the low byte first
	isoTableM = 19 // the same, the high byte first
	isoRoot   = 20 // root folder, then the files
)

// isoDate is 1980-01-01: the same contents give the same bytes.
var isoDate = []byte{80, 1, 1, 0, 0, 0, 0}

// WriteISO writes an ISO 9660 file system with Rock Ridge's long names, which
// every system reads.
func WriteISO(w io.Writer, label string, files []File) error {
	if len(label) > 32 {
		return fmt.Errorf("label of %d bytes; the longest has 32", len(label))
	}
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b File) int { return cmp.Compare(isoName(a.Name), isoName(b.Name)) })
	for i := range files {
		name := isoName(files[i].Name)
		if name == ".;1" || len(files[i].Name) > 64 || i > 0 && isoName(files[i-1].Name) == name {
			return fmt.Errorf("no file called %q beside the others", files[i].Name)
		}
	}
	root := isoFolderRecords(files, isoRoot, 0)
	rootBlocks := isoBlocks(len(root))
	root = isoFolderRecords(files, isoRoot+rootBlocks, rootBlocks*isoBlock)
	total := isoRoot + rootBlocks
	for _, f := range files {
		total += isoBlocks(len(f.Content))
	}
	out := make([]byte, isoFirst*isoBlock, total*isoBlock)
	out = append(out, isoPrimary(label, total, rootBlocks*isoBlock)...)
	out = append(out, padBlock([]byte("\xffCD001\x01"))...)
	out = append(out, padBlock([]byte{1, 0, isoRoot, 0, 0, 0, 1, 0, 0, 0})...)
	out = append(out, padBlock([]byte{1, 0, 0, 0, 0, isoRoot, 0, 1, 0, 0})...)
	out = append(out, padBlock(root)...)
	for _, f := range files {
		out = append(out, padBlock(f.Content)...)
	}
	_, err := w.Write(out)
	return err
}

func isoBlocks(size int) int { return (size + isoBlock - 1) / isoBlock }

// padBlock returns b filled up with zeros to whole blocks.
func padBlock(b []byte) []byte {
	return append(slices.Clip(b), make([]byte, isoBlocks(len(b))*isoBlock-len(b))...)
}

// isoName is a name for systems without Rock Ridge.
func isoName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToUpper(name))
	return name[:min(len(name), 8)] + ".;1"
}

// isoFolderRecords returns the root folder, of size bytes, with files from block
// first on.
func isoFolderRecords(files []File, first, size int) []byte {
	announce := "SP\x07\x01\xbe\xef\x00" + posix(0o040555) + "ER\x12\x01\x0a\x00\x00\x01RRIP_1991A"
	b := isoRecordOf("\x00", isoRoot, size, isoFolder, announce)
	b = append(b, isoRecordOf("\x01", isoRoot, size, isoFolder, posix(0o040555))...)
	for _, f := range files {
		use := posix(0o100444) + "NM" + string([]byte{byte(5 + len(f.Name)), 1, 0}) + f.Name
		record := isoRecordOf(isoName(f.Name), first, len(f.Content), 0, use)
		if isoBlocks(len(b)+len(record)) > isoBlocks(len(b)) { // records do not cross blocks
			b = padBlock(b)
		}
		b = append(b, record...)
		first += isoBlocks(len(f.Content))
	}
	return b
}

// isoRecordOf returns one record of a folder.
func isoRecordOf(name string, block, size int, flags byte, use string) []byte {
	var b bytes.Buffer
	b.Write([]byte{0, 0})
	b.Write(both32(block))
	b.Write(both32(size))
	b.Write(isoDate)
	b.Write([]byte{flags, 0, 0})
	b.Write(both16(1))
	b.WriteByte(byte(len(name)))
	b.WriteString(name)
	if b.Len()%2 == 1 {
		b.WriteByte(0)
	}
	b.WriteString(use)
	if b.Len()%2 == 1 {
		b.WriteByte(0)
	}
	b.Bytes()[0] = byte(b.Len())
	return b.Bytes()
}

// posix is Rock Ridge's "PX": mode, links, user, group.
func posix(mode int) string {
	return "PX\x24\x01" + string(both32(mode)) + string(both32(1)) + string(both32(0)) + string(both32(0))
}

// isoPrimary returns the primary volume descriptor.
func isoPrimary(label string, blocks, rootSize int) []byte {
	b := make([]byte, isoBlock)
	for _, blank := range [][2]int{{8, 72}, {190, 813}} {
		copy(b[blank[0]:blank[1]], bytes.Repeat([]byte{' '}, isoBlock))
	}
	copy(b, "\x01CD001\x01")
	copy(b[40:], label)
	copy(b[80:], both32(blocks))
	copy(b[120:], both16(1))
	copy(b[124:], both16(1))
	copy(b[128:], both16(isoBlock))
	copy(b[132:], both32(10)) // bytes of the path table
	binary.LittleEndian.PutUint32(b[140:], isoTableL)
	binary.BigEndian.PutUint32(b[148:], isoTableM)
	copy(b[156:], isoRecordOf("\x00", isoRoot, rootSize, isoFolder, ""))
	for at := 813; at < 881; at += 17 { // dates that are not given
		copy(b[at:], "0000000000000000")
	}
	b[881] = 1
	return b
}

// both32 and both16 are numbers in both orders of bytes.
func both32(n int) []byte {
	return binary.BigEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, uint32(n)), uint32(n))
}

func both16(n int) []byte {
	return binary.BigEndian.AppendUint16(binary.LittleEndian.AppendUint16(nil, uint16(n)), uint16(n))
}
