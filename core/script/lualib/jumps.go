package lualib

import "github.com/yuin/gopher-lua/ast"

// gopher-lua shortens jumps to jumps in the order of the code. A jump back, to
// the begin of a loop, finds there a jump whose target has been filled in
// already, takes it for the number of a label, and goes astray. So no loop may
// begin with a jump: this file finds those that would, and has them begin with
// an assignment to a hidden variable.

// loopBody is the body of a loop, with an instruction before a jump.
func loopBody(body []ast.Stmt, line int) []ast.Stmt {
	if !jumpsFirst(body) {
		return body
	}
	pause := at(&ast.LocalAssignStmt{Names: []string{"(pause)"}, Exprs: []ast.Expr{at(&ast.NilExpr{}, line)}}, line)
	return append([]ast.Stmt{pause}, body...)
}

// whileLoop is "while condition do body end". A condition that begins with a
// jump is tested inside of the loop.
func whileLoop(condition ast.Expr, body []ast.Stmt, line int) ast.Stmt {
	stmt := at(&ast.WhileStmt{Condition: condition}, line)
	switch condition.(type) {
	case *ast.TrueExpr, *ast.NumberExpr, *ast.StringExpr: // no instruction
	default:
		if constantFirst(condition) {
			leave := at(&ast.IfStmt{Condition: at(&ast.UnaryNotOpExpr{Expr: condition}, line), Then: one(at(&ast.BreakStmt{}, line))}, line)
			body = append(one(leave), body...)
			stmt.Condition = at(&ast.TrueExpr{}, line)
		}
	}
	stmt.Stmts = loopBody(body, line)
	return stmt
}

// jumpsFirst tells whether the first instruction of a block may be a jump.
func jumpsFirst(block []ast.Stmt) bool {
	if len(block) == 0 {
		return true
	}
	switch s := block[0].(type) {
	case *ast.BreakStmt:
		return true
	case *ast.IfStmt:
		return constantFirst(s.Condition)
	case *ast.WhileStmt:
		return constantFirst(s.Condition)
	case *ast.RepeatStmt:
		return jumpsFirst(s.Stmts)
	case *ast.DoBlockStmt:
		return jumpsFirst(s.Stmts)
	case *ast.LocalAssignStmt:
		return len(s.Exprs) > 0 && constantFirst(s.Exprs[0])
	case *ast.AssignStmt:
		return constantFirst(s.Rhs[0])
	}
	return false
}

// constantFirst tells whether a condition begins with a constant, for which
// there is a jump or nothing at all.
func constantFirst(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.LogicalOpExpr:
		return constantFirst(e.Lhs)
	case *ast.UnaryNotOpExpr:
		return constantFirst(e.Expr)
	case *ast.RelationalOpExpr:
		return false
	case ast.ConstExpr:
		return true
	}
	return false
}
