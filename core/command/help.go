package command

import (
	"bytes"

	"github.com/redoubt-kv/redoubt/core/resp"
)

// Help replies what <container> HELP replies: a heading, lines (the
// subcommands and, indented by four blanks, what they do) and HELP itself.
func (c *Call) Help(lines ...string) {
	c.Out.Array(len(lines) + 3)
	c.Out.Simple(upper(c.Args[0]) + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")
	for _, l := range lines {
		c.Out.Simple(l)
	}
	c.Out.Simple("HELP")
	c.Out.Simple("    Prints this help.")
}

// SubcommandError replies that Args[1] is no subcommand, or not with this
// number of arguments: for containers that look at their subcommands
// themselves (DEBUG) and for what arity cannot express.
func (c *Call) SubcommandError() {
	c.Out.Errorf("ERR unknown subcommand or wrong number of arguments for '%s'. Try %s HELP.", resp.ErrorText(c.Args[1], 128), upper(c.Args[0]))
}

func upper(b []byte) string { return string(bytes.ToUpper(b)) }
