package workload

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/redoubt-kv/redoubt/bench/load"
)

// dataset is what servers hold while they are measured.
type dataset struct {
	name  string
	about string // for the report
	keys  int    // DBSIZE
	fills []filling
	// overwrite changes something at random and leaves the size as it is. It is
	// safe for concurrent use.
	overwrite load.Command
	// mixed is what an AOF of this data consists of.
	mixed load.Command
	// writers change what a save may hold up: values of many elements.
	writers []writer
}

// filling is a number of commands that make data.
type filling struct {
	n      uint64
	encode func(dst []byte, i uint64) []byte
}

// writer is a stream of writes whose longest wait is looked for.
type writer struct {
	name string
	// command makes the stream anew. What it returns is for one goroutine.
	command func() load.Command
}

// datasets makes data sets from flags.
type datasets struct {
	names             string
	keys, size        int
	element           int
	collections, huge int
}

func (d *datasets) flags(fs *flag.FlagSet) {
	fs.StringVar(&d.names, "data", "strings,collections,huge", "data sets, between commas")
	fs.IntVar(&d.keys, "keys", 3_000_000, "strings: keys of 16 bytes")
	fs.IntVar(&d.size, "size", 100, "strings: bytes of a value (incompressible)")
	fs.IntVar(&d.element, "element", 16, "collections, huge: bytes of a list's element, of a field's value")
	fs.IntVar(&d.collections, "collections", 300_000, "collections: how many, of five types")
	fs.IntVar(&d.huge, "huge", 5_000_000, "huge: elements of the hash and of the sorted set")
}

// chosen returns the data sets that -data names.
func (d *datasets) chosen() ([]dataset, error) {
	if d.keys < 1 || d.size < 1 || d.element < 1 || d.collections < collectionKinds || d.huge < 1 {
		return nil, fmt.Errorf("-keys, -size, -element and -huge must be above zero, -collections at least %d", collectionKinds)
	}
	var out []dataset
	for name := range strings.SplitSeq(d.names, ",") {
		switch name {
		case "strings":
			out = append(out, stringData(d.keys, d.size))
		case "collections":
			out = append(out, collectionData(d.collections, d.element))
		case "huge":
			out = append(out, hugeData(d.huge, d.element))
		default:
			return nil, fmt.Errorf("-data %q: there are strings, collections and huge", name)
		}
	}
	return out, nil
}

// fill makes the data in the server at addr and checks that it is there.
func (ds dataset) fill(ctx context.Context, addr string) error {
	for _, f := range ds.fills {
		if err := load.FillWith(ctx, addr, f.n, f.encode); err != nil {
			return fmt.Errorf("make %s: %w", ds.name, err)
		}
	}
	c, err := load.Dial(addr)
	if err != nil {
		return err
	}
	return errors.Join(wantKeys(c, ds.keys), c.Close())
}

// numbered turns a random command into one of a numbered series, the same in
// each run.
func numbered(cmd load.Command, seed uint64) func(dst []byte, i uint64) []byte {
	return func(dst []byte, i uint64) []byte { return cmd(dst, rand.New(rand.NewPCG(seed, i))) }
}

// appendArgs appends a command of byte strings.
func appendArgs(dst []byte, args ...[]byte) []byte {
	dst = load.AppendHead(dst, len(args))
	for _, a := range args {
		dst = load.AppendBulk(dst, a)
	}
	return dst
}

func name(prefix string, i uint64) []byte { return load.AppendKey(nil, prefix, i) }

// noiseOf returns a source of random values of size bytes.
func noiseOf(size int) func(rng *rand.Rand) []byte {
	const pool = 1 << 18
	noise := load.FixedValue(pool+size)(nil, 1)
	return func(rng *rand.Rand) []byte {
		at := rng.IntN(pool)
		return noise[at : at+size]
	}
}

