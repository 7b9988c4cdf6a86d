package lualib

import (
	"fmt"
	"strconv"

	"github.com/yuin/gopher-lua/ast"
)

// parser reads Lua 5.1 by recursive descent and makes gopher-lua's syntax
// tree of it: gopher-lua's own grammar takes other texts, and its messages
// are others. Where gopher-lua's machine computes other than Lua's (see
// operators.go), the tree calls a hidden function instead.
//
// It panics with *SyntaxError.
type parser struct {
	lx       *lexer
	t        token // to be consumed next
	ahead    *token
	lastLine int // of the token consumed last
	fn       *function
	levels   int

	// Variables: all that were declared, and by ordinal those to be boxed
	// (known from a first pass).
	all      []*local
	declared int
	boxes    map[int]bool

	sites []string // what diagnose needs, by site

	functions, comparisons int // for the limits
}

type exprKind byte

const (
	exprOther exprKind = iota
	exprVariable
	exprIndex
	exprCall
	exprVararg
)

// expr is an expression: its node, and how messages name its value ("global
// 'x'", "" if they do not).
type expr struct {
	node  ast.Expr
	kind  exprKind
	name  string
	local *local
	depth int // of the node's tree
	// concat holds the operands of a "..", which are joined into one call.
	concat []expr
}

var sprintf = fmt.Sprintf

// parse returns the statements of a chunk and the parser, which knows the rest.
func parse(text, source string, boxes map[int]bool) (p *parser, body []ast.Stmt, err error) {
	p = &parser{lx: &lexer{source: source, text: text, line: 1}, boxes: boxes, sites: []string{""}}
	p.fn = p.newFunction(0)
	p.fn.vararg = true
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *SyntaxError:
			err = r
		default:
			panic(r)
		}
	}()
	p.next()
	body = p.chunk()
	p.check("<eof>")
	return p, body, nil
}

func (p *parser) next() {
	p.lastLine = p.lx.line
	if p.ahead != nil {
		p.t, p.ahead = *p.ahead, nil
		return
	}
	p.t = p.lx.next()
}

func (p *parser) fail(text string) { p.lx.fail(text, p.t.spelled()) }

func (p *parser) expected(what string) { p.fail("'" + what + "' expected") }

// accept consumes a word if it is next.
func (p *parser) accept(word string) bool {
	if !p.t.is(word) {
		return false
	}
	p.next()
	return true
}

func (p *parser) check(what string) {
	if what == "<eof>" && p.t.kind == tokenEOF || what != "<eof>" && p.t.is(what) {
		return
	}
	p.expected(what)
}

func (p *parser) expect(word string) {
	p.check(word)
	p.next()
}

// match consumes the word that closes what was opened at a line.
func (p *parser) match(closing, opening string, line int) {
	switch {
	case p.accept(closing):
	case line == p.lx.line:
		p.expected(closing)
	default:
		p.fail(sprintf("'%s' expected (to close '%s' at line %d)", closing, opening, line))
	}
}

func (p *parser) name() string {
	if p.t.kind != tokenName {
		p.expected("<name>")
	}
	name := p.t.text
	p.next()
	return name
}

func (p *parser) enter() {
	if p.levels++; p.levels > maxSyntaxLevels {
		p.lx.fail("chunk has too many syntax levels", "")
	}
}

// checkDepth bounds how deep a tree is; Lua itself has no bound for what does
// not nest in the text.
func (p *parser) checkDepth(depth int) {
	if depth > maxNesting {
		p.lx.fail("function or expression too complex", "")
	}
}

// site returns line with the number of a new site in it; see diagnose.go.
func (p *parser) site(line int, what string) int {
	p.sites = append(p.sites, what)
	return line | (len(p.sites)-1)<<lineBits
}

// chunk reads statements up to what ends a block.
func (p *parser) chunk() (stmts []ast.Stmt) {
	p.enter()
	defer func() { p.levels-- }()
	for last := false; !last && !p.blockEnds(); p.accept(";") {
		var more []ast.Stmt
		more, last = p.statement()
		stmts = append(stmts, more...)
	}
	return stmts
}

