package intset

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestModel(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 2))
		s, model := New(nil), []int64(nil)
		shift := rng.IntN(60)
		for i := range 300 {
			if i%100 == 99 {
				shift = rng.IntN(60)
			}
			v := int64(rng.Uint64()) >> shift
			if len(model) > 0 && rng.IntN(4) == 0 {
				v = model[rng.IntN(len(model))]
			}
			at, found := slices.BinarySearch(model, v)
			if got, ok := Find(s, v); got != at || ok != found {
				t.Fatalf("Find(%d) = %d, %v, want %d, %v", v, got, ok, at, found)
			}
			var done bool
			if rng.IntN(2) == 0 {
				room := AddedSize(s, v)
				s, done = Add(s, v)
				if done == found || done && len(s) != room {
					t.Fatalf("Add(%d) = %v with %d bytes; found %v, AddedSize %d", v, done, len(s), found, room)
				}
				if !found {
					model = slices.Insert(model, at, v)
				}
			} else {
				if s, done = Remove(s, v); done != found {
					t.Fatalf("Remove(%d) = %v", v, done)
				}
				if found {
					model = slices.Delete(model, at, at+1)
				}
			}
			verify(t, s, model)
		}
	}
}

func verify(t *testing.T, s []byte, model []int64) {
	t.Helper()
	if err := Validate(s, true); err != nil || Len(s) != len(model) {
		t.Fatalf("Validate: %v; Len %d, model %d", err, Len(s), len(model))
	}
	for i, v := range model {
		if Get(s, i) != v {
			t.Fatalf("Get(%d) = %d, want %d", i, Get(s, i), v)
		}
	}
}

func TestInPlace(t *testing.T) {
	memory := make([]byte, 8+2*8)
	s := New(memory)
	s, _ = Add(s, 1)
	s, _ = Add(s, math.MinInt64)
	if &s[0] != &memory[0] {
		t.Error("moved although there was room")
	}
	s, _ = Add(s, 2)
	if &s[0] == &memory[0] {
		t.Error("did not move although there was no room")
	}
	verify(t, s, []int64{math.MinInt64, 1, 2})
}

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		bytes string
		want  error
	}{
		{"", ErrSize},
		{"\x02\x00\x00\x00\x00\x00\x00", ErrSize},
		{"\x02\x00\x00\x00\x00\x00\x00\x00", nil},
		{"\x03\x00\x00\x00\x00\x00\x00\x00", ErrWidth},
		{"\x02\x00\x00\x00\x01\x00\x00\x00", ErrSize},
		{"\x02\x00\x00\x00\x01\x00\x00\x00\x05\x00\x00", ErrSize},
		{"\x02\x00\x00\x00\xff\xff\xff\xff\x05\x00", ErrSize},
		{"\x02\x00\x00\x00\x02\x00\x00\x00\x05\x00\x05\x00", ErrOrder},
		{"\x02\x00\x00\x00\x02\x00\x00\x00\x05\x00\xfe\xff", ErrOrder},
		{"\x02\x00\x00\x00\x02\x00\x00\x00\xfe\xff\x05\x00", nil},
	} {
		if err := Validate([]byte(c.bytes), true); !errors.Is(err, c.want) {
			t.Errorf("Validate(%q) = %v, want %v", c.bytes, err, c.want)
		}
	}
}

// FuzzValidate looks for bytes that pass and then break a reader or a writer.
func FuzzValidate(f *testing.F) {
	f.Add([]byte("\x02\x00\x00\x00\x02\x00\x00\x00\xfe\xff\x05\x00"), int64(7))
	f.Add([]byte("\x08\x00\x00\x00\x01\x00\x00\x00\xfe\xff\x05\x00\x00\x00\x00\x00"), int64(70000))
	f.Fuzz(func(t *testing.T, b []byte, v int64) {
		if Validate(b, false) == nil && Len(b) > 0 {
			Get(b, Len(b)-1)
			Find(b, v)
		}
		if Validate(b, true) != nil {
			return
		}
		n := Len(b)
		_, found := Find(b, v)
		s, added := Add(slices.Clone(b), v)
		if added == found {
			t.Fatalf("found %v and added %v", found, added)
		}
		s, removed := Remove(s, v)
		if err := Validate(s, true); err != nil || !removed || added && Len(s) != n {
			t.Fatalf("removed %v of %d, left %d: %v", removed, n, Len(s), err)
		}
	})
}
