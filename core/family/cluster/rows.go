package cluster

import "github.com/redoubt-kv/redoubt/core/command"

// Commands returns the rows of the family.
func Commands() []command.Row {
	return []command.Row{
		{
			Name: "cluster", Arity: -2,
			Group: "cluster", Docs: clusterDocs,
			Subcommands: []command.Row{
				{
					Name: "addslots", Arity: -3, Flags: command.Admin | command.Stale | command.NoAsyncLoading,
					Group: "cluster", Docs: clusterAddslotsDocs, Handler: disabled,
				},
				{
					Name: "addslotsrange", Arity: -4, Flags: command.Admin | command.Stale | command.NoAsyncLoading,
					Group: "cluster", Docs: clusterAddslotsrangeDocs, Handler: disabled,
				},
				{
					Name: "bumpepoch", Arity: 2, Flags: command.Admin | command.Stale | command.NoAsyncLoading, Tips: []string{"nondeterministic_output"},
					Group: "cluster", Docs: clusterBumpepochDocs, Handler: disabled,
				},
				{
					Name: "count-failure-reports", Arity: 3, Flags: command.Admin | command.Stale, Tips: []string{"nondeterministic_output"},
					Group: "cluster", Docs: clusterCountFailureReportsDocs, Handler: disabled,
				},
				{
					Name: "countkeysinslot", Arity: 3, Flags: command.Stale,
					Group: "cluster", Docs: clusterCountkeysinslotDocs, Handler: disabled,
				},
				{
					Name: "delslots", Arity: -3, Flags: command.Admin | command.Stale | command.NoAsyncLoading,
					Group: "cluster", Docs: clusterDelslotsDocs, Handler: disabled,
				},
				{
					Name: "delslotsrange", Arity: -4, Flags: command.Admin | command.Stale | command.NoAsyncLoading,
					Group: "cluster", Docs: clusterDelslotsrangeDocs, Handler: disabled,
				},
				{
					Name: "failover", Arity: -2, Flags: command.Admin | command.Stale | command.NoAsyncLoading,
					Group: "cluster", Docs: clusterFailoverDocs, Handler: disabled,
				},
				{
					Name: "flushslots", Arity: 2, Flags: command.Admin | command.Stale | command.NoAsyncLoading,
					Group: "cluster", Docs: clusterFlushslotsDocs, Handler: disabled,
				},
				{
					Name: "forget", Arity: 3, Flags: command.Admin | command.Stale | command.NoAsyncLoading,
					Group: "cluster", Docs: clusterForgetDocs, Handler: disabled,
				},
				{
					Name: "getkeysinslot", Arity: 4, Flags: command.Stale, Tips: []string{"nondeterministic_output"},
					Group: "cluster", Docs: clusterGetkeysinslotDocs, Handler: disabled,
				},
				{
					Name: "help", Arity: 2, Flags: command.Loading | command.Stale,
					Group: "cluster", Docs: clusterHelpDocs, Handler: disabled,
				},
				{
					Name: "info", Arity: 2, Flags: command.Stale, Tips: []string{"nondeterministic_output"},
					Group: "cluster", Docs: clusterInfoDocs, Handler: disabled,
				},
				{
					Name: "keyslot", Arity: 3, Flags: command.Stale,
					Group: "cluster", Docs: clusterKeyslotDocs, Handler: disabled,
				},
				{
					Name: "links", Arity: 2, Flags: command.Stale, Tips: []string{"nondeterministic_output"},
					Group: "cluster", Docs: clusterLinksDocs, Handler: disabled,
				},
				{
					Name: "meet", Arity: -4, Flags: command.Admin | command.Stale | command.NoAsyncLoading,
					Group: "cluster", Docs: clusterMeetDocs, Handler: disabled,
				},
				{
					Name: "myid", Arity: 2, Flags: command.Stale,
					Group: "cluster", Docs: clusterMyidDocs, Handler: disabled,
				},
				{
					Name: "nodes", Arity: 2, Flags: command.Stale, Tips: []string{"nondeterministic_output"},
					Group: "cluster", Docs: clusterNodesDocs, Handler: disabled,
				},
				{
					Name: "replicas", Arity: 3, Flags: command.Admin | command.Stale, Tips: []string{"nondeterministic_output"},
					Group: "cluster", Docs: clusterReplicasDocs, Handler: disabled,
				},
				{
					Name: "replicate", Arity: 3, Flags: command.Admin | command.Stale | command.NoAsyncLoading,
					Group: "cluster", Docs: clusterReplicateDocs, Handler: disabled,
				},
				{
					Name: "reset", Arity: -2, Flags: command.Admin | command.NoScript | command.Stale,
					Group: "cluster", Docs: clusterResetDocs, Handler: disabled,
				},
				{
					Name: "saveconfig", Arity: 2, Flags: command.Admin | command.Stale | command.NoAsyncLoading,
					Group: "cluster", Docs: clusterSaveconfigDocs, Handler: disabled,
				},
				{
					Name: "set-config-epoch", Arity: 3, Flags: command.Admin | command.Stale | command.NoAsyncLoading,
					Group: "cluster", Docs: clusterSetConfigEpochDocs, Handler: disabled,
				},
				{
					Name: "setslot", Arity: -4, Flags: command.Admin | command.Stale | command.NoAsyncLoading,
					Group: "cluster", Docs: clusterSetslotDocs, Handler: disabled,
				},
				{
					Name: "shards", Arity: 2, Flags: command.Stale, Tips: []string{"nondeterministic_output"},
					Group: "cluster", Docs: clusterShardsDocs, Handler: disabled,
				},
				{
					Name: "slaves", Arity: 3, Flags: command.Admin | command.Stale, Tips: []string{"nondeterministic_output"},
					Group: "cluster", Docs: clusterSlavesDocs, Handler: disabled,
				},
				{
					Name: "slots", Arity: 2, Flags: command.Stale, Tips: []string{"nondeterministic_output"},
					Group: "cluster", Docs: clusterSlotsDocs, Handler: disabled,
				},
			},
		},
		{
			Name: "asking", Arity: 1, Flags: command.Fast, ACL: []string{"connection"},
			Group: "cluster", Docs: askingDocs, Handler: disabled,
		},
		{
			Name: "readonly", Arity: 1, Flags: command.Loading | command.Stale | command.Fast, ACL: []string{"connection"},
			Group: "cluster", Docs: readonlyDocs, Handler: disabled,
		},
		{
			Name: "readwrite", Arity: 1, Flags: command.Loading | command.Stale | command.Fast, ACL: []string{"connection"},
			Group: "cluster", Docs: readwriteDocs, Handler: disabled,
		},
	}
}