func (p *parser) blockEnds() bool {
	switch {
	case p.t.kind == tokenEOF:
		return true
	case p.t.kind != tokenWord:
		return false
	}
	switch p.t.text {
	case "else", "elseif", "end", "until":
		return true
	}
	return false
}

// block is a chunk with a scope of its own.
func (p *parser) block() []ast.Stmt {
	outer := len(p.fn.locals)
	stmts := p.chunk()
	p.fn.locals = p.fn.locals[:outer]
	return stmts
}

func (p *parser) statement() (stmts []ast.Stmt, last bool) {
	line := p.lx.line
	if p.t.kind != tokenWord {
		return one(p.exprStatement()), false
	}
	switch p.t.text {
	case "if":
		return one(p.ifStatement(line)), false
	case "while":
		return one(p.whileStatement(line)), false
	case "do":
		p.next()
		body := p.block()
		p.match("end", "do", line)
		return one(at(&ast.DoBlockStmt{Stmts: body}, line)), false
	case "for":
		return one(p.forStatement(line)), false
	case "repeat":
		return one(p.repeatStatement(line)), false
	case "function":
		return one(p.functionStatement(line)), false
	case "local":
		p.next()
		if p.accept("function") {
			return p.localFunction(), false
		}
		return p.localStatement(), false
	case "return":
		return one(p.returnStatement(line)), true
	case "break":
		p.next()
		if p.fn.breaks == 0 {
			p.fail("no loop to break")
		}
		return one(at(&ast.BreakStmt{}, line)), true
	}
	return one(p.exprStatement()), false
}

func one(s ast.Stmt) []ast.Stmt { return []ast.Stmt{s} }

func (p *parser) ifStatement(line int) ast.Stmt { return p.ifArm(line, 0) }

// ifArm is an "if", or an "elseif" as an "if" in the "else" of the arm before:
// one "end" closes the "if" at line with all its arms.
func (p *parser) ifArm(line, depth int) ast.Stmt {
	p.checkDepth(depth)
	p.next()
	stmt := at(&ast.IfStmt{}, p.lastLine)
	stmt.Condition = p.expr().node
	p.expect("then")
	stmt.Then = p.block()
	switch {
	case p.t.is("elseif"):
		stmt.Else = one(p.ifArm(line, depth+1))
		return stmt
	case p.accept("else"):
		stmt.Else = p.block()
	}
	p.match("end", "if", line)
	return stmt
}

// loop reads the body of a loop.
func (p *parser) loop() []ast.Stmt {
	p.fn.breaks++
	defer func() { p.fn.breaks-- }()
	return p.block()
}

func (p *parser) whileStatement(line int) ast.Stmt {
	p.next()
	condition := p.expr().node
	p.expect("do")
	body := p.loop()
	p.match("end", "while", line)
	return whileLoop(condition, body, line)
}

func (p *parser) repeatStatement(line int) ast.Stmt {
	p.next()
	stmt := at(&ast.RepeatStmt{}, line)
	outer := len(p.fn.locals)
	p.fn.breaks++
	stmt.Stmts = loopBody(p.chunk(), line)
	p.fn.breaks--
	p.match("until", "repeat", line)
	stmt.Condition = p.expr().node // sees the locals of the body
	p.fn.locals = p.fn.locals[:outer]
	return stmt
}

func (p *parser) forStatement(line int) ast.Stmt {
	p.next()
	name := p.name()
	switch {
	case p.t.is("="):
		return p.numericFor(name, line)
	case p.t.is(","), p.t.is("in"):
		return p.genericFor(name, line)
	}
	p.fail("'=' or 'in' expected")
	return nil
}

