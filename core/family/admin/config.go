package admin

import (
	"strings"

	"github.com/redoubt-kv/redoubt/core/command"
)

func texts(args [][]byte) []string {
	words := make([]string, len(args))
	for i, a := range args {
		words[i] = string(a)
	}
	return words
}

func (f *family) configGet(c *command.Call) {
	pairs := f.Config.Get(texts(c.Args[2:]))
	c.Out.Map(len(pairs) / 2)
	for _, word := range pairs {
		c.Out.BulkString(word)
	}
}

func (f *family) configSet(c *command.Call) {
	if len(c.Args)%2 != 0 {
		c.Out.Error(command.ErrSyntax)
		return
	}
	words := texts(c.Args[2:])
	for i := 0; i < len(words); i += 2 { // names, which Redis reads as strings of C
		words[i], _, _ = strings.Cut(words[i], "\x00")
	}
	replyConfig(c, f.Config.Set(words, isLocal(c), c.Nested))
}

// isLocal tells whether the client's connection comes over no network.
func isLocal(c *command.Call) bool {
	l, ok := c.Client.(interface{ Local() bool })
	return ok && l.Local()
}

func (f *family) configRewrite(c *command.Call) { replyConfig(c, f.Config.Rewrite()) }

func replyConfig(c *command.Call, err error) {
	if err != nil {
		c.Out.Error(err.Error())
		return
	}
	c.Out.OK()
}

func (f *family) configResetStat(c *command.Call) {
	f.Info.ResetStats(c)
	c.Out.OK()
}

func configHelp(c *command.Call) {
	c.Help(
		"GET <pattern>",
		"    Return parameters matching the glob-like <pattern> and their values.",
		"SET <directive> <value>",
		"    Set the configuration <directive> to <value>.",
		"RESETSTAT",
		"    Reset statistics reported by the INFO command.",
		"REWRITE",
		"    Rewrite the configuration file.",
	)
}
