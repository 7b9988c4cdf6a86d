// Package scripting has the commands that run Lua scripts and keep them. How
// scripts run is in package script.
package scripting

import (
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/script"
)

// Options are what the commands need.
type Options struct {
	Engine *script.Engine
}

type family struct{ Options }

// Commands returns the rows of the group.
func Commands(o Options) []command.Row {
	f := &family{o}
	const eval = command.NoScript | command.Stale | command.SkipMonitor | command.NoMandatoryKeys |
		command.MovableKeys | command.MayReplicate | command.WholeKeyspace | command.Exclusive
	const readOnly = command.ReadOnly | eval&^command.MayReplicate
	const (
		notes   = "We cannot tell how the keys will be used so we assume the worst, RW and UPDATE"
		notesRO = "We cannot tell how the keys will be used so we assume the worst, RO and ACCESS"
		run     = "Execute a Lua script server side"
		runRO   = "Execute a read-only Lua script server side"
	)
	rows := []command.Row{
		{
			Name: "eval", Arity: -3, Flags: eval, ACL: category, Keys: keys(notes, "RW", "access", "update"),
			Group: "scripting", Docs: func() command.Docs { return evalDocs(run, "2.6.0", "script") }, Handler: f.eval,
		},
		{
			Name: "evalsha", Arity: -3, Flags: eval, ACL: category, Keys: keys("", "RW", "access", "update"),
			Group: "scripting", Docs: func() command.Docs { return evalDocs(run, "2.6.0", "sha1") }, Handler: f.evalSHA,
		},
		{
			Name: "eval_ro", Arity: -3, Flags: readOnly, ACL: category, Keys: keys(notesRO, "RO", "access"),
			Group: "scripting", Docs: func() command.Docs { return evalDocs(runRO, "7.0.0", "script") }, Handler: f.evalRO,
		},
		{
			Name: "evalsha_ro", Arity: -3, Flags: readOnly, ACL: category, Keys: keys("", "RO", "access"),
			Group: "scripting", Docs: func() command.Docs { return evalDocs(runRO, "7.0.0", "sha1") }, Handler: f.evalSHARO,
		},
		f.container(),
	}
	for i := range rows[:4] {
		flags, known := rows[i].Flags, rows[i].Name == "evalsha" || rows[i].Name == "evalsha_ro"
		rows[i].FlagsFor = func(args [][]byte) command.Flags {
			if declared, ok := f.Engine.FlagsOf(args[1], known); ok {
				return declared.CommandFlags(flags)
			}
			return flags
		}
	}
	return rows
}

var category = []string{"scripting"}

func keys(notes string, flags ...string) []command.KeySpec {
	return []command.KeySpec{{Notes: notes, Index: 2, KeyNum: true, FirstKey: 1, Step: 1, Flags: flags}}
}

func (f *family) container() command.Row {
	const allNodes, allShards = "request_policy:all_nodes", "request_policy:all_shards"
	return command.Row{
		Name: "script", Arity: -2, Group: "scripting", Docs: scriptDocs,
		Subcommands: []command.Row{
			{
				Name: "debug", Arity: 3, Flags: command.NoScript, ACL: category,
				Group: "scripting", Docs: scriptDebugDocs, Handler: scriptDebug,
			},
			{
				Name: "exists", Arity: -3, Flags: command.NoScript, ACL: category,
				Tips:  []string{allShards, "response_policy:agg_logical_and"},
				Group: "scripting", Docs: scriptExistsDocs, Handler: f.scriptExists,
			},
			{
				Name: "flush", Arity: -2, Flags: command.NoScript, ACL: category,
				Tips:  []string{allNodes, "response_policy:all_succeeded"},
				Group: "scripting", Docs: scriptFlushDocs, Handler: f.scriptFlush,
			},
			{
				Name: "help", Arity: 2, Flags: command.Loading | command.Stale, ACL: category,
				Group: "scripting", Docs: scriptHelpDocs, Handler: scriptHelp,
			},
			{
				Name: "kill", Arity: 2, Flags: command.NoScript | command.AllowBusy, ACL: category,
				Tips:  []string{allShards, "response_policy:one_succeeded"},
				Group: "scripting", Docs: scriptKillDocs, Handler: f.scriptKill,
			},
			{
				Name: "load", Arity: 3, Flags: command.NoScript | command.Stale, ACL: category,
				Tips:  []string{allNodes, "response_policy:all_succeeded"},
				Group: "scripting", Docs: scriptLoadDocs, Handler: f.scriptLoad,
			},
		},
	}
}
