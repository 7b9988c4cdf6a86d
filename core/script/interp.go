package script

import (
	lua "github.com/yuin/gopher-lua"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/resp"
)

// Limits of an interpreter. Lua's own are 20000 calls and about as many values as
// fit memory; these are reached before memory is short.
const (
	maxCalls       = 16000 // nested calls
	firstRegisters = 4 << 10
	maxRegisters   = 1 << 20 // values on the stack, 16 bytes each
	growRegisters  = 4 << 10
)

// interp is one interpreter with the sandbox in it.
type interp struct {
	engine  *Engine
	state   *lua.LState
	globals *lua.LTable // the real table of globals
	views   views
	handler *lua.LFunction // of errors
	pool    int            // where it belongs

	// What one for functions has (load.go).
	loadAPI   *lua.LTable // what libraries see as redis while they are loaded
	loading   *loading    // the library that is being loaded, nil if none is
	libraries map[*Library]map[string]*lua.LFunction
	knows     *Libraries // the set for which libraries was looked through last

	// What belongs to the script that runs.
	call *command.Call // nil: none
	run  command.Script
	resp int // protocol that the script sees
	out  resp.Writer
	args [][]byte
	text []byte // what args alias
	// crash is the panic of a command's handler, which Lua must not swallow.
	crash   any
	calling bool // a command runs
}

func newInterp(e *Engine) *interp {
	in := &interp{engine: e}
	in.state = lua.NewState(lua.Options{
		SkipOpenLibs: true, CallStackSize: maxCalls, MinimizeStackMemory: true,
		RegistrySize: firstRegisters, RegistryMaxSize: maxRegisters, RegistryGrowStep: growRegisters,
	})
	in.globals = in.state.G.Global
	in.openLibraries()
	in.handler = in.state.NewFunction(in.describe)
	in.protect()
	return in
}

// openLibraries fills the globals; names that Redis's scripts do not have are taken
// out again.
func (in *interp) openLibraries() {
	L := in.state
	for _, open := range []lua.LGFunction{lua.OpenBase, lua.OpenTable, lua.OpenString, lua.OpenMath, lua.OpenCoroutine} {
		L.Push(L.NewFunction(open))
		L.Call(0, 0)
	}
	in.openBase()
	in.openRedis()
	L.SetTop(0)
}

// reset forgets the script that has run.
func (in *interp) reset() {
	in.call, in.crash, in.calling = nil, nil, false
	in.run = command.Script{}
	clear(in.args)
	if cap(in.out.B) > keepBytes {
		in.out.B = nil
	}
	if cap(in.text) > keepBytes {
		in.text = nil
	}
	if cap(in.args) > keepArgs {
		in.args = nil
	}
	in.state.SetTop(0)
}

// What an idle interpreter keeps of its buffers.
const keepBytes, keepArgs = 64 << 10, 1 << 10
