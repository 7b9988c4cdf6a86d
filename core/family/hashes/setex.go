package hashes

import (
	"math"
	"strconv"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/hash"
)

// setexOptions are HSETEX's.
type setexOptions struct {
	fnx, fxx bool  // only if none, only if all of the fields are there
	due      int64 // absolute in ms, NoTTL or KeepTTL
	timed    bool  // due was given
	pairs    [][]byte
}

// parse reads the arguments behind the key. What makes no sense has been replied
// where it returns false.
func (o *setexOptions) parse(c *command.Call) bool {
	o.due = keyspace.NoTTL
	for i := 2; i < len(c.Args); i++ {
		baseMs, unitMs, timed := timeWord(c, i)
		switch {
		case c.Is(i, "FIELDS"):
			return o.parsePairs(c, i)
		case timed || c.Is(i, "KEEPTTL"):
			if o.timed || o.due == keyspace.KeepTTL {
				c.Out.Error("ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified")
				return false
			}
			if !timed {
				o.due = keyspace.KeepTTL
				continue
			}
			if i++; i == len(c.Args) {
				c.Out.Error("ERR missing expire time")
				return false
			}
			o.timed = true
			if o.due, timed = parseExpiry(c, i, baseMs, unitMs); !timed {
				return false
			}
		case c.Is(i, "FXX") || c.Is(i, "FNX"):
			if o.fxx || o.fnx {
				c.Out.Error("ERR Only one of FXX or FNX arguments can be specified")
				return false
			}
			o.fxx = c.Is(i, "FXX")
			o.fnx = !o.fxx
		default:
			c.Out.Errorf("ERR unknown argument: %s", c.Args[i])
			return false
		}
	}
	c.Out.Error("ERR Mandatory argument FIELDS is missing or not at the right position")
	return false
}

func (o *setexOptions) parsePairs(c *command.Call, at int) bool {
	if at >= len(c.Args)-3 {
		wrongArity(c)
		return false
	}
	n, isInt := command.ParseInt(c.Args[at+1])
	if !isInt || n < 1 || n > math.MaxInt32 {
		c.Out.Error("ERR invalid number of fields")
		return false
	}
	if o.pairs = c.Args[at+2:]; int64(len(o.pairs)) != 2*n {
		wrongArity(c)
		return false
	}
	return true
}

// passed tells whether the fields are to expire at once.
func (o *setexOptions) passed(c *command.Call) bool { return o.timed && c.DB.Passed(o.due) }

func hsetex(c *command.Call) {
	var o setexOptions
	if !o.parse(c) {
		return
	}
	cell, ok := change(c)
	if !ok {
		return
	}
	if !o.allows(c, cell) {
		c.Out.Int(0)
		return
	}
	there, effect := true, effectOn(c)
	switch {
	case cell != nil || !o.passed(c):
		if cell == nil {
			cell = c.DB.New(c.Args[1])
			hash.New(cell)
		}
		there = o.store(c, cell, &effect)
	default:
		there = false // made and deleted
	}
	changed(c, "hset", len(o.pairs)/2)
	if o.timed {
		c.DB.Notify(keyspace.EventHash, expiryEvent(c, o.due), c.Args[1])
	}
	if !there {
		emptied(c)
	}
	c.Out.Int(1)
	switch {
	case o.passed(c):
		effect.recordDeleted()
	case o.timed:
		o.record(c)
	}
}

// record records the fields with an absolute time, without the condition, which
// is met.
func (o *setexOptions) record(c *command.Call) {
	if !c.Recording() {
		return
	}
	args := [][]byte{[]byte("HSETEX"), c.Args[1], []byte("PXAT"), strconv.AppendInt(nil, o.due, 10), []byte("FIELDS"),
		strconv.AppendInt(nil, int64(len(o.pairs)/2), 10)}
	c.RecordAs(append(args, o.pairs...)...)
}

// allows tells whether the condition holds for the hash in cell, nil for none.
func (o *setexOptions) allows(c *command.Call, cell *value.Cell) bool {
	if cell == nil {
		return !o.fxx
	}
	if !o.fxx && !o.fnx {
		return true
	}
	h := hash.Of(cell.Space, cell.Kind, cell.B, c.DB.FieldTime())
	for i := 0; i < len(o.pairs); i += 2 {
		if _, _, there := h.Get(o.pairs[i]); there == o.fnx {
			return false
		}
	}
	return true
}

// store sets the fields, or deletes them if they are to expire at once. It tells
// whether the hash is still there.
func (o *setexOptions) store(c *command.Call, cell *value.Cell, effect *fieldsEffect) bool {
	e := edit(c, cell, o.pairs)
	for i := 0; i < len(o.pairs); i += 2 {
		field, val := o.pairs[i], o.pairs[i+1]
		switch {
		case o.passed(c):
			if e.Delete(field) {
				effect.add(field)
			}
		case o.timed:
			e.Set(field, val, keyspace.KeepTTL)
			e.SetDue(field, o.due)
		default:
			e.Set(field, val, o.due)
		}
	}
	return store(c, cell, &e)
}
