package script

import (
	"errors"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/script/lualib"
)

// job is one run of Lua code for a call.
type job struct {
	// name is what messages call it: a script's SHA-1, or the name of a function.
	name  string
	flags Flags
	// readOnly has it not write (EVAL_RO).
	readOnly bool
	// function says that keys and args are its parameters, instead of the globals
	// KEYS and ARGV.
	function   bool
	keys, args [][]byte
	line       [][]byte // the whole request
	// code returns what is to run in an interpreter.
	code func(in *interp) (*lua.LFunction, error)
}

// request is a copy of the request.
func (j *job) request() (words []string) {
	for _, w := range j.line {
		words = append(words, string(w))
	}
	return words
}

// pool is that of the interpreters which can run it.
func (j *job) pool() int {
	if j.function {
		return functionPool
	}
	return scriptPool
}

// Run runs a script for the call c, which holds the locks of every key that it may
// touch, and replies what it returns. readOnly has it not write (EVAL_RO).
func (e *Engine) Run(c *command.Call, s *Script, keys, args [][]byte, readOnly bool) {
	if text := refusal(c, s.Flags, readOnly); text != "" {
		c.Out.Error(text)
		return
	}
	in := e.take(scriptPool)
	in.own = job{name: s.SHA, flags: s.Flags, readOnly: readOnly, keys: keys, args: args, line: c.Args}
	e.runIn(in, c, &in.own, in.kept(s.program))
}

// run runs a job and replies what it returns.
func (e *Engine) run(c *command.Call, j *job) {
	if text := refusal(c, j.flags, j.readOnly); text != "" {
		c.Out.Error(text)
		return
	}
	in := e.take(j.pool())
	fn, err := j.code(in)
	if err != nil {
		c.Out.Error(err.Error())
		e.give(in)
		return
	}
	e.runIn(in, c, j, fn)
}

// runIn runs fn, which is the job's, in an interpreter that is in use for it.
func (e *Engine) runIn(in *interp, c *command.Call, j *job, fn *lua.LFunction) {
	in.begin(c, j)
	in.run.ReadOnly = j.readOnly || j.flags&(Compat|NoWrites) == NoWrites
	in.run.AllowOOM = j.flags&(Compat|AllowOOM) == AllowOOM
	L, n := in.state, 0
	L.Push(fn)
	if j.function {
		L.Push(in.array(j.keys))
		L.Push(in.array(j.args))
		n = 2
	} else {
		in.setStrings("KEYS", in.keysTable, j.keys)
		in.setStrings("ARGV", in.argsTable, j.args)
	}
	err := lualib.PCall(L, n, 1, in.handler)
	in.finish(j.name, err)
	if isInternal(err) {
		e.log(logWarning, "A script failed for a fault of the interpreter: "+err.Error())
		e.drop(in)
		return
	}
	in.reset()
	e.give(in)
}

// isInternal tells whether err is a panic of the interpreter, which may have left
// it in disorder.
func isInternal(err error) bool {
	var e *lua.ApiError
	return errors.As(err, &e) && e.Type == lua.ApiErrorPanic && !strings.Contains(e.Object.String(), "stack overflow")
}

// Why code that declares what it does is not run.
const (
	errDeclaredRO  = "ERR Can not execute a script with write flag using *_ro command."
	errDeclaredOOM = "OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'"
	errDiskRDB     = "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Writable scripts are blocked. Use 'no-writes' flag for read only scripts."
	errDiskAOF     = "MISCONF Redis is configured to persist data to AOF, but it's currently unable to persist to disk. Writable scripts are blocked. Use 'no-writes' flag for read only scripts. AOF error: "
)

// refusal is why code that declares these flags may not run now; "" if it may.
// Without a declaration each command it calls is judged instead.
func refusal(c *command.Call, flags Flags, readOnly bool) string {
	if flags&Compat != 0 {
		return ""
	}
	if flags&NoWrites == 0 {
		if text := c.WriteRefusal(); strings.HasPrefix(text, "MISCONF Redis is configured to save RDB") {
			return errDiskRDB
		} else if text != "" {
			_, reason, _ := strings.Cut(text, ": ")
			return errDiskAOF + reason
		}
		if readOnly {
			return errDeclaredRO
		}
	}
	if c.OverLimit && flags&(AllowOOM|NoWrites) == 0 {
		return errDeclaredOOM
	}
	return ""
}

// begin makes c the call that the interpreter works for.
func (in *interp) begin(c *command.Call, j *job) {
	in.call, in.job, in.resp = c, j, 2
	in.isFunction.Store(j.function)
	in.alarm.Store(0)
	in.engine.watchdog.enter(in)
	c.BeginScript(&in.run)
}

// finish replies what the script has returned, or err.
func (in *interp) finish(name string, err error) {
	c, L := in.call, in.state
	in.engine.watchdog.leave()
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
	for i, b := range list {
		t.RawSetInt(i+1, lua.LString(b))
	}
	return t
}

// replyFailure replies the error that has ended a script.
func (in *interp) replyFailure(name string, err error) {
	w := in.call.Out
	t, ok := lualib.ErrorValue(err).(*lua.LTable)
	if !ok {
		text := textOf(lualib.ErrorValue(err))
		if text == "" {
			text = "execution failure"
		}
		w.Error("ERR Error running script " + name + ", " + text[:min(len(text), 100)])
		return
	}
	text := "ERR unknown error"
	if v := t.RawGetString("err"); lua.LVCanConvToString(v) {
		text = textOf(v)
	}
	source, line := t.RawGetString("source"), t.RawGetString("line")
	if lua.LVCanConvToString(source) && lua.LVCanConvToString(line) {
		text += " script: " + name + ", on " + textOf(source) + ":" + textOf(line) + "."
	}
	if t.RawGetString(errCounted) == lua.LTrue {
		in.replyError(w, text)
	} else {
		w.Error(text)
	}
}

// describe is the handler of errors that end a script: it makes a table of any
// error, and notes where it came from.
func (in *interp) describe(L *lua.LState) int {
	err := L.Get(1)
	if in.end != "" {
		err = lua.LString(in.end)
	}
	t, ok := err.(*lua.LTable)
	if !ok {
		t = errorTable(L, "ERR "+lualib.ToString(L, err).String())
	}
	if in.isView(t) {
		return refuseBare(L)
	}
	// The function that raised the error or, if that is none of Lua's, its caller.
	source, line, ok := lualib.Position(L, 1)
	if !ok {
		source, line, ok = lualib.Position(L, 2)
	}
	if ok {
		t.RawSetString("source", lua.LString(source))
		t.RawSetString("line", lua.LNumber(line))
	}
	L.Push(t)
	return 1
}
