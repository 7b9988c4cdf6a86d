package image

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/klauspost/compress/zlib"
)

// SquashFS returns a SquashFS 4.0 file system of the entries and of the folders
// they are in. It is written here because the writers to be had put the time of the
// build, or the owners of files on the build machine, into it: owners are root,
// times zero, and the same entries give the same bytes.
//
// # Layout
//
//	0                superblock, 96 bytes
//	data             the files' contents, in blocks of 128 KiB that are compressed each
//	inode table      metadata: an inode for each file, a folder behind what is in it
//	directory table  metadata: a list of names for each folder
//	id table         metadata: the one owner, 0; then where that metadata begins
//
// Metadata is a stream in pieces of 8 KiB that are compressed each, with two bytes
// before each that hold its length (bit 15: it is not compressed). A place in the
// stream is where its piece begins, and an offset in the unpacked piece.
//
// Source: Documentation/filesystems/squashfs.rst and fs/squashfs of Linux.
func SquashFS(entries []Entry) ([]byte, error) {
	root, err := tree(entries)
	if err != nil {
		return nil, err
	}
	w := &squashWriter{out: make([]byte, squashSuperblock)}
	w.number(root)
	if err := w.writeData(root); err != nil {
		return nil, err
	}
	if err := w.writeTables(root); err != nil {
		return nil, err
	}
	return w.out, nil
}

const (
	squashSuperblock = 96
	squashBlock      = 128 << 10
	squashBlockLog   = 17
	squashPiece      = 8 << 10
	squashRaw        = 1 << 15 // of a piece's length: not compressed
	squashRawData    = 1 << 24 // the same for a block of data
	squashZlib       = 1
	squashNoFragment = 0xffffffff
	squashAbsent     = 1<<64 - 1
	squashPad        = 4096 // the kernel's loop device likes whole pages

	squashFlags = 0x0010 | 0x0200 // no fragments, no extended attributes

	squashDir, squashFile, squashSymlink = 1, 2, 3
)

// node is a file or folder on its way into the file system.
type node struct {
	entry    Entry
	name     string
	children []*node // by name
	number   uint32  // of the inode
	parent   uint32
	start    int      // where the contents begin
	blocks   []uint32 // their compressed lengths
	place    place    // of the inode
}

// place is a place in a metadata stream.
type place struct{ piece, offset int }

func (n *node) kind() uint16 {
	switch {
	case n.entry.Link != "":
		return squashSymlink
	case n.entry.Folder:
		return squashDir
	}
	return squashFile
}

// tree arranges entries as folders.
func tree(entries []Entry) (*node, error) {
	root := &node{entry: Entry{Mode: 0o755, Folder: true}}
	byPath := map[string]*node{"": root}
	for _, e := range withFolders(entries) {
		dir, name := "", e.Path
		if i := strings.LastIndexByte(e.Path, '/'); i >= 0 {
			dir, name = e.Path[:i], e.Path[i+1:]
		}
		parent := byPath[dir]
		if parent == nil || parent.kind() != squashDir || byPath[e.Path] != nil || name == "" || len(name) > 255 {
			return nil, fmt.Errorf("write SquashFS: /%s cannot be there", e.Path)
		}
		n := &node{entry: e, name: name}
		byPath[e.Path] = n
		parent.children = append(parent.children, n)
	}
	for _, n := range byPath {
		slices.SortFunc(n.children, func(a, b *node) int { return strings.Compare(a.name, b.name) })
	}
	return root, nil
}

// squashWriter writes the parts one after the other.
type squashWriter struct {
	out    []byte
	inodes uint32
}

// number gives inodes their numbers, the root 1.
func (w *squashWriter) number(n *node) {
	w.inodes++
	n.number = w.inodes
	if n.parent == 0 {
		n.parent = w.inodes + 1 // of the root: a number that is none
	}
	for _, c := range n.children {
		c.parent = n.number
		w.number(c)
	}
}

// compress returns data compressed, or itself if that is not smaller.
func compress(data []byte) (packed []byte, smaller bool, err error) {
	var b bytes.Buffer
	z, err := zlib.NewWriterLevel(&b, zlib.BestCompression)
	if err == nil {
		_, err = z.Write(data)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		return nil, false, fmt.Errorf("write SquashFS: %w", err)
	}
	if b.Len() >= len(data) {
		return data, false, nil
	}
	return b.Bytes(), true, nil
}

// writeData writes the contents of n's files.
func (w *squashWriter) writeData(n *node) error {
	n.start = len(w.out)
	for block := range slices.Chunk(n.entry.Content, squashBlock) {
		packed, smaller, err := compress(block)
		if err != nil {
			return err
		}
		length := uint32(len(packed))
		if !smaller {
			length |= squashRawData
		}
		n.blocks = append(n.blocks, length)
		w.out = append(w.out, packed...)
	}
	for _, c := range n.children {
		if err := w.writeData(c); err != nil {
			return err
		}
	}
	return nil
}