// stringData is keys as redis-benchmark makes them.
func stringData(keys, size int) dataset {
	value := load.FixedValue(size)
	set := load.Overwrite("key:", uint64(keys), size)
	return dataset{
		name:  "strings",
		about: fmt.Sprintf("%d keys of 16 bytes with values of %d bytes", keys, size),
		keys:  keys,
		fills: []filling{{uint64(keys), func(dst []byte, i uint64) []byte {
			return appendArgs(dst, []byte("SET"), name("key:", i), value(nil, i))
		}}},
		overwrite: set,
		mixed:     mixedWrites(set, uint64(keys), size),
	}
}

// mixedWrites is nine tenths of set, and one of commands of all kinds, which
// make other keys, change and delete them.
func mixedWrites(set load.Command, keys uint64, size int) load.Command {
	noise := noiseOf(size)
	return func(dst []byte, rng *rand.Rand) []byte {
		kind := rng.IntN(100)
		if kind >= 10 {
			return set(dst, rng)
		}
		n := rng.Uint64N(keys)
		few, member := n/100, name("element:", rng.Uint64N(1000))
		switch kind {
		case 0:
			return appendArgs(dst, []byte("INCR"), name("counter:", few))
		case 1:
			return appendArgs(dst, []byte("HSET"), name("hash:", few), member, noise(rng))
		case 2:
			return appendArgs(dst, []byte("RPUSH"), name("list:", few), noise(rng))
		case 3:
			return appendArgs(dst, []byte("LPOP"), name("list:", few))
		case 4:
			return appendArgs(dst, []byte("SADD"), name("set:", few), member)
		case 5:
			return appendArgs(dst, []byte("ZADD"), name("zset:", few), fmt.Append(nil, rng.IntN(1e6)), member)
		case 6:
			return appendArgs(dst, []byte("XADD"), name("stream:", few), []byte("*"), []byte("field"), noise(rng))
		case 7:
			return appendArgs(dst, []byte("EXPIRE"), name("key:", n), []byte("1000000"))
		case 8:
			return appendArgs(dst, []byte("MSET"), name("key:", n), noise(rng), name("key:", rng.Uint64N(keys)), noise(rng))
		}
		return appendArgs(dst, []byte("DEL"), name("key:", n))
	}
}

// hugeData is one hash and one sorted set.
func hugeData(elements, size int) dataset {
	const batch = 50
	value, noise, n := load.FixedValue(size), noiseOf(size), uint64(elements)
	fill := func(head []string, pair func(k uint64) (a, b []byte)) filling {
		return filling{(n + batch - 1) / batch, func(dst []byte, i uint64) []byte {
			args := [][]byte{[]byte(head[0]), []byte(head[1])}
			for k := i * batch; k < min((i+1)*batch, n); k++ {
				a, b := pair(k)
				args = append(args, a, b)
			}
			return appendArgs(dst, args...)
		}}
	}
	score := func(rng *rand.Rand) []byte { return fmt.Append(nil, rng.Uint32()) }
	hset := func(dst []byte, rng *rand.Rand) []byte {
		return appendArgs(dst, []byte("HSET"), []byte("huge:hash"), name("field:", rng.Uint64N(n)), noise(rng))
	}
	zadd := func(dst []byte, rng *rand.Rand) []byte {
		return appendArgs(dst, []byte("ZADD"), []byte("huge:zset"), score(rng), name("element:", rng.Uint64N(n)))
	}
	either := func(dst []byte, rng *rand.Rand) []byte {
		if rng.IntN(2) == 0 {
			return hset(dst, rng)
		}
		return zadd(dst, rng)
	}
	return dataset{
		name:  "huge",
		about: fmt.Sprintf("one hash of %d fields with values of %d bytes and one sorted set of %d members with random scores", elements, size, elements),
		keys:  2,
		fills: []filling{
			fill([]string{"HSET", "huge:hash"}, func(k uint64) (a, b []byte) { return name("field:", k), value(nil, k) }),
			fill([]string{"ZADD", "huge:zset"}, func(k uint64) (a, b []byte) {
				return score(rand.New(rand.NewPCG(1, k))), name("element:", k)
			}),
		},
		overwrite: either,
		mixed:     either,
		writers: []writer{
			{"HSET of a random field of the huge hash", func() load.Command { return hset }},
			{"ZADD of a random member of the huge sorted set", func() load.Command { return zadd }},
		},
	}
}
