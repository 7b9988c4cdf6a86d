package script

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"github.com/redoubt-kv/redoubt/core/script/lualib"
)

// maxSource is how long the text of a script may be. A compiled script takes a
// hundred times its length.
const maxSource = 4 << 20

// program is compiled Lua. It does not change, and interpreters share it.
type program struct {
	proto *lua.FunctionProto
	// assigns says that it assigns to globals, which fails, but has to be looked
	// after.
	assigns bool
}

// compile compiles a chunk; name is that of luaL_loadbuffer.
func compile(source []byte, name string) (p *program, err error) {
	if len(source) > maxSource {
		return nil, fmt.Errorf("%s: the chunk is longer than %d bytes", name, maxSource)
	}
	// Neither the parser nor the compiler is sure never to panic.
	defer func() {
		if r := recover(); r != nil {
			p, err = nil, fmt.Errorf("%s: %v", name, r)
		}
	}()
	proto, err := lualib.Compile(string(source), name)
	if err != nil {
		return nil, err
	}
	return &program{proto: proto, assigns: assigns(proto)}, nil
}

// assigns tells whether p or a function in it assigns to a global.
func assigns(p *lua.FunctionProto) bool {
	for _, inst := range p.Code {
		if int(inst>>26) == lua.OP_SETGLOBAL {
			return true
		}
	}
	for _, inner := range p.FunctionPrototypes {
		if assigns(inner) {
			return true
		}
	}
	return false
}
