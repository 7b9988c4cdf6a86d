package script

import (
	lua "github.com/yuin/gopher-lua"

	"github.com/redoubt-kv/redoubt/core/script/lualib"
)

// removed are functions that scripts have only where the deprecated interface is
// allowed.
var removed = [...]string{"newproxy", "getfenv", "setfenv"}

// openBase replaces functions of the base library that look behind metatables,
// compile, or catch errors.
func (in *interp) openBase() {
	L, g := in.state, in.globals
	if !in.engine.options.Deprecated {
		for _, name := range removed {
			g.RawSetString(name, lua.LNil)
		}
	}
	for name, fn := range map[string]lua.LGFunction{
		"rawset": in.rawset, "rawget": in.rawget, "next": in.next, "pairs": in.pairs,
		"setmetatable": in.setmetatable, "getmetatable": in.getmetatable,
		"pcall": in.pcall, "loadstring": in.loadstring, "load": in.load,
		"__redis__err__handler": in.describe,
	} {
		g.RawSetString(name, L.NewFunction(fn))
	}
	tables := g.RawGetString("table").(*lua.LTable)
	for _, name := range []string{"insert", "remove", "sort"} {
		in.refuseViews(tables, name)
	}
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

func (in *interp) rawset(L *lua.LState) int {
	t := lualib.CheckTable(L, 1)
	key, value := lualib.CheckAny(L, 2), lualib.CheckAny(L, 3)
	if in.isView(t) {
		return refuseBare(L)
	}
	lualib.CheckKey(L, key)
	t.RawSet(key, value)
	L.SetTop(1)
	return 1
}

func (in *interp) rawget(L *lua.LState) int {
	t := lualib.CheckTable(L, 1)
	L.Push(in.behind(t).RawGet(lualib.CheckAny(L, 2)))
	return 1
}

func (in *interp) next(L *lua.LState) int {
	return lualib.Next(L, in.behind(lualib.CheckTable(L, 1)))
}

func (in *interp) pairs(L *lua.LState) int {
	t := lualib.CheckTable(L, 1)
	L.Push(in.globals.RawGetString("next"))
	L.Push(t)
	L.Push(lua.LNil)
	return 3
}

func (in *interp) setmetatable(L *lua.LState) int {
	t := lualib.CheckTable(L, 1)
	meta := L.Get(2)
	if _, ok := meta.(*lua.LTable); !ok && (meta != lua.LNil || L.GetTop() < 2) {
		lualib.ArgError(L, 2, "nil or table expected")
	}
	if old, ok := t.Metatable.(*lua.LTable); ok {
		if in.isView(t) {
			return refuseBare(L)
		}
		if old.RawGetString("__metatable") != lua.LNil {
			lualib.Throw(L, "cannot change a protected metatable")
		}
	}
	t.Metatable = meta
	L.SetTop(1)
	return 1
}

func (in *interp) getmetatable(L *lua.LState) int {
	L.Push(in.metatable(L, lualib.CheckAny(L, 1)))
	return 1
}

// metatable is what scripts see as the metatable of v.
func (in *interp) metatable(L *lua.LState, v lua.LValue) lua.LValue {
	switch v := v.(type) {
	case lua.LString:
		return in.views.text
	case *lua.LUserData: // of newproxy
		return v.Metatable
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
	lualib.CheckAny(L, 1)
	err := lualib.PCall(L, L.GetTop()-1, lua.MultRet, nil)
	in.passCrash()
	if err == nil {
		L.Insert(lua.LTrue, 1)
		return L.GetTop()
	}
	value := lualib.ErrorValue(err)
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

// passCrash goes on with the panic of a command, if Lua has caught it.
func (in *interp) passCrash() {
	if in.crash != nil {
		panic(in.crash)
	}
}

func (in *interp) loadstring(L *lua.LState) int {
	source := lualib.CheckString(L, 1)
	return in.loaded(L, source, lualib.OptString(L, 2, source))
}

func (in *interp) load(L *lua.LState) int {
	source, name, ok := lualib.ReadChunk(L, maxSource)
	if !ok {
		return 2
	}
	return in.loaded(L, source, name)
}

func (in *interp) loaded(L *lua.LState, source, name string) int {
	p, err := compile([]byte(source), name)
	if err != nil {
		L.Push(lua.LNil)
		L.Push(lua.LString(err.Error()))
		return 2
	}
	L.Push(in.function(L, p))
	return 1
}

// mostFunctions is for how many scripts an interpreter keeps the functions.
const mostFunctions = 1000

// kept is function for a script, which is likely to be run again.
func (in *interp) kept(p *program) *lua.LFunction {
	if fn := in.functions[p]; fn != nil {
		return fn
	}
	if len(in.functions) >= mostFunctions {
		clear(in.functions)
	}
	fn := in.function(in.state, p)
	in.functions[p] = fn
	return fn
}

// function is p as a function of this interpreter.
func (in *interp) function(L *lua.LState, p *program) *lua.LFunction {
	if ctx := L.RemoveContext(); ctx != nil { // an alarm would have nobody to end
		defer L.SetContext(ctx)
	}
	fn := lualib.Load(L, p.proto)
	fn.Env = in.globals
	if p.assigns {
		fn.Env = in.globals.RawGetString("_G").(*lua.LTable)
	}
	return fn
}
