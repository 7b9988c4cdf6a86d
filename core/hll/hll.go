// Package hll counts distinct elements in little memory: HyperLogLog with 2^14
// registers of 6 bits, in the byte format of Redis, so that a string written by
// either is read by both.
//
// # Layout
//
//	offset  size  field
//	0       4     "HYLL"
//	4       1     encoding: 0 dense, 1 sparse
//	5       3     zero
//	8       8     cached cardinality, little endian; bit 63 set: not valid
//	16      -     registers
//
// Dense: 16384 registers of 6 bits, least significant bits first, 12288 bytes:
//
//	|11000000|22221111|33333322|55444444 …
//
// Sparse: the registers in order as runs.
//
//	ZERO   00nnnnnn           n+1 registers are 0
//	XZERO  01nnnnnn nnnnnnnn  n+1 registers are 0
//	VAL    1vvvvvnn           n+1 registers are v+1
//
// Example: an empty one, 48 59 4c 4c 01 00 00 00 | 00 00 00 00 00 00 00 00 |
// 7f ff: one XZERO of 16384 registers. With register 1000 at 3 the last bytes
// are 43 e7 | 88 | 7c 16: 1000 at 0, one at 3, 15383 at 0.
//
// # Invariants
//
//	H1  The runs of a sparse one cover 16384 registers exactly.
//	H2  A dense one has 12304 bytes.
//
// Bytes come from clients: every function here checks what it relies on and
// gives ErrCorrupt where H1 or H2 does not hold.
package hll

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

const (
	indexBits = 14
	// Registers is the number of registers.
	Registers = 1 << indexBits
	// RegisterBits is the size of one in the dense encoding.
	RegisterBits = 6
	maxRegister  = 1<<RegisterBits - 1

	// HeaderSize is where the registers start.
	HeaderSize = 16
	// DenseSize is the size of the dense encoding, header included.
	DenseSize = HeaderSize + Registers*RegisterBits/8

	encodingAt = 4
	cacheAt    = 8
	// CacheFlagAt is the byte whose highest bit says that the cached
	// cardinality is not valid.
	CacheFlagAt = 15
	staleBit    = 0x80
)

// Encoding is how the registers are written.
type Encoding byte

// The encodings, by their number in the header.
const (
	Dense  Encoding = 0
	Sparse Encoding = 1
)

// ErrCorrupt says that the registers are not what the header promises.
var ErrCorrupt = errors.New("corrupted HyperLogLog")

// New returns an empty one, sparse.
func New() []byte {
	b := make([]byte, HeaderSize, HeaderSize+64)
	copy(b, "HYLL")
	b[encodingAt] = byte(Sparse)
	return appendZeros(b, Registers)
}

// HeaderOK reports whether b, the first HeaderSize bytes of a string of size
// bytes in all, is the header of a HyperLogLog of such a size.
func HeaderOK(b []byte, size int64) bool {
	if len(b) < HeaderSize || string(b[:4]) != "HYLL" || b[encodingAt] > byte(Sparse) {
		return false
	}
	return EncodingOf(b) == Sparse || size == DenseSize
}

// EncodingOf returns the encoding that a header of which HeaderOK is true names.
func EncodingOf(b []byte) Encoding { return Encoding(b[encodingAt]) }

// Cached returns the cardinality kept in the header, if it is valid.
func Cached(b []byte) (n uint64, ok bool) {
	return binary.LittleEndian.Uint64(b[cacheAt:]), b[CacheFlagAt]&staleBit == 0
}

// SetCached keeps n in the header.
func SetCached(b []byte, n uint64) { binary.LittleEndian.PutUint64(b[cacheAt:], n) }

// Invalidate says that the cardinality in the header is not valid; the rest of
// it stays.
func Invalidate(b []byte) { b[CacheFlagAt] |= staleBit }

// Place returns the register that element counts in, and the value it asks of
// it: 1 to 51.
func Place(element []byte) (register int, value byte) {
	h := hash(element)
	// A one behind the last of the 50 bits bounds the count of zeros.
	rest := h>>indexBits | 1<<(64-indexBits)
	return int(h % Registers), byte(bits.TrailingZeros64(rest) + 1)
}

