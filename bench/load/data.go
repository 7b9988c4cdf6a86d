package load

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
)

// keyDigits is the width of the number in a key: that of redis-benchmark, so
// that the keys of a Fill are those which its -r reaches. "key:" and the
// digits make 16 bytes.
const keyDigits = 12

// AppendKey appends prefix and i in twelve digits, as redis-benchmark does.
func AppendKey(dst []byte, prefix string, i uint64) []byte {
	dst = append(dst, prefix...)
	at := len(dst)
	dst = append(dst, "000000000000"...)
	for p := at + keyDigits - 1; i > 0 && p >= at; p-- {
		dst[p] = byte('0' + i%10)
		i /= 10
	}
	return dst
}

// A Value appends the value of key number i.
type Value func(dst []byte, i uint64) []byte

// ParseValue reads a kind of value: "int" for numbers of eight digits, or a
// size in bytes.
func ParseValue(kind string) (Value, error) {
	if kind == "int" {
		return func(dst []byte, i uint64) []byte { return strconv.AppendUint(dst, 10_000_000+i, 10) }, nil
	}
	size, err := strconv.Atoi(kind)
	if err != nil || size < 0 || size > maxBulkBytes {
		return nil, fmt.Errorf("value kind %q is neither \"int\" nor a size in bytes", kind)
	}
	return FixedValue(size), nil
}

// FixedValue returns values of size bytes that depend on the key alone and do
// not compress.
func FixedValue(size int) Value {
	return func(dst []byte, i uint64) []byte {
		rng := rand.NewPCG(i, uint64(size))
		for n := size; n > 0; n -= 8 {
			v := rng.Uint64()
			for b := 0; b < min(n, 8); b++ {
				dst = append(dst, byte(v>>(8*b)))
			}
		}
		return dst
	}
}

// noiseBytes is the size of the pool that random values are cut from.
const noiseBytes = 1 << 20

// Overwrite returns a command that SETs a random one of keys under prefix to
// size random bytes.
func Overwrite(prefix string, keys uint64, size int) Command {
	noise := FixedValue(noiseBytes+size)(nil, 0)
	return func(dst []byte, rng *rand.Rand) []byte {
		dst = append(dst, "*3\r\n$3\r\nSET\r\n"...)
		dst = appendLen(dst, '$', len(prefix)+keyDigits)
		dst = AppendKey(dst, prefix, rng.Uint64N(keys))
		dst = append(dst, '\r', '\n')
		at := rng.IntN(noiseBytes)
		return AppendBulk(dst, noise[at:at+size])
	}
}

// Fill SETs keys 0 to n-1 under prefix.
func Fill(ctx context.Context, addr, prefix string, n uint64, value Value) error {
	return FillWith(ctx, addr, n, func(dst []byte, i uint64) []byte {
		var room [64]byte
		dst = append(dst, "*3\r\n$3\r\nSET\r\n"...)
		dst = AppendBulk(dst, AppendKey(room[:0], prefix, i))
		return AppendBulk(dst, value(nil, i))
	})
}
