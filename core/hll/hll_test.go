package hll

import (
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"testing"
)

// TestLayout holds the code to the example in the package comment.
func TestLayout(t *testing.T) {
	b := New()
	if got := hex.EncodeToString(b); got != "48594c4c0100000000000000000000007fff" {
		t.Errorf("empty: %s", got)
	}
	b, changed, err := Raise(b, 1000, 3, 3000)
	if got := hex.EncodeToString(b[HeaderSize:]); !changed || err != nil || got != "43e7887c16" {
		t.Errorf("one register: %s, %v, %v", got, changed, err)
	}
	if got := Describe(b); got != "Z:1000 v:3,1 Z:15383" {
		t.Errorf("described as %q", got)
	}
	d, err := ToDense(b)
	if err != nil || len(d) != DenseSize || d[HeaderSize+750] != 3 {
		t.Errorf("dense: %v, %x", err, d[HeaderSize+748:HeaderSize+752])
	}
}

func TestPlace(t *testing.T) {
	for _, v := range []struct {
		element  string
		register int
		value    byte
	}{ // what PFADD and PFDEBUG DECODE of redis-server say
		{"", 5938, 2}, {"a", 12711, 2}, {"hello world", 9399, 4}, {"0123456789abcdefg", 14057, 2},
	} {
		if r, val := Place([]byte(v.element)); r != v.register || val != v.value {
			t.Errorf("Place(%q) = %d, %d; want %d, %d", v.element, r, val, v.register, v.value)
		}
	}
}

// registers is a HyperLogLog as plain registers.
func registers(t *testing.T, b []byte) *Max {
	t.Helper()
	var m Max
	if err := m.Merge(b); err != nil {
		t.Fatal(err)
	}
	return &m
}

func TestAgainstModel(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 0))
	for _, sparseMax := range []int64{0, 18, 200, 3000, 1 << 20} {
		b, model := New(), new(Max)
		for range 3000 {
			r, v := rng.IntN(Registers), byte(1+rng.IntN(34))
			if rng.IntN(2) == 0 {
				r, v = r%64, byte(1+v%3) // runs to join
			}
			want := v > model[r]
			model[r] = max(model[r], v)
			grown, changed, err := Raise(b, r, v, sparseMax)
			if b = grown; err != nil || changed != want {
				t.Fatalf("Raise(%d, %d) = %v, %v; want %v", r, v, changed, err, want)
			}
		}
		if *registers(t, b) != *model {
			t.Fatalf("registers differ with sparseMax %d", sparseMax)
		}
		n, err := Count(b)
		d, _ := ToDense(bytes.Clone(b))
		nd, errd := Count(d)
		if err != nil || errd != nil || n != nd || n != model.Count() {
			t.Errorf("counts %d, %d, %d", n, nd, model.Count())
		}
	}
}

func TestCache(t *testing.T) {
	b := New()
	if n, ok := Cached(b); n != 0 || !ok {
		t.Errorf("an empty one has %d, %v", n, ok)
	}
	Invalidate(b)
	if _, ok := Cached(b); ok {
		t.Error("still valid")
	}
	SetCached(b, 1<<40)
	if n, ok := Cached(b); n != 1<<40 || !ok {
		t.Errorf("%d, %v", n, ok)
	}
}

func TestCorrupt(t *testing.T) {
	head := New()[:HeaderSize]
	for name, runs := range map[string]string{
		"empty": "", "few": "\x7f\xfe", "many": "\x80\x7f\xff", "half a run": "\x7f\xfe\x40",
	} {
		b := append(bytes.Clone(head), runs...)
		if _, err := Count(b); err != ErrCorrupt {
			t.Errorf("H1, %s: Count: %v", name, err)
		}
		if _, err := ToDense(b); err != ErrCorrupt {
			t.Errorf("H1, %s: ToDense: %v", name, err)
		}
		if err := new(Max).Merge(b); err != ErrCorrupt {
			t.Errorf("%s: Merge: %v", name, err)
		}
	}
	dense := make([]byte, DenseSize-1)
	if _, _, err := Raise(dense, 16383, 1, 3000); err != ErrCorrupt {
		t.Errorf("H2, short dense: %v", err)
	}
}

// FuzzBytes takes any bytes for a HyperLogLog: nothing panics, and where they
// are one the dense form says the same.
func FuzzBytes(f *testing.F) {
	f.Add(New(), 1, byte(2))
	f.Add([]byte("HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f\xff\x00"), 16383, byte(40))
	f.Add([]byte("HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x80\x81\x80\x7f\xf0"), 3, byte(1))
	f.Fuzz(func(t *testing.T, b []byte, register int, v byte) {
		if !HeaderOK(b, int64(len(b))) {
			return
		}
		n, err := Count(b)
		dense, errDense := ToDense(bytes.Clone(b))
		if (err == nil) != (errDense == nil) {
			t.Fatalf("Count %v, ToDense %v", err, errDense)
		}
		Describe(b)
		if err == nil {
			if nd, _ := Count(dense); nd != n {
				t.Fatalf("counts %d and %d", n, nd)
			}
		}
		register, v = int(uint(register)%Registers), 1+v%50
		grown, _, errRaise := Raise(bytes.Clone(b), register, v, 3000)
		if err != nil || errRaise != nil {
			return
		}
		var want, got Max
		if want.Merge(b) != nil || got.Merge(grown) != nil {
			t.Fatal("Raise corrupts")
		}
		want[register] = max(want[register], v)
		if got != want {
			t.Fatal("Raise changes another register")
		}
	})
}
