package workload

import (
	"fmt"
	"math/rand/v2"

	"github.com/redoubt-kv/redoubt/bench/load"
)

// Sizes of collections. Lists have listElements, one of every middleEvery
// others has middleElements, and the rest smallElements: packed in one blob at
// the default thresholds, while the middle ones are tables or trees (sorted
// sets and hashes above 128, sets above 128 of other than integers).
const (
	collectionKinds = 5
	listElements    = 250
	smallElements   = 10
	middleElements  = 200
	middleEvery     = 10
)

// elementsOf is the number of elements of collection i, lists apart.
func elementsOf(i uint64) uint64 {
	if i%middleEvery == 0 {
		return middleElements
	}
	return smallElements
}

// collectionData is n collections, a fifth of each type.
func collectionData(n, size int) dataset {
	per := uint64(n / collectionKinds)
	c := collectionWrites{per: per, noise: noiseOf(size)}
	fills := []filling{
		packed(per, "RPUSH", "list:", func(uint64) uint64 { return listElements }, func(args [][]byte, i, k uint64) [][]byte {
			return append(args, load.FixedValue(size)(nil, i*listElements+k))
		}),
		packed(per, "HSET", "hash:", elementsOf, func(args [][]byte, i, k uint64) [][]byte {
			return append(args, name("field:", k), load.FixedValue(size)(nil, i*middleElements+k))
		}),
		packed(per, "SADD", "set:", elementsOf, func(args [][]byte, _, k uint64) [][]byte {
			return append(args, name("element:", k))
		}),
		packed(per, "ZADD", "zset:", elementsOf, func(args [][]byte, i, k uint64) [][]byte {
			return append(args, fmt.Append(nil, (i*7919+k*104729)%1e6), name("element:", k))
		}),
	}
	// An entry of a stream is a command: first one for each stream, then the rest
	// of the middle ones.
	middle := (per + middleEvery - 1) / middleEvery
	fills = append(fills,
		filling{per * smallElements, func(dst []byte, i uint64) []byte {
			return appendEntry(dst, i%per, load.FixedValue(size)(nil, i))
		}},
		filling{middle * (middleElements - smallElements), func(dst []byte, i uint64) []byte {
			return appendEntry(dst, i%middle*middleEvery, load.FixedValue(size)(nil, i))
		}})
	return dataset{
		name: "collections",
		about: fmt.Sprintf("%d each of lists of %d elements, and of hashes, sets, sorted sets and streams, of which one in %d has %d elements and the others %d; elements of %d bytes",
			per, listElements, middleEvery, middleElements, smallElements, size),
		keys:      int(per) * collectionKinds,
		fills:     fills,
		overwrite: c.random,
		mixed:     c.random,
		writers:   []writer{{fmt.Sprintf("LSET in the lists of %d, in turn", listElements), c.listsInTurn}},
	}
}

// packed makes each collection with one command.
func packed(n uint64, command, prefix string, elements func(i uint64) uint64, element func(args [][]byte, i, k uint64) [][]byte) filling {
	return filling{n, func(dst []byte, i uint64) []byte {
		args := [][]byte{[]byte(command), name(prefix, i)}
		for k := range elements(i) {
			args = element(args, i, k)
		}
		return appendArgs(dst, args...)
	}}
}

func appendEntry(dst []byte, stream uint64, value []byte) []byte {
	return appendArgs(dst, []byte("XADD"), name("stream:", stream), []byte("*"), []byte("field"), value)
}

// collectionWrites are writes that leave collections as large as they are.
type collectionWrites struct {
	per   uint64
	noise func(*rand.Rand) []byte
}

func (c collectionWrites) random(dst []byte, rng *rand.Rand) []byte {
	i := rng.Uint64N(c.per)
	n := elementsOf(i)
	switch rng.IntN(collectionKinds) {
	case 0:
		return c.setInList(dst, rng, i)
	case 1:
		return appendArgs(dst, []byte("HSET"), name("hash:", i), name("field:", rng.Uint64N(n)), c.noise(rng))
	case 2:
		// Members from a space twice as large, half of them added and half
		// removed: on the average n are there.
		command := []string{"SADD", "SREM"}[rng.IntN(2)]
		return appendArgs(dst, []byte(command), name("set:", i), name("element:", rng.Uint64N(2*n)))
	case 3:
		return appendArgs(dst, []byte("ZADD"), name("zset:", i), fmt.Append(nil, rng.IntN(1e6)), name("element:", rng.Uint64N(n)))
	}
	return appendArgs(dst, []byte("XADD"), name("stream:", i), []byte("MAXLEN"), fmt.Append(nil, n), []byte("*"), []byte("field"), c.noise(rng))
}

func (c collectionWrites) setInList(dst []byte, rng *rand.Rand, i uint64) []byte {
	return appendArgs(dst, []byte("LSET"), name("list:", i), fmt.Append(nil, rng.IntN(listElements)), c.noise(rng))
}

// listsInTurn writes to list 0, 1, 2 and so on, and to the first again.
func (c collectionWrites) listsInTurn() load.Command {
	var next uint64
	return func(dst []byte, rng *rand.Rand) []byte {
		next++
		return c.setInList(dst, rng, (next-1)%c.per)
	}
}
