package script

import (
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/redoubt-kv/redoubt/core/resp"
)

// maxResultDepth is how deep tables may lie within each other in what a script
// returns. A table may contain itself.
const maxResultDepth = 7995

// reply appends what a script has returned as a reply.
//
//	number → integer, truncated    table {err=…} → error, {ok=…} → status
//	string → bulk                  {double=…}, {big_number=…}, {verbatim_string={…}},
//	nil, false → null, true → 1    {map={…}}, {set={…}} → of RESP3 as the client has it
//	in RESP3: booleans             any other table → an array up to the first nil
//
// A table may hold another one many times, and these again: how long the reply is
// allowed to be is Call.TooLong's.
func (in *interp) reply(w *resp.Writer, v lua.LValue) {
	in.mark = w.Mark()
	in.replyAt(w, v, maxResultDepth)
	if in.call.TooLong(in.mark) {
		in.call.RefuseLong(in.mark)
	}
}

func (in *interp) replyAt(w *resp.Writer, v lua.LValue, depth int) {
	if in.call.TooLong(in.mark) {
		return
	}
	switch v := v.(type) {
	case lua.LString:
		w.Bulk([]byte(v))
	case lua.LNumber:
		w.Int(truncate(float64(v)))
	case lua.LBool:
		switch {
		case in.resp == 3:
			w.Bool(bool(v))
		case bool(v):
			w.Int(1)
		default:
			w.Null()
		}
	case *lua.LTable:
		if depth == 0 {
			w.Error("ERR reached lua stack limit")
			return
		}
		in.replyTable(w, in.behind(v), depth-1)
	default:
		w.Null()
	}
}

// replyTable is reply for a table.
func (in *interp) replyTable(w *resp.Writer, t *lua.LTable, depth int) {
	if in.replyNamed(w, t, depth) {
		return
	}
	n := 0
	for t.RawGet(lua.LNumber(n+1)) != lua.LNil {
		n++
	}
	w.Array(n)
	for i := 1; i <= n; i++ {
		in.replyAt(w, t.RawGet(lua.LNumber(i)), depth)
	}
}

// replyNamed is reply for a table that says by a field's name what it is; false if
// it does not.
func (in *interp) replyNamed(w *resp.Writer, t *lua.LTable, depth int) bool {
	if s, ok := t.RawGetString("err").(lua.LString); ok {
		text := cutNUL(string(s))
		if t.RawGetString(errCounted) == lua.LTrue {
			in.replyError(w, text)
		} else {
			w.Error(text)
		}
		return true
	}
	if s, ok := t.RawGetString("ok").(lua.LString); ok {
		w.Simple(cutNUL(string(s)))
		return true
	}
	if f, ok := t.RawGetString("double").(lua.LNumber); ok {
		w.Double(float64(f))
		return true
	}
	if s, ok := t.RawGetString("big_number").(lua.LString); ok {
		w.BigNumber(strings.NewReplacer("\r", " ", "\n", " ").Replace(string(s)))
		return true
	}
	if v, ok := t.RawGetString("verbatim_string").(*lua.LTable); ok {
		format, ok1 := v.RawGetString("format").(lua.LString)
		s, ok2 := v.RawGetString("string").(lua.LString)
		if ok1 && ok2 {
			w.Verbatim(string(format), string(s))
			return true
		}
	}
	if m, ok := t.RawGetString("map").(*lua.LTable); ok {
		mark, n := w.Mark(), 0
		for key, v := m.Next(lua.LNil); key != lua.LNil; key, v = m.Next(key) {
			in.replyAt(w, key, depth)
			in.replyAt(w, v, depth)
			n++
		}
		w.MapAt(mark, n)
		return true
	}
	if s, ok := t.RawGetString("set").(*lua.LTable); ok {
		mark, n := w.Mark(), 0
		for key, _ := s.Next(lua.LNil); key != lua.LNil; key, _ = s.Next(key) {
			in.replyAt(w, key, depth)
			n++
		}
		w.SetAt(mark, n)
		return true
	}
	return false
}

// replyError appends an error that has been counted.
func (in *interp) replyError(w *resp.Writer, text string) {
	w.Error(text)
	in.call.ErrorCounted = true
}
