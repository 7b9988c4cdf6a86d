// Package commands holds COMMAND, which tells what the table of commands
// holds.
package commands

import (
	"bytes"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/glob"
)

type family struct {
	table func() *command.Table
}

func (f family) all(c *command.Call) {
	rows := f.table().All()
	c.Out.Array(len(rows))
	for _, r := range rows {
		replyInfo(c.Out, r)
	}
}

func (f family) count(c *command.Call) { c.Out.Int(int64(len(f.table().All()))) }

func (f family) info(c *command.Call) {
	if len(c.Args) == 2 {
		f.all(c)
		return
	}
	c.Out.Array(len(c.Args) - 2)
	for _, name := range c.Args[2:] {
		if r := f.byName(name); r != nil {
			replyInfo(c.Out, r)
		} else {
			c.Out.Null()
		}
	}
}

func (f family) docs(c *command.Call) {
	mark, n := c.Out.Mark(), 0
	reply := func(r *command.Row) {
		c.Out.BulkString(r.FullName)
		replyDocs(c.Out, r)
		n++
	}
	if len(c.Args) == 2 {
		for _, r := range f.table().All() {
			reply(r)
		}
	}
	for _, name := range c.Args[2:] {
		if r := f.byName(name); r != nil {
			reply(r)
		}
	}
	c.Out.MapAt(mark, n)
}

// byName finds a command by its full name, as in "config|get".
func (f family) byName(name []byte) *command.Row {
	parent, sub, isSub := bytes.Cut(name, []byte("|"))
	r := f.table().Lookup(parent)
	if r == nil || !isSub {
		return r
	}
	return r.Sub(sub)
}

func (f family) list(c *command.Call) {
	accept, ok := parseFilter(c)
	if !ok {
		return
	}
	mark, n := c.Out.Mark(), 0
	visit := func(r *command.Row) {
		if accept(r) {
			c.Out.BulkString(r.FullName)
			n++
		}
	}
	for _, r := range f.table().All() {
		visit(r)
		for i := range r.Subcommands {
			visit(&r.Subcommands[i])
		}
	}
	c.Out.ArrayAt(mark, n)
}

// parseFilter reads [FILTERBY MODULE|ACLCAT|PATTERN word]; of several the
// last counts.
func parseFilter(c *command.Call) (accept func(*command.Row) bool, ok bool) {
	accept = func(*command.Row) bool { return true }
	if len(c.Args) == 2 {
		return accept, true
	}
	if len(c.Args) != 5 || !c.Is(2, "FILTERBY") {
		c.Out.Error(command.ErrSyntax)
		return nil, false
	}
	word := c.Args[4]
	switch {
	case c.Is(3, "MODULE"): // there are no modules, so no command is of one
		return func(*command.Row) bool { return false }, true
	case c.Is(3, "ACLCAT"):
		return func(r *command.Row) bool { return hasCategory(r, word) }, true
	case c.Is(3, "PATTERN"):
		return func(r *command.Row) bool { return glob.MatchFold(word, r.FullName) }, true
	}
	c.Out.Error(command.ErrSyntax)
	return nil, false
}

func hasCategory(r *command.Row, word []byte) bool {
	for _, name := range r.Categories() {
		if command.EqualFold(word, name) {
			return true
		}
	}
	return false
}

func (f family) getKeys(c *command.Call) {
	f.replyKeys(c, func(key []byte, _ []string) { c.Out.Bulk(key) })
}

func (f family) getKeysAndFlags(c *command.Call) {
	f.replyKeys(c, func(key []byte, flags []string) {
		c.Out.Array(2)
		c.Out.Bulk(key)
		simpleSet(c.Out, flags)
	})
}

func (f family) replyKeys(c *command.Call, reply func(key []byte, flags []string)) {
	args := c.Args[2:]
	r := f.table().Lookup(args[0])
	if r != nil && len(r.Subcommands) > 0 && len(args) > 1 {
		r = r.Sub(args[1])
	}
	switch {
	case r == nil:
		c.Out.Error("ERR Invalid command specified")
		return
	case !r.HasKeys():
		c.Out.Error("ERR The command has no key arguments")
		return
	case r.Arity > 0 && len(args) != r.Arity, len(args) < -r.Arity:
		c.Out.Error("ERR Invalid number of arguments specified for command")
		return
	}
	refs, err := r.KeyRefs(args, nil)
	if (err != nil || len(refs) == 0) && r.Flags&command.NoMandatoryKeys == 0 {
		c.Out.Error("ERR Invalid arguments specified for command")
		return
	}
	c.Out.Array(len(refs))
	for _, k := range refs {
		reply(args[k.Pos], k.Flags)
	}
}

func help(c *command.Call) {
	c.Help(
		"(no subcommand)",
		"    Return details about all Redis commands.",
		"COUNT",
		"    Return the total number of commands in this Redis server.",
		"LIST",
		"    Return a list of all commands in this Redis server.",
		"INFO [<command-name> ...]",
		"    Return details about multiple Redis commands.",
		"    If no command names are given, documentation details for all",
		"    commands are returned.",
		"DOCS [<command-name> ...]",
		"    Return documentation details about multiple Redis commands.",
		"    If no command names are given, documentation details for all",
		"    commands are returned.",
		"GETKEYS <full-command>",
		"    Return the keys from a full Redis command.",
		"GETKEYSANDFLAGS <full-command>",
		"    Return the keys and the access flags from a full Redis command.",
	)
}