func (p *parser) numericFor(name string, line int) ast.Stmt {
	p.checkLocals(4)
	stmt := at(&ast.NumberForStmt{Name: name}, line)
	p.expect("=")
	start := p.expr()
	p.expect(",")
	limit := p.expr()
	step := expr{node: at(&ast.NumberExpr{Value: "1"}, line)}
	if p.accept(",") {
		step = p.expr()
	}
	p.check("do")
	doLine := p.lx.line
	p.next()
	stmt.Init = p.loopNumber(start, "initial value", doLine)
	stmt.Limit = p.loopNumber(limit, "limit", doLine)
	stmt.Step = p.loopNumber(step, "step", doLine)
	p.forBody([]string{name}, line, &stmt.Stmts)
	return stmt
}

func (p *parser) genericFor(name string, line int) ast.Stmt {
	names := []string{name}
	for p.accept(",") {
		names = append(names, p.name())
	}
	p.checkLocals(3 + len(names))
	p.expect("in")
	stmt := at(&ast.GenericForStmt{Names: names}, p.site(p.lx.line, siteCall+"local '(for generator)'"))
	stmt.Exprs = nodes(p.exprs())
	p.expect("do")
	p.forBody(names, line, &stmt.Stmts)
	return stmt
}

// forBody reads the body of a "for" that declares names.
func (p *parser) forBody(names []string, line int, body *[]ast.Stmt) {
	outer := len(p.fn.locals)
	p.fn.hidden += 3
	vars := make([]*local, len(names))
	for i, name := range names {
		vars[i] = p.declare(name)
	}
	boxing := p.box(vars, line)
	*body = loopBody(append(boxing, p.loop()...), line)
	p.fn.hidden -= 3
	p.fn.locals = p.fn.locals[:outer]
	p.match("end", "for", line)
}

func (p *parser) functionStatement(line int) ast.Stmt {
	p.next()
	target := p.variable(p.name(), line)
	method := false
	for p.t.is(".") || p.t.is(":") {
		method = p.t.is(":")
		p.next()
		target = p.index(target, expr{node: at(&ast.StringExpr{Value: p.name()}, line)}, line)
		if method {
			break
		}
	}
	fn := p.body(method, line)
	return p.assign([]expr{target}, []ast.Expr{fn}, line)
}

func (p *parser) localFunction() []ast.Stmt {
	p.checkLocals(1)
	name := p.name()
	v := p.declare(name)
	line := p.lx.line
	fn := p.body(false, line)
	if !v.boxed {
		// gopher-lua declares the name before it compiles the function.
		return one(at(&ast.LocalAssignStmt{Names: []string{name}, Exprs: []ast.Expr{fn}}, line))
	}
	return []ast.Stmt{
		at(&ast.LocalAssignStmt{Names: []string{name}, Exprs: []ast.Expr{at(&ast.TableExpr{}, line)}}, line),
		at(&ast.AssignStmt{Lhs: []ast.Expr{p.reference(v, name, line)}, Rhs: []ast.Expr{fn}}, line),
	}
}

func (p *parser) localStatement() []ast.Stmt {
	var names []string
	for {
		names = append(names, p.name())
		p.checkLocals(len(names))
		if !p.accept(",") {
			break
		}
	}
	stmt := at(&ast.LocalAssignStmt{Names: names}, p.lastLine)
	if p.accept("=") {
		stmt.Exprs = nodes(p.exprs())
		stmt.SetLine(p.lastLine)
	}
	if _, ok := first(stmt.Exprs).(*ast.FunctionExpr); ok && len(names) == 1 && len(stmt.Exprs) == 1 {
		// Not "local function": the function does not see the name.
		stmt.Exprs = append(stmt.Exprs, at(&ast.NilExpr{}, p.lastLine))
	}
	vars := make([]*local, len(names))
	for i, name := range names {
		vars[i] = p.declare(name)
	}
	return append(one(stmt), p.box(vars, p.lastLine)...)
}

func (p *parser) returnStatement(line int) ast.Stmt {
	p.next()
	stmt := at(&ast.ReturnStmt{}, line)
	if !p.blockEnds() && !p.t.is(";") {
		stmt.Exprs = nodes(p.exprs())
		stmt.SetLine(p.lastLine)
	}
	return stmt
}

