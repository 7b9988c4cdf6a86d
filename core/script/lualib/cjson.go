package lualib

import (
	"fmt"
	"math"

	lua "github.com/yuin/gopher-lua"
)

// jsonConfig is the configuration of one cjson module: the global one, or
// one that cjson.new made.
type jsonConfig struct {
	null *lua.LUserData // cjson.null: a lightuserdata of NULL in C

	sparseConvert int // 1: too sparse arrays become objects
	sparseRatio   int
	sparseSafe    int
	encodeDepth   int
	decodeDepth   int
	encodeInvalid int // 0: error, 1: as they print, 2: null
	decodeInvalid int
	keepBuffer    int // accepted and reported; buffers here are never kept
	numberDigits  int
}

func newJSONConfig(null *lua.LUserData) *jsonConfig {
	return &jsonConfig{
		null: null, sparseRatio: 2, sparseSafe: 10, encodeDepth: 1000, decodeDepth: 1000,
		decodeInvalid: 1, keepBuffer: 1, numberDigits: 14,
	}
}

// module returns a cjson table of its own configuration.
func (c *jsonConfig) module(L *lua.LState) *lua.LTable {
	t := L.NewTable()
	register(L, t, map[string]lua.LGFunction{
		"encode":                  c.encode,
		"decode":                  c.decode,
		"encode_sparse_array":     c.setSparse,
		"encode_max_depth":        func(L *lua.LState) int { c.arguments(L, 1); return jsonInteger(L, 1, &c.encodeDepth, 1, math.MaxInt32) },
		"decode_max_depth":        func(L *lua.LState) int { c.arguments(L, 1); return jsonInteger(L, 1, &c.decodeDepth, 1, math.MaxInt32) },
		"encode_number_precision": func(L *lua.LState) int { c.arguments(L, 1); return jsonInteger(L, 1, &c.numberDigits, 1, 14) },
		"encode_keep_buffer":      func(L *lua.LState) int { c.arguments(L, 1); return jsonEnum(L, 1, &c.keepBuffer, "off", "on") },
		"encode_invalid_numbers": func(L *lua.LState) int {
			c.arguments(L, 1)
			return jsonEnum(L, 1, &c.encodeInvalid, "off", "on", "null")
		},
		"decode_invalid_numbers": func(L *lua.LState) int { c.arguments(L, 1); return jsonEnum(L, 1, &c.decodeInvalid, "off", "on") },
		"new": func(L *lua.LState) int {
			L.Push(newJSONConfig(c.null).module(L))
			return 1
		},
	})
	t.RawSetString("null", c.null)
	t.RawSetString("_NAME", lua.LString("cjson"))
	t.RawSetString("_VERSION", lua.LString("2.1.0"))
	return t
}

// pointer is the value of a userdata that stands for a C pointer.
type pointer string

const nullPointer = pointer("NULL")

// openCJSON installs cjson.
func openCJSON(L *lua.LState) {
	null := L.NewUserData()
	null.Value = nullPointer
	L.SetGlobal("cjson", newJSONConfig(null).module(L))
}

// arguments refuses more than n arguments.
func (c *jsonConfig) arguments(L *lua.LState, n int) {
	if L.GetTop() > n {
		ArgError(L, n+1, "found too many arguments")
	}
}

func (c *jsonConfig) setSparse(L *lua.LState) int {
	c.arguments(L, 3)
	L.SetTop(3) // results go behind the arguments
	jsonEnum(L, 1, &c.sparseConvert, "off", "on")
	jsonInteger(L, 2, &c.sparseRatio, 0, math.MaxInt32)
	jsonInteger(L, 3, &c.sparseSafe, 0, math.MaxInt32)
	return 3
}

// jsonInteger sets an option from argument n, if there is one, and pushes it.
func jsonInteger(L *lua.LState, n int, setting *int, low, high int) int {
	if L.Get(n) != lua.LNil {
		value := checkInt(L, n)
		if value < low || value > high {
			ArgError(L, 1, fmt.Sprintf("expected integer between %d and %d", low, high))
		}
		*setting = value
	}
	return pushNumber(L, float64(*setting))
}

// jsonEnum is jsonInteger for a choice of names; booleans stand for the first
// two.
func jsonEnum(L *lua.LState, n int, setting *int, options ...string) int {
	switch v := L.Get(n).(type) {
	case *lua.LNilType:
	case lua.LBool:
		*setting = 0
		if v {
			*setting = 1
		}
	default:
		*setting = checkOption(L, n, "", options...)
	}
	if *setting <= 1 {
		L.Push(lua.LBool(*setting == 1))
		return 1
	}
	return pushString(L, options[*setting])
}

