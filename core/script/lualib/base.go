package lualib

import (
	"fmt"
	"math"
	"reflect"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

func baseAssert(L *lua.LState) int {
	if lua.LVIsFalse(CheckAny(L, 1)) {
		Throw(L, "%s", OptString(L, 2, "assertion failed!"))
	}
	return L.GetTop()
}

// garbageKB is what collectgarbage("count") gives: interpreters share the
// heap of the process, so that it is a fixed figure of a fresh one.
const garbageKB = 64

func baseCollectGarbage(L *lua.LState) int {
	option := checkOption(L, 1, "collect", "stop", "restart", "collect", "count", "step", "setpause", "setstepmul")
	optInt(L, 2, 0)
	switch option {
	case 3:
		return pushNumber(L, garbageKB)
	case 4:
		L.Push(lua.LTrue)
		return 1
	case 5, 6: // the settings before
		return pushNumber(L, 200)
	}
	return pushNumber(L, 0)
}

func baseGcinfo(L *lua.LState) int { return pushNumber(L, garbageKB) }

func baseError(L *lua.LState) int {
	level := optInt(L, 2, 1)
	v := L.Get(1)
	if text, ok := Text(v); ok && level > 0 {
		v = lua.LString(Where(L, level) + text)
	}
	L.Error(v, 0)
	return 0
}

func baseGetMetatable(L *lua.LState) int {
	L.Push(L.GetMetatable(CheckAny(L, 1)))
	return 1
}

func baseSetMetatable(L *lua.LState) int {
	t := CheckTable(L, 1)
	mt := L.Get(2)
	if _, ok := mt.(*lua.LTable); !ok && (mt != lua.LNil || L.GetTop() < 2) {
		ArgError(L, 2, "nil or table expected")
	}
	if old, ok := t.Metatable.(*lua.LTable); ok && old.RawGetString("__metatable") != lua.LNil {
		Throw(L, "cannot change a protected metatable")
	}
	L.SetMetatable(t, mt)
	L.Push(t)
	return 1
}

func baseNext(L *lua.LState) int {
	return Next(L, CheckTable(L, 1))
}

// Next does the work of the function next for a table: it leaves the key and
// the value behind argument 2, or nil.
func Next(L *lua.LState, t *lua.LTable) int {
	key := L.Get(2)
	if key != lua.LNil && t.RawGet(key) == lua.LNil && !wasKey(t, key) {
		L.Error(lua.LString("invalid key to 'next'"), 0)
	}
	k, v := t.Next(key)
	L.Push(k)
	if k == lua.LNil {
		return 1
	}
	L.Push(v)
	return 2
}

// wasKey tells whether a table, which has no value for key now, may have had
// one: entries may be removed during a traversal.
func wasKey(t *lua.LTable, key lua.LValue) bool {
	inner := reflect.ValueOf(t).Elem()
	if n, ok := key.(lua.LNumber); ok && n >= 1 && int(n) <= inner.FieldByName("array").Len() {
		return true
	}
	known := inner.FieldByName("k2i")
	return known.Len() > 0 && known.MapIndex(reflect.ValueOf(key)).IsValid()
}

func baseIpairsStep(L *lua.LState) int {
	i := checkInt(L, 2) + 1
	t := CheckTable(L, 1)
	v := t.RawGet(lua.LNumber(i))
	if v == lua.LNil {
		return 0
	}
	pushNumber(L, float64(i))
	L.Push(v)
	return 2
}

// iterator returns pairs or ipairs: step, the table and where to begin.
func iterator(step *lua.LFunction, begin lua.LValue) lua.LGFunction {
	return func(L *lua.LState) int {
		t := CheckTable(L, 1)
		L.Push(step)
		L.Push(t)
		L.Push(begin)
		return 3
	}
}

func baseRawEqual(L *lua.LState) int {
	a, b := CheckAny(L, 1), CheckAny(L, 2)
	L.Push(lua.LBool(L.RawEqual(a, b)))
	return 1
}

func baseRawGet(L *lua.LState) int {
	t := CheckTable(L, 1)
	L.Push(t.RawGet(CheckAny(L, 2)))
	return 1
}

func baseRawSet(L *lua.LState) int {
	t := CheckTable(L, 1)
	k, v := CheckAny(L, 2), CheckAny(L, 3)
	CheckKey(L, k)
	t.RawSet(k, v)
	L.Push(t)
	return 1
}

// CheckKey raises an error for what cannot be a key of a table.
func CheckKey(L *lua.LState, k lua.LValue) {
	if k == lua.LNil {
		L.Error(lua.LString("table index is nil"), 0)
	}
	if n, ok := k.(lua.LNumber); ok && math.IsNaN(float64(n)) {
		L.Error(lua.LString("table index is NaN"), 0)
	}
}

func baseSelect(L *lua.LState) int {
	n := L.GetTop()
	if s, ok := L.Get(1).(lua.LString); ok && strings.HasPrefix(string(s), "#") {
		return pushNumber(L, float64(n-1))
	}
	i := checkInt(L, 1)
	if i < 0 {
		i += n
	} else if i > n {
		i = n
	}
	if i < 1 {
		ArgError(L, 1, "index out of range")
	}
	return n - i
}

func baseToNumber(L *lua.LState) int {
	base := optInt(L, 2, 10)
	if base == 10 {
		if n, ok := toNumber(CheckAny(L, 1)); ok {
			return pushNumber(L, n)
		}
		L.Push(lua.LNil)
		return 1
	}
	s := CheckString(L, 1)
	if base < 2 || base > 36 {
		ArgError(L, 2, "base out of range")
	}
	s, _, _ = strings.Cut(s, "\x00")
	n, end := strtoul(s, base)
	if end > 0 && strings.TrimLeftFunc(s[end:], func(r rune) bool { return r < 0x80 && isSpace(byte(r)) }) == "" {
		return pushNumber(L, float64(n))
	}
	L.Push(lua.LNil)
	return 1
}

// ToString is Lua's tostring, with metamethods.
func ToString(L *lua.LState, v lua.LValue) lua.LValue {
	if fn := L.GetMetaField(v, "__tostring"); fn != lua.LNil {
		L.Push(fn)
		L.Push(v)
		call(L, 1, 1)
		s := L.Get(-1)
		L.Pop(1)
		return s
	}
	switch v := v.(type) {
	case lua.LString:
		return v
	case *lua.LUserData:
		if v.Value == nullPointer {
			return lua.LString("userdata: (nil)")
		}
	case lua.LNumber:
		return lua.LString(FormatNumber(float64(v)))
	case lua.LBool, *lua.LNilType:
		return lua.LString(v.String())
	}
	return lua.LString(fmt.Sprintf("%s: %p", TypeName(v), v))
}

func baseToString(L *lua.LState) int {
	L.Push(ToString(L, CheckAny(L, 1)))
	return 1
}

func baseType(L *lua.LState) int { return pushString(L, TypeName(CheckAny(L, 1))) }

func baseUnpack(L *lua.LState) int {
	t := CheckTable(L, 1)
	i := optInt(L, 2, 1)
	var e int
	if L.Get(3) == lua.LNil {
		e = length(t)
	} else {
		e = checkInt(L, 3)
	}
	if i > e {
		return 0
	}
	n := e - i + 1
	if n >= math.MaxInt32 || L.GetTop()+n > maxSlots {
		Throw(L, "too many results to unpack")
	}
	for ; i <= e; i++ {
		L.Push(get(t, i))
	}
	return n
}

func baseNewProxy(proxies map[*lua.LTable]bool) lua.LGFunction {
	return func(L *lua.LState) int {
		ud := L.NewUserData()
		switch v := L.Get(1).(type) {
		case *lua.LNilType:
		case lua.LBool:
			if v {
				mt := L.NewTable()
				proxies[mt] = true
				ud.Metatable = mt
			}
		default:
			old, _ := v.(*lua.LUserData)
			if old == nil {
				ArgError(L, 1, "boolean or proxy expected")
			}
			mt, _ := old.Metatable.(*lua.LTable)
			if !proxies[mt] {
				ArgError(L, 1, "boolean or proxy expected")
			}
			ud.Metatable = mt
		}
		L.Push(ud)
		return 1
	}
}

// openBase installs the basic functions that Redis leaves to scripts.
func openBase(L *lua.LState) {
	globals := L.Get(lua.GlobalsIndex).(*lua.LTable)
	register(L, globals, map[string]lua.LGFunction{
		"assert": baseAssert, "collectgarbage": baseCollectGarbage, "error": baseError, "gcinfo": baseGcinfo,
		"getmetatable": baseGetMetatable, "setmetatable": baseSetMetatable, "next": baseNext,
		"rawequal": baseRawEqual, "rawget": baseRawGet, "rawset": baseRawSet, "select": baseSelect,
		"tonumber": baseToNumber, "tostring": baseToString, "type": baseType, "unpack": baseUnpack,
		"pcall": basePcall, "xpcall": baseXpcall, "load": baseLoad, "loadstring": baseLoadString,
		"getfenv": baseGetfenv, "setfenv": baseSetfenv, "newproxy": baseNewProxy(map[*lua.LTable]bool{}),
		"pairs":  iterator(L.NewFunction(baseNext), lua.LNil),
		"ipairs": iterator(L.NewFunction(baseIpairsStep), lua.LNumber(0)),
	})
	globals.RawSetString("_G", globals)
	globals.RawSetString("_VERSION", lua.LString("Lua 5.1"))
}
