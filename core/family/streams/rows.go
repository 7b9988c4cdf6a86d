// Package streams has the commands on streams and their consumer groups,
// Redis's group "stream".
package streams

import "github.com/redoubt-kv/redoubt/core/command"

// Commands returns the rows of the group.
func Commands() []command.Row {
	const write, read, denyOOM, fast = command.Write, command.ReadOnly, command.DenyOOM, command.Fast
	random := []string{"nondeterministic_output"}
	return []command.Row{
		{Name: "xack", Arity: -4, Flags: write | fast,
			Keys: key(1, "RW", "update"), Group: "stream", Docs: xackDocs, Handler: xack},
		{Name: "xadd", Arity: -5, Flags: write | denyOOM | fast, Tips: random,
			Keys:  noted("UPDATE instead of INSERT because of the optional trimming feature", key(1, "RW", "update")),
			Group: "stream", Docs: xaddDocs, Handler: xadd},
		{Name: "xautoclaim", Arity: -6, Flags: write | fast, Tips: random,
			Keys: key(1, "RW", "delete"), Group: "stream", Docs: xautoclaimDocs, Handler: xautoclaim},
		{Name: "xclaim", Arity: -6, Flags: write | fast, Tips: random,
			Keys: key(1, "RW", "update"), Group: "stream", Docs: xclaimDocs, Handler: xclaim},
		{Name: "xdel", Arity: -3, Flags: write | fast,
			Keys: key(1, "RW", "delete"), Group: "stream", Docs: xdelDocs, Handler: xdel},
		{Name: "xgroup", Arity: -2, Group: "stream", Docs: xgroupDocs, Subcommands: xgroupRows()},
		{Name: "xinfo", Arity: -2, Group: "stream", Docs: xinfoDocs, Subcommands: xinfoRows()},
		{Name: "xlen", Arity: 2, Flags: read | fast,
			Keys: key(1, "RO"), Group: "stream", Docs: xlenDocs, Handler: xlen},
		{Name: "xpending", Arity: -3, Flags: read, Tips: random,
			Keys: key(1, "RO", "access"), Group: "stream", Docs: xpendingDocs, Handler: xpending},
		{Name: "xrange", Arity: -4, Flags: read,
			Keys: key(1, "RO", "access"), Group: "stream", Docs: xrangeDocs, Handler: xrange},
		{Name: "xread", Arity: -4, Flags: read | command.Blocking | command.MovableKeys,
			Keys: behindStreams(1), Group: "stream", Docs: xreadDocs, Handler: xread},
		{Name: "xreadgroup", Arity: -7, Flags: write | command.Blocking | command.MovableKeys,
			Keys: behindStreams(4), Group: "stream", Docs: xreadgroupDocs, Handler: xreadgroup},
		{Name: "xrevrange", Arity: -4, Flags: read,
			Keys: key(1, "RO", "access"), Group: "stream", Docs: xrevrangeDocs, Handler: xrevrange},
		{Name: "xsetid", Arity: -3, Flags: write | denyOOM | fast,
			Keys: key(1, "RW", "update"), Group: "stream", Docs: xsetidDocs, Handler: xsetid},
		{Name: "xtrim", Arity: -4, Flags: write, Tips: random,
			Keys: key(1, "RW", "delete"), Group: "stream", Docs: xtrimDocs, Handler: xtrim},
	}
}

func xgroupRows() []command.Row {
	const write, denyOOM = command.Write, command.DenyOOM
	return []command.Row{
		{Name: "create", Arity: -5, Flags: write | denyOOM,
			Keys: key(2, "RW", "insert"), Group: "stream", Docs: xgroupcreateDocs, Handler: xgroupCreate},
		{Name: "createconsumer", Arity: 5, Flags: write | denyOOM,
			Keys: key(2, "RW", "insert"), Group: "stream", Docs: xgroupcreateconsumerDocs, Handler: xgroupCreateConsumer},
		{Name: "delconsumer", Arity: 5, Flags: write,
			Keys: key(2, "RW", "delete"), Group: "stream", Docs: xgroupdelconsumerDocs, Handler: xgroupDelConsumer},
		{Name: "destroy", Arity: 4, Flags: write,
			Keys: key(2, "RW", "delete"), Group: "stream", Docs: xgroupdestroyDocs, Handler: xgroupDestroy},
		{Name: "help", Arity: 2, Flags: command.Loading | command.Stale,
			Group: "stream", Docs: xgrouphelpDocs, Handler: xgroupHelp},
		{Name: "setid", Arity: -5, Flags: write,
			Keys: key(2, "RW", "update"), Group: "stream", Docs: xgroupsetidDocs, Handler: xgroupSetID},
	}
}

func xinfoRows() []command.Row {
	return []command.Row{
		{Name: "consumers", Arity: 4, Flags: command.ReadOnly, Tips: []string{"nondeterministic_output"},
			Keys: key(2, "RO", "access"), Group: "stream", Docs: xinfoconsumersDocs, Handler: xinfoConsumers},
		{Name: "groups", Arity: 3, Flags: command.ReadOnly,
			Keys: key(2, "RO", "access"), Group: "stream", Docs: xinfogroupsDocs, Handler: xinfoGroups},
		{Name: "help", Arity: 2, Flags: command.Loading | command.Stale,
			Group: "stream", Docs: xinfohelpDocs, Handler: xinfoHelp},
		{Name: "stream", Arity: -3, Flags: command.ReadOnly,
			Keys: key(2, "RO", "access"), Group: "stream", Docs: xinfostreamDocs, Handler: xinfoStream},
	}
}

// key is the spec of one key at argument i.
func key(i int, flags ...string) []command.KeySpec {
	return []command.KeySpec{{Index: i, Step: 1, Flags: flags}}
}

func noted(note string, specs []command.KeySpec) []command.KeySpec {
	specs[0].Notes = note
	return specs
}

// behindStreams is the spec of XREAD's keys: the first half of what follows the
// word STREAMS, which is searched for from argument from on.
func behindStreams(from int) []command.KeySpec {
	return []command.KeySpec{{Keyword: "STREAMS", From: from, LastKey: -1, Step: 1, Limit: 2, Flags: []string{"RO", "access"}}}
}
