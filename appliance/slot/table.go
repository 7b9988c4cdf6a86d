package slot

import (
	"errors"
	"fmt"
	"slices"

	"github.com/redoubt-kv/redoubt/appliance/slot/fat32"
)

// NoSlot is for those who do not run from a slot of the disk.
const NoSlot Name = -1

// Table is the open boot state of a disk: both the BIOS loader's and systemd-boot's.
// Its methods write through to the disk; each returns after that is safe. It is not
// safe for concurrent use, and nobody else may write to the disk's first two
// partitions meanwhile.
type Table struct {
	disk    Disk
	gpt     *GPT
	esp     *fat32.Volume
	espAt   int64
	state   *State
	running Name
	begun   map[Name]bool // slots that clear has emptied
}

// Open reads the boot state of a disk of so many bytes. The running slot (NoSlot if
// it is none of this disk's) is the one whose contents cannot be written to.
func Open(disk Disk, size int64, running Name) (*Table, error) {
	gpt, err := ReadGPT(disk, size)
	if err != nil {
		return nil, err
	}
	if len(gpt.Partitions) < PartESP || gpt.Find(NameBoot) != PartBoot || gpt.Find(NameESP) != PartESP {
		return nil, fmt.Errorf("%w: not the layout of a machine's disk", ErrNoGPT)
	}
	state, err := readState(disk)
	if err != nil {
		return nil, err
	}
	if len(state.Slots) == 2 && (gpt.Find(NameRootA) != PartRootA || gpt.Find(NameRootB) != PartRootB) {
		return nil, fmt.Errorf("%w: two slots without their root partitions", ErrNoGPT)
	}
	p := gpt.Partitions[PartESP-1]
	esp, err := fat32.Open(section{disk, p.Offset(), p.Size()})
	if err != nil {
		return nil, err
	}
	t := &Table{disk: disk, gpt: gpt, esp: esp, espAt: p.Offset(), state: state, running: running, begun: map[Name]bool{}}
	return t, t.takeTries()
}

// takeTries takes over the tries that systemd-boot has counted. A machine boots
// either way, and each way counts down only its own; so the lower one is right.
func (t *Table) takeTries() error {
	entries, err := t.entries()
	if err != nil {
		return err
	}
	for _, e := range entries {
		if int(e.slot) >= len(t.state.Slots) {
			continue
		}
		if s := &t.state.Slots[e.slot]; s.Condition == Trial && e.sequence == s.Sequence && e.tries >= 0 {
			s.Tries = min(s.Tries, uint8(min(e.tries, MaxTries)))
		}
	}
	return nil
}

// State returns a copy of the state. A slot on trial with no tries left, while
// another one runs, is one that did not come up.
func (t *Table) State() State {
	s := *t.state
	s.Slots = slices.Clone(s.Slots)
	return s
}

// Running returns the slot that was given to Open.
func (t *Table) Running() Name { return t.running }

// Partition returns a partition by its number, and whether there is one.
func (t *Table) Partition(number int) (Partition, bool) {
	if number < 1 || number > len(t.gpt.Partitions) {
		return Partition{}, false
	}
	return t.gpt.Partitions[number-1], true
}

// slot returns a slot's record.
func (t *Table) slot(n Name) (*Slot, error) {
	if n < 0 || int(n) >= len(t.state.Slots) {
		return nil, fmt.Errorf("this disk has no slot %s", n)
	}
	return &t.state.Slots[n], nil
}

// ErrRunning is an operation that would take away what the machine runs from.
var ErrRunning = errors.New("the machine runs from this slot")

// ErrIncomplete is a slot that cannot boot, because something was not written.
var ErrIncomplete = errors.New("the slot is not complete")

// clear makes a slot empty before the first write to it, so that no boot takes it
// until all of it was written by the same Table, and armed.
func (t *Table) clear(n Name) (*Slot, error) {
	s, err := t.slot(n)
	if err != nil {
		return nil, err
	}
	if n == t.running {
		return nil, fmt.Errorf("write slot %s: %w", n, ErrRunning)
	}
	if t.begun[n] && s.Condition == Empty {
		return s, nil
	}
	if other := t.other(n); other != nil && other.Condition == Good {
		t.state.Active = n.Other()
	} else if s.Condition == Good || s.Condition == Trial {
		return nil, fmt.Errorf("write slot %s: the other one cannot boot", n)
	}
	if err := t.removeEntries(n, ""); err != nil {
		return nil, err
	}
	*s = Slot{Sequence: s.Sequence}
	t.begun[n] = true
	return s, writeState(t.disk, t.state)
}

// other returns the other slot's record, or nil.
func (t *Table) other(n Name) *Slot {
	s, err := t.slot(n.Other())
	if err != nil {
		return nil
	}
	return s
}

// Arm makes a complete slot the one that boots next, with so many tries.
func (t *Table) Arm(n Name, tries int) error {
	s, err := t.slot(n)
	if err != nil {
		return err
	}
	if tries < 1 || tries > MaxTries {
		return fmt.Errorf("arm slot %s: %d tries; want 1 to %d", n, tries, MaxTries)
	}
	if n == t.running {
		return fmt.Errorf("arm slot %s: %w", n, ErrRunning)
	}
	if err := t.complete(n); err != nil {
		return fmt.Errorf("arm slot %s: %w", n, err)
	}
	if err := t.putEntry(n, t.nextSequence(), tries); err != nil {
		return err
	}
	s.Condition, s.Tries, s.Sequence = Trial, uint8(tries), t.nextSequence()
	t.state.Active = n
	return writeState(t.disk, t.state)
}

// Confirm makes a slot good, and the one that boots from now on.
func (t *Table) Confirm(n Name) error {
	s, err := t.slot(n)
	if err != nil {
		return err
	}
	if s.Condition != Trial && s.Condition != Good {
		return fmt.Errorf("confirm slot %s: it is %s", n, s.Condition)
	}
	if err := t.putEntry(n, s.Sequence, unlimited); err != nil {
		return err
	}
	s.Condition, s.Tries = Good, 0
	t.state.Active = n
	return writeState(t.disk, t.state)
}

// Reject gives a slot up; the other one, which must be good, boots from now on.
func (t *Table) Reject(n Name) error {
	s, err := t.slot(n)
	if err != nil {
		return err
	}
	if other := t.other(n); other == nil || other.Condition != Good {
		return fmt.Errorf("reject slot %s: there is no other good one", n)
	}
	if err := t.removeEntries(n, ""); err != nil {
		return err
	}
	s.Condition, s.Tries = Bad, 0
	t.state.Active = n.Other()
	return writeState(t.disk, t.state)
}

// Activate makes a good slot the one that boots from now on: a rollback by hand.
func (t *Table) Activate(n Name) error {
	s, err := t.slot(n)
	if err != nil {
		return err
	}
	if s.Condition != Good {
		return fmt.Errorf("activate slot %s: it is %s", n, s.Condition)
	}
	if err := t.putEntry(n, t.nextSequence(), unlimited); err != nil {
		return err
	}
	s.Sequence = t.nextSequence()
	t.state.Active = n
	return writeState(t.disk, t.state)
}

// nextSequence returns a sequence above all.
func (t *Table) nextSequence() uint32 {
	var highest uint32
	for _, s := range t.state.Slots {
		highest = max(highest, s.Sequence)
	}
	return highest + 1
}
