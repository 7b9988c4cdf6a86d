// Package update replaces the version of a running machine, and takes that back by
// itself when the new one does not come up well.
//
// A machine runs from one of two slots (package slot). An update is written to the
// other one while the server goes on. The machine then stops in order, keeps a
// checkpoint of its data, and boots the new version on trial. That one has to get
// through the gate; until then everything that ends it leads back to the old one.
//
//	            Receive               Depart (at the orderly stop)
//	idle ───────────────► written ───────────────► boot of the other slot, on trial
//	                         │ a crash, a power cut          │
//	                         ▼                               │ gate passed: Confirm
//	                      written: still there,              ├──────────────► confirmed
//	                      boots only by Depart               │
//	                                                         │ gate failed, server or boot
//	                                                         │ step failed: Fail, reboot
//	      boot of the old version, which says why            │ kernel panic, power cut: the
//	      rolled back ◄──────────────────────────────────────┘ boot loader has no try left
//
// The data. The new version works on the same data partition. The checkpoint, made
// after the server has stopped, is what the data were; Restore puts it back, also
// on a rollback that someone asks for "with data". A rollback by itself keeps what
// the new version has written, because it may have served clients for a while; only
// if the old version cannot load that is the checkpoint put back.
//
// What one boot has to tell the other (why it failed, what was armed) is in the
// disk's note, since a new version may fail before it has a data partition.
package update

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/redoubt-kv/redoubt/appliance/slot"
)

// Tries is how many boots a new version has: one for it, one for a power cut that
// was not its fault.
const Tries = 2

// States of an update, as Status gives them.
const (
	Idle       = "idle"
	Receiving  = "receiving"
	Written    = "written"     // in the other slot, not booted yet
	OnTrial    = "trial"       // this version has to get through the gate
	Confirmed  = "confirmed"   // this version got through
	RolledBack = "rolled back" // another version was tried, in vain
)

// Status is the state of updates.
type Status struct {
	State   string
	Running string // version
	Other   string // version in the other slot; "" if that is empty
	Reason  string // why the last update was refused or rolled back; "" if it was not
}

// Config says what an Updater works on.
type Config struct {
	Disk    slot.Disk
	Size    int64     // of the disk in bytes
	Running slot.Name // the slot that the machine runs from
	// Of the image that runs: an update must be of the same profile and processor.
	Version, Profile, Arch string
	Log                    func(format string, args ...any)
	// Forget drops what the system remembers of the disk, so that what was written
	// is read from the disk itself; nil if there is no such thing.
	Forget func() error
}

// Updater is a machine's side of updates. Its methods may be called by any
// goroutine, but for those of the checkpoint, which come when no server runs.
type Updater struct {
	config Config

	mu        sync.Mutex
	table     *slot.Table // while receiving, only Receive uses it
	story     story
	receiving bool
	refused   string // why the last update was not taken
}

// story is the note: what one boot has to tell the next, in JSON.
type story struct {
	From   string `json:"from,omitempty"`   // version that was running when the other was armed
	To     string `json:"to,omitempty"`     // version that was armed
	Failed string `json:"failed,omitempty"` // why To was given up
	// Received: the version in the other slot, once all of it was checked.
	Received string `json:"received,omitempty"`
	// Addressed: From had an address of its network, so that To must have one.
	Addressed bool `json:"addressed,omitempty"`
	// Restore: the next boot begins with the checkpoint's data.
	Restore bool `json:"restore,omitempty"`
}

// Open reads the state of a disk with two slots.
func Open(c Config) (*Updater, error) {
	table, err := slot.Open(c.Disk, c.Size, c.Running)
	if err != nil {
		return nil, fmt.Errorf("open boot state: %w", err)
	}
	if len(table.State().Slots) != 2 || c.Running < 0 {
		return nil, errors.New("open boot state: the machine does not run from one of two slots")
	}
	u := &Updater{config: c, table: table}
	note, err := table.ReadNote()
	if err == nil {
		err = json.Unmarshal(note, &u.story)
	}
	if err != nil && !errors.Is(err, slot.ErrNoNote) {
		c.Log("update: the note of the last boot cannot be read: %v", err)
		u.story = story{}
	}
	return u, u.judge()
}

// judge gives a version up that did not come up, if this boot shows one: the running
// slot is good, and the other one has used up its tries.
func (u *Updater) judge() error {
	other := u.other()
	if u.running().Condition != slot.Good || other.Condition != slot.Trial || other.Tries > 0 {
		return nil
	}
	if u.story.Failed == "" {
		u.story.Failed = fmt.Sprintf("it did not come up in %d boots", Tries)
	}
	u.config.Log("update: version %s is given up: %s", other.Version, u.story.Failed)
	if err := u.table.Reject(u.config.Running.Other()); err != nil {
		return err
	}
	return u.writeStory()
}

