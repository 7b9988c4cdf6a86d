package lualib

import (
	lua "github.com/yuin/gopher-lua"
)

// threadStatus is coroutine.status of th, asked in L.
func threadStatus(L, th *lua.LState) string {
	switch {
	case th == L:
		return "running"
	case th.Dead:
		return "dead"
	}
	for parent := L.Parent; parent != nil; parent = parent.Parent {
		if parent == th {
			return "normal"
		}
	}
	return "suspended"
}

func checkThread(L *lua.LState) *lua.LState {
	th, ok := L.Get(1).(*lua.LState)
	if !ok {
		ArgError(L, 1, "coroutine expected")
	}
	return th
}

// threads is what coroutines need of the machine.
type threads struct {
	m *machine
	// start makes the body of a coroutine of a function: one that first sets
	// the hook for errors, as gopher-lua sets its own for a new coroutine.
	start  *lua.LFunction
	depths []int // of calls from Go functions where each active one was resumed
}

const threadStart = `local hook, body = ... return function(...) hook() return body(...) end`

func (t *threads) create(L *lua.LState) int {
	body, ok := L.Get(1).(*lua.LFunction)
	if !ok || body.IsG {
		ArgError(L, 1, "Lua function expected")
	}
	L.Push(t.start)
	L.Push(L.NewFunction(func(L *lua.LState) int { L.Panic = t.m.raise; return 0 }))
	L.Push(body)
	fn := construct(L, 2)
	// Not by NewThread's own child of the context: the context of the script
	// is asked before each instruction, in coroutines too.
	ctx := L.RemoveContext()
	th, _ := L.NewThread()
	if ctx != nil {
		L.SetContext(ctx)
		th.SetContext(ctx)
	}
	th.Push(fn) // until it begins
	L.Push(th)
	return 1
}

// run resumes th; ok is false if it raised an error, which is then in values.
func (t *threads) run(L, th *lua.LState, args []lua.LValue) (values []lua.LValue, ok bool) {
	if status := threadStatus(L, th); status != "suspended" {
		return []lua.LValue{lua.LString("cannot resume " + status + " coroutine")}, false
	}
	if t.m.depth++; t.m.depth >= maxCCalls {
		Throw(L, "C stack overflow")
	}
	depth, outer := t.m.depth, len(t.m.protected)
	t.depths = append(t.depths, depth)
	t.m.protected = append(t.m.protected, &protection{})
	defer func() {
		t.m.depth, t.m.protected = depth-1, t.m.protected[:outer]
		t.depths = t.depths[:len(t.depths)-1]
	}()
	var body *lua.LFunction
	if _, begun := th.GetStack(0); !begun {
		body = th.Get(1).(*lua.LFunction)
	}
	state, err, values := L.Resume(th, body, args...)
	if state == lua.ResumeError {
		return []lua.LValue{ErrorValue(err)}, false
	}
	return values, true
}

func arguments(L *lua.LState, from int) (args []lua.LValue) {
	for i := from; i <= L.GetTop(); i++ {
		args = append(args, L.Get(i))
	}
	return args
}

func (t *threads) resume(L *lua.LState) int {
	values, ok := t.run(L, checkThread(L), arguments(L, 2))
	L.Push(lua.LBool(ok))
	for _, v := range values {
		L.Push(v)
	}
	return 1 + len(values)
}

func (t *threads) wrap(L *lua.LState) int {
	t.create(L)
	th := L.Get(-1).(*lua.LState)
	L.Push(L.NewFunction(func(L *lua.LState) int {
		values, ok := t.run(L, th, arguments(L, 1))
		if !ok {
			v := values[0]
			if text, isText := Text(v); isText {
				v = lua.LString(Where(L, 1) + text)
			}
			L.Error(v, 0)
		}
		for _, v := range values {
			L.Push(v)
		}
		return len(values)
	}))
	return 1
}

func (t *threads) yield(L *lua.LState) int {
	if L.Parent == nil || len(t.depths) == 0 || t.m.depth != t.depths[len(t.depths)-1] || !calledByCalls(L) {
		L.Error(lua.LString("attempt to yield across metamethod/C-call boundary"), 0)
	}
	return L.Yield(arguments(L, 1)...)
}

// calledByCalls tells whether each active function was called by an
// instruction that calls, and none for a metamethod or as an iterator: those
// gopher-lua runs in a loop of their own, which cannot be left and entered again.
func calledByCalls(L *lua.LState) bool {
	for i := 1; ; {
		f, ok := frameAt(L, i)
		if !ok {
			return true
		}
		if !f.fn.IsG && f.pc >= 0 && f.pc < len(f.fn.Proto.Code) {
			switch opcode(f.fn.Proto.Code[f.pc]) {
			case lua.OP_CALL, lua.OP_TAILCALL:
			default:
				return false
			}
		}
		i += 1 + f.tailCalls
	}
}

func (t *threads) running(L *lua.LState) int {
	if L.Parent == nil {
		L.Push(lua.LNil)
	} else {
		L.Push(L)
	}
	return 1
}

// openCoroutine installs coroutine.
func openCoroutine(L *lua.LState) {
	proto, err := Compile(threadStart, "=coroutine")
	if err != nil {
		panic(err) // the text is a constant
	}
	th := &threads{m: machineOf(L)}
	th.start = Load(L, proto)
	t := L.NewTable()
	register(L, t, map[string]lua.LGFunction{
		"create": th.create, "resume": th.resume, "wrap": th.wrap, "yield": th.yield, "running": th.running,
		"status": func(L *lua.LState) int { return pushString(L, threadStatus(L, checkThread(L))) },
	})
	L.SetGlobal("coroutine", t)
}
