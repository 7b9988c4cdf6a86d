package script

import (
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/redoubt-kv/redoubt/core/command"
)

// Run runs a script for the call c, which holds the locks of every key that it may
// touch, and replies what it returns. readOnly has it not write (EVAL_RO).
func (e *Engine) Run(c *command.Call, s *Script, keys, args [][]byte, readOnly bool) {
	in := e.take()
	in.begin(c)
	in.run.ReadOnly = readOnly || s.Flags&(Compat|NoWrites) == NoWrites
	in.run.AllowOOM = s.Flags&(Compat|AllowOOM) == AllowOOM
	in.globals.RawSetString("KEYS", in.array(keys))
	in.globals.RawSetString("ARGV", in.array(args))
	L := in.state
	L.Push(in.function(s.program))
	err := L.PCall(0, 1, in.handler)
	in.finish(s.SHA, err)
	in.reset()
	e.give(in)
}

// begin makes c the call that the interpreter works for.
func (in *interp) begin(c *command.Call) {
	in.call, in.resp = c, 2
	c.BeginScript(&in.run)
}

// finish replies what the script has returned, or err.
func (in *interp) finish(name string, err error) {
	c, L := in.call, in.state
	c.EndScript(&in.run)
	in.passCrash()
	if err != nil {
		in.replyFailure(name, err)
		return
	}
	in.reply(c.Out, L.Get(-1))
}

// array is a table of strings.
func (in *interp) array(list [][]byte) *lua.LTable {
	t := in.state.CreateTable(len(list), 0)
	for _, b := range list {
		t.Append(lua.LString(b))
	}
	return t
}

// replyFailure replies the error that has ended a script.
func (in *interp) replyFailure(name string, err error) {
	w := in.call.Out
	t, ok := errorValue(err).(*lua.LTable)
	if !ok {
		text := textOf(errorValue(err))
		if text == "" {
			text = "execution failure"
		}
		in.countedError(w, "ERR Error running script "+name+", "+text[:min(len(text), 100)])
		return
	}
	text := "ERR unknown error"
	if v := t.RawGetString("err"); lua.LVCanConvToString(v) {
		text = v.String()
	}
	source, line := t.RawGetString("source"), t.RawGetString("line")
	if lua.LVCanConvToString(source) && lua.LVCanConvToString(line) {
		text += " script: " + name + ", on " + source.String() + ":" + line.String() + "."
	}
	if t.RawGetString(errCounted) == lua.LTrue {
		in.replyError(w, text)
	} else {
		in.countedError(w, text)
	}
}

// describe is the handler of errors that end a script: it makes a table of any
// error, and notes where it came from.
func (in *interp) describe(L *lua.LState) int {
	err := L.Get(1)
	t, ok := err.(*lua.LTable)
	if !ok {
		t = errorTable(L, "ERR "+err.String())
	}
	if in.isView(t) {
		return refuseBare(L)
	}
	// The function that raised the error or, if that is none of Lua's, its caller.
	where := L.Where(1)
	if strings.HasPrefix(where, "[G]") {
		where = L.Where(2)
	}
	if i := strings.LastIndexByte(strings.TrimSuffix(where, ":"), ':'); i >= 0 {
		line, err := strconv.Atoi(strings.TrimSuffix(where[i+1:], ":"))
		if err == nil {
			t.RawSetString("source", lua.LString("@"+where[:i]))
			t.RawSetString("line", lua.LNumber(line))
		}
	}
	L.Push(t)
	return 1
}
