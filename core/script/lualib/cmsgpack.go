package lualib

import (
	"encoding/binary"
	"math"

	lua "github.com/yuin/gopher-lua"
)

// maxPackNesting is how deep cmsgpack.pack follows tables: what lies deeper
// becomes nil.
const maxPackNesting = 16

func packHeader(b []byte, n int, fix byte, fixMax int, code8, code16, code32 byte) []byte {
	switch {
	case n <= fixMax:
		return append(b, fix|byte(n))
	case code8 != 0 && n <= 0xff:
		return append(b, code8, byte(n))
	case n <= 0xffff:
		return binary.BigEndian.AppendUint16(append(b, code16), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(b, code32), uint32(n))
}

func packInteger(b []byte, n int64) []byte {
	switch {
	case n >= 0 && n <= 127, n < 0 && n >= -32:
		return append(b, byte(n))
	case n >= 0 && n <= 0xff:
		return append(b, 0xcc, byte(n))
	case n >= 0 && n <= 0xffff:
		return binary.BigEndian.AppendUint16(append(b, 0xcd), uint16(n))
	case n >= 0 && n <= 0xffffffff:
		return binary.BigEndian.AppendUint32(append(b, 0xce), uint32(n))
	case n >= 0:
		return binary.BigEndian.AppendUint64(append(b, 0xcf), uint64(n))
	case n >= math.MinInt8:
		return append(b, 0xd0, byte(n))
	case n >= math.MinInt16:
		return binary.BigEndian.AppendUint16(append(b, 0xd1), uint16(n))
	case n >= math.MinInt32:
		return binary.BigEndian.AppendUint32(append(b, 0xd2), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(b, 0xd3), uint64(n))
}

func packNumber(b []byte, n float64) []byte {
	if i := toInteger(n); !math.IsInf(n, 0) && float64(i) == n {
		return packInteger(b, i)
	}
	if f := float32(n); float64(f) == n {
		return binary.BigEndian.AppendUint32(append(b, 0xca), math.Float32bits(f))
	}
	return binary.BigEndian.AppendUint64(append(b, 0xcb), math.Float64bits(n))
}

// isPackArray tells whether a table's keys are 1 to n, and counts them.
func isPackArray(t *lua.LTable) (count int, array bool) {
	largest, array := 0.0, true
	for k, _ := t.Next(lua.LNil); k != lua.LNil; k, _ = t.Next(k) {
		count++
		n, ok := k.(lua.LNumber)
		if !ok || n <= 0 || n > math.MaxInt32 || float64(n) != math.Trunc(float64(n)) {
			array = false
			continue
		}
		largest = max(largest, float64(n))
	}
	return count, array && largest == float64(count)
}

func packValue(L *lua.LState, b []byte, v lua.LValue, level int) []byte {
	switch v := v.(type) {
	case lua.LString:
		b = packHeader(b, len(v), 0xa0, 31, 0xd9, 0xda, 0xdb)
		return append(b, v...)
	case lua.LBool:
		if v {
			return append(b, 0xc3)
		}
		return append(b, 0xc2)
	case lua.LNumber:
		return packNumber(b, float64(v))
	case *lua.LTable:
		if level != maxPackNesting {
			return packTable(L, b, v, level)
		}
	}
	return append(b, 0xc0)
}

func packTable(L *lua.LState, b []byte, t *lua.LTable, level int) []byte {
	count, array := isPackArray(t)
	if array {
		b = packHeader(b, count, 0x90, 15, 0, 0xdc, 0xdd)
		for i := 1; i <= count; i++ {
			b = packValue(L, b, L.GetTable(t, lua.LNumber(i)), level+1)
		}
		return b
	}
	b = packHeader(b, count, 0x80, 15, 0, 0xde, 0xdf)
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		b = packValue(L, b, k, level+1)
		b = packValue(L, b, v, level+1)
	}
	return b
}

func msgPack(L *lua.LState) int {
	n := L.GetTop()
	if n == 0 {
		ArgError(L, 0, "MessagePack pack needs input.")
	}
	var b []byte
	for i := 1; i <= n; i++ {
		b = packValue(L, b, L.Get(i), 0)
	}
	return pushString(L, string(b))
}

// unpacker reads MessagePack. Every value takes at least one byte, and a
// table grows only as its elements are read, so that what it holds is bounded
// by the input; its depth is bounded by the C stack slots that Redis has.
type unpacker struct {
	L     *lua.LState
	data  string
	pos   int
	slots int // Lua stack slots that Redis's reader would hold
}

// maxSlots is LUAI_MAXCSTACK: how many slots of the stack a C function gets.
const maxSlots = 8000

func (u *unpacker) take(n int) string {
	if n > len(u.data)-u.pos {
		Throw(u.L, "Missing bytes in input.")
	}
	u.pos += n
	return u.data[u.pos-n : u.pos]
}

func (u *unpacker) uint(size int) uint64 {
	var n uint64
	for _, c := range []byte(u.take(size)) {
		n = n<<8 | uint64(c)
	}
	return n
}

// value reads one value, which then takes one slot.
func (u *unpacker) value() lua.LValue {
	if u.pos >= len(u.data) {
		Throw(u.L, "Missing bytes in input.")
	}
	if u.slots++; u.slots > maxSlots {
		Throw(u.L, "stack overflow (too many return values at once; use unpack_one or unpack_limit instead.)")
	}
	c := u.data[u.pos]
	u.pos++
	switch {
	case c < 0x80:
		return lua.LNumber(c)
	case c >= 0xe0:
		return lua.LNumber(int8(c))
	case c < 0x90:
		return u.hash(int(c & 0xf))
	case c < 0xa0:
		return u.array(int(c & 0xf))
	case c < 0xc0:
		return lua.LString(u.take(int(c & 0x1f)))
	}
	return u.coded(c)
}

func (u *unpacker) coded(c byte) lua.LValue {
	switch c {
	case 0xc0:
		return lua.LNil
	case 0xc2:
		return lua.LFalse
	case 0xc3:
		return lua.LTrue
	case 0xca:
		return lua.LNumber(math.Float32frombits(uint32(u.uint(4))))
	case 0xcb:
		return lua.LNumber(math.Float64frombits(u.uint(8)))
	case 0xcc, 0xcd, 0xce:
		return lua.LNumber(u.uint(1 << (c - 0xcc)))
	case 0xcf, 0xd3: // Redis pushes both as signed
		return lua.LNumber(int64(u.uint(8)))
	case 0xd0:
		return lua.LNumber(int8(u.uint(1)))
	case 0xd1:
		return lua.LNumber(int16(u.uint(2)))
	case 0xd2:
		return lua.LNumber(int32(u.uint(4)))
	case 0xd9, 0xda, 0xdb:
		return lua.LString(u.take(int(u.uint(1 << (c - 0xd9)))))
	case 0xdc, 0xdd:
		return u.array(int(u.uint(2 << (c - 0xdc))))
	case 0xde, 0xdf:
		return u.hash(int(u.uint(2 << (c - 0xde))))
	}
	u.pos--
	Throw(u.L, "Bad data format in input.")
	return nil
}

func (u *unpacker) array(n int) lua.LValue {
	t := u.L.CreateTable(min(n, 64), 0)
	if u.slots+1 > maxSlots {
		Throw(u.L, "stack overflow (in function mp_decode_to_lua_array)")
	}
	for i := range n {
		u.slots++
		t.RawSet(lua.LNumber(i+1), u.value())
		u.slots -= 2
	}
	return t
}

func (u *unpacker) hash(n int) lua.LValue {
	t := u.L.CreateTable(0, min(n, 64))
	for range n {
		k := u.value()
		v := u.value()
		u.slots -= 2
		CheckKey(u.L, k)
		t.RawSet(k, v)
	}
	return t
}

func unpackFull(L *lua.LState, limit, offset int64) int {
	data := CheckString(L, 1)
	switch {
	case offset < 0 || limit < 0:
		Throw(L, "Invalid request to unpack with offset of %d and limit of %d.", int32(offset), int32(len(data)))
	case offset > int64(len(data)):
		Throw(L, "Start offset %d greater than input length %d.", int32(offset), int32(len(data)))
	}
	all := limit == 0 && offset == 0
	if all {
		limit = math.MaxInt32
	}
	u := unpacker{L: L, data: data, pos: int(offset), slots: 1}
	var values []lua.LValue
	for u.pos < len(data) && int64(len(values)) < limit {
		values = append(values, u.value())
	}
	n := len(values)
	if !all {
		n++
		if next := float64(u.pos); u.pos < len(data) {
			pushNumber(L, next)
		} else {
			pushNumber(L, -1)
		}
	}
	for _, v := range values {
		L.Push(v)
	}
	return n
}

func msgUnpack(L *lua.LState) int { return unpackFull(L, 0, 0) }

func msgUnpackOne(L *lua.LState) int { return unpackFull(L, 1, optInteger(L, 2, 0)) }

func msgUnpackLimit(L *lua.LState) int {
	limit := checkInteger(L, 2)
	return unpackFull(L, limit, optInteger(L, 3, 0))
}

// openMsgpack installs cmsgpack.
func openMsgpack(L *lua.LState) {
	t := L.NewTable()
	register(L, t, map[string]lua.LGFunction{
		"pack": msgPack, "unpack": msgUnpack, "unpack_one": msgUnpackOne, "unpack_limit": msgUnpackLimit,
	})
	t.RawSetString("_NAME", lua.LString("cmsgpack"))
	t.RawSetString("_VERSION", lua.LString("lua-cmsgpack 0.4.0"))
	t.RawSetString("_COPYRIGHT", lua.LString("Copyright (C) 2012, Salvatore Sanfilippo"))
	t.RawSetString("_DESCRIPTION", lua.LString("MessagePack C implementation for Lua"))
	L.SetGlobal("cmsgpack", t)
}
