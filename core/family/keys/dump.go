package keys

import (
	"errors"
	"strconv"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/rdb"
)

func (f *family) dump(c *command.Call) {
	e, ok := c.DB.Find(c.Args[1], keyspace.ForRead)
	if !ok {
		c.Out.Null()
		return
	}
	d := f.dumpers.Get().(*rdb.Dumper)
	c.Out.Bulk(d.Append(nil, e, f.Settings.CompressRDB()))
	f.dumpers.Put(d)
}

// restoration is what RESTORE's arguments say; negative: not given.
type restoration struct {
	replace, absolute bool
	idleS, freq       int64
	ttl               int64
}

func (f *family) restore(c *command.Call) {
	r, ok := parseRestore(c)
	if !ok {
		return
	}
	key := c.Args[1]
	_, taken := c.DB.Find(key, keyspace.ForWrite)
	if taken && !r.replace {
		c.Out.Error("BUSYKEY Target key name already exists.")
		return
	}
	due, ok := r.due(c)
	if !ok {
		return
	}
	val, ok := f.payload(c, key, c.Args[3])
	if !ok {
		return
	}
	if due != keyspace.NoTTL && c.DB.Passed(due) {
		val.Drop()
		if c.DB.Delete(key) {
			c.Changed(keyspace.EventGeneric, "del", key, 1)
			c.RecordDeleted(key, false)
		}
		c.Out.OK()
		return
	}
	if taken {
		val.Replace(due)
	} else {
		val.Commit(due)
	}
	setClock(c, key, r)
	c.Changed(keyspace.EventGeneric, "restore", key, 1)
	c.Out.OK()
	if due != keyspace.NoTTL && !r.absolute && c.Recording() {
		args := append([][]byte(nil), c.Args...)
		args[2] = strconv.AppendInt(nil, due, 10)
		c.RecordAs(append(args, []byte("ABSTTL"))...)
	}
}

func parseRestore(c *command.Call) (r restoration, ok bool) {
	r.idleS, r.freq = -1, -1
	for i := 4; i < len(c.Args); i++ {
		more := i+1 < len(c.Args)
		switch {
		case c.Is(i, "REPLACE"):
			r.replace = true
		case c.Is(i, "ABSTTL"):
			r.absolute = true
		case more && r.freq == -1 && c.Is(i, "IDLETIME"):
			i++
			if r.idleS, ok = c.Int(i); !ok {
				return r, false
			}
			if r.idleS < 0 {
				c.Out.Error("ERR Invalid IDLETIME value, must be >= 0")
				return r, false
			}
		case more && r.idleS == -1 && c.Is(i, "FREQ"):
			i++
			if r.freq, ok = c.Int(i); !ok {
				return r, false
			}
			if r.freq < 0 || r.freq > 255 {
				c.Out.Error("ERR Invalid FREQ value, must be >= 0 and <= 255")
				return r, false
			}
		default:
			c.Out.Error(command.ErrSyntax)
			return r, false
		}
	}
	return r, true
}

// due reads the time to live of argument 2, where 0 is none.
func (r *restoration) due(c *command.Call) (due int64, ok bool) {
	ttl, ok := c.Int(2)
	if !ok {
		return 0, false
	}
	if ttl < 0 {
		c.Out.Error("ERR Invalid TTL value, must be >= 0")
		return 0, false
	}
	if ttl == 0 {
		return keyspace.NoTTL, true
	}
	if r.absolute {
		return ttl, true
	}
	if due, ok = dueTime(ttl, c.Now, 1); !ok {
		c.Out.Error("ERR Invalid TTL value, must be >= 0")
	}
	return due, ok
}

func (f *family) payload(c *command.Call, key, data []byte) (val *rdb.Value, ok bool) {
	o := rdb.DecoderOptions{MaxString: f.Settings.MaxStringLen(), SkipChecksum: f.Settings.SkipChecksums()}
	val, err := rdb.Restore(c.DB, key, data, o)
	switch {
	case err == nil:
		return val, true
	case errors.Is(err, rdb.ErrDump):
		c.Out.Error("ERR " + err.Error())
	case errors.Is(err, rdb.ErrMemory):
		c.Out.Error("OOM " + err.Error())
	default:
		f.Settings.Refused(err)
		c.Out.Error("ERR Bad data format")
	}
	return nil, false
}

// setClock gives a restored key the access clock it had, as far as the
// policy in force can use it.
func setClock(c *command.Call, key []byte, r restoration) {
	switch lfu := c.Tx.Store().LFU(); {
	case lfu && r.freq >= 0:
		c.DB.SetClock(key, keyspace.ClockOfFrequency(uint8(r.freq), c.Now))
	case !lfu && r.idleS >= 0:
		c.DB.SetClock(key, keyspace.ClockOfIdle(r.idleS*1000, c.Now))
	}
}
