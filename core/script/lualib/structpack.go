package lualib

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

const (
	maxStructInt   = 32 // bytes of an integer: formats i and I
	maxStructAlign = 8  // what a bare '!' aligns to
)

// layout reads a format of the struct library. Options, their sizes and what
// they align to:
//
//	b B  1        x      1, a padding byte     >  big endian from here on
//	h H  2        f      4                     <  little endian
//	l L  8        d      8                     !n align to at most n
//	T    8        cn     n bytes of a string       (space) nothing
//	in In  n (4)  s      a string up to its NUL
type layout struct {
	L      *lua.LState
	format string
	pos    int // in format
	big    bool
	align  int
}

// option is one letter of a format and the bytes that it takes.
type option struct {
	letter byte
	size   int
}

func newLayout(L *lua.LState) *layout {
	format, _, _ := strings.Cut(CheckString(L, 1), "\x00")
	return &layout{L: L, format: format, align: 1}
}

func (f *layout) more() bool { return f.pos < len(f.format) }

func (f *layout) next() option {
	o := option{letter: f.format[f.pos]}
	f.pos++
	switch o.letter {
	case 'B', 'b', 'x':
		o.size = 1
	case 'H', 'h':
		o.size = 2
	case 'L', 'l', 'T', 'd':
		o.size = 8
	case 'f':
		o.size = 4
	case 'c':
		o.size = f.number(1)
	case 'i', 'I':
		o.size = f.number(4)
		if o.size > maxStructInt {
			Throw(f.L, "integral size %d is larger than limit of %d", o.size, maxStructInt)
		}
	}
	return o
}

// number reads the digits behind an option.
func (f *layout) number(otherwise int) int {
	if !f.more() || !isDigit(f.format[f.pos]) {
		return otherwise
	}
	n := 0
	for f.more() && isDigit(f.format[f.pos]) {
		d := int(f.format[f.pos] - '0')
		if n > math.MaxInt32/10 || n*10 > math.MaxInt32-d {
			Throw(f.L, "integral size overflow")
		}
		n = n*10 + d
		f.pos++
	}
	return n
}

// padding is what has to stand before an option at position at. Sizes that
// are no power of two give what C's arithmetic gives.
func (f *layout) padding(at int, o option) int {
	if o.size == 0 || o.letter == 'c' {
		return 0
	}
	size := min(o.size, f.align)
	return (size - at&(size-1)) & (size - 1)
}

// control executes an option that moves no bytes.
func (f *layout) control(letter byte) {
	switch letter {
	case ' ':
	case '>':
		f.big = true
	case '<':
		f.big = false
	case '!':
		n := f.number(maxStructAlign)
		if n <= 0 || n&(n-1) != 0 {
			Throw(f.L, "alignment %d is not a power of 2", n)
		}
		f.align = n
	default:
		ArgError(f.L, 1, fmt.Sprintf("invalid format option '%s'", string([]byte{letter})))
	}
}

// byteOrder is what both orders of package binary can do.
type byteOrder interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

