package cluster

import "github.com/redoubt-kv/redoubt/core/command"

func clusterLinksDocs() command.Docs {
	return command.Docs{
		Summary:    "Returns a list of all TCP links to and from peer nodes in cluster",
		Since:      "7.0.0",
		Complexity: "O(N) where N is the total number of Cluster nodes",
	}
}

func clusterMeetDocs() command.Docs {
	return command.Docs{
		Summary:    "Force a node cluster to handshake with another node",
		Since:      "3.0.0",
		Complexity: "O(1)",
		History: [][2]string{
			{"4.0.0", "Added the optional `cluster_bus_port` argument."},
		},
		Args: []command.Arg{
			{Name: "ip", Type: "string"},
			{Name: "port", Type: "integer"},
			{Name: "cluster_bus_port", Type: "integer", Since: "4.0.0", Flags: []string{"optional"}},
		},
	}
}

func clusterMyidDocs() command.Docs {
	return command.Docs{
		Summary:    "Return the node id",
		Since:      "3.0.0",
		Complexity: "O(1)",
	}
}

func clusterNodesDocs() command.Docs {
	return command.Docs{
		Summary:    "Get Cluster config for the node",
		Since:      "3.0.0",
		Complexity: "O(N) where N is the total number of Cluster nodes",
	}
}

func clusterReplicasDocs() command.Docs {
	return command.Docs{
		Summary:    "List replica nodes of the specified master node",
		Since:      "5.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "node-id", Type: "string"},
		},
	}
}

func clusterReplicateDocs() command.Docs {
	return command.Docs{
		Summary:    "Reconfigure a node as a replica of the specified master node",
		Since:      "3.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "node-id", Type: "string"},
		},
	}
}

func clusterResetDocs() command.Docs {
	return command.Docs{
		Summary:    "Reset a Redis Cluster node",
		Since:      "3.0.0",
		Complexity: "O(N) where N is the number of known nodes. The command may execute a FLUSHALL as a side effect.",
		Args: []command.Arg{
			{Name: "hard_soft", Type: "oneof", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "hard", Type: "pure-token", Token: "HARD"},
				{Name: "soft", Type: "pure-token", Token: "SOFT"},
			}},
		},
	}
}

func clusterSaveconfigDocs() command.Docs {
	return command.Docs{
		Summary:    "Forces the node to save cluster state on disk",
		Since:      "3.0.0",
		Complexity: "O(1)",
	}
}

func clusterSetConfigEpochDocs() command.Docs {
	return command.Docs{
		Summary:    "Set the configuration epoch in a new node",
		Since:      "3.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "config-epoch", Type: "integer"},
		},
	}
}

func clusterSetslotDocs() command.Docs {
	return command.Docs{
		Summary:    "Bind a hash slot to a specific node",
		Since:      "3.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "slot", Type: "integer"},
			{Name: "subcommand", Type: "oneof", Args: []command.Arg{
				{Name: "node-id", Type: "string", Token: "IMPORTING"},
				{Name: "node-id", Type: "string", Token: "MIGRATING"},
				{Name: "node-id", Type: "string", Token: "NODE"},
				{Name: "stable", Type: "pure-token", Token: "STABLE"},
			}},
		},
	}
}

func clusterShardsDocs() command.Docs {
	return command.Docs{
		Summary:    "Get array of cluster slots to node mappings",
		Since:      "7.0.0",
		Complexity: "O(N) where N is the total number of cluster nodes",
	}
}

func clusterSlavesDocs() command.Docs {
	return command.Docs{
		Summary:    "List replica nodes of the specified master node",
		Since:      "3.0.0",
		Complexity: "O(1)",
		Deprecated: "5.0.0",
		ReplacedBy: "`CLUSTER REPLICAS`",
		Flags:      []string{"deprecated"},
		Args: []command.Arg{
			{Name: "node-id", Type: "string"},
		},
	}
}

func clusterSlotsDocs() command.Docs {
	return command.Docs{
		Summary:    "Get array of Cluster slot to node mappings",
		Since:      "3.0.0",
		Complexity: "O(N) where N is the total number of Cluster nodes",
		Deprecated: "7.0.0",
		ReplacedBy: "`CLUSTER SHARDS`",
		Flags:      []string{"deprecated"},
		History: [][2]string{
			{"4.0.0", "Added node IDs."},
			{"7.0.0", "Added additional networking metadata field."},
		},
	}
}

func askingDocs() command.Docs {
	return command.Docs{
		Summary:    "Sent by cluster clients after an -ASK redirect",
		Since:      "3.0.0",
		Complexity: "O(1)",
	}
}

func readonlyDocs() command.Docs {
	return command.Docs{
		Summary:    "Enables read queries for a connection to a cluster replica node",
		Since:      "3.0.0",
		Complexity: "O(1)",
	}
}

func readwriteDocs() command.Docs {
	return command.Docs{
		Summary:    "Disables read queries for a connection to a cluster replica node",
		Since:      "3.0.0",
		Complexity: "O(1)",
	}
}
