package zsets

import (
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value"
)

func bzpopmin(c *command.Call) { bzpop(c, least) }
func bzpopmax(c *command.Call) { bzpop(c, greatest) }

func bzpop(c *command.Call, from end) {
	last := len(c.Args) - 1
	timeout, ok := c.TimeoutSeconds(last)
	if !ok {
		return
	}
	m := multiPop{keys: c.Args[1:last], from: from, n: 1}
	m.wait(c, timeout, keyAndFlat)
}

func bzmpop(c *command.Call) {
	var m multiPop
	if !m.parse(c, 2) {
		return
	}
	if timeout, ok := c.TimeoutSeconds(1); ok {
		m.wait(c, timeout, keyAndPairs)
	}
}

// wait pops, or waits until it can.
func (m *multiPop) wait(c *command.Call, timeout int64, as shape) {
	if m.try(c, as) {
		return
	}
	from, n := m.from, m.n
	c.Block(command.Block{Keys: m.keys, Type: value.TypeZSet, Timeout: timeout,
		Serve: func(c *command.Call, key []byte) bool {
			cell, found := c.DB.Change(key, keyspace.ForWrite)
			if !found || cell.Kind.Type() != value.TypeZSet {
				return false
			}
			pop(c, key, cell, from, n, as)
			return true
		}})
}
