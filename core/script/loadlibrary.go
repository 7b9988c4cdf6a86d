package script

import (
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/script/lualib"
)

// Libraries is the set that functions are called from. The Engine's user replaces it
// (SetLibraries) under locks that keep functions from running.
func (e *Engine) Libraries() *Libraries { return e.libraries.Load() }

// SetLibraries replaces the set.
func (e *Engine) SetLibraries(ls *Libraries) { e.libraries.Store(ls) }

// LoadTime is for how long a library may run while FUNCTION LOAD has it register its
// functions.
const LoadTime = 500 * time.Millisecond

// Compile makes a library of its source and returns ls with it. With replace it takes
// the place of the one that has its name. limit is for how long it may run, 0 for
// ever: one that was loaded before is loaded again. text is why there is none, as an
// error for the client without a code.
func (e *Engine) Compile(ls *Libraries, source []byte, replace bool, limit time.Duration) (with *Libraries, l *Library, text string) {
	m, text := readMetadata(source)
	switch {
	case text != "":
		return ls, nil, text
	case !validName(m.name):
		return ls, nil, errBadName
	case !command.EqualFold([]byte(m.engine), EngineName):
		return ls, nil, fmt.Sprintf("Engine '%s' not found", m.engine)
	case ls.Find(m.name) != nil && !replace:
		return ls, nil, fmt.Sprintf(errExists, m.name)
	}
	p, err := compile(m.body, libraryChunk)
	if err != nil {
		return ls, nil, "Error compiling function: " + err.Error()
	}
	l = &Library{Name: m.name, Source: string(source), program: p}
	if text := e.register(l, limit); text != "" {
		return ls, nil, text
	}
	if len(l.Functions) == 0 {
		return ls, nil, "No functions registered"
	}
	if with, text = ls.With(l); text != "" {
		return ls, nil, text
	}
	return with, l, ""
}

// libraryChunk is what errors call a library, behind the @.
const libraryChunk = "@user_function"

// register has a library register its functions in an interpreter, and lists them.
func (e *Engine) register(l *Library, limit time.Duration) (text string) {
	in := e.take(functionPool)
	o := &loading{library: l, collects: true, limit: limit}
	text = in.loadLibrary(o)
	e.give(in)
	return text
}

// loading is a library that is registering its functions.
//
//	FUNCTION LOAD    collects: the functions are listed in library
//	FCALL            in an interpreter that does not have the library yet
type loading struct {
	library   *Library
	collects  bool
	limit     time.Duration // 0: none
	callbacks map[string]*lua.LFunction
}

// loadLibrary runs a library, which registers its functions, and keeps them in the
// interpreter.
func (in *interp) loadLibrary(o *loading) (text string) {
	L := in.state
	o.callbacks = map[string]*lua.LFunction{}
	fn := in.function(L, o.library.program)
	restore := in.loadGlobals()
	in.loading = o
	clock := newLoadClock(o.limit, in.engine.memoryLimit())
	L.SetContext(clock)
	L.Push(fn)
	err := lualib.PCall(L, 0, 0, nil)
	L.SetContext((*hook)(in))
	L.SetTop(0)
	in.loading, in.broken = nil, isInternal(err)
	restore()
	switch {
	case clock.why != nil:
		return "Error registering functions: ERR " + clock.why.Error()
	case err != nil:
		return "Error registering functions: " + loadFailure(err)
	}
	in.libraries[o.library] = o.callbacks
	return ""
}

// loadFailure is the text of an error that has ended loading.
func loadFailure(err error) string {
	value := lualib.ErrorValue(err)
	if t, ok := value.(*lua.LTable); ok {
		if text := textOf(t.RawGetString("err")); text != "" {
			return text
		}
		return "ERR unknown error"
	}
	return "ERR " + textOf(value)
}

// loadGlobals has libraries see nothing but what registers functions until restore is
// called. The table of globals stays the same, since functions keep it.
func (in *interp) loadGlobals() (restore func()) {
	var names, values []lua.LValue
	in.globals.ForEach(func(name, value lua.LValue) {
		names, values = append(names, name), append(values, value)
	})
	for _, name := range names {
		in.globals.RawSet(name, lua.LNil)
	}
	in.globals.RawSetString("redis", in.loadAPI)
	return func() {
		in.globals.RawSetString("redis", lua.LNil)
		for i, name := range names {
			in.globals.RawSet(name, values[i])
		}
	}
}

// openFunctions makes of a new interpreter one for functions: without what only
// scripts have, and with what libraries see while they are loaded.
func (in *interp) openFunctions() {
	in.libraries = map[*Library]map[string]*lua.LFunction{}
	in.globals.RawSetString("__redis__err__handler", lua.LNil)
	redis := in.behind(in.globals.RawGetString("redis").(*lua.LTable))
	for _, name := range []string{"breakpoint", "debug", "replicate_commands"} {
		redis.RawSetString(name, lua.LNil)
	}
	L := in.state
	api := L.CreateTable(0, 8)
	for _, name := range []string{"log", "LOG_DEBUG", "LOG_VERBOSE", "LOG_NOTICE", "LOG_WARNING", "REDIS_VERSION", "REDIS_VERSION_NUM"} {
		api.RawSetString(name, redis.RawGetString(name))
	}
	api.RawSetString("register_function", L.NewFunction(in.registerFunction))
	meta := L.CreateTable(0, 1)
	meta.RawSetString("__index", L.NewFunction(refuseGlobal))
	api.Metatable = meta
	in.loadAPI = in.view(api)
}

// forgetLibraries drops the functions of libraries that are not in the set any more.
func (in *interp) forgetLibraries(ls *Libraries) {
	if in.knows == ls {
		return
	}
	in.knows = ls
	for l := range in.libraries {
		if ls.Find(l.Name) != l {
			delete(in.libraries, l)
		}
	}
}
