package script

import (
	lua "github.com/yuin/gopher-lua"
)

// removed are globals of gopher-lua that scripts do not have.
var removed = [...]string{
	"_GOPHER_LUA_VERSION", "_printregs", "dofile", "loadfile", "module", "require", "print",
	"newproxy", "getfenv", "setfenv", "os", "io", "debug", "package", "channel",
}

// openBase replaces functions of the base library that look behind metatables,
// compile, or catch errors.
func (in *interp) openBase() {
	L, g := in.state, in.globals
	for _, name := range removed {
		g.RawSetString(name, lua.LNil)
	}
	for name, fn := range map[string]lua.LGFunction{
		"rawset": in.rawset, "rawget": in.rawget, "next": in.next, "pairs": in.pairs,
		"setmetatable": in.setmetatable, "getmetatable": in.getmetatable,
		"pcall": in.pcall, "loadstring": in.loadstring, "load": in.load, "collectgarbage": collectgarbage, "gcinfo": gcinfo,
		"__redis__err__handler": in.describe,
	} {
		g.RawSetString(name, L.NewFunction(fn))
	}
	tables := g.RawGetString("table").(*lua.LTable)
	for _, name := range []string{"insert", "remove", "sort"} {
		in.refuseViews(tables, name)
	}
	co := g.RawGetString("coroutine").(*lua.LTable)
	in.follow(co, "create")
	in.follow(co, "wrap")
}

// refuseViews has a function of a library not change views.
func (in *interp) refuseViews(library *lua.LTable, name string) {
	fn, ok := library.RawGetString(name).(*lua.LFunction)
	if !ok || !fn.IsG {
		return
	}
	work := fn.GFunction
	library.RawSetString(name, in.state.NewFunction(func(L *lua.LState) int {
		if t, ok := L.Get(1).(*lua.LTable); ok && in.isView(t) {
			return refuseBare(L)
		}
		return work(L)
	}))
}

// refuseBare refuses to change a view in the words of a library: without the place.
func refuseBare(L *lua.LState) int {
	L.Error(lua.LString(errReadOnly), 0)
	return 0
}

// follow has coroutines which a function makes be interrupted as the main thread is.
func (in *interp) follow(library *lua.LTable, name string) {
	work := library.RawGetString(name).(*lua.LFunction).GFunction
	library.RawSetString(name, in.state.NewFunction(func(L *lua.LState) int {
		n := work(L)
		switch v := L.Get(-1).(type) {
		case *lua.LState:
			in.watch(v)
		case *lua.LFunction:
			if len(v.Upvalues) > 0 {
				if th, ok := v.Upvalues[0].Value().(*lua.LState); ok {
					in.watch(th)
				}
			}
		}
		return n
	}))
}

func (in *interp) watch(*lua.LState) {}

func (in *interp) rawset(L *lua.LState) int {
	t := L.CheckTable(1)
	key, value := L.CheckAny(2), L.CheckAny(3)
	if in.isView(t) {
		return refuseBare(L)
	}
	L.RawSet(t, key, value)
	L.SetTop(1)
	return 1
}

func (in *interp) rawget(L *lua.LState) int {
	t := L.CheckTable(1)
	L.Push(in.behind(t).RawGet(L.CheckAny(2)))
	return 1
}

