package lualib

import (
	"math"
	"strconv"
	"strings"

	"github.com/yuin/gopher-lua/ast"
)

// priorities of the binary operators, to their left and to their right.
var priorities = map[string]struct{ left, right int }{
	"+": {6, 6}, "-": {6, 6}, "*": {7, 7}, "/": {7, 7}, "%": {7, 7},
	"^": {10, 9}, "..": {5, 4}, // right associative
	"~=": {3, 3}, "==": {3, 3}, "<": {3, 3}, "<=": {3, 3}, ">": {3, 3}, ">=": {3, 3},
	"and": {2, 2}, "or": {1, 1},
}

const unaryPriority = 8

func (p *parser) expr() expr { return p.subexpr(0) }

func (p *parser) exprs() []expr {
	list := []expr{p.expr()}
	for p.accept(",") {
		list = append(list, p.expr())
	}
	return list
}

// subexpr reads operators that bind more than limit.
func (p *parser) subexpr(limit int) expr {
	p.enter()
	defer func() { p.levels-- }()
	var e expr
	switch {
	case p.t.is("not"), p.t.is("-"), p.t.is("#"):
		op := p.t.text
		p.next()
		e = p.unary(op, p.subexpr(unaryPriority))
	default:
		e = p.simple()
	}
	for p.t.kind == tokenWord {
		op := p.t.text
		priority, ok := priorities[op]
		if !ok || priority.left <= limit {
			break
		}
		p.next()
		right := p.subexpr(priority.right)
		depth := max(e.depth, right.depth) + 1
		e = p.binary(op, e, right)
		e.depth = depth
		p.checkDepth(depth)
	}
	return e
}

func (p *parser) unary(op string, e expr) expr {
	line := p.lastLine
	switch op {
	case "not":
		return expr{node: at(&ast.UnaryNotOpExpr{Expr: e.node}, line)}
	case "-":
		return expr{node: at(&ast.UnaryMinusOpExpr{Expr: e.node}, p.site(line, siteArithmetic+e.name))}
	}
	return p.operator(opLength, line, e)
}

func (p *parser) binary(op string, a, b expr) expr {
	line := p.lastLine
	switch op {
	case "and", "or":
		e := expr{node: at(&ast.LogicalOpExpr{Operator: op, Lhs: a.node, Rhs: b.node}, line)}
		if op == "and" && alwaysTrue(a.node) || op == "or" && alwaysFalse(a.node) {
			e.name = b.name // Lua drops what cannot matter
		}
		return e
	case "==", "~=", "<", "<=", ">", ">=":
		return expr{node: at(&ast.RelationalOpExpr{Operator: op, Lhs: a.node, Rhs: b.node}, line)}
	case "..":
		operands := []expr{a, b}
		if b.concat != nil {
			operands = append([]expr{a}, b.concat...)
		}
		e := p.concatenation(operands, line)
		e.concat = operands
		return e
	case "%", "^":
		x, okX := numeral(a.node, foldDepth)
		y, okY := numeral(b.node, foldDepth)
		switch {
		case okX && okY && op == "^":
			if n := power(x, y); !math.IsNaN(n) {
				return expr{node: number(n, line)}
			}
		case okX && okY && y != 0:
			if n := Modulo(x, y); !math.IsNaN(n) {
				return expr{node: number(n, line)}
			}
		}
		return p.operator(map[string]string{"%": opModulo, "^": opPower}[op], line, a, b)
	}
	node := &ast.ArithmeticOpExpr{Operator: op, Lhs: a.node, Rhs: b.node}
	return expr{node: at(node, p.site(line, siteArithmetic+a.name+"\x00"+b.name))}
}

// foldDepth is how deep numeral looks.
const foldDepth = 8

// numeral is the value of an expression that Lua computes when it compiles.
func numeral(e ast.Expr, depth int) (n float64, ok bool) {
	if depth == 0 {
		return 0, false
	}
	switch e := e.(type) {
	case *ast.NumberExpr:
		n, err := strconv.ParseFloat(e.Value, 64)
		return n, err == nil
	case *ast.UnaryMinusOpExpr:
		n, ok = numeral(e.Expr, depth-1)
		return -n, ok
	case *ast.ArithmeticOpExpr:
		x, okX := numeral(e.Lhs, depth-1)
		y, okY := numeral(e.Rhs, depth-1)
		ok = okX && okY
		switch e.Operator {
		case "+":
			return x + y, ok
		case "-":
			return x - y, ok
		case "*":
			return x * y, ok
		case "/":
			return x / y, ok && y != 0
		}
	}
	return 0, false
}

