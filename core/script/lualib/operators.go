package lualib

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// Hidden functions: what gopher-lua's machine does not do as Lua's does, done
// by functions that a chunk has as upvalues under names no script can write.
//
//   - "..": gopher-lua writes numbers in Go's shortest form, Lua by %.14g.
//   - "^": C's pow is exact to the last bit where Go's is not.
//   - "%": gopher-lua uses C's fmod, Lua 5.1 a - floor(a/b)*b.
//   - "#": gopher-lua honours __len of tables, which Lua 5.1 does not, and
//     ends at lua.MaxArrayIndex.
//   - a numeric "for" takes strings that look like numbers.
const (
	opPower      = "(power)"
	opConcat     = "(concat)"
	opModulo     = "(modulo)"
	opLength     = "(length)"
	opForInitial = "(for: initial)"
	opForLimit   = "(for: limit)"
	opForStep    = "(for: step)"
)

var operatorNames = []string{opPower, opConcat, opModulo, opLength, opForInitial, opForLimit, opForStep}

func newOperators(L *lua.LState) []lua.LValue {
	return []lua.LValue{
		L.NewFunction(raise), L.NewFunction(concat), L.NewFunction(modulo), L.NewFunction(lengthOf),
		L.NewFunction(loopValue("initial value")), L.NewFunction(loopValue("limit")), L.NewFunction(loopValue("step")),
	}
}

// metamethod2 is the metamethod of a binary operation, LNil if there is none.
func metamethod2(L *lua.LState, a, b lua.LValue, event string) lua.LValue {
	if fn := metamethod(L, a, event); fn != lua.LNil {
		return fn
	}
	return metamethod(L, b, event)
}

// metamethod leaves out strings: their metamethods are arithmetic's, below.
func metamethod(L *lua.LState, v lua.LValue, event string) lua.LValue {
	if v.Type() == lua.LTString {
		return lua.LNil
	}
	return L.GetMetaField(v, event)
}

// callMeta calls a metamethod for one result.
func callMeta(L *lua.LState, fn, a, b lua.LValue) lua.LValue {
	L.Push(fn)
	L.Push(a)
	L.Push(b)
	call(L, 2, 1)
	v := L.Get(-1)
	L.Pop(1)
	return v
}

// concat is "..": from the right, as many strings and numbers at once as
// there are, else a metamethod for two.
func concat(L *lua.LState) int {
	n := L.GetTop()
	right := L.Get(n)
	for n > 1 {
		text, isText := Text(right)
		left, leftIsText := Text(L.Get(n - 1))
		if !isText || !leftIsText {
			fn := metamethod2(L, L.Get(n-1), right, "__concat")
			if fn == lua.LNil {
				bad := n - 2
				if leftIsText {
					bad = n - 1
				}
				operandError(L, bad, map[bool]lua.LValue{true: right, false: L.Get(n - 1)}[leftIsText], "concatenate")
			}
			right = callMeta(L, fn, L.Get(n-1), right)
			n--
			continue
		}
		parts, size := []string{text}, len(text)
		for ok := true; ok; left, ok = Text(L.Get(n - 1)) {
			parts = append(parts, left)
			size += len(left)
			if n--; n == 1 {
				break
			}
		}
		checkLength(L, size)
		right = lua.LString(join(parts, size))
	}
	L.Push(right)
	return 1
}

// join joins parts that are in reverse.
func join(parts []string, size int) string {
	var b strings.Builder
	b.Grow(size)
	for i := len(parts) - 1; i >= 0; i-- {
		b.WriteString(parts[i])
	}
	return b.String()
}

func modulo(L *lua.LState) int { return binaryNumbers(L, "__mod", Modulo) }

func raise(L *lua.LState) int { return binaryNumbers(L, "__pow", power) }

func binaryNumbers(L *lua.LState, event string, f func(a, b float64) float64) int {
	a, b := L.Get(1), L.Get(2)
	if x, ok := a.(lua.LNumber); ok {
		if y, ok := b.(lua.LNumber); ok {
			return pushNumber(L, f(float64(x), float64(y)))
		}
	}
	L.Push(arithmetic(L, event, a, b, f))
	return 1
}

// arithmetic is an operation of which an operand is no number.
func arithmetic(L *lua.LState, event string, a, b lua.LValue, f func(a, b float64) float64) lua.LValue {
	x, okX := toNumber(a)
	y, okY := toNumber(b)
	if okX && okY {
		return lua.LNumber(f(x, y))
	}
	if fn := metamethod2(L, a, b, event); fn != lua.LNil {
		return callMeta(L, fn, a, b)
	}
	if okX {
		operandError(L, 1, b, "perform arithmetic on")
	}
	operandError(L, 0, a, "perform arithmetic on")
	return nil
}

// stringArithmetic are the metamethods of strings: gopher-lua reads the
// strings in arithmetic as Go writes numbers, Lua as C does.
func stringArithmetic() map[string]lua.LGFunction {
	functions := map[string]lua.LGFunction{}
	for event, f := range map[string]func(a, b float64) float64{
		"__add": func(a, b float64) float64 { return a + b },
		"__sub": func(a, b float64) float64 { return a - b },
		"__mul": func(a, b float64) float64 { return a * b },
		"__div": func(a, b float64) float64 { return a / b },
	} {
		functions[event] = func(L *lua.LState) int {
			L.Push(arithmetic(L, event, L.Get(1), L.Get(2), f))
			return 1
		}
	}
	functions["__unm"] = func(L *lua.LState) int {
		n, ok := toNumber(L.Get(1))
		if !ok {
			operandError(L, 0, L.Get(1), "perform arithmetic on")
		}
		return pushNumber(L, -n)
	}
	return functions
}

func lengthOf(L *lua.LState) int {
	switch v := L.Get(1).(type) {
	case *lua.LTable:
		return pushNumber(L, float64(length(v)))
	case lua.LString:
		return pushNumber(L, float64(len(v)))
	default:
		fn := metamethod(L, v, "__len")
		if fn == lua.LNil {
			operandError(L, 0, v, "get length of")
		}
		L.Push(callMeta(L, fn, v, lua.LNil))
	}
	return 1
}

func loopValue(what string) lua.LGFunction {
	return func(L *lua.LState) int {
		n, ok := toNumber(L.Get(1))
		if !ok {
			Throw(L, "'for' %s must be a number", what)
		}
		return pushNumber(L, n)
	}
}

// lessThan is a < b of a Go function: its errors have no position.
func lessThan(L *lua.LState, a, b lua.LValue) bool {
	if text := comparisonError(L, a, b); text != "" {
		L.Error(lua.LString(text), 0)
	}
	return L.LessThan(a, b)
}

// comparisonError is the message if a and b have no order, else "".
func comparisonError(L *lua.LState, a, b lua.LValue) string {
	s, t := TypeName(a), TypeName(b)
	if s == t {
		switch a.Type() {
		case lua.LTNumber, lua.LTString:
			return ""
		}
		if fn := metamethod(L, a, "__lt"); fn != lua.LNil && fn == metamethod(L, b, "__lt") {
			return ""
		}
	}
	return orderText(s, t)
}

// orderText is the message for types without an order. Lua takes types for
// the same by their third letter.
func orderText(s, t string) string {
	if s[2] == t[2] {
		return "attempt to compare two " + s + " values"
	}
	return "attempt to compare " + s + " with " + t
}
