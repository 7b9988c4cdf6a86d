package slot

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// The note is a text that one boot leaves for another, whichever slot that runs
// from and whether or not it has a data partition. Nothing that boots reads it, so
// there is one copy: a power cut while it is written loses it.
//
//	0   "RDBN"
//	4   length of the text in bytes, 4 bytes, little endian
//	8   CRC-32 (IEEE) of the text
//	12  the text
const (
	noteLBA     = StateLBA2 + 8
	noteSectors = 8
	noteMagic   = "RDBN"
	noteHead    = 12
	// MaxNote is the longest note in bytes.
	MaxNote = noteSectors*SectorSize - noteHead
)

// ErrNoNote is a disk without a valid note.
var ErrNoNote = errors.New("no note")

// ReadNote returns the note that was written last.
func (t *Table) ReadNote() ([]byte, error) {
	b := make([]byte, noteSectors*SectorSize)
	if _, err := t.disk.ReadAt(b, noteLBA*SectorSize); err != nil {
		return nil, fmt.Errorf("read note: %w", err)
	}
	return decodeNote(b)
}

// decodeNote reads the sectors of a note.
func decodeNote(b []byte) ([]byte, error) {
	n := binary.LittleEndian.Uint32(b[4:])
	if string(b[:4]) != noteMagic || n > MaxNote {
		return nil, ErrNoNote
	}
	text := b[noteHead : noteHead+n]
	if crc32.ChecksumIEEE(text) != binary.LittleEndian.Uint32(b[8:]) {
		return nil, ErrNoNote
	}
	return text, nil
}

// WriteNote replaces the note.
func (t *Table) WriteNote(text []byte) error {
	if len(text) > MaxNote {
		return fmt.Errorf("write note: %d bytes, at most %d fit", len(text), MaxNote)
	}
	b := make([]byte, noteSectors*SectorSize)
	copy(b, noteMagic)
	binary.LittleEndian.PutUint32(b[4:], uint32(len(text)))
	binary.LittleEndian.PutUint32(b[8:], crc32.ChecksumIEEE(text))
	copy(b[noteHead:], text)
	if _, err := t.disk.WriteAt(b, noteLBA*SectorSize); err != nil {
		return fmt.Errorf("write note: %w", err)
	}
	if err := t.disk.Sync(); err != nil {
		return fmt.Errorf("write note: %w", err)
	}
	return nil
}
