package script_test

import (
	"fmt"
	"strings"
)

// program is a random program of statements over the variables a to d and the
// table t: blocks, loops that end, closures, calls, errors that are caught. It
// returns the state in the end.
func (g *generator) program() string {
	p := &programmer{generator: g}
	p.line("local a, b, c, d, t = 1, 'x', 2.5, nil, {10, 20, k = 'v'}")
	// What a call in an expression changes is read nowhere else: Lua reads a
	// local variable that is an operand when it needs it, which may be behind
	// the call; a variable in a box is read in the order of the text.
	p.line("local count = 0 local function inc(n) count = count + n return count end")
	p.line("local function get() return b, c end")
	for range 2 + g.IntN(6) {
		p.statement(3)
	}
	p.line("return dumps(a, b, c, d, t, inc(1), get())")
	return p.b.String()
}

type programmer struct {
	*generator
	b     strings.Builder
	loops int
}

func (p *programmer) line(format string, args ...any) {
	fmt.Fprintf(&p.b, format+"\n", args...)
}

func (p *programmer) target() string {
	return pick(p.generator, "a", "b", "c", "d", "t.k", "t.w", "t.z", "t[#t + 1]") // no holes: borders differ
}

// value is an expression that mostly works.
func (p *programmer) value(depth int) string {
	if depth == 0 {
		return pick(p.generator, "a", "b", "c", "d", "t.k", "t[1]", "1", "2", "'s'", "nil", "true", "#t", "inc(1)", "(get())", "0.5")
	}
	x, y := p.value(depth-1), p.value(depth-1)
	switch p.IntN(10) {
	case 0, 1:
		return "(tonumber(" + x + ") or 3) " + pick(p.generator, "+", "-", "*", "/", "%") + " (tonumber(" + y + ") or 2)"
	case 2:
		return "tostring(" + x + ") .. tostring(" + y + ")"
	case 3:
		return "(" + x + " " + pick(p.generator, "and", "or") + " " + y + ")"
	case 4:
		return "(" + x + " == " + y + ")"
	case 5:
		return "dump(" + x + ")"
	case 6:
		if p.IntN(2) == 0 {
			return "(function(x, y) local a, b, z = 1, 'l', x x = " + pick(p.generator, "y and z", "y.k or z", "z == y and y", "tostring(y)", "y .. b") + " y = " + pick(p.generator, "dump(x, 1)", "x or a", "inc(1)", "(get())") + " return dumps(x, y, z, a, b) end)(" + x + ", " + y + ")"
		}
		return "(function(x, ...) return " + pick(p.generator, "x", "select('#', ...)", "...", "a") + " end)(" + x + ", " + y + ")"
	case 7:
		return "not " + x
	case 8:
		return x + " " + pick(p.generator, "..", "+", "*", "<") + " " + y // may fail
	}
	return x
}

func (p *programmer) block(depth int) {
	for range 1 + p.IntN(3) {
		p.statement(depth)
	}
}

func (p *programmer) statement(depth int) {
	if depth == 0 {
		p.line("%s = %s", p.target(), p.value(1))
		return
	}
	switch p.IntN(14) {
	case 0, 1, 2:
		p.line("%s = %s", p.target(), p.value(2))
	case 3:
		p.line("%s, %s = %s, %s", p.target(), p.target(), p.value(1), p.value(1))
	case 4:
		p.line("local %s = %s", pick(p.generator, "a", "b", "c", "d"), p.value(2))
	case 5:
		p.line("if %s then", p.value(1))
		p.block(depth - 1)
		if p.IntN(2) == 0 {
			p.line("elseif %s then", p.value(1))
			p.block(depth - 1)
		}
		if p.IntN(2) == 0 {
			p.line("else")
			p.block(depth - 1)
		}
		p.line("end")
	case 6:
		if p.loops++; p.loops > 3 {
			return
		}
		p.line("for %s = %s do", pick(p.generator, "i", "a", "b"), pick(p.generator, "1, 3", "3, 1, -1", "'1', 2", "1, 2, 0.5", "0, -1"))
		p.block(depth - 1)
		if p.IntN(3) == 0 {
			p.line("if %s then break end", p.value(1))
		}
		p.line("end")
	case 7:
		if p.loops++; p.loops > 3 {
			return
		}
		p.line("for %s, v in ipairs({%s, %s}) do", pick(p.generator, "_", "a", "c"), p.value(1), p.value(1))
		p.block(depth - 1)
		p.line("end")
	case 8:
		p.line("do local n = 0 while n < 2 do n = n + 1")
		p.block(depth - 1)
		p.line("end end")
	case 9:
		p.line("d = {pcall(function()")
		p.block(depth - 1)
		p.line("%s", pick(p.generator, "error('e' .. tostring(a))", "error({a})", "return a, b", "local x = nil; x.y = 1", "return inc(2)", "nofn()"))
		p.line("end)}")
	case 10:
		p.line("do local f = function(...) local x, y = ... a = x x = ... y = (...)")
		p.block(depth - 1)
		p.line("return %s end c = f(%s, %s) end", p.value(1), p.value(1), p.value(1))
	case 11:
		p.line("do local fs = {} for i = 1, 2 do local j = i fs[i] = function() j = j + 1 return i + j end end d = dump({fs[1](), fs[1](), fs[2]()}) end")
	case 12:
		p.line("repeat local n = %s", p.value(1))
		p.block(depth - 1)
		p.line("until true or n")
	default:
		p.line("table.insert(t, %s)", p.value(1))
	}
}
