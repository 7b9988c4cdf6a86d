package strings

import (
	"strconv"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
)

const errTooLong = "ERR string exceeds maximum allowed size (proto-max-bulk-len)"

func set(c *command.Call) {
	var o setOptions
	if o.parse(c, 3, setWords) {
		store(c, &o, c.Args[2])
	}
}

func setex(c *command.Call) {
	o := setOptions{expiry: inSeconds, at: 2}
	store(c, &o, c.Args[3])
}

func psetex(c *command.Call) {
	o := setOptions{expiry: inMillis, at: 2}
	store(c, &o, c.Args[3])
}

// store is SET in all its forms: it replies OK or Null, or with the GET option
// the former value in either case.
func store(c *command.Call, o *setOptions, val []byte) {
	due, ok := o.due(c)
	if !ok {
		return
	}
	if o.get && !replyValue(c) {
		return
	}
	key := c.Args[1]
	if o.nx || o.xx {
		if _, found := c.DB.Find(key, keyspace.ForWrite); found == o.nx {
			if !o.get {
				c.Out.Null()
			}
			return
		}
	}
	c.DB.SetString(key, val, due)
	c.Changed(keyspace.EventString, "set", key, 1)
	if o.expiry != 0 {
		c.Changed(keyspace.EventGeneric, "expire", key, 0)
	}
	if !o.get {
		c.Out.OK()
	}
	switch {
	case o.expiry != 0:
		var room [20]byte
		c.RecordAs([]byte("SET"), key, val, []byte("PXAT"), strconv.AppendInt(room[:0], due, 10))
	case o.get:
		recordWithoutGet(c)
	}
}

// recordWithoutGet records SET without the option GET, which is of no interest to
// whom it is repeated for.
func recordWithoutGet(c *command.Call) {
	if !c.Recording() {
		return
	}
	args := append([][]byte(nil), c.Args[:3]...)
	for i := 3; i < len(c.Args); i++ {
		if !c.Is(i, "GET") {
			args = append(args, c.Args[i])
		}
	}
	c.RecordAs(args...)
}

// setKeyFlags says that SET reads the key only with the option GET.
func setKeyFlags(args [][]byte) []string {
	for i := 3; i < len(args); i++ {
		if command.EqualFold(args[i], "GET") {
			return []string{"RW", "access", "update"}
		}
	}
	return []string{"OW", "update"}
}

func setnx(c *command.Call) {
	key := c.Args[1]
	if _, found := c.DB.Find(key, keyspace.ForWrite); found {
		c.Out.Int(0)
		return
	}
	c.DB.SetString(key, c.Args[2], keyspace.NoTTL)
	c.Changed(keyspace.EventString, "set", key, 1)
	c.Out.Int(1)
}

func mset(c *command.Call) {
	if setPairs(c) {
		c.Out.OK()
	}
}

func msetnx(c *command.Call) {
	if !evenPairs(c) {
		return
	}
	for i := 1; i < len(c.Args); i += 2 {
		if _, found := c.DB.Find(c.Args[i], keyspace.ForWrite); found {
			c.Out.Int(0)
			return
		}
	}
	setPairs(c)
	c.Out.Int(1)
}

func setPairs(c *command.Call) bool {
	if !evenPairs(c) {
		return false
	}
	for i := 1; i < len(c.Args); i += 2 {
		c.DB.SetString(c.Args[i], c.Args[i+1], keyspace.NoTTL)
		c.Changed(keyspace.EventString, "set", c.Args[i], 1)
	}
	return true
}

// evenPairs refuses a key without its value.
func evenPairs(c *command.Call) bool {
	if len(c.Args)%2 == 0 {
		c.Out.Errorf("ERR wrong number of arguments for '%s' command", c.Row.Name)
		return false
	}
	return true
}

func (f family) append(c *command.Call) {
	key, data := c.Args[1], c.Args[2]
	s, found, ok := lookup(c, keyspace.ForWrite)
	if !ok || found && !f.fits(c, s.Len(), len(data)) {
		return
	}
	n := c.DB.Append(key, data)
	c.Changed(keyspace.EventString, "append", key, 1)
	c.Out.Int(n)
}

func (f family) setrange(c *command.Call) {
	key, data := c.Args[1], c.Args[3]
	off, ok := c.Int(2)
	if !ok {
		return
	}
	if off < 0 {
		c.Out.Error("ERR offset is out of range")
		return
	}
	s, found, ok := lookup(c, keyspace.ForWrite)
	if !ok {
		return
	}
	if len(data) == 0 {
		n := int64(0)
		if found {
			n = s.Len()
		}
		c.Out.Int(n)
		return
	}
	if !f.fits(c, off, len(data)) {
		return
	}
	n := c.DB.SetRange(key, off, data)
	c.Changed(keyspace.EventString, "setrange", key, 1)
	c.Out.Int(n)
}

// fits refuses a string that would be longer than the configuration allows.
func (f family) fits(c *command.Call, have int64, more int) bool {
	if have > c.MaxString(f.MaxBulk())-int64(more) {
		c.Out.Error(errTooLong)
		return false
	}
	return true
}
