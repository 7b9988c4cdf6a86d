package lualib

import "github.com/yuin/gopher-lua/ast"

// Limits of Lua 5.1's compiler.
const (
	maxLocals       = 200
	maxUpvalues     = 60
	maxSyntaxLevels = 195 // 200, less what a script is called through
)

// Limits of gopher-lua's compiler, which takes 12 KB a function, looks for a
// constant by comparing it with those before, and loses count of the elements
// of long constructors.
const (
	maxFunctions   = 5000
	maxComparisons = 500_000_000
	maxElements    = 25_000
)

// local is one local variable. gopher-lua closes the captured variables of
// all active functions, also of those that go on behind a pcall, when an error
// is raised: what such a function assigns afterwards its closures do not see.
// So a variable that a closure captures and that is assigned to is boxed: it
// holds a table, the box, and its value is element 1 of the box.
type local struct {
	name     string
	owner    *function
	ordinal  int // in the order of declaration, in the whole chunk
	captured bool
	assigned bool
	boxed    bool
}

// function is one function that is being parsed.
type function struct {
	parent   *function
	line     int
	vararg   bool
	dots     bool // "..." is used
	locals   []*local
	upvalues map[*local]bool
	breaks   int // loops around the statement that is being parsed
	hidden   int // local slots without a name: three for each loop

	constants map[any]bool
}

// newFunction begins a function at a line, 0 for the main one.
func (p *parser) newFunction(line int) *function {
	if p.functions++; p.functions > maxFunctions {
		p.lx.fail("too many functions", "")
	}
	return &function{parent: p.fn, line: line, upvalues: map[*local]bool{}, constants: map[any]bool{}}
}

// constant notes that the function being parsed has a constant.
func (p *parser) constant(v any) {
	p.fn.constants[v] = true
	if p.comparisons += len(p.fn.constants); p.comparisons > maxComparisons {
		p.lx.fail("constant table overflow", "")
	}
}

// declare adds a local variable that is seen from here on.
func (p *parser) declare(name string) *local {
	v := &local{name: name, owner: p.fn, ordinal: p.declared, boxed: p.boxes[p.declared]}
	p.declared++
	p.all = append(p.all, v)
	p.fn.locals = append(p.fn.locals, v)
	return v
}

// checkLocals raises Lua's error for more local variables than it has room for.
func (p *parser) checkLocals(more int) {
	if len(p.fn.locals)+p.fn.hidden+more > maxLocals {
		p.limit(maxLocals, "local variables")
	}
}

func (p *parser) limit(n int, what string) {
	if p.fn.line == 0 {
		p.lx.fail(sprintf("main function has more than %d %s", n, what), "")
	}
	p.lx.fail(sprintf("function at line %d has more than %d %s", p.fn.line, n, what), "")
}

// find returns the variable of a name, nil for a global one.
func (p *parser) find(name string) *local {
	for fn := p.fn; fn != nil; fn = fn.parent {
		for i := len(fn.locals) - 1; i >= 0; i-- {
			if v := fn.locals[i]; v.name == name {
				p.capture(v)
				return v
			}
		}
	}
	return nil
}

// capture notes that the function being parsed refers to v.
func (p *parser) capture(v *local) {
	for fn := p.fn; fn != v.owner; fn = fn.parent {
		v.captured = true
		if fn.upvalues[v] {
			continue
		}
		fn.upvalues[v] = true
		if len(fn.upvalues) > maxUpvalues {
			at := p.fn
			p.fn = fn
			defer func() { p.fn = at }()
			p.limit(maxUpvalues, "upvalues")
		}
	}
}

// variable returns the expression for a variable's name.
func (p *parser) variable(name string, line int) expr {
	v := p.find(name)
	e := expr{kind: exprVariable, local: v}
	switch {
	case v == nil:
		p.constant(name)
		e.name = "global '" + name + "'"
	case v.owner == p.fn:
		e.name = "local '" + name + "'"
	default:
		e.name = "upvalue '" + name + "'"
	}
	e.node = p.reference(v, name, line)
	return e
}

func (p *parser) reference(v *local, name string, line int) ast.Expr {
	ident := at(&ast.IdentExpr{Value: name}, line)
	if v == nil || !v.boxed {
		return ident
	}
	return at(&ast.AttrGetExpr{Object: ident, Key: at(&ast.NumberExpr{Value: "1"}, line)}, line)
}

// box returns the statements that put the variables that are boxed into their
// boxes, behind their declaration.
func (p *parser) box(vars []*local, line int) (stmts []ast.Stmt) {
	for _, v := range vars {
		if !v.boxed {
			continue
		}
		field := &ast.Field{Value: at(&ast.IdentExpr{Value: v.name}, line)}
		table := at(&ast.TableExpr{Fields: []*ast.Field{field}}, line)
		stmts = append(stmts, at(&ast.AssignStmt{
			Lhs: []ast.Expr{at(&ast.IdentExpr{Value: v.name}, line)}, Rhs: []ast.Expr{table},
		}, line))
	}
	return stmts
}

// at gives a node its line.
func at[N ast.PositionHolder](n N, line int) N {
	n.SetLine(line)
	return n
}
