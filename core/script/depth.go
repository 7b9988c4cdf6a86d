package script

import "github.com/yuin/gopher-lua/ast"

// The functions in this file tell whether a part of a syntax tree has no more than
// depth levels.

func shallowBlock(block []ast.Stmt, depth int) bool {
	if depth == 0 {
		return false
	}
	for _, s := range block {
		if !shallowStmt(s, depth-1) {
			return false
		}
	}
	return true
}

func shallowStmt(s ast.Stmt, depth int) bool {
	switch s := s.(type) {
	case *ast.AssignStmt:
		return shallowExprs(s.Lhs, depth) && shallowExprs(s.Rhs, depth)
	case *ast.LocalAssignStmt:
		return shallowExprs(s.Exprs, depth)
	case *ast.FuncCallStmt:
		return shallowExpr(s.Expr, depth)
	case *ast.DoBlockStmt:
		return shallowBlock(s.Stmts, depth)
	case *ast.WhileStmt:
		return shallowExpr(s.Condition, depth) && shallowBlock(s.Stmts, depth)
	case *ast.RepeatStmt:
		return shallowExpr(s.Condition, depth) && shallowBlock(s.Stmts, depth)
	case *ast.IfStmt:
		return shallowExpr(s.Condition, depth) && shallowBlock(s.Then, depth) && (len(s.Else) == 0 || shallowBlock(s.Else, depth))
	case *ast.NumberForStmt:
		return shallowExpr(s.Init, depth) && shallowExpr(s.Limit, depth) && (s.Step == nil || shallowExpr(s.Step, depth)) && shallowBlock(s.Stmts, depth)
	case *ast.GenericForStmt:
		return shallowExprs(s.Exprs, depth) && shallowBlock(s.Stmts, depth)
	case *ast.FuncDefStmt:
		return shallowExpr(s.Name.Func, depth) && shallowExpr(s.Name.Receiver, depth) && shallowExpr(s.Func, depth)
	case *ast.ReturnStmt:
		return shallowExprs(s.Exprs, depth)
	}
	return true
}

func shallowExprs(list []ast.Expr, depth int) bool {
	for _, e := range list {
		if !shallowExpr(e, depth) {
			return false
		}
	}
	return true
}

func shallowExpr(e ast.Expr, depth int) bool {
	if depth == 0 {
		return false
	}
	depth--
	switch e := e.(type) {
	case *ast.AttrGetExpr:
		return shallowExpr(e.Object, depth) && shallowExpr(e.Key, depth)
	case *ast.TableExpr:
		for _, f := range e.Fields {
			if !shallowExpr(f.Key, depth) || !shallowExpr(f.Value, depth) {
				return false
			}
		}
	case *ast.FuncCallExpr:
		return shallowExpr(e.Func, depth) && shallowExpr(e.Receiver, depth) && shallowExprs(e.Args, depth)
	case *ast.LogicalOpExpr:
		return shallowExpr(e.Lhs, depth) && shallowExpr(e.Rhs, depth)
	case *ast.RelationalOpExpr:
		return shallowExpr(e.Lhs, depth) && shallowExpr(e.Rhs, depth)
	case *ast.StringConcatOpExpr:
		return shallowExpr(e.Lhs, depth) && shallowExpr(e.Rhs, depth)
	case *ast.ArithmeticOpExpr:
		return shallowExpr(e.Lhs, depth) && shallowExpr(e.Rhs, depth)
	case *ast.UnaryMinusOpExpr:
		return shallowExpr(e.Expr, depth)
	case *ast.UnaryNotOpExpr:
		return shallowExpr(e.Expr, depth)
	case *ast.UnaryLenOpExpr:
		return shallowExpr(e.Expr, depth)
	case *ast.FunctionExpr:
		return shallowBlock(e.Stmts, depth)
	}
	return true
}
