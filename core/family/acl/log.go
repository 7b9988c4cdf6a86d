package acl

import (
	"github.com/redoubt-kv/redoubt/core/acl"
	"github.com/redoubt-kv/redoubt/core/command"
)

// shownEntries is how many entries ACL LOG shows unless told.
const shownEntries = 10

func (f family) log(c *command.Call) {
	count := int64(shownEntries)
	switch {
	case len(c.Args) > 3:
		c.SubcommandError()
		return
	case c.Is(2, "reset"):
		f.Users().Log().Reset()
		c.Out.OK()
		return
	case len(c.Args) == 3:
		var ok bool
		if count, ok = c.Int(2); !ok {
			return
		}
	}
	entries := f.Users().Log().Newest(count)
	c.Out.Array(len(entries))
	for i := range entries {
		replyEntry(c, &entries[i])
	}
}

// replyEntry appends an entry with the fields of Redis 7.0 and, behind them, those
// that came with 7.2.
func replyEntry(c *command.Call, e *acl.Entry) {
	c.Out.Map(10)
	c.Out.BulkString("count")
	c.Out.Int(e.Count)
	bulks(c, []string{"reason", e.Reason.String(), "context", e.Context.String(), "object", e.Object, "username", e.Username, "age-seconds"})
	c.Out.Double(float64(c.Now-e.LastMs) / 1000)
	bulks(c, []string{"client-info", e.Client, "entry-id"})
	c.Out.Int(e.ID)
	c.Out.BulkString("timestamp-created")
	c.Out.Int(e.FirstMs)
	c.Out.BulkString("timestamp-last-updated")
	c.Out.Int(e.LastMs)
}