func (f *layout) order() byteOrder {
	if f.big {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

func (f *layout) appendInteger(b []byte, n float64, size int) []byte {
	value := uint64(toInteger(n))
	if n >= 0x1p63 {
		value = toUnsigned(n)
	}
	at := len(b)
	for range size {
		b = append(b, 0)
	}
	for i := range size {
		place := at + i
		if f.big {
			place = at + size - 1 - i
		}
		b[place] = byte(value)
		value >>= 8
	}
	return b
}

// toUnsigned is the x86 conversion of a double of 2^63 and more to uint64.
func toUnsigned(n float64) uint64 {
	if n < 0x1p64 {
		return uint64(n)
	}
	return 0
}

func structPack(L *lua.LState) int {
	f := newLayout(L)
	L.Push(lua.LNil) // stands behind the arguments in C too, and shows in messages
	var b []byte
	arg, total := 2, 0
	for f.more() {
		o := f.next()
		pad := f.padding(total, o)
		total += pad
		for range pad {
			b = append(b, 0)
		}
		switch o.letter {
		case 'b', 'B', 'h', 'H', 'l', 'L', 'T', 'i', 'I':
			b = f.appendInteger(b, CheckNumber(L, arg), o.size)
			arg++
		case 'x':
			b = append(b, 0)
		case 'f':
			b = f.order().AppendUint32(b, math.Float32bits(float32(CheckNumber(L, arg))))
			arg++
		case 'd':
			b = f.order().AppendUint64(b, math.Float64bits(CheckNumber(L, arg)))
			arg++
		case 'c', 's':
			s := CheckString(L, arg)
			arg++
			if o.size == 0 {
				o.size = len(s)
			}
			if len(s) < o.size {
				ArgError(L, arg, "string too short")
			}
			b = append(b, s[:o.size]...)
			if o.letter == 's' {
				b = append(b, 0)
				o.size++
			}
		default:
			f.control(o.letter)
		}
		total += o.size
	}
	return pushString(L, string(b))
}

// integer reads size bytes. Sizes above 8 keep the low 64 bits, as C does.
func (f *layout) integer(data string, signed bool) float64 {
	var n uint64
	size := len(data)
	for i := range size {
		if f.big {
			n = n<<8 | uint64(data[i])
		} else {
			n = n<<8 | uint64(data[size-1-i])
		}
	}
	if !signed {
		return float64(n)
	}
	// x86 shifts by the low six bits of the count.
	mask := ^uint64(0) << (uint(size*8-1) & 63)
	if n&mask != 0 {
		n |= mask
	}
	return float64(int64(n))
}

func structUnpack(L *lua.LState) int {
	f := newLayout(L)
	data := CheckString(L, 2)
	start := optInteger(L, 3, 1)
	if start == 0 {
		ArgError(L, 3, "offset must be 1 or greater")
	}
	// C holds the position unsigned: a negative one is beyond any string.
	pos, n := int(min(uint64(start)-1, math.MaxInt32)), 0
	L.SetTop(2)
	need := func(size int) {
		if size > len(data) || pos > len(data)-size {
			ArgError(L, 2, "data string too short")
		}
	}
	for f.more() {
		o := f.next()
		pos += f.padding(pos, o)
		need(o.size)
		if n >= maxResults {
			Throw(L, "stack overflow (too many results)")
		}
		switch o.letter {
		case 'b', 'B', 'h', 'H', 'l', 'L', 'T', 'i', 'I':
			n += pushNumber(L, f.integer(data[pos:pos+o.size], o.letter >= 'a'))
		case 'x':
		case 'f':
			n += pushNumber(L, float64(math.Float32frombits(f.order().Uint32([]byte(data[pos:])))))
		case 'd':
			n += pushNumber(L, math.Float64frombits(f.order().Uint64([]byte(data[pos:]))))
		case 'c':
			if o.size == 0 {
				size, ok := toNumber(L.Get(-1))
				if n == 0 || !ok {
					Throw(L, "format 'c0' needs a previous size")
				}
				L.Pop(1)
				n--
				if size < 0 || size > float64(len(data)) {
					ArgError(L, 2, "data string too short")
				}
				o.size = int(size)
				need(o.size)
			}
			n += pushString(L, data[pos:pos+o.size])
		case 's':
			end := strings.IndexByte(data[pos:], 0)
			if end < 0 {
				Throw(L, "unfinished string in data")
			}
			n += pushString(L, data[pos:pos+end])
			o.size = end + 1
		default:
			f.control(o.letter)
		}
		pos += o.size
	}
	return n + pushNumber(L, float64(pos+1))
}

func structSize(L *lua.LState) int {
	f := newLayout(L)
	pos := 0
	for f.more() {
		o := f.next()
		pos += f.padding(pos, o)
		switch {
		case o.letter == 's':
			ArgError(L, 1, "option 's' has no fixed size")
		case o.letter == 'c' && o.size == 0:
			ArgError(L, 1, "option 'c0' has no fixed size")
		}
		if !isDigit(o.letter) && !isAlpha(o.letter) {
			f.control(o.letter)
		}
		pos += o.size
	}
	return pushNumber(L, float64(pos))
}

// openStruct installs struct, Roberto Ierusalimschy's library.
func openStruct(L *lua.LState) {
	t := L.NewTable()
	register(L, t, map[string]lua.LGFunction{"pack": structPack, "unpack": structUnpack, "size": structSize})
	L.SetGlobal("struct", t)
}
