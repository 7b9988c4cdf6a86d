// Package transactions has the commands of Redis's group "transactions". What
// they do is in package command (Transaction), which queues and runs calls, and
// in package keyspace (Watch).
package transactions

import "github.com/redoubt-kv/redoubt/core/command"

// Commands returns the rows of the group.
func Commands() []command.Row {
	const flags = command.NoScript | command.Loading | command.Stale
	const fast = flags | command.Fast | command.AllowBusy
	return []command.Row{
		{Name: "multi", Arity: 1, Flags: fast | command.InMulti, ACL: category, Group: "transactions", Docs: multiDocs, Handler: multi},
		{
			Name: "exec", Arity: 1, Flags: flags | command.SkipSlowlog | command.InMulti | command.RunsQueue,
			ACL: category, Group: "transactions", Docs: execDocs, Handler: exec,
		},
		{
			Name: "discard", Arity: 1, Flags: fast | command.InMulti | command.EndsMulti,
			ACL: category, Group: "transactions", Docs: discardDocs, Handler: discard,
		},
		{
			Name: "watch", Arity: -2, Flags: fast | command.InMulti, ACL: category,
			Keys:  []command.KeySpec{{Flags: []string{"RO"}, Index: 1, LastKey: -1, Step: 1}},
			Group: "transactions", Docs: watchDocs, Handler: watch,
		},
		{Name: "unwatch", Arity: 1, Flags: fast, ACL: category, Group: "transactions", Docs: unwatchDocs, Handler: unwatch},
	}
}

var category = []string{"transaction"}

func multi(c *command.Call) {
	if !c.Multi() {
		c.Out.Error("ERR MULTI calls can not be nested")
		return
	}
	c.Out.OK()
}

func exec(c *command.Call) {
	switch c.Exec() {
	case command.Missing:
		c.Out.Error("ERR EXEC without MULTI")
	case command.Aborted:
		c.Out.Error("EXECABORT Transaction discarded because of previous errors.")
	case command.Conflict:
		c.Out.NullArray()
	}
}

func discard(c *command.Call) {
	if !c.InMulti() {
		c.Out.Error("ERR DISCARD without MULTI")
		return
	}
	c.Discard()
	c.Out.OK()
}

func watch(c *command.Call) {
	if !c.Watch(c.Args[1:]) {
		c.Out.Error("ERR WATCH inside MULTI is not allowed")
		return
	}
	c.Out.OK()
}

func unwatch(c *command.Call) {
	c.Unwatch()
	c.Out.OK()
}
