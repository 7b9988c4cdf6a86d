package listpack

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// packed returns the listpack within the DUMP of a small hash or list, whose
// payload is a type, for lists "one packed node" too, a string, and ten bytes
// of version and checksum.
func packed(t *testing.T, redis *redistest.Server, key string) []byte {
	t.Helper()
	dump := []byte(redis.Must(t, "DUMP", key).(string))
	dump = dump[:len(dump)-10]
	switch dump[0] {
	case 16: // hash
		dump = dump[1:]
	case 18: // list
		if dump[1] != 1 || dump[2] != 2 {
			t.Fatalf("not one packed node: %x", dump[:3])
		}
		dump = dump[3:]
	default:
		t.Fatalf("%s is dumped as type %d", key, dump[0])
	}
	switch dump[0] >> 6 {
	case 0:
		return dump[1:]
	case 1:
		return dump[2:]
	}
	if dump[0] != 0x80 || int(binary.BigEndian.Uint32(dump[1:])) != len(dump)-5 {
		t.Fatalf("length of string: %x", dump[:5])
	}
	return dump[5:]
}

// start runs a Redis that keeps large hashes packed and dumps them as they
// are.
func start(t *testing.T) *redistest.Server {
	return redistest.Start(t, "--rdbcompression", "no", "--hash-max-listpack-value", "100000", "--hash-max-listpack-entries", "10000")
}

func same(t *testing.T, redis *redistest.Server, key string, lp []byte) {
	t.Helper()
	if theirs := packed(t, redis, key); !bytes.Equal(theirs, lp) {
		t.Fatalf("Redis's listpack of %d bytes differs from ours of %d:\n%q\n%q", len(theirs), len(lp), theirs, lp)
	}
}

func TestSameBytesAsHash(t *testing.T) {
	redis := start(t)
	for seed := range uint64(5) {
		rng := rand.New(rand.NewPCG(seed, 5))
		lp := New(nil)
		redis.Must(t, "DEL", "h")
		for range 200 {
			field, val := elem(rng), elem(rng)
			if n := Len(lp) / 2; n > 1 && rng.IntN(2) == 0 {
				field = AppendElem(nil, lp, Seek(lp, 2*rng.IntN(n)))
			}
			pos := Find(lp, First(lp), field, 1)
			switch {
			case pos == None:
				lp = Append(Append(lp, field), val)
				redis.Must(t, "HSET", "h", field, val)
			case rng.IntN(3) > 0:
				lp = Replace(lp, Next(lp, pos), val)
				redis.Must(t, "HSET", "h", field, val)
			case Len(lp) > 2:
				lp, _ = DeleteAt(lp, pos, 2)
				redis.Must(t, "HDEL", "h", field)
			}
			same(t, redis, "h", lp)
		}
	}
}

func TestSameBytesAsList(t *testing.T) {
	redis := start(t)
	for seed := range uint64(5) {
		rng := rand.New(rand.NewPCG(seed, 6))
		e := elem(rng)
		lp := Append(New(nil), e)
		redis.Must(t, "DEL", "l")
		redis.Must(t, "RPUSH", "l", e)
		for range 100 {
			e := elem(rng)
			if len(lp)+len(e) > 8000 { // it would become two nodes
				break
			}
			i := rng.IntN(Len(lp))
			switch rng.IntN(4) {
			case 0:
				lp = Append(lp, e)
				redis.Must(t, "RPUSH", "l", e)
			case 1:
				lp = Prepend(lp, e)
				redis.Must(t, "LPUSH", "l", e)
			case 2:
				lp = Replace(lp, Seek(lp, i), e)
				redis.Must(t, "LSET", "l", i, e)
			case 3:
				pivot := AppendElem(nil, lp, Seek(lp, i))
				lp, _ = InsertAfter(lp, Find(lp, First(lp), pivot, 0), e)
				redis.Must(t, "LINSERT", "l", "AFTER", pivot, e)
			}
			same(t, redis, "l", lp)
		}
	}
}
