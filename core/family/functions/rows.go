// Package functions has FUNCTION, which keeps libraries of functions in Lua, and
// FCALL, which calls them. How libraries are loaded and functions run is in package
// script.
//
// The set of libraries belongs to the data: it is saved with them, and what changes it
// is recorded. So commands that change it lock every shard, as FCALL does.
package functions

import (
	"sync"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/rdb"
	"github.com/redoubt-kv/redoubt/core/script"
)

// Options are what the commands need.
type Options struct {
	Engine *script.Engine
	// Compress tells whether payloads are compressed (rdbcompression).
	Compress func() bool
	// SkipChecksums has FUNCTION RESTORE not verify the checksum; nil: it does.
	SkipChecksums func() bool
}

type family struct {
	Options
	dumpers sync.Pool
}

// Commands returns the rows of the family.
func Commands(o Options) []command.Row {
	f := &family{Options: o}
	f.dumpers.New = func() any { return new(rdb.Dumper) }
	const call = command.NoScript | command.Stale | command.SkipMonitor | command.NoMandatoryKeys |
		command.MovableKeys | command.MayReplicate | command.WholeKeyspace | command.Exclusive
	const callRO = command.ReadOnly | call&^command.MayReplicate
	const notes = "We cannot tell how the keys will be used so we assume the worst, "
	return []command.Row{
		{
			Name: "fcall", Arity: -3, Flags: call, ACL: category, Keys: keys(notes+"RW and UPDATE", "RW", "access", "update"),
			FlagsFor: f.flagsFor(call), Group: "scripting", Docs: func() command.Docs { return fcallDocs("Invoke a function") }, Handler: f.fcall,
		},
		{
			Name: "fcall_ro", Arity: -3, Flags: callRO, ACL: category, Keys: keys(notes+"RO and ACCESS", "RO", "access"),
			FlagsFor: f.flagsFor(callRO), Group: "scripting", Docs: func() command.Docs { return fcallDocs("Invoke a read-only function") }, Handler: f.fcallRO,
		},
		{Name: "function", Arity: -2, Group: "scripting", Docs: functionDocs, Subcommands: f.subcommands()},
	}
}

var category = []string{"scripting"}

func keys(notes string, flags ...string) []command.KeySpec {
	return []command.KeySpec{{Notes: notes, Index: 2, KeyNum: true, FirstKey: 1, Step: 1, Flags: flags}}
}

// flagsFor returns the flags of a call of the function that arguments name.
func (f *family) flagsFor(flags command.Flags) func(args [][]byte) command.Flags {
	return func(args [][]byte) command.Flags {
		if declared, ok := f.Engine.FunctionFlags(args[1]); ok {
			return declared.CommandFlags(flags)
		}
		return flags
	}
}

func (f *family) subcommands() []command.Row {
	const change = command.Write | command.NoScript | command.WholeKeyspace
	all := []string{"request_policy:all_shards", "response_policy:all_succeeded"}
	return []command.Row{
		{
			Name: "load", Arity: -3, Flags: change | command.DenyOOM, ACL: category, Tips: all,
			Group: "scripting", Docs: loadDocs, Handler: f.load,
		},
		{Name: "delete", Arity: 3, Flags: change, ACL: category, Tips: all, Group: "scripting", Docs: deleteDocs, Handler: f.delete},
		{Name: "flush", Arity: -2, Flags: change, ACL: category, Tips: all, Group: "scripting", Docs: flushDocs, Handler: f.flush},
		{
			Name: "restore", Arity: -3, Flags: change | command.DenyOOM, ACL: category, Tips: all,
			Group: "scripting", Docs: restoreDocs, Handler: f.restore,
		},
		{Name: "dump", Arity: 2, Flags: command.NoScript, ACL: category, Group: "scripting", Docs: dumpDocs, Handler: f.dump},
		{
			Name: "list", Arity: -2, Flags: command.NoScript, ACL: category, Tips: []string{"nondeterministic_output_order"},
			Group: "scripting", Docs: listDocs, Handler: f.list,
		},
		{
			Name: "stats", Arity: 2, Flags: command.NoScript | command.AllowBusy, ACL: category,
			Tips:  []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
			Group: "scripting", Docs: statsDocs, Handler: f.stats,
		},
		{
			Name: "kill", Arity: 2, Flags: command.NoScript | command.AllowBusy, ACL: category,
			Tips:  []string{"request_policy:all_shards", "response_policy:one_succeeded"},
			Group: "scripting", Docs: killDocs, Handler: f.kill,
		},
		{Name: "help", Arity: 2, Flags: command.Loading | command.Stale, ACL: category, Group: "scripting", Docs: helpDocs, Handler: help},
	}
}
