package slot

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
)

// Name is a slot: A or B.
type Name int

// The slots.
const (
	A Name = iota
	B
)

// String returns "a" or "b", as on the kernel's command line in redoubt.slot.
func (n Name) String() string { return string(rune('a' + n)) }

// Other returns the other slot.
func (n Name) Other() Name { return 1 - n }

// ParseName reads "a" or "b".
func ParseName(text string) (Name, error) {
	switch text {
	case "a":
		return A, nil
	case "b":
		return B, nil
	}
	return 0, fmt.Errorf("want slot a or b, got %q", text)
}

// Condition is what is known of a slot.
type Condition uint8

// The conditions; their numbers are on disks.
const (
	Empty Condition = iota // nothing that could boot
	Trial                  // boots while it has tries left
	Good                   // was confirmed
	Bad                    // was given up
)

// String returns the condition in a word.
func (c Condition) String() string {
	return [...]string{"empty", "trial", "good", "bad"}[c&3]
}

// File is a file's place on the disk, for the boot loader.
type File struct{ LBA, Bytes uint32 }

// Slot is one slot of the boot state.
type Slot struct {
	Condition Condition
	Tries     uint8 // boots left, on trial
	Sequence  uint32
	Kernel    File
	Initramfs File // zero without one
	Cmdline   File
	Version   string
}

// State is the boot state.
type State struct {
	Slots      []Slot // one or two
	Active     Name
	Generation uint32
}

const (
	stateMagic   = "RDBS"
	stateVersion = 1
	stateSum     = 508
	slotOffset   = 16
	slotSize     = 112
	// MaxVersion is the longest version in bytes.
	MaxVersion = 64
	// MaxCmdline is the longest command line in bytes that Linux on x86 takes.
	MaxCmdline = 2047
	// MaxTries is how many tries a slot can be given.
	MaxTries = 100
)

// ErrNoState is a disk on which neither copy of the boot state is valid.
var ErrNoState = errors.New("no valid boot state")

// Encode returns the sector. The version strings are cut to what fits.
func (s *State) Encode() []byte {
	le := binary.LittleEndian
	b := make([]byte, SectorSize)
	copy(b, stateMagic)
	le.PutUint16(b[4:], stateVersion)
	b[6], b[7] = byte(len(s.Slots)), byte(s.Active)
	le.PutUint32(b[8:], s.Generation)
	for i, x := range s.Slots {
		e := b[slotOffset+i*slotSize:][:slotSize]
		e[0], e[1] = byte(x.Condition), x.Tries
		le.PutUint32(e[4:], x.Sequence)
		for k, f := range []File{x.Kernel, x.Initramfs, x.Cmdline} {
			le.PutUint32(e[8+8*k:], f.LBA)
			le.PutUint32(e[12+8*k:], f.Bytes)
		}
		copy(e[32:32+MaxVersion], x.Version)
	}
	le.PutUint32(b[stateSum:], crc32.ChecksumIEEE(b[:stateSum]))
	return b
}

// DecodeState reads a sector.
func DecodeState(b []byte) (*State, error) {
	le := binary.LittleEndian
	if len(b) != SectorSize || string(b[:4]) != stateMagic || crc32.ChecksumIEEE(b[:stateSum]) != le.Uint32(b[stateSum:]) {
		return nil, ErrNoState
	}
	if v := le.Uint16(b[4:]); v != stateVersion {
		return nil, fmt.Errorf("%w: version %d is not known", ErrNoState, v)
	}
	s := &State{Active: Name(b[7]), Generation: le.Uint32(b[8:])}
	n := int(b[6])
	if n < 1 || n > 2 || int(s.Active) >= n {
		return nil, fmt.Errorf("%w: slot %d of %d is active", ErrNoState, s.Active, n)
	}
	for i := range n {
		e := b[slotOffset+i*slotSize:][:slotSize]
		x := Slot{Condition: Condition(e[0]), Tries: e[1], Sequence: le.Uint32(e[4:])}
		if x.Condition > Bad {
			return nil, fmt.Errorf("%w: slot %s has the condition %d", ErrNoState, Name(i), e[0])
		}
		for k, f := range []*File{&x.Kernel, &x.Initramfs, &x.Cmdline} {
			*f = File{le.Uint32(e[8+8*k:]), le.Uint32(e[12+8*k:])}
		}
		x.Version, _, _ = strings.Cut(string(e[32:32+MaxVersion]), "\x00")
		s.Slots = append(s.Slots, x)
	}
	return s, nil
}

// readState returns the newest valid copy.
func readState(disk Disk) (*State, error) {
	var newest *State
	var failed error
	for _, lba := range []int64{StateLBA, StateLBA2} {
		b := make([]byte, SectorSize)
		if _, err := disk.ReadAt(b, lba*SectorSize); err != nil {
			return nil, fmt.Errorf("read boot state: %w", err)
		}
		s, err := DecodeState(b)
		if err != nil {
			failed = err
		} else if newest == nil || s.Generation > newest.Generation {
			newest = s
		}
	}
	if newest == nil {
		return nil, failed
	}
	return newest, nil
}

// writeState writes the next generation over the older copy. Which copy is the
// older one is looked up: the boot loader writes too.
func writeState(disk Disk, s *State) error {
	target, oldest := int64(StateLBA), uint64(1)<<32
	for _, lba := range []int64{StateLBA, StateLBA2} {
		b := make([]byte, SectorSize)
		if _, err := disk.ReadAt(b, lba*SectorSize); err != nil {
			return fmt.Errorf("read boot state: %w", err)
		}
		generation := uint64(0) // of a copy that is not valid
		if old, err := DecodeState(b); err == nil {
			generation = uint64(old.Generation) + 1
		}
		if generation < oldest {
			target, oldest = lba, generation
		}
	}
	s.Generation++
	if _, err := disk.WriteAt(s.Encode(), target*SectorSize); err != nil {
		return fmt.Errorf("write boot state: %w", err)
	}
	if err := disk.Sync(); err != nil {
		return fmt.Errorf("write boot state: %w", err)
	}
	return nil
}
