//go:build linux

package appliance

import (
	"os"
	"path/filepath"
	"testing"
)

func TestDeriveMachineID(t *testing.T) {
	const uuid, mac = "4c4c4544-0051-3510-8052-b4c04f4a3132\n", "52:54:00:12:34:56"
	byUUID, ok := deriveMachineID(uuid, mac)
	if !ok || byUUID == (machineID{}) {
		t.Fatalf("got %s, %v", byUUID, ok)
	}
	if again, _ := deriveMachineID("4C4C4544005135108052B4C04F4A3132", "52:54:00:00:00:00"); again != byUUID {
		t.Errorf("the same machine is %s and %s", byUUID, again)
	}
	byMAC, ok := deriveMachineID("00000000-0000-0000-0000-000000000000", mac)
	if !ok || byMAC == byUUID {
		t.Errorf("by MAC: %s, %v", byMAC, ok)
	}
	for _, nothing := range [][2]string{{"", ""}, {"Not Settable", "00:00:00:00:00:00"}, {"ffffffff-ffff-ffff-ffff-ffffffffffff", "x"}} {
		if id, ok := deriveMachineID(nothing[0], nothing[1]); ok {
			t.Errorf("%q: %s", nothing, id)
		}
	}
	if name := byUUID.hostname(); len(name) != len("redoubt-")+8 {
		t.Errorf("host name %q", name)
	}
}

func TestKeepIdentity(t *testing.T) {
	path := filepath.Join(t.TempDir(), identityFile)
	first, second := hashed("1"), hashed("2")
	if got, err := keepIdentity(path, first); err != nil || got != first {
		t.Fatalf("got %s, %v", got, err)
	}
	if got, err := keepIdentity(path, second); err != nil || got != first {
		t.Errorf("the second boot: %s, %v", got, err)
	}
	if err := os.WriteFile(path, []byte("torn"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, err := keepIdentity(path, second); err == nil || got != second {
		t.Errorf("a damaged file: %s, %v", got, err)
	}
	if got, err := keepIdentity(path, first); err != nil || got != second {
		t.Errorf("after the damage: %s, %v", got, err)
	}
	if got, err := keepIdentity("/dev/null/x", first); err == nil || got != first {
		t.Errorf("a disk that cannot keep it: %s, %v", got, err)
	}
}

func FuzzParseMachineID(f *testing.F) {
	f.Add("0123456789abcdef0123456789abcdef\n")
	f.Fuzz(func(t *testing.T, text string) {
		id, err := parseMachineID(text)
		if err != nil {
			return
		}
		if again, err := parseMachineID(id.String()); err != nil || again != id {
			t.Errorf("%q is %s, then %s, %v", text, id, again, err)
		}
	})
}
