package update

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/appliance/slot"
)

// memory is a disk in memory.
type memory struct{ b []byte }

func (m *memory) ReadAt(p []byte, at int64) (int, error) { return bytes.NewReader(m.b).ReadAt(p, at) }

func (m *memory) WriteAt(p []byte, at int64) (int, error) {
	if at < 0 || at+int64(len(p)) > int64(len(m.b)) {
		return 0, fmt.Errorf("write of %d bytes at %d", len(p), at)
	}
	return copy(m.b[at:], p), nil
}

func (m *memory) Sync() error { return nil }

// kernel and root look like what their names say.
func kernel(text string) []byte {
	b := make([]byte, 3000)
	copy(b[0x202:], "HdrS")
	copy(b[1000:], text)
	return b
}

func root(text string) []byte { return append([]byte("hsqs"), text...) }

// newDisk is a disk with version 1.0 in slot a.
func newDisk(t testing.TB) *memory {
	t.Helper()
	plan := slot.Plan{Seed: "test", Slots: 2, Kernel: 64 << 10, Root: 1 << 20, Data: 2 << 20, Loader: make([]byte, 4096),
		EFI: []slot.EFIFile{{Path: "EFI/BOOT/BOOTX64.EFI", Content: []byte("efi")}, {Path: "loader/loader.conf", Content: []byte("timeout 0\n")}}}
	size, err := plan.Size()
	if err != nil {
		t.Fatal(err)
	}
	m := &memory{make([]byte, size)}
	table, err := slot.Create(m, &plan)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(
		table.WriteKernel(slot.A, bytes.NewReader(kernel("1.0"))),
		table.WriteRoot(slot.A, bytes.NewReader(root("1.0"))),
		table.SetCmdline(slot.A, "quiet", "1.0"),
		table.Arm(slot.A, 1), table.Confirm(slot.A)); err != nil {
		t.Fatal(err)
	}
	return m
}

