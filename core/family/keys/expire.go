package keys

import (
	"math"
	"strconv"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
)

// condition is the set of EXPIRE's options.
type condition uint8

const (
	ifNone    condition = 1 << iota // NX: only where there is no due time
	ifAny                           // XX: only where there is one
	ifGreater                       // GT: only if later than now
	ifLess                          // LT: only if earlier than now; no due time counts as never
)

const millisPerSecond = 1000

func expire(c *command.Call)    { setDue(c, c.Now, millisPerSecond) }
func pexpire(c *command.Call)   { setDue(c, c.Now, 1) }
func expireAt(c *command.Call)  { setDue(c, 0, millisPerSecond) }
func pexpireAt(c *command.Call) { setDue(c, 0, 1) }

// setDue gives a key the due time of argument 2, which counts units of
// unitMs from baseMs on. A time that has passed deletes the key.
func setDue(c *command.Call, baseMs, unitMs int64) {
	cond, ok := parseCondition(c)
	if !ok {
		return
	}
	n, ok := c.Int(2)
	if !ok {
		return
	}
	due, ok := dueTime(n, baseMs, unitMs)
	if !ok {
		c.Out.Errorf("ERR invalid expire time in '%s' command", c.Row.FullName)
		return
	}
	key := c.Args[1]
	e, ok := c.DB.Find(key, keyspace.ForWrite)
	if !ok || !cond.holds(e.Due(), due) {
		c.Out.Int(0)
		return
	}
	if c.DB.Passed(due) {
		c.DB.Delete(key)
		c.Changed(keyspace.EventGeneric, "del", key, 1)
		c.RecordPassed(key)
	} else {
		c.DB.SetDue(key, due)
		c.Changed(keyspace.EventGeneric, "expire", key, 1)
		recordDue(c, due)
	}
	c.Out.Int(1)
}

// recordDue records PEXPIREAT with the options as they were sent.
func recordDue(c *command.Call, due int64) {
	if c.Row.Name == "pexpireat" {
		return
	}
	if len(c.Args) == 3 {
		c.RecordDue(c.Args[1], due)
		return
	}
	if c.Recording() {
		args := append([][]byte(nil), c.Args...)
		args[0], args[2] = []byte("PEXPIREAT"), strconv.AppendInt(nil, due, 10)
		c.RecordAs(args...)
	}
}

func dueTime(n, baseMs, unitMs int64) (due int64, ok bool) {
	if n > math.MaxInt64/unitMs || n < math.MinInt64/unitMs {
		return 0, false
	}
	n *= unitMs
	if n > math.MaxInt64-baseMs {
		return 0, false
	}
	return n + baseMs, true
}

func parseCondition(c *command.Call) (cond condition, ok bool) {
	for i := 3; i < len(c.Args); i++ {
		switch {
		case c.Is(i, "NX"):
			cond |= ifNone
		case c.Is(i, "XX"):
			cond |= ifAny
		case c.Is(i, "GT"):
			cond |= ifGreater
		case c.Is(i, "LT"):
			cond |= ifLess
		default:
			c.Out.Errorf("ERR Unsupported option %s", c.Args[i])
			return 0, false
		}
	}
	switch {
	case cond&ifNone != 0 && cond != ifNone:
		c.Out.Error("ERR NX and XX, GT or LT options at the same time are not compatible")
		return 0, false
	case cond&ifGreater != 0 && cond&ifLess != 0:
		c.Out.Error("ERR GT and LT options at the same time are not compatible")
		return 0, false
	}
	return cond, true
}

// holds compares a new due time with the key's, which may be NoTTL.
func (cond condition) holds(was, due int64) bool {
	switch {
	case cond&ifNone != 0 && was != keyspace.NoTTL,
		cond&ifAny != 0 && was == keyspace.NoTTL,
		cond&ifGreater != 0 && (was == keyspace.NoTTL || due <= was),
		cond&ifLess != 0 && was != keyspace.NoTTL && due >= was:
		return false
	}
	return true
}

func ttl(c *command.Call)         { replyDue(c, c.Now, millisPerSecond) }
func pttl(c *command.Call)        { replyDue(c, c.Now, 1) }
func expireTime(c *command.Call)  { replyDue(c, 0, millisPerSecond) }
func pexpireTime(c *command.Call) { replyDue(c, 0, 1) }

// replyDue replies a key's due time in units of unitMs from baseMs on,
// rounded to the nearest; -1 where it has none, -2 where it is absent.
func replyDue(c *command.Call, baseMs, unitMs int64) {
	e, ok := c.DB.Find(c.Args[1], keyspace.Count)
	if !ok {
		c.Out.Int(-2)
		return
	}
	due := e.Due()
	if due == keyspace.NoTTL {
		c.Out.Int(-1)
		return
	}
	rest := max(due-baseMs, 0)
	c.Out.Uint((uint64(rest) + uint64(unitMs)/2) / uint64(unitMs)) // unsigned: rest may be the last millisecond there is
}

func persist(c *command.Call) {
	key := c.Args[1]
	e, ok := c.DB.Find(key, keyspace.ForWrite)
	if !ok || e.Due() == keyspace.NoTTL {
		c.Out.Int(0)
		return
	}
	c.DB.SetDue(key, keyspace.NoTTL)
	c.Changed(keyspace.EventGeneric, "persist", key, 1)
	c.Out.Int(1)
}