func alwaysTrue(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.TrueExpr, *ast.NumberExpr, *ast.StringExpr:
		return true
	case *ast.UnaryMinusOpExpr:
		_, ok := e.Expr.(*ast.NumberExpr)
		return ok
	}
	return false
}

func alwaysFalse(e ast.Expr) bool {
	switch e.(type) {
	case *ast.FalseExpr, *ast.NilExpr:
		return true
	}
	return false
}

// maxConcat is how many operands of ".." one call takes: registers are few.
const maxConcat = 40

// concatenation calls for the right end of a long list first, as Lua does.
func (p *parser) concatenation(operands []expr, line int) expr {
	for len(operands) > maxConcat {
		split := len(operands) - maxConcat
		tail := p.operator(opConcat, line, operands[split:]...)
		operands = append(append([]expr{}, operands[:split]...), tail)
	}
	return p.operator(opConcat, line, operands...)
}

// operator is a call of a hidden function. Its arguments are single values.
func (p *parser) operator(name string, line int, operands ...expr) expr {
	names := make([]string, len(operands))
	args := make([]ast.Expr, len(operands))
	for i, e := range operands {
		names[i] = e.name
		args[i] = single(e.node)
	}
	line = p.site(line, siteOperator+strings.Join(names, "\x00"))
	return expr{node: at(&ast.FuncCallExpr{Func: at(&ast.IdentExpr{Value: name}, line), Args: args, AdjustRet: true}, line)}
}

// loopNumber converts what a numeric "for" is given, unless it is a number
// for certain.
func (p *parser) loopNumber(e expr, what string, line int) ast.Expr {
	switch e.node.(type) {
	case *ast.NumberExpr:
		return e.node
	}
	name := map[string]string{"initial value": opForInitial, "limit": opForLimit, "step": opForStep}[what]
	return p.operator(name, line, e).node
}

// single cuts an expression to one value.
func single(e ast.Expr) ast.Expr {
	switch e := e.(type) {
	case *ast.FuncCallExpr:
		e.AdjustRet = true
	case *ast.Comma3Expr:
		e.AdjustRet = true
	}
	return e
}

func (p *parser) simple() expr {
	line := p.lx.line
	var node ast.Expr
	switch {
	case p.t.kind == tokenNumber:
		p.constant(p.t.num)
		node = number(p.t.num, line)
	case p.t.kind == tokenString:
		p.constant(p.t.text)
		node = at(&ast.StringExpr{Value: p.t.text}, line)
	case p.t.is("nil"):
		node = at(&ast.NilExpr{}, line)
	case p.t.is("true"):
		node = at(&ast.TrueExpr{}, line)
	case p.t.is("false"):
		node = at(&ast.FalseExpr{}, line)
	case p.t.is("..."):
		if !p.fn.vararg {
			p.fail("cannot use '...' outside a vararg function")
		}
		p.fn.dots = true
		p.next()
		return expr{node: at(&ast.Comma3Expr{}, line), kind: exprVararg}
	case p.t.is("{"):
		return p.constructor()
	case p.t.is("function"):
		p.next()
		return expr{node: p.body(false, p.lx.line)}
	default:
		return p.primary()
	}
	p.next()
	return expr{node: node}
}

func (p *parser) constructor() expr {
	line := p.lx.line
	p.expect("{")
	table, elements := at(&ast.TableExpr{}, line), 0
	for !p.t.is("}") {
		field := &ast.Field{}
		switch {
		case p.t.kind == tokenName && p.lookAhead().is("="):
			p.constant(p.t.text)
			field.Key = at(&ast.StringExpr{Value: p.t.text}, p.lx.line)
			p.next()
			p.next()
		case p.t.is("["):
			p.next()
			field.Key = p.expr().node
			p.expect("]")
			p.expect("=")
		}
		field.Value = p.expr().node
		if elements++; elements > maxElements {
			p.lx.fail("constructor too long", "")
		}
		table.Fields = append(table.Fields, field)
		if !p.accept(",") && !p.accept(";") {
			break
		}
	}
	p.match("}", "{", line)
	return expr{node: table}
}

