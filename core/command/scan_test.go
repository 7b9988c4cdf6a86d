package command

import (
	"strconv"
	"testing"
)

func TestParseCursor(t *testing.T) {
	for text, want := range map[string]uint64{
		"0": 0, "": 0, "+7": 7, "-1": 1<<64 - 1, "18446744073709551615": 1<<64 - 1, "12\x00x": 12, "007": 7, "-0": 0,
	} {
		if got, ok := parseCursor([]byte(text)); !ok || got != want {
			t.Errorf("%q: %d, %v; want %d", text, got, ok, want)
		}
	}
	for _, text := range []string{" 1", "1 ", "x", "-", "+", "--1", "18446744073709551616", "99999999999999999999999", "0x1"} {
		if got, ok := parseCursor([]byte(text)); ok {
			t.Errorf("%q: %d, want an error", text, got)
		}
	}
}

func FuzzParseCursor(f *testing.F) {
	f.Add([]byte("17592186044416"))
	f.Fuzz(func(t *testing.T, text []byte) {
		n, ok := parseCursor(text)
		if again, _ := parseCursor(strconv.AppendUint(nil, n, 10)); ok && again != n {
			t.Fatalf("%q: %d, and again %d", text, n, again)
		}
	})
}
