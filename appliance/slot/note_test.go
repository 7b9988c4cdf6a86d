package slot

import (
	"bytes"
	"errors"
	"testing"
)

// A note is there for the next to open the disk; one that was torn is none.
func TestNote(t *testing.T) {
	disk, table := newDisk(t, testPlan)
	if _, err := table.ReadNote(); !errors.Is(err, ErrNoNote) {
		t.Errorf("on a new disk: %v", err)
	}
	long := bytes.Repeat([]byte{'x'}, MaxNote)
	for _, text := range [][]byte{[]byte("tried"), long, {}} {
		if err := table.WriteNote(text); err != nil {
			t.Fatal(err)
		}
		next, err := Open(disk, int64(len(disk.b)), A)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := next.ReadNote(); err != nil || !bytes.Equal(got, text) {
			t.Errorf("got %d bytes, %v; want %d", len(got), err, len(text))
		}
	}
	if err := table.WriteNote(append(long, 'x')); err == nil {
		t.Error("a note that does not fit was taken")
	}
	if err := table.WriteNote([]byte("torn")); err != nil {
		t.Fatal(err)
	}
	disk.b[noteLBA*SectorSize+noteHead]++
	if _, err := table.ReadNote(); !errors.Is(err, ErrNoNote) {
		t.Errorf("torn: %v", err)
	}
}

// FuzzNote: no sectors make the decoder leave its bounds.
func FuzzNote(f *testing.F) {
	f.Add([]byte("RDBN\x04\x00\x00\x00\x00\x00\x00\x00text"))
	f.Add([]byte("RDBN\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, head []byte) {
		b := make([]byte, noteSectors*SectorSize)
		copy(b, head)
		if text, err := decodeNote(b); err == nil && len(text) > MaxNote {
			t.Errorf("%d bytes", len(text))
		}
	})
}