func (c *jsonConfig) encode(L *lua.LState) int {
	if L.GetTop() != 1 {
		ArgError(L, 1, "expected 1 argument")
	}
	e := jsonEncoder{jsonConfig: c, L: L, slots: 1}
	e.value(L.Get(1), 0)
	return pushString(L, string(e.b))
}

// jsonEncoder writes one value.
type jsonEncoder struct {
	*jsonConfig
	L     *lua.LState
	b     []byte
	slots int // of the Lua stack, as C would hold them
}

func (e *jsonEncoder) fail(v lua.LValue, reason string) {
	Throw(e.L, "Cannot serialise %s: %s", TypeName(v), reason)
}

func (e *jsonEncoder) value(v lua.LValue, depth int) {
	switch v := v.(type) {
	case lua.LString:
		e.b = appendJSONString(e.b, string(v))
	case lua.LNumber:
		e.number(v)
	case lua.LBool:
		e.b = append(e.b, v.String()...)
	case *lua.LNilType:
		e.b = append(e.b, "null"...)
	case *lua.LTable:
		e.table(v, depth+1)
	default:
		if v != e.null {
			e.fail(v, "type not supported")
		}
		e.b = append(e.b, "null"...)
	}
}

func (e *jsonEncoder) number(v lua.LNumber) {
	n := float64(v)
	if isSpecial(n) {
		switch {
		case e.encodeInvalid == 0:
			e.fail(v, "must not be NaN or Inf")
		case e.encodeInvalid == 2:
			e.b = append(e.b, "null"...)
			return
		case math.IsNaN(n):
			e.b = append(e.b, "nan"...)
			return
		}
	}
	if e.numberDigits == 14 {
		e.b = AppendNumber(e.b, n)
		return
	}
	e.b = appendG(e.b, n, e.numberDigits, false)
}

func (e *jsonEncoder) table(t *lua.LTable, depth int) {
	if depth > e.encodeDepth || e.slots+3 > maxSlots {
		Throw(e.L, "Cannot serialise, excessive nesting (%d)", depth)
	}
	if n := e.arrayLength(t); n > 0 {
		e.slots++
		e.b = append(e.b, '[')
		for i := 1; i <= n; i++ {
			if i > 1 {
				e.b = append(e.b, ',')
			}
			e.value(t.RawGet(lua.LNumber(i)), depth)
		}
		e.b = append(e.b, ']')
		e.slots--
		return
	}
	e.slots += 2
	e.b = append(e.b, '{')
	first := true
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		if !first {
			e.b = append(e.b, ',')
		}
		first = false
		switch k := k.(type) {
		case lua.LNumber:
			e.b = append(e.b, '"')
			e.number(k)
			e.b = append(e.b, '"')
		case lua.LString:
			e.b = appendJSONString(e.b, string(k))
		default:
			e.fail(k, "table key must be a number or string")
		}
		e.b = append(e.b, ':')
		e.value(v, depth)
	}
	e.b = append(e.b, '}')
	e.slots -= 2
}

// arrayLength is the length of the array that a table is, -1 if it has other
// keys than positive integers or is too sparse.
func (e *jsonEncoder) arrayLength(t *lua.LTable) int {
	largest, items := 0, 0
	for k, _ := t.Next(lua.LNil); k != lua.LNil; k, _ = t.Next(k) {
		n, ok := k.(lua.LNumber)
		if !ok || n < 1 || math.Floor(float64(n)) != float64(n) {
			return -1
		}
		if float64(n) > float64(largest) {
			largest = int(int32(toInteger(float64(n))))
			if float64(n) > math.MaxInt32 {
				largest = math.MinInt32 // what C's conversion to int gives
			}
		}
		items++
	}
	if e.sparseRatio > 0 && largest > int(int32(items*e.sparseRatio)) && largest > e.sparseSafe {
		if e.sparseConvert == 0 {
			e.fail(t, "excessively sparse array")
		}
		return -1
	}
	return largest
}

const hexDigits = "0123456789abcdef"

func appendJSONString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '"' || c == '\\' || c == '/':
			b = append(b, '\\', c)
		case c >= ' ' && c != 0x7f:
			b = append(b, c)
		case c == '\b':
			b = append(b, `\b`...)
		case c == '\t':
			b = append(b, `\t`...)
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\f':
			b = append(b, `\f`...)
		case c == '\r':
			b = append(b, `\r`...)
		default:
			b = append(b, `\u00`...)
			b = append(b, hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(b, '"')
}
