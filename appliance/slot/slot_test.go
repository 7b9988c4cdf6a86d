package slot

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// memory is a disk in memory, which may fail after a number of writes.
type memory struct {
	b      []byte
	writes int // left, if failing
	fails  bool
}

var errPower = errors.New("power cut")

func (m *memory) ReadAt(p []byte, at int64) (int, error) { return bytes.NewReader(m.b).ReadAt(p, at) }

func (m *memory) Sync() error {
	if m.fails && m.writes <= 0 {
		return errPower
	}
	return nil
}

// WriteAt writes half of the data when the power goes, in whole sectors.
func (m *memory) WriteAt(p []byte, at int64) (int, error) {
	if at < 0 || at+int64(len(p)) > int64(len(m.b)) {
		return 0, fmt.Errorf("write of %d bytes at %d, disk of %d", len(p), at, len(m.b))
	}
	if m.fails {
		if m.writes--; m.writes < 0 {
			return 0, errPower
		}
		if m.writes == 0 {
			p = p[:len(p)/SectorSize/2*SectorSize]
		}
	}
	return copy(m.b[at:], p), nil
}

func kernel(text string) []byte {
	b := make([]byte, 3000)
	copy(b[x86MagicOffset:], x86KernelMagic)
	copy(b[1000:], text)
	return b
}

func root(text string) []byte { return append([]byte(squashfsMagic), text...) }

var testPlan = Plan{
	Seed: "test", Slots: 2, Kernel: 64 << 10, Root: mib, Data: 2 * mib,
	Loader: bytes.Repeat([]byte{0x90}, 8*SectorSize),
	EFI:    []EFIFile{{"EFI/BOOT/BOOTX64.EFI", []byte("efi")}, {"loader/loader.conf", []byte("timeout 0\n")}},
}

// newDisk makes a disk with a good slot a.
func newDisk(t testing.TB, plan Plan) (*memory, *Table) {
	t.Helper()
	size, err := plan.Size()
	if err != nil {
		t.Fatal(err)
	}
	m := &memory{b: make([]byte, size)}
	table, err := Create(m, &plan)
	if err != nil {
		t.Fatal(err)
	}
	install(t, table, A, "1.0")
	if err := errors.Join(table.Arm(A, 1), table.Confirm(A)); err != nil {
		t.Fatal(err)
	}
	return m, table
}

func install(t testing.TB, table *Table, n Name, version string) {
	t.Helper()
	if err := write(table, n, version); err != nil {
		t.Fatal(err)
	}
}

func write(table *Table, n Name, version string) error {
	if err := table.WriteKernel(n, bytes.NewReader(kernel(version))); err != nil {
		return err
	}
	if err := table.SetCmdline(n, "console=ttyS0", version); err != nil {
		return err
	}
	if len(table.state.Slots) < 2 {
		return nil
	}
	return table.WriteRoot(n, bytes.NewReader(root(version)))
}

