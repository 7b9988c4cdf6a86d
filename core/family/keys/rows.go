package keys

import (
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/rdb"
)

// Commands returns the rows of the family.
func Commands(o Options) []command.Row {
	f := &family{Options: o}
	f.dumpers.New = func() any { return new(rdb.Dumper) }
	return []command.Row{
		{
			Name: "del", Arity: -2, Flags: command.Write, Tips: []string{"request_policy:multi_shard", "response_policy:agg_sum"},
			Keys: []command.KeySpec{
				{Flags: []string{"RM", "delete"}, Index: 1, LastKey: -1, Step: 1},
			},
			Group: "generic", Docs: delDocs,
			Handler: del,
		},
		{
			Name: "unlink", Arity: -2, Flags: command.Write | command.Fast, Tips: []string{"request_policy:multi_shard", "response_policy:agg_sum"},
			Keys: []command.KeySpec{
				{Flags: []string{"RM", "delete"}, Index: 1, LastKey: -1, Step: 1},
			},
			Group: "generic", Docs: unlinkDocs,
			Handler: del,
		},
		{
			Name: "exists", Arity: -2, Flags: command.ReadOnly | command.Fast, Tips: []string{"request_policy:multi_shard", "response_policy:agg_sum"},
			Keys: []command.KeySpec{
				{Flags: []string{"RO"}, Index: 1, LastKey: -1, Step: 1},
			},
			Group: "generic", Docs: existsDocs,
			Handler: exists,
		},
		{
			Name: "touch", Arity: -2, Flags: command.ReadOnly | command.Fast, Tips: []string{"request_policy:multi_shard", "response_policy:agg_sum"},
			Keys: []command.KeySpec{
				{Flags: []string{"RO"}, Index: 1, LastKey: -1, Step: 1},
			},
			Group: "generic", Docs: touchDocs,
			Handler: touch,
		},
		{
			Name: "type", Arity: 2, Flags: command.ReadOnly | command.Fast,
			Keys: []command.KeySpec{
				{Flags: []string{"RO"}, Index: 1, Step: 1},
			},
			Group: "generic", Docs: typeDocs,
			Handler: typeOf,
		},
		{
			Name: "rename", Arity: 3, Flags: command.Write,
			Keys: []command.KeySpec{
				{Flags: []string{"RW", "access", "delete"}, Index: 1, Step: 1},
				{Flags: []string{"OW", "update"}, Index: 2, Step: 1},
			},
			Group: "generic", Docs: renameDocs,
			Handler: rename,
		},
		{
			Name: "renamenx", Arity: 3, Flags: command.Write | command.Fast,
			Keys: []command.KeySpec{
				{Flags: []string{"RW", "access", "delete"}, Index: 1, Step: 1},
				{Flags: []string{"OW", "insert"}, Index: 2, Step: 1},
			},
			Group: "generic", Docs: renamenxDocs,
			Handler: renameNX,
		},
		{
			Name: "copy", Arity: -3, Flags: command.Write | command.DenyOOM,
			Keys: []command.KeySpec{
				{Flags: []string{"RO", "access"}, Index: 1, Step: 1},
				{Flags: []string{"OW", "update"}, Index: 2, Step: 1},
			},
			Group: "generic", Docs: copyDocs,
			Handler: copyKey,
		},
		{
			Name: "move", Arity: 3, Flags: command.Write | command.Fast,
			Keys: []command.KeySpec{
				{Flags: []string{"RW", "access", "update"}, Index: 1, Step: 1},
			},
			Group: "generic", Docs: moveDocs,
			Handler: move,
		},
		{
			Name: "randomkey", Arity: 1, Flags: command.ReadOnly | command.WholeKeyspace, Tips: []string{"request_policy:all_shards", "nondeterministic_output"},
			Group: "generic", Docs: randomkeyDocs,
			Handler: randomKey,
		},
		{
			Name: "keys", Arity: 2, Flags: command.ReadOnly | command.WholeKeyspace, ACL: []string{"dangerous"}, Tips: []string{"request_policy:all_shards", "nondeterministic_output_order"},
			Group: "generic", Docs: keysDocs,
			Handler: keys,
		},
		{
			Name: "scan", Arity: -2, Flags: command.ReadOnly, Tips: []string{"nondeterministic_output", "request_policy:special"},
			Group: "generic", Docs: scanDocs,
			Handler: scan,
		},
		{
			Name: "dbsize", Arity: 1, Flags: command.ReadOnly | command.Fast | command.WholeKeyspace, ACL: []string{"keyspace"}, Tips: []string{"request_policy:all_shards", "response_policy:agg_sum"},
			Group: "server", Docs: dbsizeDocs,
			Handler: dbSize,
		},
		{
			Name: "flushdb", Arity: -1, Flags: command.Write | command.WholeKeyspace, ACL: []string{"keyspace", "dangerous"}, Tips: []string{"request_policy:all_shards", "response_policy:all_succeeded"},
			Group: "server", Docs: flushdbDocs,
			Handler: f.flushDB,
		},
		{
			Name: "flushall", Arity: -1, Flags: command.Write | command.WholeKeyspace, ACL: []string{"keyspace", "dangerous"}, Tips: []string{"request_policy:all_shards", "response_policy:all_succeeded"},
			Group: "server", Docs: flushallDocs,
			Handler: f.flushAll,
		},
		{
			Name: "swapdb", Arity: 3, Flags: command.Write | command.Fast | command.WholeKeyspace, ACL: []string{"keyspace", "dangerous"},
			Group: "server", Docs: swapdbDocs,
			Handler: swapDB,
		},
		{
			Name: "expire", Arity: -3, Flags: command.Write | command.Fast,
			Keys: []command.KeySpec{
				{Flags: []string{"RW", "update"}, Index: 1, Step: 1},
			},
			Group: "generic", Docs: expireDocs,
			Handler: expire,
		},
		{
			Name: "pexpire", Arity: -3, Flags: command.Write | command.Fast,
			Keys: []command.KeySpec{
				{Flags: []string{"RW", "update"}, Index: 1, Step: 1},
			},
			Group: "generic", Docs: pexpireDocs,
			Handler: pexpire,
		},
		{
			Name: "expireat", Arity: -3, Flags: command.Write | command.Fast,
			Keys: []command.KeySpec{
				{Flags: []string{"RW", "update"}, Index: 1, Step: 1},
			},
			Group: "generic", Docs: expireatDocs,
			Handler: expireAt,
		},
		{
			Name: "pexpireat", Arity: -3, Flags: command.Write | command.Fast,
			Keys: []command.KeySpec{
				{Flags: []string{"RW", "update"}, Index: 1, Step: 1},
			},
			Group: "generic", Docs: pexpireatDocs,
			Handler: pexpireAt,
		},
		{
			Name: "ttl", Arity: 2, Flags: command.ReadOnly | command.Fast, Tips: []string{"nondeterministic_output"},
			Keys: []command.KeySpec{
				{Flags: []string{"RO", "access"}, Index: 1, Step: 1},
			},
			Group: "generic", Docs: ttlDocs,
			Handler: ttl,
		},
		{
			Name: "pttl", Arity: 2, Flags: command.ReadOnly | command.Fast, Tips: []string{"nondeterministic_output"},
			Keys: []command.KeySpec{
				{Flags: []string{"RO", "access"}, Index: 1, Step: 1},
			},
			Group: "generic", Docs: pttlDocs,
			Handler: pttl,
		},
		{
			Name: "expiretime", Arity: 2, Flags: command.ReadOnly | command.Fast,
			Keys: []command.KeySpec{
				{Flags: []string{"RO", "access"}, Index: 1, Step: 1},
			},
			Group: "generic", Docs: expiretimeDocs,
			Handler: expireTime,
		},
		{
			Name: "pexpiretime", Arity: 2, Flags: command.ReadOnly | command.Fast,
			Keys: []command.KeySpec{
				{Flags: []string{"RO", "access"}, Index: 1, Step: 1},
			},
			Group: "generic", Docs: pexpiretimeDocs,
			Handler: pexpireTime,
		},
		{
			Name: "persist", Arity: 2, Flags: command.Write | command.Fast,
			Keys: []command.KeySpec{
				{Flags: []string{"RW", "update"}, Index: 1, Step: 1},
			},
			Group: "generic", Docs: persistDocs,
			Handler: persist,
		},
		{
			Name: "object", Arity: -2,
			Group: "generic", Docs: objectDocs,
			Subcommands: []command.Row{
				{
					Name: "encoding", Arity: 3, Flags: command.ReadOnly, Tips: []string{"nondeterministic_output"},
					Keys:  []command.KeySpec{{Flags: []string{"RO"}, Index: 2, Step: 1}},
					Group: "generic", Docs: objectEncodingDocs, Handler: objectEncoding,
				},
				{
					Name: "freq", Arity: 3, Flags: command.ReadOnly, Tips: []string{"nondeterministic_output"},
					Keys:  []command.KeySpec{{Flags: []string{"RO"}, Index: 2, Step: 1}},
					Group: "generic", Docs: objectFreqDocs, Handler: objectFreq,
				},
				{
					Name: "help", Arity: 2, Flags: command.Loading | command.Stale,
					Group: "generic", Docs: objectHelpDocs, Handler: objectHelp,
				},
				{
					Name: "idletime", Arity: 3, Flags: command.ReadOnly, Tips: []string{"nondeterministic_output"},
					Keys:  []command.KeySpec{{Flags: []string{"RO"}, Index: 2, Step: 1}},
					Group: "generic", Docs: objectIdletimeDocs, Handler: objectIdleTime,
				},
				{
					Name: "refcount", Arity: 3, Flags: command.ReadOnly, Tips: []string{"nondeterministic_output"},
					Keys:  []command.KeySpec{{Flags: []string{"RO"}, Index: 2, Step: 1}},
					Group: "generic", Docs: objectRefcountDocs, Handler: f.objectRefcount,
				},
			},
		},
		{
			Name: "dump", Arity: 2, Flags: command.ReadOnly, Tips: []string{"nondeterministic_output"},
			Keys: []command.KeySpec{
				{Flags: []string{"RO", "access"}, Index: 1, Step: 1},
			},
			Group: "generic", Docs: dumpDocs,
			Handler: f.dump,
		},
		{
			Name: "restore", Arity: -4, Flags: command.Write | command.DenyOOM, ACL: []string{"dangerous"},
			Keys: []command.KeySpec{
				{Flags: []string{"OW", "update"}, Index: 1, Step: 1},
			},
			Group: "generic", Docs: restoreDocs,
			Handler: f.restore,
		},
		{
			Name: "sort", Arity: -2, Flags: command.Write | command.DenyOOM | command.MovableKeys, ACL: []string{"-keyspace", "set", "sortedset", "list", "dangerous"},
			Keys: []command.KeySpec{
				{Flags: []string{"RO", "access"}, Index: 1, Step: 1},
				{Flags: []string{"RO", "access"}, Unknown: true, Notes: "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the content of the key we sort"},
				{Flags: []string{"OW", "update"}, Unknown: true, Notes: "For the optional STORE keyword. It is marked 'unknown' because the keyword can appear anywhere in the argument array"},
			},
			FindKeys: sortKeys,
			Group:    "generic", Docs: sortDocs,
			Handler: sort,
		},
		{
			Name: "sort_ro", Arity: -2, Flags: command.ReadOnly | command.MovableKeys, ACL: []string{"-keyspace", "set", "sortedset", "list", "dangerous"},
			Keys: []command.KeySpec{
				{Flags: []string{"RO", "access"}, Index: 1, Step: 1},
				{Flags: []string{"RO", "access"}, Unknown: true, Notes: "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the content of the key we sort"},
			},
			FindKeys: sortROKeys,
			Group:    "generic", Docs: sortroDocs,
			Handler: sortRO,
		},
	}
}
