package cluster

import "github.com/redoubt-kv/redoubt/core/command"

// The documentation of the commands: what COMMAND DOCS of Redis 7.0 replies.

func clusterDocs() command.Docs {
	return command.Docs{
		Summary:    "A container for cluster commands",
		Since:      "3.0.0",
		Complexity: "Depends on subcommand.",
	}
}

func clusterAddslotsDocs() command.Docs {
	return command.Docs{
		Summary:    "Assign new hash slots to receiving node",
		Since:      "3.0.0",
		Complexity: "O(N) where N is the total number of hash slot arguments",
		Args: []command.Arg{
			{Name: "slot", Type: "integer", Flags: []string{"multiple"}},
		},
	}
}

func clusterAddslotsrangeDocs() command.Docs {
	return command.Docs{
		Summary:    "Assign new hash slots to receiving node",
		Since:      "7.0.0",
		Complexity: "O(N) where N is the total number of the slots between the start slot and end slot arguments.",
		Args: []command.Arg{
			{Name: "start-slot_end-slot", Type: "block", Flags: []string{"multiple"}, Args: []command.Arg{
				{Name: "start-slot", Type: "integer"},
				{Name: "end-slot", Type: "integer"},
			}},
		},
	}
}

func clusterBumpepochDocs() command.Docs {
	return command.Docs{
		Summary:    "Advance the cluster config epoch",
		Since:      "3.0.0",
		Complexity: "O(1)",
	}
}

func clusterCountFailureReportsDocs() command.Docs {
	return command.Docs{
		Summary:    "Return the number of failure reports active for a given node",
		Since:      "3.0.0",
		Complexity: "O(N) where N is the number of failure reports",
		Args: []command.Arg{
			{Name: "node-id", Type: "string"},
		},
	}
}

func clusterCountkeysinslotDocs() command.Docs {
	return command.Docs{
		Summary:    "Return the number of local keys in the specified hash slot",
		Since:      "3.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "slot", Type: "integer"},
		},
	}
}

func clusterDelslotsDocs() command.Docs {
	return command.Docs{
		Summary:    "Set hash slots as unbound in receiving node",
		Since:      "3.0.0",
		Complexity: "O(N) where N is the total number of hash slot arguments",
		Args: []command.Arg{
			{Name: "slot", Type: "integer", Flags: []string{"multiple"}},
		},
	}
}

func clusterDelslotsrangeDocs() command.Docs {
	return command.Docs{
		Summary:    "Set hash slots as unbound in receiving node",
		Since:      "7.0.0",
		Complexity: "O(N) where N is the total number of the slots between the start slot and end slot arguments.",
		Args: []command.Arg{
			{Name: "start-slot_end-slot", Type: "block", Flags: []string{"multiple"}, Args: []command.Arg{
				{Name: "start-slot", Type: "integer"},
				{Name: "end-slot", Type: "integer"},
			}},
		},
	}
}

func clusterFailoverDocs() command.Docs {
	return command.Docs{
		Summary:    "Forces a replica to perform a manual failover of its master.",
		Since:      "3.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "options", Type: "oneof", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "force", Type: "pure-token", Token: "FORCE"},
				{Name: "takeover", Type: "pure-token", Token: "TAKEOVER"},
			}},
		},
	}
}

func clusterFlushslotsDocs() command.Docs {
	return command.Docs{
		Summary:    "Delete a node's own slots information",
		Since:      "3.0.0",
		Complexity: "O(1)",
	}
}

func clusterForgetDocs() command.Docs {
	return command.Docs{
		Summary:    "Remove a node from the nodes table",
		Since:      "3.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "node-id", Type: "string"},
		},
	}
}

func clusterGetkeysinslotDocs() command.Docs {
	return command.Docs{
		Summary:    "Return local key names in the specified hash slot",
		Since:      "3.0.0",
		Complexity: "O(log(N)) where N is the number of requested keys",
		Args: []command.Arg{
			{Name: "slot", Type: "integer"},
			{Name: "count", Type: "integer"},
		},
	}
}

func clusterHelpDocs() command.Docs {
	return command.Docs{
		Summary:    "Show helpful text about the different subcommands",
		Since:      "5.0.0",
		Complexity: "O(1)",
	}
}

func clusterInfoDocs() command.Docs {
	return command.Docs{
		Summary:    "Provides info about Redis Cluster node state",
		Since:      "3.0.0",
		Complexity: "O(1)",
	}
}

func clusterKeyslotDocs() command.Docs {
	return command.Docs{
		Summary:    "Returns the hash slot of the specified key",
		Since:      "3.0.0",
		Complexity: "O(N) where N is the number of bytes in the key",
		Args: []command.Arg{
			{Name: "key", Type: "string"},
		},
	}
}
