package keys

import (
	"math"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value"
)

const (
	errIdleUnderLFU = "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust."
	errFreqUnderLRU = "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust."
)

// inspected finds the key of an OBJECT subcommand, without an access being
// recorded; where it is absent, null has been replied. A hit counts as any
// other; a miss neither counts nor makes a keymiss event.
func inspected(c *command.Call) (e keyspace.Entry, ok bool) {
	if !c.DB.Exists(c.Args[2]) {
		c.Out.Null()
		return e, false
	}
	return c.DB.Find(c.Args[2], keyspace.Count)
}

func objectEncoding(c *command.Call) {
	if e, ok := inspected(c); ok {
		c.Out.BulkString(e.Encoding())
	}
}

// sharedIntegers is how many integers from 0 on Redis keeps one object of.
const sharedIntegers = 10000

// objectRefcount replies how many share the value. Here no two keys do, but
// clients can tell by it which integers Redis shares.
func (f *family) objectRefcount(c *command.Call) {
	e, ok := inspected(c)
	if !ok {
		return
	}
	if e.Type() == value.TypeString && f.Settings.SharesIntegers() {
		if s := e.String(); s.Encoding() == "int" {
			if n, _ := s.Int(); n >= 0 && n < sharedIntegers {
				c.Out.Int(math.MaxInt32)
				return
			}
		}
	}
	c.Out.Int(1)
}

func objectIdleTime(c *command.Call) {
	e, ok := inspected(c)
	if !ok {
		return
	}
	if c.Tx.Store().LFU() {
		c.Out.Error(errIdleUnderLFU)
		return
	}
	c.Out.Int(keyspace.IdleMs(e.Clock(), c.Now) / 1000)
}

func objectFreq(c *command.Call) {
	e, ok := inspected(c)
	if !ok {
		return
	}
	if !c.Tx.Store().LFU() {
		c.Out.Error(errFreqUnderLRU)
		return
	}
	c.Out.Int(int64(c.Tx.Store().Frequency(e.Clock(), c.Now)))
}

func objectHelp(c *command.Call) {
	c.Help(
		"ENCODING <key>",
		"    Return the kind of internal representation used in order to store the value",
		"    associated with a <key>.",
		"FREQ <key>",
		"    Return the access frequency index of the <key>. The returned integer is",
		"    proportional to the logarithm of the recent access frequency of the key.",
		"IDLETIME <key>",
		"    Return the idle time of the <key>, that is the approximated number of",
		"    seconds elapsed since the last access to the key.",
		"REFCOUNT <key>",
		"    Return the number of references of the value associated with the specified",
		"    <key>.",
	)
}
