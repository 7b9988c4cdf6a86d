package admin

import "github.com/redoubt-kv/redoubt/core/command"

// Commands returns the rows of the family.
func Commands(o Options) []command.Row {
	f := &family{Options: o}
	return []command.Row{
		{
			Name: "save", Arity: 1, Flags: command.Admin | command.NoScript | command.NoAsyncLoading | command.NoMulti,
			Group: "server", Docs: saveDocs,
			Handler: f.save,
		},
		{
			Name: "bgsave", Arity: -1, Flags: command.Admin | command.NoScript | command.NoAsyncLoading,
			Group: "server", Docs: bgsaveDocs,
			Handler: f.bgsave,
		},
		{
			Name: "bgrewriteaof", Arity: 1, Flags: command.Admin | command.NoScript | command.NoAsyncLoading,
			Group: "server", Docs: bgrewriteaofDocs,
			Handler: f.bgrewriteaof,
		},
		{
			Name: "lastsave", Arity: 1, Flags: command.Loading | command.Stale | command.Fast, ACL: []string{"admin", "dangerous"}, Tips: []string{"nondeterministic_output"},
			Group: "server", Docs: lastsaveDocs,
			Handler: f.lastSave,
		},
		{
			Name: "shutdown", Arity: -1, Flags: command.Admin | command.NoScript | command.Loading | command.Stale | command.NoMulti | command.AllowBusy,
			Group: "server", Docs: shutdownDocs,
			Handler: f.shutdown,
		},
		{
			Name: "debug", Arity: -2, Flags: command.Admin | command.NoScript | command.Loading | command.Stale | command.WholeKeyspace,
			Group: "server", Docs: debugDocs,
			Handler: f.debugCommand,
		},
		{
			Name: "time", Arity: 1, Flags: command.Loading | command.Stale | command.Fast, Tips: []string{"nondeterministic_output"},
			Group: "server", Docs: timeDocs,
			Handler: f.time,
		},
		{
			Name: "memory", Arity: -2,
			Group: "server", Docs: memoryDocs,
			Subcommands: []command.Row{
				{
					Name: "doctor", Arity: 2, Tips: []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
					Group: "server", Docs: memoryDoctorDocs, Handler: f.memoryDoctor,
				},
				{
					Name: "help", Arity: 2, Flags: command.Loading | command.Stale,
					Group: "server", Docs: memoryHelpDocs, Handler: memoryHelp,
				},
				{
					Name: "malloc-stats", Arity: 2, Tips: []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
					Group: "server", Docs: memoryMallocStatsDocs, Handler: f.mallocStats,
				},
				{
					Name: "purge", Arity: 2, Tips: []string{"request_policy:all_shards", "response_policy:all_succeeded"},
					Group: "server", Docs: memoryPurgeDocs, Handler: f.memoryPurge,
				},
				{
					Name: "stats", Arity: 2, Tips: []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
					Group: "server", Docs: memoryStatsDocs, Handler: f.memoryStats,
				},
				{
					Name: "usage", Arity: -3, Flags: command.ReadOnly,
					Keys:  []command.KeySpec{{Flags: []string{"RO"}, Index: 2, Step: 1}},
					Group: "server", Docs: memoryUsageDocs, Handler: memoryUsage,
				},
			},
		},
		{
			Name: "config", Arity: -2,
			Group: "server", Docs: configDocs,
			Subcommands: []command.Row{
				{
					Name: "get", Arity: -3, Flags: command.Admin | command.NoScript | command.Loading | command.Stale,
					Group: "server", Docs: configGetDocs, Handler: f.configGet,
				},
				{
					Name: "help", Arity: 2, Flags: command.Loading | command.Stale,
					Group: "server", Docs: configHelpDocs, Handler: configHelp,
				},
				{
					Name: "resetstat", Arity: 2, Flags: command.Admin | command.NoScript | command.Loading | command.Stale,
					Group: "server", Docs: configResetstatDocs, Handler: f.configResetStat,
				},
				{
					Name: "rewrite", Arity: 2, Flags: command.Admin | command.NoScript | command.Loading | command.Stale,
					Group: "server", Docs: configRewriteDocs, Handler: f.configRewrite,
				},
				{
					Name: "set", Arity: -4, Flags: command.Admin | command.NoScript | command.Loading | command.Stale, Tips: []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
					Group: "server", Docs: configSetDocs, Handler: f.configSet,
				},
			},
		},
		{
			Name: "info", Arity: -1, Flags: command.Loading | command.Stale, ACL: []string{"dangerous"}, Tips: []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
			Group: "server", Docs: infoDocs,
			Handler: f.info,
		},
		{
			Name: "slowlog", Arity: -2,
			Group: "server", Docs: slowlogDocs,
			Subcommands: []command.Row{
				{
					Name: "get", Arity: -2, Flags: command.Admin | command.Loading | command.Stale, Tips: []string{"request_policy:all_nodes", "nondeterministic_output"},
					Group: "server", Docs: slowlogGetDocs, Handler: f.slowlogGet,
				},
				{
					Name: "help", Arity: 2, Flags: command.Loading | command.Stale,
					Group: "server", Docs: slowlogHelpDocs, Handler: slowlogHelp,
				},
				{
					Name: "len", Arity: 2, Flags: command.Admin | command.Loading | command.Stale, Tips: []string{"request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"},
					Group: "server", Docs: slowlogLenDocs, Handler: f.slowlogLen,
				},
				{
					Name: "reset", Arity: 2, Flags: command.Admin | command.Loading | command.Stale, Tips: []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
					Group: "server", Docs: slowlogResetDocs, Handler: f.slowlogReset,
				},
			},
		},
		{
			Name: "latency", Arity: -2,
			Group: "server", Docs: latencyDocs,
			Subcommands: []command.Row{
				{
					Name: "doctor", Arity: 2, Flags: command.Admin | command.NoScript | command.Loading | command.Stale, Tips: []string{"nondeterministic_output", "request_policy:all_nodes", "response_policy:special"},
					Group: "server", Docs: latencyDoctorDocs, Handler: f.latencyDoctor,
				},
				{
					Name: "graph", Arity: 3, Flags: command.Admin | command.NoScript | command.Loading | command.Stale, Tips: []string{"nondeterministic_output", "request_policy:all_nodes", "response_policy:special"},
					Group: "server", Docs: latencyGraphDocs, Handler: f.latencyGraph,
				},
				{
					Name: "help", Arity: 2, Flags: command.Loading | command.Stale,
					Group: "server", Docs: latencyHelpDocs, Handler: latencyHelp,
				},
				{
					Name: "histogram", Arity: -2, Flags: command.Admin | command.NoScript | command.Loading | command.Stale, Tips: []string{"nondeterministic_output", "request_policy:all_nodes", "response_policy:special"},
					Group: "server", Docs: latencyHistogramDocs, Handler: f.latencyHistogram,
				},
				{
					Name: "history", Arity: 3, Flags: command.Admin | command.NoScript | command.Loading | command.Stale, Tips: []string{"nondeterministic_output", "request_policy:all_nodes", "response_policy:special"},
					Group: "server", Docs: latencyHistoryDocs, Handler: f.latencyHistory,
				},
				{
					Name: "latest", Arity: 2, Flags: command.Admin | command.NoScript | command.Loading | command.Stale, Tips: []string{"nondeterministic_output", "request_policy:all_nodes", "response_policy:special"},
					Group: "server", Docs: latencyLatestDocs, Handler: f.latencyLatest,
				},
				{
					Name: "reset", Arity: -2, Flags: command.Admin | command.NoScript | command.Loading | command.Stale, Tips: []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
					Group: "server", Docs: latencyResetDocs, Handler: f.latencyReset,
				},
			},
		},
		{
			Name: "monitor", Arity: 1, Flags: command.Admin | command.NoScript | command.Loading | command.Stale,
			Group: "server", Docs: monitorDocs,
			Handler: monitor,
		},
		{
			Name: "lolwut", Arity: -1, Flags: command.ReadOnly | command.Fast,
			Group: "server", Docs: lolwutDocs,
			Handler: f.lolwut,
		},
		{
			Name: "role", Arity: 1, Flags: command.NoScript | command.Loading | command.Stale | command.Fast, ACL: []string{"admin", "dangerous"},
			Group: "server", Docs: roleDocs,
			Handler: f.role,
		},
		{
			Name: "replicaof", Arity: 3, Flags: command.Admin | command.NoScript | command.Stale | command.NoAsyncLoading,
			Group: "server", Docs: replicaofDocs,
			Handler: f.replicaOf,
		},
		{
			Name: "slaveof", Arity: 3, Flags: command.Admin | command.NoScript | command.Stale | command.NoAsyncLoading,
			Group: "server", Docs: slaveofDocs,
			Handler: f.replicaOf,
		},
		{
			Name: "module", Arity: -2,
			Group: "server", Docs: moduleDocs,
			Subcommands: []command.Row{
				{
					Name: "help", Arity: 2, Flags: command.Loading | command.Stale,
					Group: "server", Docs: moduleHelpDocs, Handler: f.moduleHelp,
				},
				{
					Name: "list", Arity: 2, Flags: command.Admin | command.NoScript, Tips: []string{"nondeterministic_output_order"},
					Group: "server", Docs: moduleListDocs, Handler: f.moduleList,
				},
				{
					Name: "load", Arity: -3, Flags: command.Admin | command.NoScript | command.NoAsyncLoading,
					Group: "server", Docs: moduleLoadDocs, Handler: f.moduleLoad,
				},
				{
					Name: "loadex", Arity: -3, Flags: command.Admin | command.NoScript | command.NoAsyncLoading,
					Group: "server", Docs: moduleLoadexDocs, Handler: f.moduleLoadex,
				},
				{
					Name: "unload", Arity: 3, Flags: command.Admin | command.NoScript | command.NoAsyncLoading,
					Group: "server", Docs: moduleUnloadDocs, Handler: f.moduleUnload,
				},
			},
		},
		{
			Name: "failover", Arity: -1, Flags: command.Admin | command.NoScript | command.Stale,
			Group: "server", Docs: failoverDocs, Handler: f.failover,
		},
	}
}
