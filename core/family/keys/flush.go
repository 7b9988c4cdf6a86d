package keys

import "github.com/redoubt-kv/redoubt/core/command"

func (f *family) flushDB(c *command.Call) {
	async, ok := f.flushMode(c)
	if !ok {
		return
	}
	c.AddDirty(c.Tx.Flush(c.DB.Index(), async))
	c.RecordAnyway()
	c.Out.OK()
}

func (f *family) flushAll(c *command.Call) {
	async, ok := f.flushMode(c)
	if !ok {
		return
	}
	changes := c.Tx.Flush(-1, async)
	c.RecordAnyway()
	if f.Flushed == nil || c.Replays() || !f.Flushed(c.Tx) {
		c.AddDirty(changes)
	}
	c.Out.OK()
}

func (f *family) flushMode(c *command.Call) (async, ok bool) {
	switch {
	case len(c.Args) == 1:
		return f.Settings.LazyUserFlush(), true
	case len(c.Args) == 2 && c.Is(1, "SYNC"):
		return false, true
	case len(c.Args) == 2 && c.Is(1, "ASYNC"):
		return true, true
	}
	c.Out.Error(command.ErrSyntax)
	return false, false
}

func swapDB(c *command.Call) {
	a, ok := c.Int32Or(1, "ERR invalid first DB index", "ERR invalid first DB index")
	if !ok {
		return
	}
	b, ok := c.Int32Or(2, "ERR invalid second DB index", "ERR invalid second DB index")
	if !ok {
		return
	}
	if n := c.Tx.Store().Databases(); a < 0 || a >= n || b < 0 || b >= n {
		c.Out.Error(errDBRange)
		return
	}
	if a != b {
		c.Tx.Swap(a, b)
	}
	c.AddDirty(1)
	c.Out.OK()
}
