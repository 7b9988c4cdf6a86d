package script

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// registration is what redis.register_function is called with.
type registration struct {
	name        string
	named       bool
	description *string
	flags       Flags
	callback    *lua.LFunction
}

// registerFunction is redis.register_function, which libraries see while they are
// loaded:
//
//	redis.register_function(name, callback)
//	redis.register_function{function_name=…, callback=…, flags={…}, description=…}
func (in *interp) registerFunction(L *lua.LState) int {
	o := in.loading
	if o == nil {
		return fail(L, "ERR redis.register_function can only be called on FUNCTION LOAD command", true)
	}
	var r registration
	text := ""
	switch L.GetTop() {
	case 1:
		text = r.readNamed(L.Get(1))
	case 2:
		text = r.readPositional(L.Get(1), L.Get(2))
	default:
		text = "wrong number of arguments to redis.register_function"
	}
	if text == "" {
		text = o.add(&r)
	}
	if text != "" {
		return fail(L, "ERR "+text, true)
	}
	return 0
}

// add registers a function, or says why not.
func (o *loading) add(r *registration) (text string) {
	switch {
	case !validName(r.name):
		return errBadName
	case o.callbacks[r.name] != nil:
		return "Function already exists in the library"
	}
	o.callbacks[r.name] = r.callback
	if o.collects {
		o.library.Functions = append(o.library.Functions, &Function{
			Library: o.library, Name: r.name, Description: r.description, Flags: r.flags,
		})
	}
	return ""
}

func (r *registration) readPositional(name, callback lua.LValue) (text string) {
	if !lua.LVCanConvToString(name) {
		return "first argument to redis.register_function must be a string"
	}
	fn, ok := callback.(*lua.LFunction)
	if !ok {
		return "second argument to redis.register_function must be a function"
	}
	r.name, r.callback = name.String(), fn
	return ""
}

func (r *registration) readNamed(v lua.LValue) (text string) {
	t, ok := v.(*lua.LTable)
	if !ok {
		return "calling redis.register_function with a single argument is only applicable to Lua table (representing named arguments)."
	}
	for key, value := t.Next(lua.LNil); key != lua.LNil; key, value = t.Next(key) {
		if !lua.LVCanConvToString(key) {
			return "named argument key given to redis.register_function is not a string"
		}
		if text := r.readArgument(strings.ToLower(key.String()), value); text != "" {
			return text
		}
	}
	switch {
	case !r.named:
		return "redis.register_function must get a function name argument"
	case r.callback == nil:
		return "redis.register_function must get a callback argument"
	}
	return ""
}

func (r *registration) readArgument(key string, value lua.LValue) (text string) {
	switch key {
	case "function_name":
		if !lua.LVCanConvToString(value) {
			return "function_name argument given to redis.register_function must be a string"
		}
		r.name, r.named = value.String(), true
	case "description":
		if !lua.LVCanConvToString(value) {
			return "description argument given to redis.register_function must be a string"
		}
		s := value.String()
		r.description = &s
	case "callback":
		fn, ok := value.(*lua.LFunction)
		if !ok {
			return "callback argument given to redis.register_function must be a function"
		}
		r.callback = fn
	case "flags":
		t, ok := value.(*lua.LTable)
		if !ok {
			return "flags argument to redis.register_function must be a table representing function flags"
		}
		return r.readFlags(t)
	default:
		return "unknown argument given to redis.register_function"
	}
	return ""
}

func (r *registration) readFlags(t *lua.LTable) (text string) {
	r.flags = 0
	for i := 1; ; i++ {
		v := t.RawGetInt(i)
		if v == lua.LNil {
			return ""
		}
		f, ok := ParseFlag(strings.ToLower(textOf(v)))
		if !ok {
			return "unknown flag given"
		}
		r.flags |= f
	}
}
