package scripting

import (
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/script"
)

const errNoScript = "NOSCRIPT No matching script. Please use EVAL."

func (f *family) eval(c *command.Call)      { f.run(c, false, false) }
func (f *family) evalRO(c *command.Call)    { f.run(c, false, true) }
func (f *family) evalSHA(c *command.Call)   { f.run(c, true, false) }
func (f *family) evalSHARO(c *command.Call) { f.run(c, true, true) }

// run runs the script that argument 1 is or, with known, names.
func (f *family) run(c *command.Call, known, readOnly bool) {
	c.Show() // before what the script calls
	if known && len(c.Args[1]) != 2*len(script.Digest{}) {
		c.Out.Error(errNoScript)
		return
	}
	n, ok := c.Int(2)
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
	s := f.script(c, known)
	if s == nil {
		return
	}
	rest := c.Args[3:]
	f.Engine.Run(c, s, rest[:n], rest[n:], readOnly)
}

// script is the script to run; nil if an error has been replied.
func (f *family) script(c *command.Call, known bool) *script.Script {
	if known {
		s := f.Engine.Named(c.Args[1])
		if s == nil {
			c.Out.Error(errNoScript)
		}
		return s
	}
	s, text := f.Engine.Load(c.Args[1])
	if s == nil {
		c.Out.Error(text)
	}
	return s
}
