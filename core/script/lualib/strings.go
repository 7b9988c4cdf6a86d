package lualib

import (
	"bytes"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// maxString bounds the strings that library functions build. Redis goes up to
// what memory it gets; neither can return or store more than 512 MB.
const maxString = 1 << 30

// maxResults bounds how many values a function may leave on the stack.
const maxResults = maxSlots - 3

func checkLength(L *lua.LState, n int) {
	if n > maxString {
		L.Error(lua.LString("not enough memory"), 0)
	}
}

// relative makes a negative place one from the end, and less than that 0.
func relative(pos int64, length int) int64 {
	if pos < 0 {
		pos += int64(length) + 1
	}
	return max(pos, 0)
}

func strLen(L *lua.LState) int { return pushNumber(L, float64(len(CheckString(L, 1)))) }

func strSub(L *lua.LState) int {
	s := CheckString(L, 1)
	start := max(relative(checkInteger(L, 2), len(s)), 1)
	end := min(relative(optInteger(L, 3, -1), len(s)), int64(len(s)))
	if start > end {
		return pushString(L, "")
	}
	return pushString(L, s[start-1:end])
}

func strReverse(L *lua.LState) int {
	s := CheckString(L, 1)
	b := make([]byte, len(s))
	for i := range len(s) {
		b[len(s)-1-i] = s[i]
	}
	return pushString(L, string(b))
}

// strCase returns a function that flips the case of the letters from a to z.
func strCase(a, z byte) lua.LGFunction {
	return func(L *lua.LState) int {
		b := []byte(CheckString(L, 1))
		for i, c := range b {
			if c >= a && c <= z {
				b[i] = c ^ 0x20
			}
		}
		return pushString(L, string(b))
	}
}

func strRep(L *lua.LState) int {
	s, n := CheckString(L, 1), checkInt(L, 2)
	if n <= 0 || s == "" {
		return pushString(L, "")
	}
	checkLength(L, n)
	checkLength(L, len(s)*n)
	return pushString(L, strings.Repeat(s, n))
}

func strByte(L *lua.LState) int {
	s := CheckString(L, 1)
	start := relative(optInteger(L, 2, 1), len(s))
	end := min(relative(optInteger(L, 3, start), len(s)), int64(len(s)))
	start = max(start, 1)
	if start > end {
		return 0
	}
	n := int(end - start + 1)
	if L.GetTop()+n > maxSlots {
		Throw(L, "stack overflow (string slice too long)")
	}
	for _, c := range []byte(s[start-1 : end]) {
		pushNumber(L, float64(c))
	}
	return n
}

func strChar(L *lua.LState) int {
	b := make([]byte, L.GetTop())
	for i := range b {
		c := checkInt(L, i+1)
		if c < 0 || c > 255 {
			ArgError(L, i+1, "invalid value")
		}
		b[i] = byte(c)
	}
	return pushString(L, string(b))
}

// strDump returns the header of a compiled chunk alone: nothing loads one.
func strDump(L *lua.LState) int {
	if CheckFunction(L, 1).IsG {
		Throw(L, "unable to dump given function")
	}
	return pushString(L, "\x1bLuaQ\x00\x01\x04\x08\x04\x08\x00")
}

// openString installs string, and makes it what strings are indexed with.
func openString(L *lua.LState, arithmetic map[string]lua.LGFunction) {
	t := L.NewTable()
	register(L, t, map[string]lua.LGFunction{
		"byte": strByte, "char": strChar, "dump": strDump, "find": strFind, "format": strFormat,
		"gmatch": strGmatch, "gsub": strGsub, "len": strLen,
		"lower": strCase('A', 'Z'), "match": strMatch, "rep": strRep, "reverse": strReverse,
		"sub": strSub, "upper": strCase('a', 'z'),
	})
	t.RawSetString("gfind", t.RawGetString("gmatch"))
	L.SetGlobal("string", t)
	// The metatable that scripts see holds __index alone; the one in force
	// has the conversions of arithmetic too, which C has in its machine.
	seen := L.NewTable()
	seen.RawSetString("__index", t)
	mt := L.NewTable()
	mt.RawSetString("__index", t)
	mt.RawSetString("__metatable", seen)
	register(L, mt, arithmetic)
	L.SetMetatable(lua.LString(""), mt)
}

// cString is what C sees of s: up to the first NUL.
func cString(b []byte) []byte {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return b[:i]
	}
	return b
}