// writeTables writes everything behind the data, and the superblock.
func (w *squashWriter) writeTables(root *node) error {
	var inodes, dirs metadata
	if err := writeInodes(root, &inodes, &dirs); err != nil {
		return err
	}
	ids := metadata{buf: make([]byte, 4)} // one owner: 0
	for _, m := range []*metadata{&inodes, &dirs, &ids} {
		if err := m.flush(); err != nil {
			return err
		}
	}
	le := binary.LittleEndian
	inodeTable := len(w.out)
	w.out = append(w.out, inodes.out...)
	dirTable := len(w.out)
	w.out = append(w.out, dirs.out...)
	idPiece := len(w.out)
	w.out = append(w.out, ids.out...)
	idTable := len(w.out)
	w.out = le.AppendUint64(w.out, uint64(idPiece))

	s := w.out[:squashSuperblock]
	copy(s, "hsqs")
	le.PutUint32(s[4:], w.inodes)
	le.PutUint32(s[12:], squashBlock)
	le.PutUint16(s[20:], squashZlib)
	le.PutUint16(s[22:], squashBlockLog)
	le.PutUint16(s[24:], squashFlags)
	le.PutUint16(s[26:], 1) // owners
	le.PutUint16(s[28:], 4) // version 4.0
	le.PutUint64(s[32:], uint64(root.place.piece)<<16|uint64(root.place.offset))
	le.PutUint64(s[40:], uint64(len(w.out)))
	for at, table := range map[int]uint64{
		48: uint64(idTable), 56: squashAbsent, 64: uint64(inodeTable), 72: uint64(dirTable), 80: squashAbsent, 88: squashAbsent,
	} {
		le.PutUint64(s[at:], table)
	}
	w.out = append(w.out, make([]byte, -len(w.out)&(squashPad-1))...)
	return nil
}

// metadata is one stream.
type metadata struct{ out, buf []byte }

// here is the place of what is written next.
func (m *metadata) here() place { return place{len(m.out), len(m.buf)} }

func (m *metadata) write(b []byte) error {
	for len(b) > 0 {
		n := min(len(b), squashPiece-len(m.buf))
		m.buf, b = append(m.buf, b[:n]...), b[n:]
		if len(m.buf) == squashPiece {
			if err := m.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// flush ends the piece that is being filled.
func (m *metadata) flush() error {
	if len(m.buf) == 0 {
		return nil
	}
	packed, smaller, err := compress(m.buf)
	if err != nil {
		return err
	}
	length := uint16(len(packed))
	if !smaller {
		length |= squashRaw
	}
	m.out = append(binary.LittleEndian.AppendUint16(m.out, length), packed...)
	m.buf = nil
	return nil
}

// writeInodes writes the inodes below n, then n's list of names, then n's inode.
func writeInodes(n *node, inodes, dirs *metadata) error {
	for _, c := range n.children {
		if err := writeInodes(c, inodes, dirs); err != nil {
			return err
		}
	}
	le := binary.LittleEndian
	b := le.AppendUint16(nil, n.kind())
	b = le.AppendUint16(b, uint16(n.entry.Mode&0o7777))
	b = append(b, make([]byte, 8)...) // owner, group: the first of the id table; time: 0
	b = le.AppendUint32(b, n.number)
	switch n.kind() {
	case squashFile:
		b = le.AppendUint32(b, uint32(n.start))
		b = le.AppendUint32(b, squashNoFragment)
		b = le.AppendUint32(b, 0)
		b = le.AppendUint32(b, uint32(len(n.entry.Content)))
		for _, length := range n.blocks {
			b = le.AppendUint32(b, length)
		}
	case squashSymlink:
		b = le.AppendUint32(b, 1) // links
		b = le.AppendUint32(b, uint32(len(n.entry.Link)))
		b = append(b, n.entry.Link...)
	default:
		list, at := n.names(), dirs.here()
		if len(list) > 1<<16-4 {
			return fmt.Errorf("write SquashFS: /%s holds too much", n.entry.Path)
		}
		if err := dirs.write(list); err != nil {
			return err
		}
		b = le.AppendUint32(b, uint32(at.piece))
		b = le.AppendUint32(b, uint32(n.links()))
		b = le.AppendUint16(b, uint16(len(list)+3)) // "." and ".." are not in the list
		b = le.AppendUint16(b, uint16(at.offset))
		b = le.AppendUint32(b, n.parent)
	}
	n.place = inodes.here()
	return inodes.write(b)
}

// links counts the names of a folder: in its parent, ".", and ".." in each below.
func (n *node) links() int {
	links := 2
	for _, c := range n.children {
		if c.kind() == squashDir {
			links++
		}
	}
	return links
}

// names returns a folder's list: runs of up to 256 names whose inodes are in the
// same piece, each run with a head.
func (n *node) names() []byte {
	le := binary.LittleEndian
	var list []byte
	for rest := n.children; len(rest) > 0; {
		run := 1
		for run < len(rest) && run < 256 && rest[run].place.piece == rest[0].place.piece {
			run++
		}
		list = le.AppendUint32(list, uint32(run-1))
		list = le.AppendUint32(list, uint32(rest[0].place.piece))
		list = le.AppendUint32(list, rest[0].number)
		for _, c := range rest[:run] {
			list = le.AppendUint16(list, uint16(c.place.offset))
			list = le.AppendUint16(list, uint16(int16(int32(c.number)-int32(rest[0].number))))
			list = le.AppendUint16(list, c.kind())
			list = le.AppendUint16(list, uint16(len(c.name)-1))
			list = append(list, c.name...)
		}
		rest = rest[run:]
	}
	return list
}
