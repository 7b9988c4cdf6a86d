package appliance

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/appliance/slot"
)

func TestClassify(t *testing.T) {
	head := func(offset int, text string) []byte {
		h := make([]byte, probeSize)
		copy(h[offset:], text)
		return h
	}
	state := slot.State{Slots: make([]slot.Slot, 1)}
	for _, test := range []struct {
		head []byte
		want Kind
	}{
		{head(0, ""), KindBlank},
		{head(0, "")[:minProbe], KindBlank},
		{head(1080, "\x53\xef"), KindExt4},
		{head(slot.StateLBA*slot.SectorSize, string(state.Encode())), KindBoot},
		{head(slot.StateLBA2*slot.SectorSize, string(state.Encode())), KindBoot},
		{head(slot.StateLBA*slot.SectorSize, "RDBS"), KindOther},
		{head(510, "\x55\xaa"), KindOther},
		{head(probeSize-1, "\x01"), KindOther},
	} {
		if got := classify(test.head); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func TestChooseDisk(t *testing.T) {
	boot := Disk{Name: "vda", Kind: KindBoot}
	bootPart := Disk{Name: "vda1", Parent: "vda", Kind: KindOther}
	data := Disk{Name: "vdb", Kind: KindExt4}
	for _, test := range []struct {
		disks  []Disk
		wanted string
		want   string
		err    string
	}{
		{nil, "auto", "", ""},
		{[]Disk{boot, bootPart}, "auto", "", ""},
		{[]Disk{boot, bootPart, data}, "auto", "vdb", ""},
		{[]Disk{data, {Name: "vdc", Kind: KindBlank}}, "auto", "vdb", ""},
		{[]Disk{{Name: "sda", Kind: KindParted}, {Name: "sda1", Parent: "sda", Kind: KindExt4}}, "auto", "sda1", ""},
		{[]Disk{data, {Name: "vdc", Kind: KindExt4}}, "auto", "", "several disks"},
		{[]Disk{data, {Name: "vdc", Kind: KindExt4}}, "vdc", "vdc", ""},
		{[]Disk{boot, {Name: "vdb", Kind: KindBlank}}, "auto", "", "no ext4 file system on vdb (blank)"},
		{[]Disk{boot, {Name: "vdb", Kind: KindOther}}, "vdb", "", "no ext4 file system on vdb (unknown contents)"},
		{[]Disk{boot}, "vdb", "", "there is no disk vdb"},
		{[]Disk{boot}, "vda", "", "there is no disk vda"},
	} {
		got, err := chooseDisk(test.disks, test.wanted)
		if got != test.want || (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%v %s: got %q, %v", test.disks, test.wanted, got, err)
		}
	}
}

func TestKeyInBitmap(t *testing.T) {
	// KEY_POWER is 116: bit 52 of the second word from the right.
	for text, want := range map[string]bool{
		"10000000000000 0\n": true, "0 10000000000000 0": true, "10000000000000": false, "": false, "x 0": false,
	} {
		if got := keyInBitmap(text, 116); got != want {
			t.Errorf("%q: got %v", text, got)
		}
	}
}

// A console that nobody reads must not stop a writer, and must say what is lost.
func TestConsoleNeverWaits(t *testing.T) {
	r, w := io.Pipe()
	c := NewConsole(w, time.Now())
	line := bytes.Repeat([]byte{'x'}, 1000)
	for range 2 * consoleBacklog / len(line) {
		if _, err := c.Write(line); err != nil {
			t.Fatal(err)
		}
	}
	c.Flush(time.Millisecond) // gives up
	read := make(chan string)
	go func() {
		all, _ := io.ReadAll(r) // the pipe gives no error but its end
		read <- string(all)
	}()
	c.Flush(time.Minute)
	c.Printf("after")
	c.Flush(time.Minute)
	w.Close()
	got := <-read
	if !strings.Contains(got, "bytes lost]") || !strings.HasSuffix(got, "redoubt: after\n") {
		t.Errorf("got ...%q", got[max(0, len(got)-200):])
	}
}
