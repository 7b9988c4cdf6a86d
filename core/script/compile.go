package script

import (
	"bytes"
	"errors"
	"fmt"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
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

// compile compiles a chunk; name is what errors call it.
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
	chunk, err := parse.Parse(bytes.NewReader(source), name)
	if err != nil {
		return nil, syntaxError(err, name)
	}
	if !shallow(chunk) {
		return nil, fmt.Errorf("%s: chunk has too many syntax levels", name)
	}
	proto, err := lua.Compile(chunk, name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &program{proto: proto, assigns: assigns(proto)}, nil
}

// syntaxError is err in the form of Lua's own compiler.
func syntaxError(err error, name string) error {
	var e *parse.Error
	if !errors.As(err, &e) {
		return err
	}
	if e.Pos.Line == parse.EOF {
		return fmt.Errorf("%s: %s near '<eof>'", name, e.Message)
	}
	return fmt.Errorf("%s:%d: %s near '%s'", name, e.Pos.Line, e.Message, e.Token)
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

// maxDepth is how deep expressions and blocks may lie within each other: the
// compiler descends as deep.
const maxDepth = 10000

// shallow tells whether nothing in the chunk lies deeper than maxDepth.
func shallow(chunk []ast.Stmt) bool { return shallowBlock(chunk, maxDepth) }
