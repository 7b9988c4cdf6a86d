package keys

import (
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/glob"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/resp"
)

func scan(c *command.Call) {
	cursor, ok := c.ScanCursor(1)
	if !ok {
		return
	}
	o, ok := c.ScanOptions(2, command.ScanType)
	if !ok {
		return
	}
	found, n := resp.Writer{}, 0
	next := c.Tx.Scan(c.Client.SelectedDB(), cursor, o.Count, func(e keyspace.Entry) {
		if o.Match(e.Key()) && (o.Type == nil || command.EqualFold(o.Type, e.Type().Name())) {
			found.Bulk(e.Key())
			n++
		}
	})
	c.ReplyScan(next, n, &found)
}

func keys(c *command.Call) {
	pattern := c.Args[1]
	all := string(pattern) == "*"
	mark, n := c.Out.Mark(), 0
	c.DB.Each(func(e keyspace.Entry) bool {
		if all || glob.Match(pattern, e.Key()) {
			c.Out.Bulk(e.Key())
			n++
		}
		return true
	})
	c.Out.ArrayAt(mark, n)
}

func randomKey(c *command.Call) {
	e, ok := c.DB.Random()
	c.RecordApart()
	if !ok {
		c.Out.Null()
		return
	}
	c.Out.Bulk(e.Key())
}

func dbSize(c *command.Call) {
	n, _ := c.DB.Len()
	c.Out.Int(n)
}
