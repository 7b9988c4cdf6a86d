package lists

import (
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/value"
)

// blockingPop is BLPOP and BRPOP.
func blockingPop(head bool) command.Handler {
	return func(c *command.Call) {
		last := len(c.Args) - 1
		timeout, ok := c.TimeoutSeconds(last)
		if !ok {
			return
		}
		keys := c.Args[1:last]
		for _, key := range keys {
			if popWithName(c, key, head, 1) {
				return
			}
		}
		c.Block(command.Block{
			Keys: keys, Type: value.TypeList, Timeout: timeout,
			Serve: func(c *command.Call, key []byte) bool { return popWithName(c, key, head, 0) },
		})
	}
}

// popWithName replies the name of a list and the element that it removes at an
// end, or that key is of another type; it is false, and nothing is done, if key
// is not there. changes is what it counts for: Redis counts none where a client
// has waited.
func popWithName(c *command.Call, key []byte, head bool, changes int) bool {
	cell, found, ok := change(c, key)
	if !ok || !found {
		return found
	}
	c.Out.Array(2)
	c.Out.Bulk(key)
	replyEnd(c, cell, head)
	drop(c, key, cell, head, 1, changes)
	c.RecordAs(popName(head), key)
	return true
}

// popName is the command that a pop is recorded as.
func popName(head bool) []byte {
	if head {
		return []byte("LPOP")
	}
	return []byte("RPOP")
}

func blmpop(c *command.Call) {
	m, ok := mpopArgs(c, 2)
	if !ok {
		return
	}
	timeout, ok := c.TimeoutSeconds(1)
	if !ok {
		return
	}
	if m.pop(c) {
		return
	}
	head, count := m.head, m.count
	c.Block(command.Block{
		Keys: m.keys, Type: value.TypeList, Timeout: timeout,
		Serve: func(c *command.Call, key []byte) bool { return popKeyed(c, key, head, count) },
	})
}

func blmove(c *command.Call) {
	from, to, ok := ends(c)
	if !ok {
		return
	}
	if timeout, ok := c.TimeoutSeconds(5); ok {
		blockingMove(c, from, to, timeout)
	}
}

func brpoplpush(c *command.Call) {
	if timeout, ok := c.TimeoutSeconds(3); ok {
		blockingMove(c, right, left, timeout)
	}
}

// blockingMove moves an element of argument 1 to argument 2, or waits for one.
func blockingMove(c *command.Call, from, to bool, timeout int64) {
	if move(c, c.Args[1], c.Args[2], from, to, 1) {
		return
	}
	if c.Nested { // not the null array that it is when time is up
		c.Out.Null()
		return
	}
	c.Block(command.Block{
		Keys: c.Args[1:2], Also: c.Args[2:3], Type: value.TypeList, Timeout: timeout,
		Serve: func(c *command.Call, src []byte) bool { return move(c, src, c.Args[2], from, to, 0) },
	})
}
