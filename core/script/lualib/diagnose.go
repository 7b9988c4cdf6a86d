package lualib

import (
	"reflect"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// frame is one active function, as far as gopher-lua lets others see it.
type frame struct {
	fn        *lua.LFunction
	debug     *lua.Debug
	pc        int // of the instruction that runs
	tailCalls int // functions that it took the place of
}

// frameAt returns a frame by gopher-lua's level.
func frameAt(L *lua.LState, level int) (frame, bool) {
	dbg, ok := L.GetStack(level)
	if !ok {
		return frame{}, false
	}
	v, err := L.GetInfo("Slf", dbg, nil)
	fn, ok := v.(*lua.LFunction)
	if err != nil || !ok {
		return frame{}, false
	}
	f := frame{fn: fn, debug: dbg}
	// The frame is not exported; reflection may read its integers.
	inner := reflect.ValueOf(dbg).Elem().FieldByName("frame").Elem()
	f.pc = int(inner.FieldByName("Pc").Int()) - 1
	if !fn.IsG {
		f.tailCalls = int(inner.FieldByName("TailCall").Int())
	}
	return f, true
}

// stackFrame returns the frame at a level as Lua counts them: a tail call is
// a level without a frame, and the trampolines of protected calls are none.
func stackFrame(L *lua.LState, level int) (frame, bool) {
	m := machineOf(L)
	for i := 0; ; {
		f, ok := frameAt(L, i)
		if !ok {
			return frame{}, false
		}
		i += 1 + f.tailCalls
		if f.fn == m.trampoline {
			continue
		}
		if level == 0 {
			return f, true
		}
		if level -= 1 + f.tailCalls; level < 0 {
			return frame{}, false // one of the tail calls
		}
	}
}

// Position is where the function at a level of the stack (0 is the running
// one) is, by the chunk's name as Compile was given it; ok is false if that is
// no Lua function.
func Position(L *lua.LState, level int) (name string, line int, ok bool) {
	if at := machineOf(L).overflow; at != nil {
		return at.source, at.line, true
	}
	f, ok := stackFrame(L, level)
	if !ok || f.fn.IsG || f.debug.CurrentLine <= 0 {
		return "", 0, false
	}
	for _, c := range f.fn.Proto.DbgCalls {
		if c.Pc == chunkFlag {
			return c.Name, f.debug.CurrentLine, true
		}
	}
	return f.debug.Source, f.debug.CurrentLine, true
}

// Where is Position as it stands before a message, as in "file:12: ", or "".
func Where(L *lua.LState, level int) string {
	name, line, ok := Position(L, level)
	if !ok {
		return ""
	}
	return sprintf("%s:%d: ", chunkID(name), line)
}

// site returns the kind of the site of the instruction that f runs, and the
// names of its operands.
func (f frame) site() (kind string, names []string) {
	if f.fn.IsG {
		return "", nil
	}
	for _, c := range f.fn.Proto.DbgCalls {
		if c.Pc == f.pc|siteFlag {
			return c.Name[:1], strings.Split(c.Name[1:], "\x00")
		}
	}
	return "", nil
}

// callee returns the name by which the running Go function was called, "?" if
// there is none, and whether as a method.
func callee(L *lua.LState) (name string, method bool) {
	f, ok := stackFrame(L, 1)
	if !ok {
		return "?", false
	}
	kind, names := f.site()
	if kind != siteCall || names[0] == "" {
		return "?", false
	}
	what, name, _ := strings.Cut(names[0], " ")
	return strings.Trim(name, "'"), what == "method"
}

// operandError raises "attempt to <what> <name> (a <type> value)" for operand
// number n of the operation that calls the running Go function.
func operandError(L *lua.LState, n int, v lua.LValue, what string) {
	var names []string
	if f, ok := stackFrame(L, 1); ok {
		if kind, all := f.site(); kind == siteOperator || kind == siteArithmetic {
			names = all
		}
	}
	Throw(L, "%s", operandText(names, n, TypeName(v), what))
}

func operandText(names []string, n int, typeName, what string) string {
	if n < len(names) && names[n] != "" {
		return "attempt to " + what + " " + names[n] + " (a " + typeName + " value)"
	}
	return "attempt to " + what + " a " + typeName + " value"
}

// Instructions of gopher-lua (they are part of its interface).
func opcode(inst uint32) int { return int(inst >> 26) }
func argA(inst uint32) int   { return int(inst >> 18 & 0xff) }
func argB(inst uint32) int   { return int(inst & 0x1ff) }
func argC(inst uint32) int   { return int(inst >> 9 & 0x1ff) }

const constantFlag = 1 << 8 // of a B or C that is a constant

// operand is the value of register or constant rk.
func (f frame) operand(L *lua.LState, rk int) lua.LValue {
	if rk&constantFlag != 0 {
		if i := rk &^ constantFlag; i < len(f.fn.Proto.Constants) {
			return f.fn.Proto.Constants[i]
		}
		return lua.LNil
	}
	_, v := L.GetLocal(f.debug, rk+1)
	if v == nil {
		return lua.LNil
	}
	return v
}

// diagnosis is Lua's message for an error that gopher-lua's machine raised in
// the running Lua function, with its position. ok is false for other errors.
func diagnosis(L *lua.LState, message string) (text string, ok bool) {
	f, ok := frameAt(L, 0)
	if !ok || f.fn.IsG || f.pc < 0 || f.pc >= len(f.fn.Proto.Code) {
		return "", false
	}
	where := sprintf("%s:%d:", f.debug.Source, f.debug.CurrentLine)
	message, ok = strings.CutPrefix(message, where)
	if !ok {
		return "", false
	}
	if text = f.machineError(L, strings.TrimPrefix(message, " ")); text == "" {
		return "", false
	}
	return where + " " + text, true
}

// machineError rewords gopher-lua's message.
func (f frame) machineError(L *lua.LState, message string) string {
	inst := f.fn.Proto.Code[f.pc]
	_, names := f.site()
	switch {
	case strings.HasPrefix(message, "attempt to index a non-table object("):
		return f.indexError(L, inst, names, message)
	case strings.HasPrefix(message, "cannot perform "), message == "__unm undefined":
		return f.arithmeticError(L, inst, names)
	case strings.HasPrefix(message, "attempt to compare "):
		a, b := f.operand(L, argB(inst)), f.operand(L, argC(inst))
		return orderText(TypeName(a), TypeName(b))
	case message == "attempt to call a non-function object":
		return f.callError(L, inst, names)
	case message == "too many recursions in gettable":
		return "loop in gettable"
	case message == "too many recursions in settable":
		return "loop in settable"
	case message == "stack overflow", message == "registry overflow":
		return "stack overflow"
	}
	return ""
}

func (f frame) indexError(L *lua.LState, inst uint32, names []string, message string) string {
	_, typeName, _ := strings.Cut(message, "(")
	typeName, _, _ = strings.Cut(typeName, ")")
	object := argB(inst)
	switch opcode(inst) {
	case lua.OP_SETTABLE, lua.OP_SETTABLEKS:
		object = argA(inst)
	case lua.OP_SELF:
		names = names[min(1, len(names)):] // behind the method's
	}
	if TypeName(f.operand(L, object)) != typeName {
		names = nil // a value of an __index chain, not the one in the text
	}
	return operandText(names, 0, typeName, "index")
}

func (f frame) arithmeticError(L *lua.LState, inst uint32, names []string) string {
	a := f.operand(L, argB(inst))
	if _, ok := toNumber(a); !ok || opcode(inst) == lua.OP_UNM {
		return operandText(names, 0, TypeName(a), "perform arithmetic on")
	}
	return operandText(names, 1, TypeName(f.operand(L, argC(inst))), "perform arithmetic on")
}

func (f frame) callError(L *lua.LState, inst uint32, names []string) string {
	if opcode(inst) == lua.OP_TFORLOOP {
		return operandText(nil, 0, TypeName(f.operand(L, argA(inst))), "call")
	}
	return operandText(names, 0, TypeName(f.operand(L, argA(inst))), "call")
}