func open(t testing.TB, m *memory, running Name) *Table {
	t.Helper()
	table, err := Open(m, int64(len(m.b)), running)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// biosBoot does what boot.S does, and returns the slot that it loads.
func biosBoot(t testing.TB, m *memory) Name {
	t.Helper()
	s, err := readState(m)
	if err != nil {
		t.Fatal(err)
	}
	n := s.Active
	switch x := &s.Slots[n]; {
	case x.Condition == Good:
	case x.Condition == Trial && x.Tries > 0:
		x.Tries--
		if err := writeState(m, s); err != nil {
			t.Fatal(err)
		}
	case len(s.Slots) == 2 && s.Slots[n.Other()].Condition == Good:
		n = n.Other()
	}
	return n
}

// uefiBoot does what systemd-boot does.
func uefiBoot(t testing.TB, m *memory) Name {
	t.Helper()
	table := open(t, m, NoSlot)
	entries, err := table.entries()
	if err != nil {
		t.Fatal(err)
	}
	var best *bootEntry
	for i := range entries {
		e := &entries[i]
		if best == nil || best.tries == 0 || e.tries != 0 && e.sequence > best.sequence {
			best = e
		}
	}
	if best == nil {
		t.Fatal("no entry")
	}
	if best.tries > 0 {
		path := entriesDir + "/" + best.name
		text, err := table.esp.ReadFile(path, 1000)
		if err != nil {
			t.Fatal(err)
		}
		before, _, _ := strings.Cut(best.name, "+")
		counted := fmt.Sprintf("%s+%d-1.conf", before, best.tries-1)
		if err := errors.Join(table.esp.Remove(path), table.esp.Create(entriesDir+"/"+counted, text)); err != nil {
			t.Fatal(err)
		}
	}
	return best.slot
}

// The life of an update, by both ways of booting.
func TestUpdate(t *testing.T) {
	for _, boot := range []struct {
		name string
		boot func(testing.TB, *memory) Name
	}{{"BIOS", biosBoot}, {"UEFI", uefiBoot}} {
		t.Run(boot.name, func(t *testing.T) {
			m, _ := newDisk(t, testPlan)
			expect := func(want Name) {
				t.Helper()
				if got := boot.boot(t, m); got != want {
					t.Fatalf("slot %s boots, want %s", got, want)
				}
			}
			expect(A)
			table := open(t, m, A)
			if err := table.WriteKernel(A, bytes.NewReader(kernel(""))); !errors.Is(err, ErrRunning) {
				t.Errorf("writing the running slot: %v", err)
			}
			if err := table.Arm(B, 2); !errors.Is(err, ErrIncomplete) {
				t.Errorf("arming an empty slot: %v", err)
			}
			install(t, table, B, "2.0")
			expect(A) // not armed yet
			if err := open(t, m, A).Arm(B, 2); err != nil {
				t.Fatal(err)
			}
			expect(B)
			expect(B)
			expect(A) // nobody confirmed it
			table = open(t, m, A)
			if s := table.State(); s.Active != B || s.Slots[B].Condition != Trial || s.Slots[B].Tries != 0 {
				t.Fatalf("after two boots that were not confirmed: %+v", s)
			}
			if err := table.Reject(B); err != nil {
				t.Fatal(err)
			}
			expect(A)
			install(t, table, B, "3.0")
			if err := table.Arm(B, 2); err != nil {
				t.Fatal(err)
			}
			expect(B)
			table = open(t, m, B)
			if err := table.Confirm(B); err != nil {
				t.Fatal(err)
			}
			for range 3 {
				expect(B)
			}
			// The next update goes the other way.
			install(t, table, A, "4.0")
			expect(B)
			if err := errors.Join(table.Arm(A, 1), open(t, m, A).Confirm(A)); err != nil {
				t.Fatal(err)
			}
			expect(A)
			table = open(t, m, A)
			if err := table.Activate(B); err != nil {
				t.Fatal(err)
			}
			expect(B)
			if s := open(t, m, B).State(); s.Slots[A].Version != "4.0" || s.Slots[B].Version != "3.0" {
				t.Errorf("versions: %+v", s)
			}
		})
	}
}

// The boot loader finds what was written.
func TestPlaces(t *testing.T) {
	m, table := newDisk(t, testPlan)
	install(t, table, B, "2.0")
	s := table.State()
	for n, x := range s.Slots {
		version := fmt.Sprintf("%d.0", n+1)
		at := func(f File) []byte { return m.b[int64(f.LBA)*SectorSize:][:f.Bytes] }
		if !bytes.Equal(at(x.Kernel), kernel(version)) {
			t.Errorf("the kernel of slot %s is not at %+v", Name(n), x.Kernel)
		}
		p, _ := table.Partition(PartRootA + n)
		want := fmt.Sprintf("console=ttyS0 root=PARTUUID=%s redoubt.slot=%s", p.ID, Name(n))
		if got := string(at(x.Cmdline)); got != want {
			t.Errorf("the command line is %q, want %q", got, want)
		}
		if got := m.b[p.Offset():][:7]; !bytes.Equal(got, root(version)) {
			t.Errorf("the root is %q", got)
		}
	}
	if err := table.WriteKernel(B, strings.NewReader("no kernel")); err == nil {
		t.Error("anything is a kernel")
	}
	if err := table.WriteRoot(B, strings.NewReader("no root")); err == nil {
		t.Error("anything is a root")
	}
	if err := table.WriteRoot(B, bytes.NewReader(append(root(""), make([]byte, mib)...))); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a root that is too large: %v", err)
	}
	if err := table.SetCmdline(B, strings.Repeat("x", MaxCmdline), "2"); err == nil {
		t.Error("a command line that is too long is accepted")
	}
	if err := table.SetCmdline(B, "a\nb", "2"); err == nil {
		t.Error("a command line of two lines is accepted")
	}
	if c, err := table.Capacity(); err != nil || c != (Capacity{64 << 10, 0, mib}) {
		t.Errorf("capacity %+v, %v", c, err)
	}
}

