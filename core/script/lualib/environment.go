package lualib

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// loadChunk pushes the function of a text, or nil and a message.
func loadChunk(L *lua.LState, text, name string) int {
	proto, err := Compile(text, name)
	if err != nil {
		L.Push(lua.LNil)
		pushString(L, err.Error())
		return 2
	}
	fn := Load(L, proto)
	fn.Env = L.Env
	L.Push(fn)
	return 1
}

func baseLoadString(L *lua.LState) int {
	text := CheckString(L, 1)
	return loadChunk(L, text, OptString(L, 2, text))
}

func baseLoad(L *lua.LState) int {
	text, name, ok := ReadChunk(L, maxSource)
	if !ok {
		return 2
	}
	return loadChunk(L, text, name)
}

// ReadChunk does the reading of the function load: it calls argument 1 for the
// pieces of a text. If that fails, ok is false, and nil and a message are on
// the stack.
func ReadChunk(L *lua.LState, most int) (text, name string, ok bool) {
	name = OptString(L, 2, "=(load)")
	reader := CheckFunction(L, 1)
	fail := func(v lua.LValue) (string, string, bool) {
		L.Push(lua.LNil)
		L.Push(v)
		return "", "", false
	}
	var b strings.Builder
	for {
		L.Push(reader)
		if err := PCall(L, 0, 1, nil); err != nil {
			return fail(ErrorValue(err))
		}
		v := L.Get(-1)
		L.Pop(1)
		piece, isText := Text(v)
		if v == lua.LNil || isText && piece == "" {
			return b.String(), name, true
		}
		if !isText {
			return fail(lua.LString("reader function must return a string"))
		}
		if b.WriteString(piece); b.Len() > most {
			return fail(lua.LString("not enough memory"))
		}
	}
}

// functionAt returns the function that argument 1 of getfenv or setfenv means.
func functionAt(L *lua.LState, level int) *lua.LFunction {
	if level < 0 {
		ArgError(L, 1, "level must be non-negative")
	}
	f, ok := stackFrame(L, level)
	if !ok {
		if _, below := stackFrame(L, level+1); below {
			Throw(L, "no function environment for tail call at level %d", level)
		}
		ArgError(L, 1, "invalid level")
	}
	return f.fn
}

func baseGetfenv(L *lua.LState) int {
	fn, ok := L.Get(1).(*lua.LFunction)
	if !ok {
		fn = functionAt(L, optInt(L, 1, 1))
	}
	if fn.IsG {
		L.Push(L.Env)
	} else {
		L.Push(fn.Env)
	}
	return 1
}

func baseSetfenv(L *lua.LState) int {
	env := CheckTable(L, 2)
	fn, ok := L.Get(1).(*lua.LFunction)
	if !ok {
		level := checkInt(L, 1)
		if level == 0 {
			L.Env = env
			return 0
		}
		fn = functionAt(L, level)
	}
	if fn.IsG {
		Throw(L, "'setfenv' cannot change environment of given object")
	}
	fn.Env = env
	L.Push(fn)
	return 1
}
