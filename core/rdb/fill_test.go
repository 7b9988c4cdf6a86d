package rdb

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"testing"
)

// A large hash, set or sorted set has the same outcome whichever way it is filled,
// also where a member is there twice or the file ends: the first fault counts.
func TestLargeValues(t *testing.T) {
	const n = 3000
	r := rand.New(rand.NewPCG(5, 6))
	faults := 0
	for round := range 60 {
		twice, cut := -1, 0
		if round%2 == 1 {
			twice = 1 + r.IntN(n-1)
		}
		if round%3 == 2 {
			cut = 1 + r.IntN(20000)
		}
		file := largeValue(r, []Type{TypeHash, TypeSet, TypeZSet2}[round%3], n, twice)
		file = file[:max(len(file)-cut, 40)]
		o := LoadOptions{NowMs: 2000, Workers: 1 + round%4, chunk: 512, most: 1 << 10, many: 1 << r.IntN(12)}
		err := loadBoth(t, file, DecoderOptions{}, o, func(r io.Reader) io.Reader { return r })
		if (err != nil) != (twice >= 0 || cut > 0) {
			t.Fatalf("round %d, twice %d, %d bytes cut: %v", round, twice, cut, err)
		}
		if errors.Is(err, ErrCorrupt) {
			faults++
		}
	}
	if faults < 10 {
		t.Errorf("only %d files had a member twice", faults)
	}
}

// largeValue is a file with one key, whose value has n members; from that number
// on, one of those before again.
func largeValue(r *rand.Rand, typ Type, n, twice int) []byte {
	var file bytes.Buffer
	e := NewEncoder(&file, EncoderOptions{Checksum: true})
	e.Header()
	e.Type(typ)
	e.String([]byte("key"))
	e.Length(uint64(n))
	for i := range n {
		name := i
		if i == twice {
			name = r.IntN(i)
		}
		e.String(fmt.Append(nil, "member:", name))
		switch typ {
		case TypeHash:
			e.String(bytes.Repeat([]byte{'v'}, r.IntN(60)<<(r.IntN(50)/45*5)))
		case TypeZSet2:
			e.fixed64(math.Float64bits(float64(n - i/3 + r.IntN(10)/9)))
		}
	}
	e.Footer()
	return file.Bytes()
}
