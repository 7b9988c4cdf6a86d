package hashes

import (
	"math"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value"
)

// What commands on the expiry of fields reply for each field.
const (
	noField   = -2
	noExpiry  = -1
	condUnmet = 0
	done      = 1
	deleted   = 2 // the time given has passed
)

// maxExpiry is the latest time in ms at which a field may expire, as Redis has
// it: a quarter of 48 bits.
const maxExpiry = 1<<46 - 1

const millisPerSecond = 1000

// parseFields reads FIELDS n field … to the end of the arguments, FIELDS being
// expected at argument at. text is the error for an n that is no number of
// fields.
func parseFields(c *command.Call, at int, text string) (fields [][]byte, ok bool) {
	if !c.Is(at, "FIELDS") {
		c.Out.Error("ERR Mandatory argument FIELDS is missing or not at the right position")
		return nil, false
	}
	if at+1 >= len(c.Args) {
		wrongArity(c)
		return nil, false
	}
	n, isInt := command.ParseInt(c.Args[at+1])
	if !isInt || n < 1 {
		c.Out.Error(text)
		return nil, false
	}
	fields = c.Args[at+2:]
	if n != int64(len(fields)) {
		c.Out.Error("ERR The `numfields` parameter must match the number of arguments")
		return nil, false
	}
	return fields, true
}

const (
	notPositive = "ERR Number of fields must be a positive integer"
	notGreater0 = "ERR Parameter `numFields` should be greater than 0"
)

// parseExpiry reads argument i, a time in units of unitMs from baseMs on, as an
// absolute time in ms.
func parseExpiry(c *command.Call, i int, baseMs, unitMs int64) (due int64, ok bool) {
	n, ok := c.Int(i)
	if !ok {
		return 0, false
	}
	if n < 0 {
		c.Out.Error("ERR invalid expire time, must be >= 0")
		return 0, false
	}
	if n > maxExpiry/unitMs || n*unitMs > maxExpiry-baseMs {
		c.Out.Errorf("ERR invalid expire time in '%s' command", c.Row.FullName)
		return 0, false
	}
	return n*unitMs + baseMs, true
}

// isHash reports whether argument 1 is a hash or absent. Where it is neither
// that has been replied. Commands of this file say so before anything else.
func isHash(c *command.Call, how keyspace.Access) bool {
	e, found := c.DB.Find(c.Args[1], how)
	if found && e.Type() != value.TypeHash {
		c.Out.Error(command.ErrWrongType)
		return false
	}
	return true
}

// replyEach replies the same number for n fields.
func replyEach(c *command.Call, n int, reply int64) {
	c.Out.Array(n)
	for range n {
		c.Out.Int(reply)
	}
}

func httl(c *command.Call)         { fieldTTL(c, c.Now, millisPerSecond) }
func hpttl(c *command.Call)        { fieldTTL(c, c.Now, 1) }
func hexpiretime(c *command.Call)  { fieldTTL(c, 0, millisPerSecond) }
func hpexpiretime(c *command.Call) { fieldTTL(c, 0, 1) }

// fieldTTL replies when fields are due, in units of unitMs from baseMs on,
// rounded up.
func fieldTTL(c *command.Call, baseMs, unitMs int64) {
	h, found, ok := lookup(c)
	if !ok {
		return
	}
	fields, ok := parseFields(c, 2, notPositive)
	if !ok {
		return
	}
	if !found {
		replyEach(c, len(fields), noField)
		return
	}
	c.Out.Array(len(fields))
	for _, field := range fields {
		_, due, there := h.Get(field)
		switch {
		case !there:
			c.Out.Int(noField)
		case due == keyspace.NoTTL:
			c.Out.Int(noExpiry)
		default:
			c.Out.Int((due - baseMs + unitMs - 1) / unitMs)
		}
	}
}

func hpersist(c *command.Call) {
	if !isHash(c, keyspace.Peek) {
		return
	}
	fields, ok := parseFields(c, 2, notPositive)
	if !ok {
		return
	}
	cell, ok := change(c)
	if !ok {
		return
	}
	if cell == nil {
		replyEach(c, len(fields), noField)
		return
	}
	e := edit(c, cell, nil)
	effect := effectOn(c)
	c.Out.Array(len(fields))
	for _, field := range fields {
		_, due, there := e.Get(field)
		switch {
		case !there:
			c.Out.Int(noField)
		case due == keyspace.NoTTL:
			c.Out.Int(noExpiry)
		default:
			e.SetDue(field, keyspace.NoTTL)
			effect.add(field)
			c.Out.Int(done)
		}
	}
	store(c, cell, &e)
	if effect.n > 0 {
		changed(c, "hpersist", 1)
		effect.record("HPERSIST")
	}
}

// condition is HEXPIRE's option.
type condition uint8

const (
	always    condition = iota
	ifNone              // NX: only where there is no due time
	ifAny               // XX: only where there is one
	ifGreater           // GT: only if later; none counts as never
	ifLess              // LT: only if earlier
)

func parseCondition(c *command.Call, i int) condition {
	switch {
	case c.Is(i, "NX"):
		return ifNone
	case c.Is(i, "XX"):
		return ifAny
	case c.Is(i, "GT"):
		return ifGreater
	case c.Is(i, "LT"):
		return ifLess
	}
	return always
}

// holds compares a new due time with a field's, which may be NoTTL.
func (cond condition) holds(was, due int64) bool {
	if was == keyspace.NoTTL {
		was = math.MaxInt64
	}
	switch cond {
	case ifNone:
		return was == math.MaxInt64
	case ifAny:
		return was != math.MaxInt64
	case ifGreater:
		return due > was
	case ifLess:
		return due < was
	}
	return true
}

func hexpire(c *command.Call)    { expireFields(c, c.Now, millisPerSecond) }
func hpexpire(c *command.Call)   { expireFields(c, c.Now, 1) }
func hexpireat(c *command.Call)  { expireFields(c, 0, millisPerSecond) }
func hpexpireat(c *command.Call) { expireFields(c, 0, 1) }

// expireFields gives fields the due time of argument 2. A time that has passed
// deletes them.
func expireFields(c *command.Call, baseMs, unitMs int64) {
	if !isHash(c, keyspace.Peek) {
		return
	}
	due, ok := parseExpiry(c, 2, baseMs, unitMs)
	if !ok {
		return
	}
	at, cond := 3, parseCondition(c, 3)
	if cond != always {
		at++
	}
	fields, ok := parseFields(c, at, notGreater0)
	if !ok {
		return
	}
	cell, ok := change(c)
	if !ok {
		return
	}
	if cell == nil {
		replyEach(c, len(fields), noField)
		return
	}
	e := edit(c, cell, nil)
	effect := effectOn(c)
	c.Out.Array(len(fields))
	for _, field := range fields {
		_, was, there := e.Get(field)
		switch {
		case !there:
			c.Out.Int(noField)
		case !cond.holds(was, due):
			c.Out.Int(condUnmet)
		case c.DB.Passed(due):
			e.Delete(field)
			effect.add(field)
			c.Out.Int(deleted)
		default:
			e.SetDue(field, due)
			effect.add(field)
			c.Out.Int(done)
		}
	}
	there := store(c, cell, &e)
	if effect.n > 0 {
		changed(c, expiryEvent(c, due), effect.n)
		effect.recordDue(due)
	}
	if !there {
		emptied(c)
	}
}

// expiryEvent is the event of a due time that was set, or had passed.
func expiryEvent(c *command.Call, due int64) string {
	if c.DB.Passed(due) {
		return "hdel"
	}
	return "hexpire"
}