func (p *parser) lookAhead() token {
	if p.ahead == nil {
		t := p.lx.next()
		p.ahead = &t
	}
	return *p.ahead
}

// primary reads a name or an expression in parentheses, and what is done
// with it: indexing and calls.
func (p *parser) primary() expr {
	var e expr
	switch {
	case p.t.kind == tokenName:
		line := p.lx.line
		name := p.t.text
		p.next()
		e = p.variable(name, line)
	case p.t.is("("):
		line := p.lx.line
		p.next()
		e = p.expr()
		p.match(")", "(", line)
		e.node = single(e.node)
		e.kind = exprOther
	default:
		p.fail("unexpected symbol")
	}
	for ; ; e.depth++ {
		p.checkDepth(e.depth)
		switch {
		case p.t.is("."):
			p.next()
			line := p.lx.line
			e = p.index(e, expr{node: at(&ast.StringExpr{Value: p.name()}, line)}, line)
		case p.t.is("["):
			p.next()
			key := p.expr()
			line := p.lx.line
			p.expect("]")
			e = p.index(e, key, line)
		case p.t.is(":"):
			p.next()
			method := p.name()
			e = p.call(e, method)
		case p.t.is("("), p.t.is("{"), p.t.kind == tokenString:
			e = p.call(e, "")
		default:
			return e
		}
	}
}

func (p *parser) index(object, key expr, line int) expr {
	e := expr{kind: exprIndex, name: "field '?'", depth: max(object.depth, key.depth)}
	if s, ok := key.node.(*ast.StringExpr); ok {
		p.constant(s.Value)
		e.name = "field '" + s.Value + "'"
	}
	e.node = at(&ast.AttrGetExpr{Object: object.node, Key: single(key.node)}, p.site(line, siteIndex+object.name))
	return e
}

func (p *parser) call(callee expr, method string) expr {
	line := p.lx.line
	node := &ast.FuncCallExpr{}
	switch {
	case p.t.is("("):
		if line != p.lastLine {
			p.fail("ambiguous syntax (function call x new statement)")
		}
		p.next()
		if !p.t.is(")") {
			node.Args = nodes(p.exprs())
		}
		p.match(")", "(", line)
	case p.t.is("{"):
		node.Args = []ast.Expr{p.constructor().node}
	case p.t.kind == tokenString:
		node.Args = []ast.Expr{at(&ast.StringExpr{Value: p.t.text}, line)}
		p.next()
	default:
		p.fail("function arguments expected")
	}
	name := callee.name
	if method != "" {
		p.constant(method)
		node.Receiver, node.Method = callee.node, method
		name = "method '" + method + "'\x00" + callee.name
	} else {
		node.Func = callee.node
	}
	return expr{node: at(node, p.site(line, siteCall+name)), kind: exprCall, depth: callee.depth}
}

// body reads a function behind its name, at a line.
func (p *parser) body(method bool, line int) *ast.FunctionExpr {
	fn := p.newFunction(line)
	p.fn = fn
	p.expect("(")
	var params []*local
	if method {
		params = append(params, p.declare("self"))
	}
	for !p.t.is(")") && !fn.vararg {
		switch {
		case p.t.kind == tokenName:
			p.checkLocals(1)
			params = append(params, p.declare(p.name()))
		case p.t.is("..."):
			p.next()
			fn.vararg = true
		default:
			p.fail("<name> or '...' expected")
		}
		if fn.vararg || !p.accept(",") {
			break
		}
		if p.t.is(")") {
			p.fail("<name> or '...' expected")
		}
	}
	names := make([]string, len(params))
	for i, v := range params {
		names[i] = v.name
	}
	declared := params
	if fn.vararg {
		declared = append(declared, p.declare("arg")) // gopher-lua declares it too
	}
	p.expect(")")
	stmts := append(p.box(declared, line), p.chunk()...)
	node := at(&ast.FunctionExpr{ParList: &ast.ParList{HasVargs: fn.vararg, Names: names}, Stmts: stmts}, line)
	node.SetLastLine(p.lx.line)
	p.match("end", "function", line)
	p.fn = fn.parent
	return node
}
