package script

import lua "github.com/yuin/gopher-lua"

// views knows the read-only tables of an interpreter, by what scripts see of them.
type views struct {
	real map[*lua.LTable]*lua.LTable
	// meta are the metatables that scripts see of views; none if there is none.
	meta map[*lua.LTable]*lua.LTable
	// text is that of strings.
	text *lua.LTable
}

const errReadOnly = "Attempt to modify a readonly table"

// view makes what scripts see of a table.
func (in *interp) view(real *lua.LTable) *lua.LTable {
	L := in.state
	v, meta := L.CreateTable(0, 0), L.CreateTable(0, 2)
	meta.RawSetString("__index", real)
	meta.RawSetString("__newindex", L.NewFunction(refuseWrite))
	v.Metatable = meta
	in.views.real[v] = real
	return v
}

func refuseWrite(L *lua.LState) int {
	L.RaiseError(errReadOnly)
	return 0
}

// behind is the table that a script means by t.
func (in *interp) behind(t *lua.LTable) *lua.LTable {
	if t.Metatable == lua.LNil {
		return t
	}
	if real := in.views.real[t]; real != nil {
		return real
	}
	return t
}

// isView tells whether t may only be read.
func (in *interp) isView(t *lua.LTable) bool {
	return t.Metatable != lua.LNil && in.views.real[t] != nil
}

// protect has scripts see views of all that they share.
func (in *interp) protect() {
	L := in.state
	in.views.real, in.views.meta = map[*lua.LTable]*lua.LTable{}, map[*lua.LTable]*lua.LTable{}
	globals := in.globals
	done := map[*lua.LTable]*lua.LTable{}
	globals.ForEach(func(key, value lua.LValue) {
		if t, ok := value.(*lua.LTable); ok && t != globals {
			globals.RawSet(key, in.viewDeep(t, done))
		}
	})
	all := in.view(globals)
	globals.RawSetString("_G", all)

	shown := L.CreateTable(0, 1)
	unknown := L.NewFunction(refuseGlobal)
	shown.RawSetString("__index", unknown)
	in.views.meta[all] = in.view(shown)
	meta := L.CreateTable(0, 2)
	meta.RawSetString("__index", unknown)
	meta.RawSetString("__newindex", L.NewFunction(refuseWrite))
	globals.Metatable = meta

	texts := L.CreateTable(0, 1)
	texts.RawSetString("__index", globals.RawGetString("string"))
	in.views.text = in.view(texts)
}

// viewDeep is the view of t, in which tables are views as well.
func (in *interp) viewDeep(t *lua.LTable, done map[*lua.LTable]*lua.LTable) *lua.LTable {
	if v := done[t]; v != nil {
		return v
	}
	v := in.view(t)
	done[t] = v
	t.ForEach(func(key, value lua.LValue) {
		if inner, ok := value.(*lua.LTable); ok {
			t.RawSet(key, in.viewDeep(inner, done))
		}
	})
	return v
}

// refuseGlobal is what reading a global leads to that does not exist.
func refuseGlobal(L *lua.LState) int {
	if L.GetTop() != 2 {
		L.RaiseError("Wrong number of arguments to luaProtectedTableError")
	}
	switch L.Get(2).(type) {
	case lua.LString, lua.LNumber:
	default:
		L.RaiseError("Second argument to luaProtectedTableError must be a string or number")
	}
	L.RaiseError("Script attempted to access nonexistent global variable '%s'", L.Get(2).String())
	return 0
}