func (in *interp) next(L *lua.LState) int {
	t := in.behind(L.CheckTable(1))
	key, value := t.Next(L.Get(2))
	if key == lua.LNil {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(key)
	L.Push(value)
	return 2
}

func (in *interp) pairs(L *lua.LState) int {
	t := L.CheckTable(1)
	L.Push(in.globals.RawGetString("next"))
	L.Push(t)
	L.Push(lua.LNil)
	return 3
}

func (in *interp) setmetatable(L *lua.LState) int {
	t := L.CheckTable(1)
	meta := L.Get(2)
	if _, ok := meta.(*lua.LTable); !ok && (meta != lua.LNil || L.GetTop() < 2) {
		L.ArgError(2, "nil or table expected")
	}
	if old, ok := t.Metatable.(*lua.LTable); ok {
		if in.isView(t) {
			return refuseBare(L)
		}
		if old.RawGetString("__metatable") != lua.LNil {
			L.RaiseError("cannot change a protected metatable")
		}
	}
	t.Metatable = meta
	L.SetTop(1)
	return 1
}

func (in *interp) getmetatable(L *lua.LState) int {
	L.Push(in.metatable(L, L.CheckAny(1)))
	return 1
}

// metatable is what scripts see as the metatable of v.
func (in *interp) metatable(L *lua.LState, v lua.LValue) lua.LValue {
	switch v := v.(type) {
	case lua.LString:
		return in.views.text
	case *lua.LTable:
		if in.isView(v) {
			if meta := in.views.meta[v]; meta != nil {
				return meta
			}
			return lua.LNil
		}
		meta, ok := v.Metatable.(*lua.LTable)
		if !ok {
			return lua.LNil
		}
		if shown := in.behind(meta).RawGetString("__metatable"); shown != lua.LNil {
			return shown
		}
		return meta
	}
	return lua.LNil
}

// pcall is Lua's, but that of an error which is a table with a text err, that text
// is returned, as scripts for Redis before 7 expect.
func (in *interp) pcall(L *lua.LState) int {
	L.CheckAny(1)
	err := L.PCall(L.GetTop()-1, lua.MultRet, nil)
	in.passCrash()
	if err == nil {
		L.Insert(lua.LTrue, 1)
		return L.GetTop()
	}
	value := errorValue(err)
	if t, ok := value.(*lua.LTable); ok {
		if text := t.RawGetString("err"); lua.LVCanConvToString(text) {
			value = text
		}
	}
	L.SetTop(0)
	L.Push(lua.LFalse)
	L.Push(value)
	return 2
}

// errorValue is what error was called with.
func errorValue(err error) lua.LValue {
	if e, ok := err.(*lua.ApiError); ok && e.Object != nil {
		return e.Object
	}
	return lua.LString(err.Error())
}

// passCrash goes on with the panic of a command, if Lua has caught it.
func (in *interp) passCrash() {
	if in.crash != nil {
		panic(in.crash)
	}
}

func collectgarbage(L *lua.LState) int {
	L.Push(lua.LNumber(0))
	return 1
}

func gcinfo(L *lua.LState) int {
	L.Push(lua.LNumber(0))
	L.Push(lua.LNumber(0))
	return 2
}

func (in *interp) loadstring(L *lua.LState) int {
	source := L.CheckString(1)
	return in.loaded(L, []byte(source), L.OptString(2, source))
}

func (in *interp) load(L *lua.LState) int {
	fn := L.CheckFunction(1)
	name := L.OptString(2, "=(load)")
	var source []byte
	for {
		L.Push(fn)
		L.Call(0, 1)
		piece := L.Get(-1)
		L.Pop(1)
		if piece == lua.LNil {
			break
		}
		text, ok := piece.(lua.LString)
		if !ok {
			L.Push(lua.LNil)
			L.Push(lua.LString("reader function must return a string"))
			return 2
		}
		if text == "" {
			break
		}
		if source = append(source, text...); len(source) > maxSource {
			break
		}
	}
	return in.loaded(L, source, name)
}

func (in *interp) loaded(L *lua.LState, source []byte, name string) int {
	p, err := compile(source, shownName(name))
	if err != nil {
		L.Push(lua.LNil)
		L.Push(lua.LString(err.Error()))
		return 2
	}
	L.Push(in.function(p))
	return 1
}

// shownName is what errors call a chunk of this name (Lua: luaO_chunkid).
func shownName(name string) string {
	const most = 60 - 1
	if name == "" {
		return `[string ""]`
	}
	if name[0] == '=' || name[0] == '@' {
		name = name[1:]
		return name[:min(len(name), most)]
	}
	const frame = `[string "..."]`
	room := most - len(frame)
	cut := false
	for i := range len(name) {
		if name[i] == '\n' {
			name, cut = name[:i], true
			break
		}
	}
	if len(name) > room {
		name, cut = name[:room], true
	}
	if cut {
		name += "..."
	}
	return `[string "` + name + `"]`
}

// function is p as a function of this interpreter.
func (in *interp) function(p *program) *lua.LFunction {
	fn := in.state.NewFunctionFromProto(p.proto)
	fn.Env = in.globals
	if p.assigns {
		fn.Env = in.globals.RawGetString("_G").(*lua.LTable)
	}
	return fn
}
