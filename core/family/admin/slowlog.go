package admin

import "github.com/redoubt-kv/redoubt/core/command"

const defaultSlowEntries = 10

func (f *family) slowlogGet(c *command.Call) {
	n := int64(defaultSlowEntries)
	if len(c.Args) > 3 {
		c.SubcommandError()
		return
	}
	if len(c.Args) == 3 {
		const bad = "ERR count should be greater than or equal to -1"
		var ok bool
		if n, ok = c.IntOr(2, bad); !ok {
			return
		}
		if n < -1 {
			c.Out.Error(bad)
			return
		}
	}
	entries := f.SlowLog.Last(n)
	c.Out.Array(len(entries))
	for _, e := range entries {
		c.Out.Array(6)
		c.Out.Int(e.ID)
		c.Out.Int(e.UnixTime)
		c.Out.Int(e.Usec)
		c.Out.Array(len(e.Args))
		for _, a := range e.Args {
			c.Out.BulkString(a)
		}
		c.Out.BulkString(e.Peer)
		c.Out.BulkString(e.Name)
	}
}

func (f *family) slowlogLen(c *command.Call) { c.Out.Int(int64(f.SlowLog.Len())) }

func (f *family) slowlogReset(c *command.Call) {
	f.SlowLog.Reset()
	c.Out.OK()
}

func slowlogHelp(c *command.Call) {
	c.Help(
		"GET [<count>]",
		"    Return top <count> entries from the slowlog (default: 10, -1 mean all).",
		"    Entries are made of:",
		"    id, timestamp, time in microseconds, arguments array, client IP and port,",
		"    client name",
		"LEN",
		"    Return the length of the slowlog.",
		"RESET",
		"    Reset the slowlog.",
	)
}
