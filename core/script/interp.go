package script

import (
	"sync/atomic"

	lua "github.com/yuin/gopher-lua"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/resp"
	"github.com/redoubt-kv/redoubt/core/script/lualib"
)

// interp is one interpreter with the sandbox in it.
type interp struct {
	engine  *Engine
	state   *lua.LState
	globals *lua.LTable // the real table of globals
	views   views
	handler *lua.LFunction // of errors
	// functions are of scripts that have been run; also of some that are forgotten.
	functions map[*program]*lua.LFunction
	pool      int  // where it belongs
	broken    bool // a library has left it in disorder

	// What one for functions has (loadlibrary.go).
	loadAPI   *lua.LTable // what libraries see as redis while they are loaded
	loading   *loading    // the library that is being loaded, nil if none is
	libraries map[*Library]map[string]*lua.LFunction
	knows     *Libraries // the set for which libraries was looked through last

	// What belongs to the script that runs.
	call *command.Call // nil: none
	run  command.Script
	resp int // protocol that the script sees
	mark int // where its reply begins
	out  resp.Writer
	args [][]byte
	text []byte // what args alias
	job  *job
	own  job // for scripts, which are many and short
	// keysTable and argsTable are those of the script before, nil if it has done
	// something to them.
	keysTable, argsTable *lua.LTable
	// end is why the script is being ended; "" if it is not.
	end  string
	slow bool // other clients are told that the script is busy
	// What other goroutines ask for.
	alarm      atomic.Int32
	number     atomic.Uint64 // of the run
	seenNs     atomic.Int64  // wall clock when the watchdog saw the run first
	heap       atomic.Int64  // Go's heap as the script began
	isFunction atomic.Bool
	// crash is the panic of a command's handler, which Lua must not swallow.
	crash   any
	calling bool // a command runs
}

func newInterp(e *Engine) *interp {
	in := &interp{engine: e, functions: map[*program]*lua.LFunction{}}
	in.state = lualib.NewState(e.random)
	in.globals = in.state.G.Global
	in.openLibraries()
	in.handler = in.state.NewFunction(in.describe)
	in.protect()
	in.state.SetContext((*hook)(in))
	return in
}

// openLibraries adds to the globals what needs the sandbox or the server.
func (in *interp) openLibraries() {
	in.openBase()
	in.openRedis()
}

// reset forgets the script that has run.
func (in *interp) reset() {
	in.call, in.job, in.crash, in.calling = nil, nil, nil, false
	in.end, in.slow = "", false
	in.alarm.Store(0)
	in.run.Reset()
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
	in.keysTable, in.argsTable = in.emptied("KEYS"), in.emptied("ARGV")
	in.own = job{}
	in.state.SetTop(0)
}

// mostKept is how many elements a table may have to be used again.
const mostKept = 16

// emptied is the table of a global, without its elements, if it can be used again:
// nothing else than the global refers to it when the script is over.
func (in *interp) emptied(name string) *lua.LTable {
	t, ok := in.globals.RawGetString(name).(*lua.LTable)
	if !ok || t.Metatable != lua.LNil || t.MaxN() > mostKept {
		return nil
	}
	for t.MaxN() > 0 {
		t.Remove(t.MaxN())
	}
	if key, _ := t.Next(lua.LNil); key != lua.LNil {
		return nil
	}
	return t
}

// setStrings makes a global a table of strings: t, if that is not nil, which the global
// is already.
func (in *interp) setStrings(name string, t *lua.LTable, list [][]byte) {
	if t == nil || len(list) > mostKept {
		in.globals.RawSetString(name, in.array(list))
		return
	}
	for i, b := range list {
		t.RawSetInt(i+1, lua.LString(b))
	}
}

// What an idle interpreter keeps of its buffers.
const keepBytes, keepArgs = 64 << 10, 1 << 10
