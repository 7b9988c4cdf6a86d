package listpack

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		bytes string
		want  error
	}{
		{"", ErrHeader},
		{"\x06\x00\x00\x00\x00\x00", ErrHeader},
		{"\x07\x00\x00\x00\x00\x00\xff", nil},
		{"\x08\x00\x00\x00\x00\x00\xff", ErrHeader},
		{"\x07\x00\x00\x00\x00\x00\x00", ErrHeader},
		{"\x07\x00\x00\x00\x01\x00\xff", ErrCount},
		{"\x07\x00\x00\x00\xff\xff\xff", nil},
		{"\x0d\x00\x00\x00\x02\x00\x82\x68\x69\x03\xc1\x2c\x02\xff", ErrHeader},
		{"\x0e\x00\x00\x00\x02\x00\x82\x68\x69\x03\xc1\x2c\x02\xff", nil},
		{"\x0e\x00\x00\x00\x03\x00\x82\x68\x69\x03\xc1\x2c\x02\xff", ErrCount},
		{"\x0e\x00\x00\x00\x02\x00\x82\x68\x69\x02\xc1\x2c\x02\xff", ErrBacklen},
		{"\x0e\x00\x00\x00\x02\x00\x82\x68\x69\x03\xc1\x2c\x82\xff", ErrBacklen},
		{"\x0e\x00\x00\x00\x02\x00\x82\x68\x69\x03\xf1\x2c\x02\xff", ErrEntry},
		{"\x0e\x00\x00\x00\x02\x00\x82\x68\x69\x03\xf5\x2c\x02\xff", ErrEntry},
		{"\x0a\x00\x00\x00\x01\x00\xff\x01\x01\xff", ErrEntry},
		{"\x08\x00\x00\x00\x01\x00\xe0\xff", ErrEntry},
		{"\x08\x00\x00\x00\x01\x00\xf0\xff", ErrEntry},
		{"\x0d\x00\x00\x00\x01\x00\xf0\xff\xff\xff\xff\x05\xff", ErrEntry},
	} {
		if _, err := Validate([]byte(c.bytes), true); !errors.Is(err, c.want) {
			t.Errorf("Validate(%x) = %v, want %v", c.bytes, err, c.want)
		}
	}
}

// FuzzValidate looks for bytes that pass and then break a reader or a writer.
func FuzzValidate(f *testing.F) {
	f.Add([]byte("\x0e\x00\x00\x00\x02\x00\x82\x68\x69\x03\xc1\x2c\x02\xff"), uint64(1))
	for seed := range uint64(8) {
		rng := rand.New(rand.NewPCG(seed, 3))
		lp := New(nil)
		for range seed {
			lp = Append(lp, elem(rng))
		}
		f.Add(lp, seed)
	}
	f.Fuzz(func(t *testing.T, b []byte, seed uint64) {
		Validate(b, false)
		n, err := Validate(b, true)
		if err != nil || n > 200 { // verify takes the square of n
			return
		}
		model := contents(b)
		if len(model) != n {
			t.Fatalf("Validate says %d entries, a walk %d", n, len(model))
		}
		verify(t, b, model)
		rng := rand.New(rand.NewPCG(seed, 4))
		lp := slices.Clone(b)
		for range 5 {
			lp, model = step(t, rng, lp, model)
			verify(t, lp, model)
		}
	})
}
