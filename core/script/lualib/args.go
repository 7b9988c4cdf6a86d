package lualib

import (
	"fmt"
	"math"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// Throw raises text as an error with the position of the function that called
// the running Go function before it, as C's luaL_error does. It does not
// return.
func Throw(L *lua.LState, format string, args ...any) {
	text := format
	if len(args) > 0 {
		text = fmt.Sprintf(format, args...)
	}
	L.Error(lua.LString(Where(L, 1)+text), 0)
}

// ArgError raises Lua's "bad argument" for argument n of the running Go
// function.
func ArgError(L *lua.LState, n int, text string) {
	name, method := callee(L)
	if method {
		if n--; n == 0 {
			Throw(L, "calling '%s' on bad self (%s)", name, text)
		}
	}
	Throw(L, "bad argument #%d to '%s' (%s)", n, name, text)
}

// typeError raises ArgError for a value of another type than wanted.
func typeError(L *lua.LState, n int, wanted string) {
	ArgError(L, n, wanted+" expected, got "+typeNameAt(L, n))
}

func typeNameAt(L *lua.LState, n int) string {
	if n > L.GetTop() {
		return "no value"
	}
	return TypeName(L.Get(n))
}

// TypeName is Lua's name of a value's type.
func TypeName(v lua.LValue) string { return v.Type().String() }

// CheckAny returns argument n, which must be there, if only as nil.
func CheckAny(L *lua.LState, n int) lua.LValue {
	if n > L.GetTop() {
		ArgError(L, n, "value expected")
	}
	return L.Get(n)
}

// CheckString returns argument n as a string; numbers are converted.
func CheckString(L *lua.LState, n int) string {
	s, ok := Text(L.Get(n))
	if !ok {
		typeError(L, n, "string")
	}
	return s
}

// OptString is CheckString with a value for nil and nothing.
func OptString(L *lua.LState, n int, otherwise string) string {
	if L.Get(n) == lua.LNil {
		return otherwise
	}
	return CheckString(L, n)
}

// CheckNumber returns argument n as a number; strings are converted.
func CheckNumber(L *lua.LState, n int) float64 {
	if num, ok := L.Get(n).(lua.LNumber); ok {
		return float64(num)
	}
	f, ok := toNumber(L.Get(n))
	if !ok {
		typeError(L, n, "number")
	}
	return f
}

// checkInteger is luaL_checkinteger: 64 bits.
func checkInteger(L *lua.LState, n int) int64 { return toInteger(CheckNumber(L, n)) }

func optInteger(L *lua.LState, n int, otherwise int64) int64 {
	if L.Get(n) == lua.LNil {
		return otherwise
	}
	return checkInteger(L, n)
}

// checkInt is luaL_checkint: the low 32 bits.
func checkInt(L *lua.LState, n int) int { return int(int32(checkInteger(L, n))) }

func optInt(L *lua.LState, n int, otherwise int) int {
	if L.Get(n) == lua.LNil {
		return otherwise
	}
	return checkInt(L, n)
}

// CheckTable returns argument n, which must be a table.
func CheckTable(L *lua.LState, n int) *lua.LTable {
	t, ok := L.Get(n).(*lua.LTable)
	if !ok {
		typeError(L, n, "table")
	}
	return t
}

// CheckFunction returns argument n, which must be a function.
func CheckFunction(L *lua.LState, n int) *lua.LFunction {
	f, ok := L.Get(n).(*lua.LFunction)
	if !ok {
		typeError(L, n, "function")
	}
	return f
}

// checkOption is luaL_checkoption: the index of the string argument in options.
func checkOption(L *lua.LState, n int, otherwise string, options ...string) int {
	var s string
	if otherwise != "" {
		s = OptString(L, n, otherwise)
	} else {
		s = CheckString(L, n)
	}
	s, _, _ = strings.Cut(s, "\x00")
	for i, option := range options {
		if option == s {
			return i
		}
	}
	ArgError(L, n, "invalid option '"+s+"'")
	return 0
}

func pushNumber(L *lua.LState, n float64) int {
	L.Push(Number(n))
	return 1
}

// smallNumbers are the integers from 0 on as values: any other number is allocated.
var smallNumbers = func() (list [1024]lua.LValue) {
	for i := range list {
		list[i] = lua.LNumber(i)
	}
	return list
}()

// Number is n as a value. Small integers take no memory.
func Number(n float64) lua.LValue {
	if n >= 0 && n < float64(len(smallNumbers)) {
		if small := smallNumbers[int(n)]; math.Float64bits(n) == math.Float64bits(float64(int(n))) { // neither a fraction nor -0
			return small
		}
	}
	return lua.LNumber(n)
}

func pushString(L *lua.LState, s string) int {
	L.Push(lua.LString(s))
	return 1
}

// register sets fields of a table to Go functions.
func register(L *lua.LState, t *lua.LTable, functions map[string]lua.LGFunction) {
	for name, fn := range functions {
		t.RawSetString(name, L.NewFunction(fn))
	}
}
