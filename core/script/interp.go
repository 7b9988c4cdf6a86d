package script

import (
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
	in.state = lualib.NewState(e.random)
	in.globals = in.state.G.Global
	in.openLibraries()
	in.handler = in.state.NewFunction(in.describe)
	in.protect()
	return in
}

// openLibraries adds to the globals what needs the sandbox or the server.
func (in *interp) openLibraries() {
	in.openBase()
	in.openRedis()
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
