package admin

import "github.com/redoubt-kv/redoubt/core/command"

// Commands returns the rows of the family.
func Commands(o Options) []command.Row {
	f := &family{Options: o}
	return []command.Row{
		{
			Name: "save", Arity: 1, Flags: command.Admin | command.NoScript | command.NoAsyncLoading | command.NoMulti,
			Docs:    saveDocs(),
			Handler: f.save,
		},
		{
			Name: "bgsave", Arity: -1, Flags: command.Admin | command.NoScript | command.NoAsyncLoading,
			Docs:    bgsaveDocs(),
			Handler: f.bgsave,
		},
		{
			Name: "bgrewriteaof", Arity: 1, Flags: command.Admin | command.NoScript | command.NoAsyncLoading,
			Docs:    bgrewriteaofDocs(),
			Handler: f.bgrewriteaof,
		},
		{
			Name: "lastsave", Arity: 1, Flags: command.Loading | command.Stale | command.Fast, ACL: []string{"admin", "dangerous"}, Tips: []string{"nondeterministic_output"},
			Docs:    lastsaveDocs(),
			Handler: f.lastSave,
		},
		{
			Name: "shutdown", Arity: -1, Flags: command.Admin | command.NoScript | command.Loading | command.Stale | command.NoMulti | command.AllowBusy,
			Docs:    shutdownDocs(),
			Handler: f.shutdown,
		},
		{
			Name: "debug", Arity: -2, Flags: command.Admin | command.NoScript | command.Loading | command.Stale | command.WholeKeyspace,
			Docs:    debugDocs(),
			Handler: f.debugCommand,
		},
		{
			Name: "time", Arity: 1, Flags: command.Loading | command.Stale | command.Fast, Tips: []string{"nondeterministic_output"},
			Docs:    timeDocs(),
			Handler: f.time,
		},
		{
			Name: "memory", Arity: -2,
			Docs: memoryDocs(),
			Subcommands: []command.Row{
				{
					Name: "doctor", Arity: 2, Tips: []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
					Docs: memoryDoctorDocs(), Handler: f.memoryDoctor,
				},
				{
					Name: "help", Arity: 2, Flags: command.Loading | command.Stale,
					Docs: memoryHelpDocs(), Handler: memoryHelp,
				},
				{
					Name: "malloc-stats", Arity: 2, Tips: []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
					Docs: memoryMallocStatsDocs(), Handler: f.mallocStats,
				},
				{
					Name: "purge", Arity: 2, Tips: []string{"request_policy:all_shards", "response_policy:all_succeeded"},
					Docs: memoryPurgeDocs(), Handler: f.memoryPurge,
				},
				{
					Name: "stats", Arity: 2, Tips: []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
					Docs: memoryStatsDocs(), Handler: f.memoryStats,
				},
				{
					Name: "usage", Arity: -3, Flags: command.ReadOnly,
					Keys: []command.KeySpec{{Flags: []string{"RO"}, Index: 2, Step: 1}},
					Docs: memoryUsageDocs(), Handler: memoryUsage,
				},
			},
		},
		{
			Name: "config", Arity: -2,
			Docs: configDocs(),
			Subcommands: []command.Row{
				{
					Name: "get", Arity: -3, Flags: command.Admin | command.NoScript | command.Loading | command.Stale,
					Docs: configGetDocs(), Handler: f.configGet,
				},
				{
					Name: "help", Arity: 2, Flags: command.Loading | command.Stale,
					Docs: configHelpDocs(), Handler: configHelp,
				},
				{
					Name: "resetstat", Arity: 2, Flags: command.Admin | command.NoScript | command.Loading | command.Stale,
					Docs: configResetstatDocs(), Handler: f.configResetStat,
				},
				{
					Name: "rewrite", Arity: 2, Flags: command.Admin | command.NoScript | command.Loading | command.Stale,
					Docs: configRewriteDocs(), Handler: f.configRewrite,
				},
				{
					Name: "set", Arity: -4, Flags: command.Admin | command.NoScript | command.Loading | command.Stale, Tips: []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
					Docs: configSetDocs(), Handler: f.configSet,
				},
			},
		},
		{
			Name: "info", Arity: -1, Flags: command.Loading | command.Stale, ACL: []string{"dangerous"}, Tips: []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
			Docs:    infoDocs(),
			Handler: f.info,
		},
		{
			Name: "slowlog", Arity: -2,
			Docs: slowlogDocs(),
			Subcommands: []command.Row{
				{
					Name: "get", Arity: -2, Flags: command.Admin | command.Loading | command.Stale, Tips: []string{"request_policy:all_nodes", "nondeterministic_output"},
					Docs: slowlogGetDocs(), Handler: f.slowlogGet,
				},
				{
					Name: "help", Arity: 2, Flags: command.Loading | command.Stale,
					Docs: slowlogHelpDocs(), Handler: slowlogHelp,
				},
				{
					Name: "len", Arity: 2, Flags: command.Admin | command.Loading | command.Stale, Tips: []string{"request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"},
					Docs: slowlogLenDocs(), Handler: f.slowlogLen,
				},
				{
					Name: "reset", Arity: 2, Flags: command.Admin | command.Loading | command.Stale, Tips: []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
					Docs: slowlogResetDocs(), Handler: f.slowlogReset,
				},
			},
		},
		{
			Name: "latency", Arity: -2,
			Docs: latencyDocs(),
			Subcommands: []command.Row{
				{
					Name: "doctor", Arity: 2, Flags: command.Admin | command.NoScript | command.Loading | command.Stale, Tips: []string{"nondeterministic_output", "request_policy:all_nodes", "response_policy:special"},
					Docs: latencyDoctorDocs(), Handler: f.latencyDoctor,
				},
				{
					Name: "graph", Arity: 3, Flags: command.Admin | command.NoScript | command.Loading | command.Stale, Tips: []string{"nondeterministic_output", "request_policy:all_nodes", "response_policy:special"},
					Docs: latencyGraphDocs(), Handler: f.latencyGraph,
				},
				{
					Name: "help", Arity: 2, Flags: command.Loading | command.Stale,
					Docs: latencyHelpDocs(), Handler: latencyHelp,
				},
				{
					Name: "histogram", Arity: -2, Flags: command.Admin | command.NoScript | command.Loading | command.Stale, Tips: []string{"nondeterministic_output", "request_policy:all_nodes", "response_policy:special"},
					Docs: latencyHistogramDocs(), Handler: f.latencyHistogram,
				},
				{
					Name: "history", Arity: 3, Flags: command.Admin | command.NoScript | command.Loading | command.Stale, Tips: []string{"nondeterministic_output", "request_policy:all_nodes", "response_policy:special"},
					Docs: latencyHistoryDocs(), Handler: f.latencyHistory,
				},
				{
					Name: "latest", Arity: 2, Flags: command.Admin | command.NoScript | command.Loading | command.Stale, Tips: []string{"nondeterministic_output", "request_policy:all_nodes", "response_policy:special"},
					Docs: latencyLatestDocs(), Handler: f.latencyLatest,
				},
				{
					Name: "reset", Arity: -2, Flags: command.Admin | command.NoScript | command.Loading | command.Stale, Tips: []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
					Docs: latencyResetDocs(), Handler: f.latencyReset,
				},
			},
		},
		{
			Name: "monitor", Arity: 1, Flags: command.Admin | command.NoScript | command.Loading | command.Stale,
			Docs:    monitorDocs(),
			Handler: monitor,
		},
		{
			Name: "lolwut", Arity: -1, Flags: command.ReadOnly | command.Fast,
			Docs:    lolwutDocs(),
			Handler: f.lolwut,
		},
		{
			Name: "role", Arity: 1, Flags: command.NoScript | command.Loading | command.Stale | command.Fast, ACL: []string{"admin", "dangerous"},
			Docs:    roleDocs(),
			Handler: f.role,
		},
		{
			Name: "replicaof", Arity: 3, Flags: command.Admin | command.NoScript | command.Stale | command.NoAsyncLoading,
			Docs:    replicaofDocs(),
			Handler: f.replicaOf,
		},
		{
			Name: "slaveof", Arity: 3, Flags: command.Admin | command.NoScript | command.Stale | command.NoAsyncLoading,
			Docs:    slaveofDocs(),
			Handler: f.replicaOf,
		},
		{
			Name: "module", Arity: -2,
			Docs: moduleDocs(),
			Subcommands: []command.Row{
				{
					Name: "help", Arity: 2, Flags: command.Loading | command.Stale,
					Docs: moduleHelpDocs(), Handler: f.moduleHelp,
				},
				{
					Name: "list", Arity: 2, Flags: command.Admin | command.NoScript, Tips: []string{"nondeterministic_output_order"},
					Docs: moduleListDocs(), Handler: f.moduleList,
				},
				{
					Name: "load", Arity: -3, Flags: command.Admin | command.NoScript | command.NoAsyncLoading,
					Docs: moduleLoadDocs(), Handler: f.moduleLoad,
				},
				{
					Name: "loadex", Arity: -3, Flags: command.Admin | command.NoScript | command.NoAsyncLoading,
					Docs: moduleLoadexDocs(), Handler: f.moduleLoadex,
				},
				{
					Name: "unload", Arity: 3, Flags: command.Admin | command.NoScript | command.NoAsyncLoading,
					Docs: moduleUnloadDocs(), Handler: f.moduleUnload,
				},
			},
		},
		{
			Name: "failover", Arity: -1, Flags: command.Admin | command.NoScript | command.Stale,
			Docs: failoverDocs(), Handler: f.failover,
		},
	}
}