// boot is what a boot of the disk does: the loader takes a try, and the machine
// opens its state.
func boot(t testing.TB, m *memory) *Updater {
	t.Helper()
	table, err := slot.Open(m, int64(len(m.b)), slot.NoSlot)
	if err != nil {
		t.Fatal(err)
	}
	s := table.State()
	n := s.Active
	if x := s.Slots[n]; x.Condition == slot.Trial {
		if x.Tries == 0 {
			n = n.Other()
		} else {
			takeTry(t, m)
		}
	}
	u, err := Open(Config{Disk: m, Size: int64(len(m.b)), Running: n, Version: s.Slots[n].Version,
		Profile: "redis-persistent", Arch: "amd64", Log: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// takeTry does what the boot loader does to the boot state.
func takeTry(t testing.TB, m *memory) {
	t.Helper()
	var newest *slot.State
	var at int64
	for _, lba := range []int64{slot.StateLBA, slot.StateLBA2} {
		s, err := slot.DecodeState(m.b[lba*slot.SectorSize:][:slot.SectorSize])
		if err == nil && (newest == nil || s.Generation > newest.Generation) {
			newest, at = s, lba
		}
	}
	newest.Slots[newest.Active].Tries--
	newest.Generation++
	copy(m.b[(slot.StateLBA+slot.StateLBA2-at)*slot.SectorSize:], newest.Encode())
}

// archive is an update; change may spoil its manifest.
func archive(t testing.TB, version string, change func(*slot.Manifest)) []byte {
	t.Helper()
	files := map[string][]byte{slot.KernelName: kernel(version), slot.CmdlineName: []byte("quiet\n"), slot.RootName: root(version)}
	m := slot.Manifest{Format: slot.UpdateFormat, Version: version, Profile: "redis-persistent", Arch: "amd64"}
	for _, name := range wanted {
		sum := sha256.Sum256(files[name])
		m.Files = append(m.Files, slot.ManifestFile{Name: name, Size: int64(len(files[name])), SHA256: hex.EncodeToString(sum[:])})
	}
	if change != nil {
		change(&m)
	}
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	put := func(name string, content []byte) {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	put(slot.ManifestName, text)
	for _, name := range wanted {
		put(name, files[name])
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func receive(t testing.TB, u *Updater, version string) {
	t.Helper()
	if err := u.Receive(context.Background(), bytes.NewReader(archive(t, version, nil))); err != nil {
		t.Fatal(err)
	}
}

func expect(t testing.TB, u *Updater, want Status) {
	t.Helper()
	if got := u.Status(); got != want {
		t.Fatalf("status\n%+v, want\n%+v", got, want)
	}
}

// An update that is well stays, and can be taken back by hand.
func TestUpdate(t *testing.T) {
	m := newDisk(t)
	u := boot(t, m)
	expect(t, u, Status{State: Idle, Running: "1.0"})
	receive(t, u, "2.0")
	expect(t, u, Status{State: Written, Running: "1.0", Other: "2.0"})
	u = boot(t, m) // a power cut: it is not armed
	expect(t, u, Status{State: Written, Running: "1.0", Other: "2.0"})
	if err := u.Depart(true); err != nil {
		t.Fatal(err)
	}
	u = boot(t, m)
	expect(t, u, Status{State: OnTrial, Running: "2.0", Other: "1.0"})
	if !u.OnTrial() || !u.Addressed() {
		t.Error("not on trial, or not asked for an address")
	}
	if err := u.Receive(context.Background(), strings.NewReader("")); !errors.Is(err, ErrOnTrial) {
		t.Errorf("an update on trial: %v", err)
	}
	if err := u.Confirm(); err != nil {
		t.Fatal(err)
	}
	u = boot(t, m)
	expect(t, u, Status{State: Confirmed, Running: "2.0", Other: "1.0"})
	if err := u.Rollback(true); err != nil {
		t.Fatal(err)
	}
	u = boot(t, m)
	expect(t, u, Status{State: RolledBack, Running: "1.0", Other: "2.0", Reason: "version 2.0: rolled back by hand"})
	if !u.RestoreWanted() {
		t.Error("the data are not to be restored")
	}
	if err := u.Restored(); err != nil {
		t.Fatal(err)
	}
	if boot(t, m).RestoreWanted() {
		t.Error("the data are to be restored twice")
	}
}

// A version that fails its gate says why to the one that comes back.
func TestFail(t *testing.T) {
	m := newDisk(t)
	u := boot(t, m)
	receive(t, u, "2.0")
	if err := u.Depart(false); err != nil {
		t.Fatal(err)
	}
	if err := boot(t, m).Fail("the server ended with code 1"); err != nil {
		t.Fatal(err)
	}
	u = boot(t, m)
	expect(t, u, Status{State: RolledBack, Running: "1.0", Other: "2.0", Reason: "version 2.0: the server ended with code 1"})
	if got := u.RolledBackFrom(); got != "2.0" {
		t.Errorf("rolled back from %q", got)
	}
	receive(t, u, "3.0") // the next one is taken
	expect(t, u, Status{State: Written, Running: "1.0", Other: "3.0"})
}

// A version that never says anything has used up its tries.
func TestSilentFailure(t *testing.T) {
	m := newDisk(t)
	u := boot(t, m)
	receive(t, u, "2.0")
	if err := u.Depart(false); err != nil {
		t.Fatal(err)
	}
	for range Tries {
		expect(t, boot(t, m), Status{State: OnTrial, Running: "2.0", Other: "1.0"})
	}
	for range 2 {
		u = boot(t, m)
		if got := u.Status(); got.State != RolledBack || got.Running != "1.0" || got.Reason != "version 2.0: it did not come up in 2 boots" {
			t.Fatalf("got %+v", got)
		}
	}
}

// What is wrong with an update is said; the other slot is then empty, and the machine
// boots what it runs.
func TestReceiveRefuses(t *testing.T) {
	good := archive(t, "2.0", nil)
	spoil := func(change func(*slot.Manifest)) []byte { return archive(t, "2.0", change) }
	for name, c := range map[string]struct {
		update []byte
		want   string
	}{
		"empty":        {nil, "no update archive"},
		"text":         {bytes.Repeat([]byte("x"), 5000), "no update archive"},
		"format":       {spoil(func(m *slot.Manifest) { m.Format = 9 }), "format 9"},
		"profile":      {spoil(func(m *slot.Manifest) { m.Profile = "other" }), `of the profile "other"`},
		"arch":         {spoil(func(m *slot.Manifest) { m.Arch = "arm64" }), "for arm64, this machine is amd64"},
		"version":      {spoil(func(m *slot.Manifest) { m.Version = "" }), "empty or too long"},
		"long version": {spoil(func(m *slot.Manifest) { m.Version = strings.Repeat("v", 65) }), "empty or too long"},
		"files":        {spoil(func(m *slot.Manifest) { m.Files = m.Files[:2] }), "it consists of"},
		"large":        {spoil(func(m *slot.Manifest) { m.Files[2].Size = 1 << 50 }), "has room for"},
		"negative":     {spoil(func(m *slot.Manifest) { m.Files[2].Size = -1 }), "has room for"},
		"size":         {spoil(func(m *slot.Manifest) { m.Files[0].Size-- }), "the manifest says"},
		"digest":       {spoil(func(m *slot.Manifest) { m.Files[2].SHA256 = "00" }), "damaged on its way"},
		"cut short":    {good[:len(good)-3000], "ends too early"},
		"cut in half":  {good[:len(good)/2], "ends too early"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newDisk(t)
			u := boot(t, m)
			err := u.Receive(context.Background(), bytes.NewReader(c.update))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want %q", err, c.want)
			}
			if u.Pending() || u.Status().State != Idle || u.Status().Reason != err.Error() {
				t.Errorf("then %+v", u.Status())
			}
			if err := u.Depart(true); err == nil {
				t.Error("departed to a slot that holds nothing")
			}
			if got := boot(t, m).Status().Running; got != "1.0" {
				t.Errorf("boots %s", got)
			}
		})
	}
}

// A kernel that was received does not boot with the root that was there before.
func TestHalfReceived(t *testing.T) {
	m := newDisk(t)
	u := boot(t, m)
	receive(t, u, "2.0")
	half := archive(t, "3.0", nil)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r := &stopping{data: half[:6000], stop: cancel}
	if err := u.Receive(ctx, r); err == nil {
		t.Fatal("half an update was taken")
	}
	if u = boot(t, m); u.Pending() {
		t.Error("it would be booted")
	}
}

// stopping cancels when it has given all of its data.
type stopping struct {
	data []byte
	stop func()
}

func (s *stopping) Read(p []byte) (int, error) {
	if len(s.data) == 0 {
		s.stop()
		return 1, nil
	}
	n := copy(p, s.data)
	s.data = s.data[n:]
	return n, nil
}

// FuzzReceive: no archive makes the machine unbootable, or is taken without being one.
func FuzzReceive(f *testing.F) {
	good := archive(f, "2.0", nil)
	f.Add(good)
	f.Add(good[:4000])
	disk := newDisk(f)
	f.Fuzz(func(t *testing.T, update []byte) {
		m := &memory{bytes.Clone(disk.b)}
		u := boot(t, m)
		err := u.Receive(context.Background(), bytes.NewReader(update))
		if u.Pending() != (err == nil) {
			t.Fatalf("pending %v, %v", u.Pending(), err)
		}
		if got := boot(t, m).Status().Running; got != "1.0" {
			t.Fatalf("boots %q", got)
		}
	})
}