func TestOneSlot(t *testing.T) {
	m, _ := newDisk(t, Plan{Seed: "one", Slots: 1, Kernel: 3000, Initramfs: 5000})
	if biosBoot(t, m) != A || uefiBoot(t, m) != A {
		t.Error("slot a does not boot")
	}
	table := open(t, m, NoSlot)
	if line, err := table.Cmdline(A); err != nil || line != "console=ttyS0" {
		t.Errorf("%q, %v", line, err)
	}
	if err := table.Arm(B, 1); err == nil {
		t.Error("there is a second slot")
	}
	if err := table.Reject(A); err == nil {
		t.Error("the only slot is rejected")
	}
	if err := table.WriteKernel(A, bytes.NewReader(kernel(""))); err == nil {
		t.Error("the only slot is written to")
	}
}

// The power goes at every write of an update in turn: the disk boots slot a until
// the update was armed, and b after that, whichever way it boots.
func TestPowerCutAtEveryWrite(t *testing.T) {
	m, _ := newDisk(t, testPlan)
	for n := 1; ; n++ {
		cut := &memory{b: bytes.Clone(m.b), writes: n, fails: true}
		armed := false
		table, err := Open(cut, int64(len(cut.b)), A)
		if err != nil {
			t.Fatal(err)
		}
		if err = write(table, B, "2.0"); err == nil {
			armed = true // perhaps
			err = table.Arm(B, 1)
		}
		done := err == nil
		cut.fails = false
		for name, boot := range map[string]func(testing.TB, *memory) Name{"BIOS": biosBoot, "UEFI": uefiBoot} {
			got := boot(t, &memory{b: bytes.Clone(cut.b)})
			if got != A && !armed || got != B && err == nil {
				t.Fatalf("write %d (%v): slot %s boots by %s", n, err, got, name)
			}
		}
		// The next update goes through.
		table = open(t, cut, A)
		install(t, table, B, "3.0")
		if err := errors.Join(table.Arm(B, 1), table.Confirm(B)); err != nil {
			t.Fatalf("after a cut at write %d: %v", n, err)
		}
		if biosBoot(t, cut) != B || uefiBoot(t, cut) != B {
			t.Fatalf("after a cut at write %d, the next update does not boot", n)
		}
		if done {
			if n < 10 {
				t.Fatalf("only %d writes", n)
			}
			return
		}
	}
}

// The data partition takes all of a larger disk; a cut leaves a valid table.
func TestGrow(t *testing.T) {
	m, _ := newDisk(t, testPlan)
	before, changed, err := Grow(m, int64(len(m.b)))
	if err != nil || changed || before.Size() != 2*mib {
		t.Fatalf("on its own disk: %+v %v %v", before, changed, err)
	}
	small := int64(len(m.b))
	const size = 100 * mib
	m.b = append(m.b, make([]byte, size-small+12345)...)
	for n := 1; ; n++ {
		cut := &memory{b: bytes.Clone(m.b), writes: n, fails: true}
		_, _, err := Grow(cut, int64(len(cut.b)))
		cut.fails = false
		after, changed, err2 := Grow(cut, int64(len(cut.b)))
		if err2 != nil || after.First != before.First || after.Offset()+after.Size() != size-mib && after.Offset()+after.Size() != size {
			t.Fatalf("write %d: %+v %v %v", n, after, changed, err2)
		}
		if err == nil {
			if changed {
				t.Error("it grows twice")
			}
			checkWithSgdisk(t, cut.b[:int64(len(cut.b))/SectorSize*SectorSize])
			break
		}
	}
}

// checkWithSgdisk lets gdisk judge the tables, where it is installed.
func checkWithSgdisk(t *testing.T, disk []byte) {
	t.Helper()
	path, err := exec.LookPath("sgdisk")
	if err != nil {
		path = "/usr/sbin/sgdisk"
		if _, err := os.Stat(path); err != nil {
			t.Log("no sgdisk on this machine: apt-get install gdisk")
			return
		}
	}
	file := filepath.Join(t.TempDir(), "disk.img")
	if err := os.WriteFile(file, disk, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(path, "-v", "-p", file).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "No problems found") {
		t.Errorf("sgdisk: %v\n%s", err, out)
	}
}