// hash is Austin Appleby's MurmurHash64A with the seed Redis uses.
func hash(b []byte) uint64 {
	const (
		m    = 0xc6a4a7935bd1e995
		seed = 0xadc83b19
	)
	h := seed ^ uint64(len(b))*m
	for ; len(b) >= 8; b = b[8:] {
		k := binary.LittleEndian.Uint64(b) * m
		k ^= k >> 47
		h = (h ^ k*m) * m
	}
	if len(b) > 0 {
		var tail uint64
		for i, ch := range b {
			tail |= uint64(ch) << (8 * i)
		}
		h = (h ^ tail) * m
	}
	h ^= h >> 47
	h *= m
	return h ^ h>>47
}

// Add counts element in b and returns b, grown or in the other encoding where
// need be (b's memory may be changed and used), and whether a register changed.
// sparseMax is the size in bytes, header included, beyond which b becomes dense.
// On an error b's bytes mean nothing. Add does not touch the cached cardinality:
// the caller calls Invalidate.
func Add(b, element []byte, sparseMax int64) (grown []byte, changed bool, err error) {
	register, value := Place(element)
	return Raise(b, register, value, sparseMax)
}

// Raise is Add for a register and the least value it is to have (1 to 63).
func Raise(b []byte, register int, value byte, sparseMax int64) (grown []byte, changed bool, err error) {
	if EncodingOf(b) == Sparse {
		return raiseSparse(b, register, value, sparseMax)
	}
	if len(b) != DenseSize { // H2
		return b, false, ErrCorrupt
	}
	return b, raiseDense(b[HeaderSize:], register, value), nil
}

// DenseRegister says where register is in the dense encoding: its first byte,
// how many bytes it touches (1 or 2), and the shift of its lowest bit in the
// first.
func DenseRegister(register int) (at, size int, shift uint) {
	bit := register * RegisterBits
	shift = uint(bit & 7)
	size = 1
	if shift > 8-RegisterBits {
		size = 2
	}
	return HeaderSize + bit>>3, size, shift
}

// GetBits reads a register out of the bytes that DenseRegister names.
func GetBits(b []byte, shift uint) byte {
	v := uint(b[0])
	if len(b) > 1 {
		v |= uint(b[1]) << 8
	}
	return byte(v >> shift & maxRegister)
}

// SetBits writes value to a register in the bytes that DenseRegister names.
func SetBits(b []byte, shift uint, value byte) {
	mask, v := uint(maxRegister)<<shift, uint(value)<<shift
	b[0] = b[0]&^byte(mask) | byte(v)
	if len(b) > 1 {
		b[1] = b[1]&^byte(mask>>8) | byte(v>>8)
	}
}

// raiseDense raises a register of the dense encoding, regs being without the
// header.
func raiseDense(regs []byte, register int, value byte) bool {
	at, size, shift := DenseRegister(register)
	at -= HeaderSize
	b := regs[at : at+size]
	if GetBits(b, shift) >= value {
		return false
	}
	SetBits(b, shift, value)
	return true
}

// ToDense returns b in the dense encoding: b itself if it is that already.
func ToDense(b []byte) ([]byte, error) {
	if EncodingOf(b) == Dense {
		return b, nil
	}
	dense := make([]byte, DenseSize)
	copy(dense, b[:HeaderSize])
	dense[encodingAt] = byte(Dense)
	err := eachRun(b[HeaderSize:], func(first, n int, value byte) {
		for i := first; value > 0 && i < first+n; i++ {
			raiseDense(dense[HeaderSize:], i, value)
		}
	})
	return dense, err
}

// Max is one register per byte: the union of HyperLogLogs is the largest value
// of each register.
type Max [Registers]byte

// Merge raises m to the registers of b.
func (m *Max) Merge(b []byte) error {
	if EncodingOf(b) == Sparse {
		return eachRun(b[HeaderSize:], func(first, n int, value byte) {
			for i := first; i < first+n; i++ {
				m[i] = max(m[i], value)
			}
		})
	}
	if len(b) != DenseSize { // H2
		return ErrCorrupt
	}
	eachDense(b, func(i int, v byte) { m[i] = max(m[i], v) })
	return nil
}

// eachDense calls fn with each register of a dense b, in order.
func eachDense(b []byte, fn func(i int, v byte)) {
	regs := b[HeaderSize:]
	for i := 0; i < Registers; i += 4 {
		w := uint(regs[0]) | uint(regs[1])<<8 | uint(regs[2])<<16
		fn(i, byte(w&maxRegister))
		fn(i+1, byte(w>>6&maxRegister))
		fn(i+2, byte(w>>12&maxRegister))
		fn(i+3, byte(w>>18&maxRegister))
		regs = regs[3:]
	}
}
