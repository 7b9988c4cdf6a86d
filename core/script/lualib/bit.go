package lualib

import (
	"math"

	lua "github.com/yuin/gopher-lua"
)

// bitArg converts argument n as BitOp does: the low 32 bits of the number
// rounded to an integer, taken from the mantissa.
func bitArg(L *lua.LState, n int) uint32 {
	v, ok := toNumber(L.Get(n))
	if !ok {
		v = 0
	}
	b := uint32(math.Float64bits(v + 6755399441055744.0))
	if b == 0 && !ok {
		typeError(L, n, "number")
	}
	return b
}

func bitResult(L *lua.LState, b uint32) int { return pushNumber(L, float64(int32(b))) }

func bitFold(f func(a, b uint32) uint32) lua.LGFunction {
	return func(L *lua.LState) int {
		b := bitArg(L, 1)
		for i := L.GetTop(); i > 1; i-- {
			b = f(b, bitArg(L, i))
		}
		return bitResult(L, b)
	}
}

func bitShift(f func(b, n uint32) uint32) lua.LGFunction {
	return func(L *lua.LState) int {
		b := bitArg(L, 1)
		return bitResult(L, f(b, bitArg(L, 2)&31))
	}
}

func bitUnary(f func(b uint32) uint32) lua.LGFunction {
	return func(L *lua.LState) int { return bitResult(L, f(bitArg(L, 1))) }
}

func bitToHex(L *lua.LState) int {
	b, n, digits := bitArg(L, 1), int64(8), "0123456789abcdef"
	if L.GetTop() >= 2 {
		n = int64(int32(bitArg(L, 2)))
	}
	if n < 0 {
		n, digits = -n, "0123456789ABCDEF"
	}
	text := make([]byte, min(n, 8))
	for i := len(text) - 1; i >= 0; i-- {
		text[i] = digits[b&15]
		b >>= 4
	}
	return pushString(L, string(text))
}

// openBit installs bit, Mike Pall's BitOp.
func openBit(L *lua.LState) {
	t := L.NewTable()
	register(L, t, map[string]lua.LGFunction{
		"tobit":   bitUnary(func(b uint32) uint32 { return b }),
		"bnot":    bitUnary(func(b uint32) uint32 { return ^b }),
		"bswap":   bitUnary(func(b uint32) uint32 { return b>>24 | b>>8&0xff00 | b&0xff00<<8 | b<<24 }),
		"band":    bitFold(func(a, b uint32) uint32 { return a & b }),
		"bor":     bitFold(func(a, b uint32) uint32 { return a | b }),
		"bxor":    bitFold(func(a, b uint32) uint32 { return a ^ b }),
		"lshift":  bitShift(func(b, n uint32) uint32 { return b << n }),
		"rshift":  bitShift(func(b, n uint32) uint32 { return b >> n }),
		"arshift": bitShift(func(b, n uint32) uint32 { return uint32(int32(b) >> n) }),
		"rol":     bitShift(func(b, n uint32) uint32 { return b<<n | b>>(32-n) }),
		"ror":     bitShift(func(b, n uint32) uint32 { return b<<(32-n) | b>>n }),
		"tohex":   bitToHex,
	})
	L.SetGlobal("bit", t)
}