func TestGUID(t *testing.T) {
	if got := typeESP.String(); got != "c12a7328-f81f-11d2-ba4b-00a0c93ec93b" {
		t.Error(got)
	}
	if got := typeBIOSBoot.String(); got != "21686148-6449-6e6f-744e-656564454649" {
		t.Error(got)
	}
	if got := typeLinux.String(); got != "0fc63daf-8483-4772-8e79-3d69d8477de4" {
		t.Error(got)
	}
	if DeriveGUID("a") == DeriveGUID("b") || DeriveGUID("a") != DeriveGUID("a") {
		t.Error("derived GUIDs")
	}
}

// The same plan gives the same bytes.
func TestReproducible(t *testing.T) {
	one, _ := newDisk(t, testPlan)
	two, _ := newDisk(t, testPlan)
	if !bytes.Equal(one.b, two.b) {
		t.Error("two disks of the same plan differ")
	}
}

func TestEntryNames(t *testing.T) {
	for name, want := range map[string]bootEntry{
		"redoubt-00000002-b+3.conf":   {slot: B, sequence: 2, tries: 3},
		"redoubt-00000002-b+2-1.conf": {slot: B, sequence: 2, tries: 2},
		"REDOUBT-00000001-A.CONF":     {slot: A, sequence: 1, tries: unlimited},
		"redoubt-4294967295-a.conf":   {slot: A, sequence: 1<<32 - 1, tries: unlimited},
	} {
		want.name = name
		if got, ok := parseEntry(name); !ok || got != want {
			t.Errorf("%s: %+v %v", name, got, ok)
		}
	}
	for _, name := range []string{"redoubt-4294967296-a.conf", "redoubt-1-a.conf", "redoubt-00000001-c.conf", "x", "redoubt-00000001-a+.conf"} {
		if e, ok := parseEntry(name); ok {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

func TestStateGoldenBytes(t *testing.T) {
	s := State{Generation: 1, Slots: []Slot{{Condition: Good, Sequence: 1, Kernel: File{4096, 0x1234}}}}
	got := fmt.Sprintf("% x", s.Encode()[:32])
	if want := "52 44 42 53 01 00 01 00 01 00 00 00 00 00 00 00 02 00 00 00 01 00 00 00 00 10 00 00 34 12 00 00"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// FuzzDecodeState: what is accepted is encoded to the same again.
func FuzzDecodeState(f *testing.F) {
	s := State{Generation: 7, Active: B, Slots: []Slot{
		{Condition: Good, Sequence: 1, Kernel: File{1, 2}, Cmdline: File{3, 4}, Version: "1.0"},
		{Condition: Trial, Tries: 3, Sequence: 2, Initramfs: File{5, 6}, Version: strings.Repeat("v", 64)},
	}}
	f.Add(s.Encode(), false)
	f.Add(s.Encode()[:stateSum], true)
	f.Fuzz(func(t *testing.T, b []byte, sum bool) {
		if sum && len(b) == stateSum { // let most inputs pass the checksum
			b = append(b, appendSum(b)...)
		}
		s, err := DecodeState(b)
		if err != nil {
			return
		}
		again, err := DecodeState(s.Encode())
		if err != nil || fmt.Sprint(again) != fmt.Sprint(s) {
			t.Errorf("%+v becomes %+v, %v", s, again, err)
		}
	})
}

// FuzzReadGPT: no table makes it panic, and what it finds lies on the disk.
func FuzzReadGPT(f *testing.F) {
	m, _ := newDisk(f, testPlan)
	f.Add(m.b[SectorSize:3*SectorSize], true)
	f.Fuzz(func(t *testing.T, b []byte, sums bool) {
		disk := &memory{b: make([]byte, mib)}
		copy(disk.b[SectorSize:], b)
		if sums {
			fixSums(disk.b)
		}
		g, err := ReadGPT(disk, mib)
		if err != nil {
			return
		}
		for _, p := range g.Partitions {
			if p.First > p.Last || p.Last >= g.sectors {
				t.Errorf("partition %+v on %d sectors", p, g.sectors)
			}
		}
		_, _, _ = Grow(disk, mib)
	})
}
