package script

import (
	"errors"

	lua "github.com/yuin/gopher-lua"

	"github.com/redoubt-kv/redoubt/core/command"
)

// RunFunction runs a function for the call c, which holds the locks of every key
// that it may touch, and replies what it returns. readOnly has it not write
// (FCALL_RO).
func (e *Engine) RunFunction(c *command.Call, f *Function, keys, args [][]byte, readOnly bool) {
	e.run(c, &job{
		name: f.Name, flags: f.Flags, readOnly: readOnly, function: true, keys: keys, args: args, line: c.Args,
		code: func(in *interp) (*lua.LFunction, error) { return in.callback(f, e.Libraries()) },
	})
}

// callback is a function as this interpreter has it, which loads the library if it
// has not yet.
func (in *interp) callback(f *Function, ls *Libraries) (*lua.LFunction, error) {
	in.forgetLibraries(ls)
	callbacks := in.libraries[f.Library]
	if callbacks == nil {
		// What it logs, it has logged when it was loaded first.
		if text := in.loadLibrary(&loading{library: f.Library}); text != "" {
			return nil, errors.New("ERR " + text)
		}
		callbacks = in.libraries[f.Library]
	}
	fn := callbacks[f.Name]
	if fn == nil {
		return nil, errors.New("ERR the library has not registered the function this time")
	}
	return fn, nil
}

// FunctionFlags are the flags of a function, for the gate; ok is false if there is
// no such function.
func (e *Engine) FunctionFlags(name []byte) (f Flags, ok bool) {
	if fn := e.Libraries().Function(name); fn != nil {
		return fn.Flags, true
	}
	return 0, false
}

// FlagNames are the names of the flags, in Redis's order.
func (f Flags) FlagNames() (names []string) {
	for _, name := range [...]string{"no-writes", "allow-oom", "allow-stale", "no-cluster", "allow-cross-slot-keys"} {
		if f&flagNames[name] != 0 {
			names = append(names, name)
		}
	}
	return names
}
