// Package lualib makes a gopher-lua interpreter behave as the Lua 5.1 of
// Redis 7.0 does: it brings the libraries that Redis gives to scripts (cjson,
// cmsgpack, bit, struct), its own string, table, math and basic functions with
// Lua 5.1's results and messages, a compiler front end for Lua 5.1's grammar,
// and the messages of Lua's machine.
//
// An interpreter is prepared by Open; scripts are compiled by Compile, made a
// function by Load and run by PCall. The package knows nothing of commands.
package lualib

import (
	"sync"

	lua "github.com/yuin/gopher-lua"
)

// arrayLimit is the largest integer key, plus one, that tables keep in an
// array: setting it in an empty table fills the array with as many nils, 16
// bytes each. Longer arrays go on in the table's hash.
const arrayLimit = 1 << 17

// limitArrays sets the limit, which is the whole process's, before there is an
// interpreter.
var limitArrays = sync.OnceFunc(func() { lua.MaxArrayIndex = arrayLimit })

// Sizes of an interpreter: how deep calls nest, and how many values the
// machine's registers hold.
const (
	callDepth     = 16_000
	registerStart = 4 << 10
	registerStep  = 16 << 10
	registerMax   = 1 << 20
)

// NewState returns an interpreter with its libraries open, which is to be
// closed by Close. Random numbers come from r.
func NewState(r *Random) *lua.LState {
	limitArrays()
	L := lua.NewState(lua.Options{
		SkipOpenLibs: true, CallStackSize: callDepth,
		RegistrySize: registerStart, RegistryGrowStep: registerStep, RegistryMaxSize: registerMax,
	})
	// Coroutines are made by these options too; most stay small.
	L.Options.MinimizeStackMemory = true
	L.Options.RegistrySize = 256
	OpenWith(L, r)
	return L
}

// Open installs the libraries in an interpreter without any, with random
// numbers of its own.
func Open(L *lua.LState) { OpenWith(L, NewRandom()) }

// OpenWith is Open with the random numbers of r, which interpreters may share.
func OpenWith(L *lua.LState, r *Random) {
	limitArrays()
	newMachine(L)
	openBase(L)
	openString(L, stringArithmetic())
	openTable(L)
	openMath(L, r)
	openCoroutine(L)
	openCJSON(L)
	openStruct(L)
	openMsgpack(L)
	openBit(L)
}
