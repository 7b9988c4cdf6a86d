package lualib

import (
	"errors"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// maxCCalls bounds how deep calls from Go into Lua nest: LUAI_MAXCCALLS, less
// what Redis has on the C stack when it runs a script.
const maxCCalls = 200

// machine is what this package knows of one interpreter.
type machine struct {
	operators  []lua.LValue
	trampoline *lua.LFunction
	depth      int           // of calls from Go functions
	protected  []*protection // active protected calls, the innermost last
	next       *protection   // what the trampoline that starts is for
	overflow   *place        // where the stack was full, while its handler runs
}

// place is a line of a chunk.
type place struct {
	source string
	line   int
}

// protection is one protected call.
type protection struct {
	handler  *lua.LFunction // of xpcall, nil if none
	handling bool
	// overflow is where the stack was full: the handler, for which there was no
	// room then, is called when the stack is unwound.
	overflow *place
}

const machineKey = "lualib.machine"

func machineOf(L *lua.LState) *machine {
	registry := L.Get(lua.RegistryIndex).(*lua.LTable)
	return registry.RawGetString(machineKey).(*lua.LUserData).Value.(*machine)
}

func newMachine(L *lua.LState) *machine {
	m := &machine{operators: newOperators(L)}
	m.trampoline = L.NewFunction(m.land)
	ud := L.NewUserData()
	ud.Value = m
	L.Get(lua.RegistryIndex).(*lua.LTable).RawSetString(machineKey, ud)
	return m
}

// call is L.Call for Go functions: what cannot be called and calls that nest
// too deeply are Lua's errors.
func call(L *lua.LState, nargs, nret int) { machineOf(L).call(L, nargs, nret) }

func (m *machine) call(L *lua.LState, nargs, nret int) {
	fn := L.Get(-nargs - 1)
	if _, ok := fn.(*lua.LFunction); !ok {
		if _, ok := metamethod(L, fn, "__call").(*lua.LFunction); !ok {
			L.Error(lua.LString("attempt to call a "+TypeName(fn)+" value"), 0)
		}
	}
	if m.depth++; m.depth >= maxCCalls {
		Throw(L, "C stack overflow")
	}
	L.Call(nargs, nret)
	m.depth--
}

// PCall is L.PCall with Lua's messages: it calls the function under nargs
// arguments on the stack. handler, if not nil, is called where an error is
// raised, with its value, and returns what becomes the error's. The error is
// a *lua.ApiError whose Object is the value that was raised.
func PCall(L *lua.LState, nargs, nret int, handler *lua.LFunction) error {
	m := machineOf(L)
	p := &protection{handler: handler}
	m.next = p
	outer := len(m.protected)
	defer func(depth int) {
		m.protected, m.depth = m.protected[:outer], depth
	}(m.depth)
	insert(L, m.trampoline, nargs+1)
	err := L.PCall(nargs+1, nret, nil)
	if err == nil {
		return nil
	}
	var e *lua.ApiError
	if !errors.As(err, &e) {
		return err
	}
	if e.Type == lua.ApiErrorPanic {
		e.Object = lua.LString(panicText(e))
	}
	if p.overflow != nil {
		m.overflow = p.overflow
		L.Push(handler)
		L.Push(e.Object)
		L.Call(1, 1)
		m.overflow = nil
		e.Object = L.Get(-1)
		L.Pop(1)
	}
	return e
}

// insert puts v under the n values on top of the stack.
func insert(L *lua.LState, v lua.LValue, n int) {
	L.Push(v)
	top := L.GetTop()
	for i := top; i > top-n; i-- {
		L.Replace(i, L.Get(i-1))
	}
	L.Replace(top-n, v)
}

// land is the trampoline: gopher-lua sets its own hook for errors when it
// begins a protected call; land, the first that it calls, sets ours.
func (m *machine) land(L *lua.LState) int {
	p := m.next
	m.next = nil
	m.protected = append(m.protected, p)
	L.Panic = m.raise
	m.call(L, L.GetTop()-1, lua.MultRet)
	return L.GetTop()
}

// raise is called with an error's value on top of the stack, where it is
// raised.
func (m *machine) raise(L *lua.LState) {
	v := L.Get(-1)
	full := false
	if s, ok := v.(lua.LString); ok {
		full = strings.HasSuffix(string(s), "stack overflow")
		if text, ok := diagnosis(L, string(s)); ok {
			v = lua.LString(text)
		}
	}
	if n := len(m.protected); n > 0 && m.protected[n-1].handler != nil {
		if p := m.protected[n-1]; !full {
			v = p.handle(L, v)
		} else if source, line, ok := Position(L, 0); ok {
			p.overflow = &place{source, line}
		} else if source, line, ok := Position(L, 1); ok {
			p.overflow = &place{source, line}
		}
	}
	// Any trace keeps gopher-lua from writing one, which takes long.
	panic(&lua.ApiError{Type: lua.ApiErrorRun, Object: v, StackTrace: " "})
}

// handle runs the handler of xpcall.
func (p *protection) handle(L *lua.LState, v lua.LValue) lua.LValue {
	if p.handling {
		return lua.LString("error in error handling")
	}
	p.handling = true
	L.Push(p.handler)
	L.Push(v)
	L.Call(1, 1)
	v = L.Get(-1)
	L.Pop(1)
	p.handling = false
	return v
}

// panicText is the message for what gopher-lua raises as a Go panic.
func panicText(e *lua.ApiError) string {
	if strings.Contains(e.Object.String(), "callstack overflow") {
		return "stack overflow"
	}
	return "internal error: " + e.Object.String()
}

func basePcall(L *lua.LState) int {
	CheckAny(L, 1)
	return protectedCall(L, L.GetTop()-1, nil)
}

func baseXpcall(L *lua.LState) int {
	CheckAny(L, 2)
	handler, _ := L.Get(2).(*lua.LFunction)
	if handler == nil { // calling the handler is an error in itself
		handler = L.NewFunction(func(L *lua.LState) int { L.Error(lua.LNil, 0); return 0 })
	}
	L.SetTop(1)
	return protectedCall(L, 0, handler)
}

// protectedCall calls the function at the bottom of the stack and leaves
// true and its results, or false and the error's value.
func protectedCall(L *lua.LState, nargs int, handler *lua.LFunction) int {
	if err := PCall(L, nargs, lua.MultRet, handler); err != nil {
		L.SetTop(0)
		L.Push(lua.LFalse)
		L.Push(ErrorValue(err))
		return 2
	}
	insert(L, lua.LTrue, L.GetTop())
	return L.GetTop()
}

// ErrorValue is the value that an error of PCall carries.
func ErrorValue(err error) lua.LValue {
	var e *lua.ApiError
	if errors.As(err, &e) {
		return e.Object
	}
	return lua.LString(err.Error())
}