func (u *Updater) running() slot.Slot { return u.table.State().Slots[u.config.Running] }
func (u *Updater) other() slot.Slot   { return u.table.State().Slots[u.config.Running.Other()] }

// writeStory keeps the story for the next boot.
func (u *Updater) writeStory() error {
	// A reason may be long; the disk's place for it is not.
	if most := slot.MaxNote / 4; len(u.story.Failed) > most {
		u.story.Failed = u.story.Failed[:most]
	}
	text, err := json.Marshal(u.story)
	if err != nil {
		return err
	}
	return u.table.WriteNote(text)
}

// OnTrial tells whether the running version has yet to get through the gate.
func (u *Updater) OnTrial() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return !u.receiving && u.running().Condition == slot.Trial
}

// Status returns the state of updates.
func (u *Updater) Status() Status {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.receiving {
		return Status{State: Receiving, Running: u.config.Version}
	}
	s := Status{State: Idle, Running: u.config.Version, Other: u.other().Version}
	switch {
	case u.running().Condition == slot.Trial:
		s.State = OnTrial
	case u.written():
		s.State = Written
	case u.story.Failed != "":
		s.State = RolledBack
		s.Reason = fmt.Sprintf("version %s: %s", u.story.To, u.story.Failed)
	case u.story.To != "" && u.story.To == u.config.Version:
		s.State = Confirmed
	}
	if u.refused != "" {
		s.Reason = u.refused
	}
	return s
}

// written tells whether the other slot waits for Depart: it holds what was received
// and checked, and the boot loaders do not know it yet.
func (u *Updater) written() bool {
	o := u.other()
	return o.Condition == slot.Empty && o.Version != "" && o.Version == u.story.Received &&
		u.table.Complete(u.config.Running.Other()) == nil
}

// Confirm makes the running version, on trial until now, the one that stays.
func (u *Updater) Confirm() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if err := u.table.Confirm(u.config.Running); err != nil {
		return fmt.Errorf("confirm the update: %w", err)
	}
	u.config.Log("update: version %s is well and stays", u.config.Version)
	return nil
}

// Fail gives the running version, which is on trial, up: the next boot is the old
// one's. The caller reboots.
func (u *Updater) Fail(reason string) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.config.Log("update: version %s is given up: %s", u.config.Version, reason)
	u.story.To, u.story.Failed = u.config.Version, reason
	return errors.Join(u.writeStory(), u.table.Reject(u.config.Running))
}

// Addressed tells whether the version that was updated had an address of its network.
func (u *Updater) Addressed() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.story.Addressed
}

// errNothing is a departure or rollback to a slot with nothing in it.
var errNothing = errors.New("the other slot holds no version that could run")

// Rollback has the next boot be that of the other slot, which must have been good;
// with data, that boot begins with the data of the last checkpoint. The caller
// reboots.
func (u *Updater) Rollback(data bool) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.receiving {
		return ErrBusy
	}
	other := u.other()
	if other.Condition != slot.Good {
		return fmt.Errorf("roll back: %w (it is %s)", errNothing, other.Condition)
	}
	if err := u.table.Activate(u.config.Running.Other()); err != nil {
		return fmt.Errorf("roll back: %w", err)
	}
	u.story = story{From: u.config.Version, To: u.config.Version, Failed: "rolled back by hand", Restore: data}
	return u.writeStory()
}

// RestoreWanted tells whether this boot is to begin with the checkpoint's data.
// Restored says that it did.
func (u *Updater) RestoreWanted() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.story.Restore
}

// Restored notes that the data of the checkpoint are in place.
func (u *Updater) Restored() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.story.Restore = false
	return u.writeStory()
}

// RolledBackFrom returns the version that was given up before this boot, or "".
func (u *Updater) RolledBackFrom() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.story.Failed == "" {
		return ""
	}
	return u.story.To
}

// Pending tells whether an orderly reboot is to go to a version just written.
func (u *Updater) Pending() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return !u.receiving && u.written()
}

// Depart arms the version just written; the caller has made the checkpoint, and
// reboots next. addressed tells whether the machine has an address of its network.
func (u *Updater) Depart(addressed bool) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.written() {
		return errNothing
	}
	u.story = story{From: u.config.Version, To: u.other().Version, Addressed: addressed}
	if err := u.writeStory(); err != nil {
		return err
	}
	return u.table.Arm(u.config.Running.Other(), Tries)
}
