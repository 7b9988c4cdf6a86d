package lualib

import (
	"fmt"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
)

// A node's line carries the number of its site above lineBits; the compiled
// instruction keeps it until tidy takes it out.
const (
	lineBits = 24
	lineMask = 1<<lineBits - 1
)

// maxSource bounds the text of a chunk, and so its lines.
const maxSource = lineMask

// maxNesting bounds how deep a syntax tree may be: gopher-lua's compiler
// recurses into it.
const maxNesting = 4000

// Kinds of sites: what comes behind them is the names of the values that an
// operation works on, divided by NULs.
const (
	siteCall       = "c"
	siteIndex      = "i"
	siteArithmetic = "a"
	siteOperator   = "o"
)

// chunkFlag marks the entry of DbgCalls that holds the chunk's name.
const chunkFlag = 1 << 41

// siteFlag marks the entries of a prototype's DbgCalls that hold a site.
const siteFlag = 1 << 40

// Compile compiles a Lua 5.1 text. name is the chunk's name as luaL_loadbuffer
// takes it: "@file", "=what" or the text itself. An error is a *SyntaxError.
// The prototype is to be run through Load; interpreters may share it.
func Compile(text, name string) (*lua.FunctionProto, error) {
	source := chunkID(name)
	if len(text) > maxSource {
		return nil, &SyntaxError{source + ":1: chunk has too many lines"}
	}
	p, body, err := parse(text, source, nil)
	if err != nil {
		return nil, err
	}
	boxes := map[int]bool{}
	for _, v := range p.all {
		if v.captured && v.assigned {
			boxes[v.ordinal] = true
		}
	}
	if len(boxes) > 0 {
		if p, body, err = parse(text, source, boxes); err != nil {
			return nil, err
		}
	}
	proto, err := lua.Compile(withOperators(body, p), source)
	if err != nil {
		return nil, &SyntaxError{compileError(source, err)}
	}
	p.tidy(proto, name)
	return proto, nil
}

// withOperators wraps a chunk into a function that is given the hidden
// functions, which become upvalues of the chunk:
//
//	local (concat), (modulo), … = ...
//	return function(...) chunk end
func withOperators(body []ast.Stmt, p *parser) []ast.Stmt {
	line := p.lx.line
	declare := at(&ast.LocalAssignStmt{Names: operatorNames, Exprs: []ast.Expr{at(&ast.Comma3Expr{}, 0)}}, 0)
	params := &ast.ParList{HasVargs: p.fn.dots}
	chunk := at(&ast.FunctionExpr{ParList: params, Stmts: body}, 0)
	chunk.SetLastLine(line)
	return []ast.Stmt{declare, at(&ast.ReturnStmt{Exprs: []ast.Expr{chunk}}, 0)}
}

// compileError words what gopher-lua's compiler refuses: its limits.
func compileError(source string, err error) string {
	if e, ok := err.(*lua.CompileError); ok {
		return fmt.Sprintf("%s:%d: function or expression too complex", source, max(e.Line&lineMask, 1))
	}
	return source + ": " + err.Error()
}

// tidy moves the sites from the lines of a prototype into its DbgCalls, and
// adds the chunk's name.
func (p *parser) tidy(proto *lua.FunctionProto, name string) {
	proto.DbgCalls = append(proto.DbgCalls, lua.DbgCall{Pc: chunkFlag, Name: name})
	// The compiler leaves room behind what it wrote.
	proto.Code, proto.DbgSourcePositions = slices.Clone(proto.Code), slices.Clone(proto.DbgSourcePositions)
	proto.LineDefined &= lineMask
	proto.LastLineDefined &= lineMask
	for pc, line := range proto.DbgSourcePositions {
		if site := line >> lineBits; site > 0 && site < len(p.sites) {
			proto.DbgCalls = append(proto.DbgCalls, lua.DbgCall{Pc: pc | siteFlag, Name: p.sites[site]})
		}
		proto.DbgSourcePositions[pc] = line & lineMask
	}
	for _, inner := range proto.FunctionPrototypes {
		p.tidy(inner, name)
	}
}

// Load makes the function of a compiled chunk in an interpreter that Open
// prepared. Its environment is that of the interpreter.
func Load(L *lua.LState, proto *lua.FunctionProto) *lua.LFunction {
	m := machineOf(L)
	L.Push(L.NewFunctionFromProto(proto))
	for _, op := range m.operators {
		L.Push(op)
	}
	return construct(L, len(m.operators))
}

// construct calls the function under n arguments, which returns a function. It
// does so without the context, which may end a script at any instruction: who
// loads a function may not have protected himself yet.
func construct(L *lua.LState, n int) *lua.LFunction {
	if ctx := L.RemoveContext(); ctx != nil {
		defer L.SetContext(ctx)
	}
	L.Call(n, 1)
	fn := L.Get(-1).(*lua.LFunction)
	L.Pop(1)
	return fn
}

// maxChunkID is LUA_IDSIZE: how long a chunk's name is in messages, with the
// NUL behind it in C.
const maxChunkID = 60

// chunkID is a chunk's name as messages have it.
func chunkID(name string) string {
	name, _, _ = strings.Cut(name, "\x00")
	switch {
	case strings.HasPrefix(name, "="):
		return name[1:min(len(name), maxChunkID)]
	case strings.HasPrefix(name, "@"):
		name = name[1:]
		if room := maxChunkID - len(" '...' ") - 1; len(name) > room {
			return "..." + name[len(name)-room:]
		}
		return name
	}
	room := maxChunkID - len(` [string "..."] `) - 1
	line, cut := name, false
	if i := strings.IndexAny(name, "\n\r"); i >= 0 {
		line, cut = name[:i], true
	}
	if len(line) > room {
		line, cut = line[:room], true
	}
	if cut {
		line += "..."
	}
	return `[string "` + line + `"]`
}
