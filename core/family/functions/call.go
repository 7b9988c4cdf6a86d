package functions

import "github.com/redoubt-kv/redoubt/core/command"

func (f *family) fcall(c *command.Call)   { f.call(c, false) }
func (f *family) fcallRO(c *command.Call) { f.call(c, true) }

// call is FCALL function numkeys key … arg …
func (f *family) call(c *command.Call, readOnly bool) {
	c.Show() // before what the function calls
	fn := f.Engine.Libraries().Function(c.Args[1])
	if fn == nil {
		c.Out.Error("ERR Function not found")
		return
	}
	n, ok := c.IntOr(2, "ERR Bad number of keys provided")
	if !ok {
		return
	}
	switch {
	case n > int64(len(c.Args)-3):
		c.Out.Error("ERR Number of keys can't be greater than number of args")
		return
	case n < 0:
		c.Out.Error("ERR Number of keys can't be negative")
		return
	}
	rest := c.Args[3:]
	f.Engine.RunFunction(c, fn, rest[:n], rest[n:], readOnly)
}
