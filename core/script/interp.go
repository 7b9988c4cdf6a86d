package script

import (
	"sync/atomic"
	"time"

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
	pool      int // where it belongs

	// What one for functions has (load.go).
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
	// end is why the script is being ended; "" if it is not.
	end     string
	slow    bool // other clients are told that the script is busy
	started time.Time
	// What other goroutines ask for.
	alarm      atomic.Int32
	number     atomic.Uint64 // of the run
	startedNs  atomic.Int64
	heap       atomic.Int64 // Go's heap as the script began
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
	in.state.SetTop(0)
}

// What an idle interpreter keeps of its buffers.
const keepBytes, keepArgs = 64 << 10, 1 << 10
