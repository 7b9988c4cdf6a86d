package bitmaps

import (
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value"
)

const errFieldType = "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is."

// fieldVerb is what a subcommand of BITFIELD does.
type fieldVerb uint8

const (
	fieldGet fieldVerb = iota
	fieldSet
	fieldIncrBy
)

// fieldOp is one subcommand of BITFIELD.
type fieldOp struct {
	field
	verb fieldVerb
	how  overflow
	arg  int64 // of SET and INCRBY
}

// fieldPlan is all of them.
type fieldPlan struct {
	ops []fieldOp
	// last is the highest bit written, writes whether there is one.
	last   int64
	writes bool
}

func (f family) bitfield(c *command.Call) {
	var p fieldPlan
	if f.parsePlan(c, &p) {
		run(c, &p)
	}
}

func (f family) bitfieldRO(c *command.Call) {
	var p fieldPlan
	if !f.parsePlan(c, &p) {
		return
	}
	if p.writes {
		c.Out.Error("ERR BITFIELD_RO only supports the GET subcommand")
		return
	}
	run(c, &p)
}

// parsePlan reads all subcommands before any is done.
func (f family) parsePlan(c *command.Call, p *fieldPlan) bool {
	how := wrap
	for i := 2; i < len(c.Args); {
		left := len(c.Args) - i - 1
		o, words := fieldOp{how: how}, 4
		switch {
		case c.Is(i, "GET") && left >= 2:
			o.verb, words = fieldGet, 3
		case c.Is(i, "SET") && left >= 3:
			o.verb = fieldSet
		case c.Is(i, "INCRBY") && left >= 3:
			o.verb = fieldIncrBy
		case c.Is(i, "OVERFLOW") && left >= 1:
			var ok bool
			if how, ok = parseOverflow(c, i+1); !ok {
				return false
			}
			i += 2
			continue
		default:
			c.Out.Error(command.ErrSyntax)
			return false
		}
		if !f.parseOp(c, i, &o) {
			return false
		}
		p.add(o)
		i += words
	}
	return true
}

// parseOp reads the arguments of the subcommand at i into o, whose verb is set.
func (f family) parseOp(c *command.Call, i int, o *fieldOp) (ok bool) {
	if o.bits, o.signed, ok = fieldType(c.Args[i+1]); !ok {
		c.Out.Error(errFieldType)
		return false
	}
	if o.offset, ok = f.offset(c, i+2, int(o.bits)); !ok {
		return false
	}
	if o.verb != fieldGet {
		o.arg, ok = c.Int(i + 3)
	}
	return ok
}

func (p *fieldPlan) add(o fieldOp) {
	p.ops = append(p.ops, o)
	if o.verb != fieldGet {
		p.writes = true
		p.last = max(p.last, o.offset+int64(o.bits)-1)
	}
}

// fieldType reads i1 to i64 and u1 to u63.
func fieldType(b []byte) (bits uint, signed, ok bool) {
	if len(b) == 0 || b[0] != 'i' && b[0] != 'u' {
		return 0, false, false
	}
	signed = b[0] == 'i'
	n, ok := command.ParseInt(b[1:])
	if !ok || n < 1 || n > 64 || n == 64 && !signed {
		return 0, false, false
	}
	return uint(n), signed, true
}

func parseOverflow(c *command.Call, i int) (how overflow, ok bool) {
	switch {
	case c.Is(i, "WRAP"):
		return wrap, true
	case c.Is(i, "SAT"):
		return saturate, true
	case c.Is(i, "FAIL"):
		return fail, true
	}
	c.Out.Error("ERR Invalid OVERFLOW type specified")
	return wrap, false
}

// run does the subcommands in their order and replies what each gives.
func run(c *command.Call, p *fieldPlan) {
	grown := false
	if p.writes {
		var ok bool
		if grown, ok = makeRoom(c, p.last>>3+1); !ok {
			return
		}
	} else if _, _, ok := lookup(c, keyspace.ForRead); !ok {
		return
	}
	c.Out.Array(len(p.ops))
	changes := 0
	for i := range p.ops {
		if do(c, &p.ops[i], grown) {
			changes++
		}
	}
	if changes > 0 {
		c.Changed(keyspace.EventString, "setbit", c.Args[1], changes)
	}
}

// makeRoom makes argument 1 a string of at least n bytes, in the encoding of
// strings that are changed in place, and reports whether it was shorter.
func makeRoom(c *command.Call, n int64) (grown, ok bool) {
	s, found, ok := lookup(c, keyspace.ForWrite)
	if !ok {
		return false, false
	}
	if !found || s.Len() < n {
		c.DB.SetRange(c.Args[1], n-1, []byte{0})
		return true, true
	}
	if s.Encoding() != "raw" {
		c.DB.SetRange(c.Args[1], 0, []byte{s.At(0)})
	}
	return false, true
}

// do does one subcommand and replies. It reports whether that counts as a
// change: the field has another value, or was written to a string just grown.
func do(c *command.Call, o *fieldOp, grown bool) bool {
	w := load(c, o.field)
	old := o.get(&w)
	var now int64
	var over bool
	reply := old
	switch o.verb {
	case fieldGet:
		c.Out.Int(old)
		return false
	case fieldSet:
		now, over = o.field.add(o.arg, 0, o.how)
	case fieldIncrBy:
		now, over = o.field.add(old, o.arg, o.how)
		reply = now
	}
	if over && o.how == fail {
		c.Out.Null()
		return false
	}
	c.Out.Int(reply)
	if now == old {
		return grown
	}
	o.set(&w, now)
	c.DB.SetRange(c.Args[1], o.offset>>3, w[:o.size()])
	return true
}

// load reads the bytes of a field; behind the end of the string are zeros.
func load(c *command.Call, f field) (w window) {
	e, found := c.DB.Find(c.Args[1], keyspace.Peek)
	if !found || e.Type() != value.TypeString {
		return w
	}
	from := f.offset >> 3
	e.String().AppendRange(w[:0], from, from+int64(f.size()))
	return w
}

// bitfieldKeyFlags says that BITFIELD with nothing but GET only reads the key.
func bitfieldKeyFlags(args [][]byte) []string {
	for i := 2; i < len(args); {
		left := len(args) - i - 1
		switch {
		case command.EqualFold(args[i], "GET") && left >= 2:
			i += 3
		case command.EqualFold(args[i], "OVERFLOW") && left >= 1:
			i += 2
		default:
			return []string{"RW", "access", "update"}
		}
	}
	return []string{"RO", "access"}
}
