package script

import (
	"bytes"
	"math"
	"strconv"

	lua "github.com/yuin/gopher-lua"

	"github.com/redoubt-kv/redoubt/core/script/lualib"
)

// maxReplyDepth is how deep the replies of commands lie within each other.
const maxReplyDepth = 64

// invalidRest stands for what is left of bytes that are no reply.
var invalidRest = []byte(nil)

func invalid(rest []byte) bool { return rest == nil }

// toLua is the first reply in b as scripts see it, and what follows it; that is nil
// if b does not begin with a reply.
//
//	RESP2   integer → number, bulk → string, array → table from 1
//	        status → {ok=…}, error → {err=…}, null → false
//	RESP3   null → nil, boolean → boolean, double → {double=…}, big number →
//	        {big_number=…}, verbatim → {verbatim_string={string=…, format=…}},
//	        map → {map={…}}, set → {set={member=true, …}}; attributes are dropped
func (in *interp) toLua(b []byte) (v lua.LValue, rest []byte) {
	return in.toLuaAt(b, maxReplyDepth)
}

func (in *interp) toLuaAt(b []byte, depth int) (lua.LValue, []byte) {
	if len(b) < 3 || depth == 0 {
		return lua.LNil, invalidRest
	}
	end := bytes.IndexByte(b, '\n')
	if end < 2 {
		return lua.LNil, invalidRest
	}
	line, rest := b[1:end-1], b[end+1:]
	switch b[0] {
	case ':':
		n, _ := parseInt(line)
		return lualib.Number(float64(n)), rest
	case '$':
		n, ok := parseInt(line)
		if n < 0 {
			return lua.LFalse, rest
		}
		if !ok || int64(len(rest)) < n+2 {
			return lua.LNil, invalidRest
		}
		return lua.LString(rest[:n]), rest[n+2:]
	case '+':
		return in.field("ok", lua.LString(line)), rest
	case '-':
		t := errorTable(in.state, codedError(string(line)))
		t.RawSetString(errCounted, lua.LTrue)
		return t, rest
	case '*', '%', '~', '>', '|':
		return in.aggregate(b[0], line, rest, depth-1)
	}
	return in.scalar3(b[0], line, rest)
}

// scalar3 is toLua for the types of RESP3 that hold no others.
func (in *interp) scalar3(kind byte, line, rest []byte) (lua.LValue, []byte) {
	switch kind {
	case '_':
		return lua.LNil, rest
	case '#':
		return lua.LBool(len(line) > 0 && line[0] == 't'), rest
	case ',':
		f, err := strconv.ParseFloat(string(line), 64)
		if err != nil && !math.IsInf(f, 0) {
			f = math.NaN()
		}
		return in.field("double", lua.LNumber(f)), rest
	case '(':
		return in.field("big_number", lua.LString(line)), rest
	case '=':
		n, ok := parseInt(line)
		if !ok || n < 4 || int64(len(rest)) < n+2 {
			return lua.LNil, invalidRest
		}
		t := in.state.CreateTable(0, 2)
		t.RawSetString("format", lua.LString(rest[:3]))
		t.RawSetString("string", lua.LString(rest[4:n]))
		return in.field("verbatim_string", t), rest[n+2:]
	}
	return lua.LNil, invalidRest
}

// field is a table with one field.
func (in *interp) field(name string, v lua.LValue) *lua.LTable {
	t := in.state.CreateTable(0, 1)
	t.RawSetString(name, v)
	return t
}

// aggregate is toLua for a reply of replies, whose number is in line.
func (in *interp) aggregate(kind byte, line, rest []byte, depth int) (lua.LValue, []byte) {
	n, ok := parseInt(line)
	if n < 0 {
		return lua.LFalse, rest
	}
	if !ok {
		return lua.LNil, invalidRest
	}
	L := in.state
	var v lua.LValue
	switch kind {
	case '%':
		t := L.CreateTable(0, int(min(n, int64(len(rest)/4))))
		for ; n > 0 && rest != nil; n-- {
			var key lua.LValue
			key, rest = in.toLuaAt(rest, depth)
			v, rest = in.toLuaAt(rest, depth)
			setField(t, key, v)
		}
		return in.field("map", t), rest
	case '~':
		t := L.CreateTable(0, int(min(n, int64(len(rest)/4))))
		for ; n > 0 && rest != nil; n-- {
			v, rest = in.toLuaAt(rest, depth)
			setField(t, v, lua.LTrue)
		}
		return in.field("set", t), rest
	case '|':
		for n *= 2; n > 0 && rest != nil; n-- {
			_, rest = in.toLuaAt(rest, depth)
		}
		return in.toLuaAt(rest, depth)
	}
	t := L.CreateTable(int(min(n, int64(len(rest)/3))), 0)
	for i := 1; i <= int(n) && rest != nil; i++ {
		v, rest = in.toLuaAt(rest, depth)
		t.RawSetInt(i, v)
	}
	return t, rest
}

// setField sets a field unless the key can be none.
func setField(t *lua.LTable, key, v lua.LValue) {
	if f, ok := key.(lua.LNumber); key == lua.LNil || ok && f != f {
		return
	}
	t.RawSet(key, v)
}

// parseInt reads a decimal number.
func parseInt(b []byte) (n int64, ok bool) {
	const safe = 18 // digits that no number overflows with
	digits := b
	if len(b) > 0 && b[0] == '-' {
		digits = b[1:]
	}
	if len(digits) == 0 || len(digits) > safe {
		n, err := strconv.ParseInt(string(b), 10, 64)
		return n, err == nil
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	if len(digits) < len(b) {
		n = -n
	}
	return n, true
}
