package slot

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// bootEntry is one of systemd-boot's entries that is ours.
type bootEntry struct {
	name     string // of its file
	slot     Name
	sequence uint32
	tries    int // left, or unlimited
}

// unlimited is an entry without a counter.
const unlimited = -1

// entryName: redoubt-SEQ-SLOT, then perhaps +LEFT or +LEFT-DONE.
var entryName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^redoubt-([0-9]{8,10})-([ab])(?:\+([0-9]{1,9})(?:-[0-9]{1,9})?)?\.conf$`)
})

// parseEntry reads the name of an entry's file.
func parseEntry(name string) (bootEntry, bool) {
	m := entryName().FindStringSubmatch(name)
	if m == nil {
		return bootEntry{}, false
	}
	sequence, err := strconv.ParseUint(m[1], 10, 32)
	if err != nil {
		return bootEntry{}, false
	}
	e := bootEntry{name: name, sequence: uint32(sequence), tries: unlimited}
	if strings.EqualFold(m[2], "b") {
		e.slot = B
	}
	if m[3] != "" {
		if e.tries, err = strconv.Atoi(m[3]); err != nil {
			return bootEntry{}, false
		}
	}
	return e, true
}

func (e bootEntry) fileName() string {
	counter := ""
	if e.tries != unlimited {
		counter = fmt.Sprintf("+%d", e.tries)
	}
	return fmt.Sprintf("redoubt-%08d-%s%s.conf", e.sequence, e.slot, counter)
}

// entries returns our entries.
func (t *Table) entries() ([]bootEntry, error) {
	files, err := t.esp.List(entriesDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the EFI system partition has no folder %s", entriesDir)
	}
	if err != nil {
		return nil, err
	}
	var all []bootEntry
	for _, f := range files {
		if e, ok := parseEntry(f.Name); ok && !f.Directory {
			all = append(all, e)
		}
	}
	return all, nil
}

// removeEntries removes a slot's entries, but one.
func (t *Table) removeEntries(n Name, but string) error {
	entries, err := t.entries()
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.slot == n && e.name != but {
			if err := t.esp.Remove(entriesDir + "/" + e.name); err != nil {
				return err
			}
		}
	}
	return t.sync()
}

// putEntry gives a slot one entry, the new one before the old ones go.
func (t *Table) putEntry(n Name, sequence uint32, tries int) error {
	e := bootEntry{slot: n, sequence: sequence, tries: tries}
	path := entriesDir + "/" + e.fileName()
	text, err := t.entryText(n)
	if err != nil {
		return err
	}
	// One of the same name may be left from an operation that was cut off, or hold
	// an old command line.
	if err := t.esp.Remove(path); err != nil {
		return err
	}
	if err := t.esp.Create(path, []byte(text)); err != nil {
		return err
	}
	if err := t.sync(); err != nil {
		return err
	}
	return t.removeEntries(n, e.fileName())
}

// entryText returns the contents of a slot's entry.
func (t *Table) entryText(n Name) (string, error) {
	cmdline, err := t.Cmdline(n)
	if err != nil {
		return "", err
	}
	s := t.state.Slots[n]
	var b strings.Builder
	fmt.Fprintf(&b, "title Redoubt %s (slot %s)\nversion %s\nlinux /%s\n", s.Version, n, s.Version, n.kernelPath())
	if s.Initramfs.Bytes > 0 {
		fmt.Fprintf(&b, "initrd /%s\n", n.initramfsPath())
	}
	fmt.Fprintf(&b, "options %s\n", cmdline)
	return b.String(), nil
}

func (t *Table) sync() error {
	if err := t.disk.Sync(); err != nil {
		return fmt.Errorf("write boot entries: %w", err)
	}
	return nil
}