func (p *parser) exprStatement() ast.Stmt {
	line := p.lx.line
	e := p.primary()
	if e.kind == exprCall {
		return at(&ast.FuncCallStmt{Expr: e.node}, line)
	}
	targets := []expr{e}
	for {
		if last := targets[len(targets)-1]; last.kind != exprVariable && last.kind != exprIndex {
			p.fail("syntax error")
		}
		if !p.accept(",") {
			break
		}
		targets = append(targets, p.primary())
		if len(targets) > maxSyntaxLevels {
			p.limit(maxSyntaxLevels-p.levels, "variables in assignment")
		}
	}
	p.expect("=")
	values := p.exprs()
	if len(targets) > 1 || len(values) > 1 || indirect(values[0].node) {
		return p.assignMany(targets, nodes(values), p.lastLine)
	}
	return p.assign(targets, nodes(values), p.lastLine)
}

// indirect tells whether the value of an expression may not be computed right
// into a local variable, as gopher-lua would: of "a = b.c and d" it forgets to
// store what b.c is, of a call and of "..." it clears the variables behind a.
func indirect(e ast.Expr) bool {
	switch e.(type) {
	case *ast.LogicalOpExpr, *ast.FuncCallExpr, *ast.Comma3Expr:
		return true
	}
	return false
}

// hiddenLocal is the name of a local variable that no script can name.
func hiddenLocal(what string, i int) string { return sprintf("(%s %d)", what, i) }

// assignMany makes an assignment. gopher-lua computes the value for a local
// variable right into it, though a later value may read it: if one of the
// targets is a local variable, all goes through hidden ones.
func (p *parser) assignMany(targets []expr, values []ast.Expr, line int) ast.Stmt {
	direct := false
	for _, t := range targets {
		direct = direct || t.kind == exprVariable && t.local != nil && !t.local.boxed && t.local.owner == p.fn
	}
	if !direct {
		return p.assign(targets, values, line)
	}
	var block []ast.Stmt
	hide := func(what string, i int, e ast.Expr) ast.Expr {
		name := hiddenLocal(what, i)
		block = append(block, at(&ast.LocalAssignStmt{Names: []string{name}, Exprs: []ast.Expr{e}}, line))
		return at(&ast.IdentExpr{Value: name}, line)
	}
	for i, t := range targets {
		if get, ok := t.node.(*ast.AttrGetExpr); ok && t.kind == exprIndex {
			get.Object = hide("object", i, single(get.Object))
			if _, ok := get.Key.(*ast.StringExpr); !ok {
				get.Key = hide("key", i, single(get.Key))
			}
		}
	}
	results := &ast.LocalAssignStmt{Exprs: values}
	for i := range targets {
		results.Names = append(results.Names, hiddenLocal("value", i))
	}
	block = append(block, at(results, line))
	for i := len(targets) - 1; i >= 0; i-- {
		value := at(&ast.IdentExpr{Value: results.Names[i]}, line)
		block = append(block, p.assign(targets[i:i+1], []ast.Expr{value}, line))
	}
	return at(&ast.DoBlockStmt{Stmts: block}, line)
}

// assign makes an assignment, whose stores happen at a line.
func (p *parser) assign(targets []expr, values []ast.Expr, line int) ast.Stmt {
	stmt := at(&ast.AssignStmt{Rhs: values}, line)
	for _, t := range targets {
		if t.local != nil {
			t.local.assigned = true
		}
		t.node.SetLine(t.node.Line()&^lineMask | line)
		stmt.Lhs = append(stmt.Lhs, t.node)
	}
	return stmt
}

// number is the node of a constant. gopher-lua takes the text apart again.
func number(n float64, line int) ast.Expr {
	return at(&ast.NumberExpr{Value: strconv.FormatFloat(n, 'g', -1, 64)}, line)
}

func nodes(exprs []expr) []ast.Expr {
	list := make([]ast.Expr, len(exprs))
	for i, e := range exprs {
		list[i] = e.node
	}
	return list
}

func first(exprs []ast.Expr) ast.Expr {
	if len(exprs) == 0 {
		return nil
	}
	return exprs[0]
}
