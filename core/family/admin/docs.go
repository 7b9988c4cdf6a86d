package admin

import "github.com/redoubt-kv/redoubt/core/command"

// The documentation of the commands: what COMMAND DOCS of Redis 7.0 replies.

func saveDocs() command.Docs {
	return command.Docs{
		Summary:    "Synchronously save the dataset to disk",
		Since:      "1.0.0",
		Complexity: "O(N) where N is the total number of keys in all databases",
	}
}

func bgsaveDocs() command.Docs {
	return command.Docs{
		Summary:    "Asynchronously save the dataset to disk",
		Since:      "1.0.0",
		Complexity: "O(1)",
		History: [][2]string{
			{"3.2.2", "Added the `SCHEDULE` option."},
		},
		Args: []command.Arg{
			{Name: "schedule", Type: "pure-token", Token: "SCHEDULE", Since: "3.2.2", Flags: []string{"optional"}},
		},
	}
}

func bgrewriteaofDocs() command.Docs {
	return command.Docs{
		Summary:    "Asynchronously rewrite the append-only file",
		Since:      "1.0.0",
		Complexity: "O(1)",
	}
}

func lastsaveDocs() command.Docs {
	return command.Docs{
		Summary:    "Get the UNIX time stamp of the last successful save to disk",
		Since:      "1.0.0",
		Complexity: "O(1)",
	}
}

func shutdownDocs() command.Docs {
	return command.Docs{
		Summary:    "Synchronously save the dataset to disk and then shut down the server",
		Since:      "1.0.0",
		Complexity: "O(N) when saving, where N is the total number of keys in all databases when saving data, otherwise O(1)",
		History: [][2]string{
			{"7.0.0", "Added the `NOW`, `FORCE` and `ABORT` modifiers."},
		},
		Args: []command.Arg{
			{Name: "nosave_save", Type: "oneof", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "nosave", Type: "pure-token", Token: "NOSAVE"},
				{Name: "save", Type: "pure-token", Token: "SAVE"},
			}},
			{Name: "now", Type: "pure-token", Token: "NOW", Since: "7.0.0", Flags: []string{"optional"}},
			{Name: "force", Type: "pure-token", Token: "FORCE", Since: "7.0.0", Flags: []string{"optional"}},
			{Name: "abort", Type: "pure-token", Token: "ABORT", Since: "7.0.0", Flags: []string{"optional"}},
		},
	}
}

func debugDocs() command.Docs {
	return command.Docs{
		Summary:    "A container for debugging commands",
		Since:      "1.0.0",
		Complexity: "Depends on subcommand.",
		Flags:      []string{"syscmd"},
	}
}

func timeDocs() command.Docs {
	return command.Docs{
		Summary:    "Return the current server time",
		Since:      "2.6.0",
		Complexity: "O(1)",
	}
}

func memoryDocs() command.Docs {
	return command.Docs{
		Summary:    "A container for memory diagnostics commands",
		Since:      "4.0.0",
		Complexity: "Depends on subcommand.",
	}
}

func memoryDoctorDocs() command.Docs {
	return command.Docs{
		Summary:    "Outputs memory problems report",
		Since:      "4.0.0",
		Complexity: "O(1)",
	}
}

func memoryHelpDocs() command.Docs {
	return command.Docs{
		Summary:    "Show helpful text about the different subcommands",
		Since:      "4.0.0",
		Complexity: "O(1)",
	}
}

func memoryMallocStatsDocs() command.Docs {
	return command.Docs{
		Summary:    "Show allocator internal stats",
		Since:      "4.0.0",
		Complexity: "Depends on how much memory is allocated, could be slow",
	}
}

func memoryPurgeDocs() command.Docs {
	return command.Docs{
		Summary:    "Ask the allocator to release memory",
		Since:      "4.0.0",
		Complexity: "Depends on how much memory is allocated, could be slow",
	}
}

func memoryStatsDocs() command.Docs {
	return command.Docs{
		Summary:    "Show memory usage details",
		Since:      "4.0.0",
		Complexity: "O(1)",
	}
}

func memoryUsageDocs() command.Docs {
	return command.Docs{
		Summary:    "Estimate the memory usage of a key",
		Since:      "4.0.0",
		Complexity: "O(N) where N is the number of samples.",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "count", Type: "integer", Token: "SAMPLES", Flags: []string{"optional"}},
		},
	}
}

func configDocs() command.Docs {
	return command.Docs{
		Summary:    "A container for server configuration commands",
		Since:      "2.0.0",
		Complexity: "Depends on subcommand.",
	}
}

func configGetDocs() command.Docs {
	return command.Docs{
		Summary:    "Get the values of configuration parameters",
		Since:      "2.0.0",
		Complexity: "O(N) when N is the number of configuration parameters provided",
		History: [][2]string{
			{"7.0.0", "Added the ability to pass multiple pattern parameters in one call"},
		},
		Args: []command.Arg{
			{Name: "parameter", Type: "block", Flags: []string{"multiple"}, Args: []command.Arg{
				{Name: "parameter", Type: "string"},
			}},
		},
	}
}

func configHelpDocs() command.Docs {
	return command.Docs{
		Summary:    "Show helpful text about the different subcommands",
		Since:      "5.0.0",
		Complexity: "O(1)",
	}
}

func configResetstatDocs() command.Docs {
	return command.Docs{
		Summary:    "Reset the stats returned by INFO",
		Since:      "2.0.0",
		Complexity: "O(1)",
	}
}

func configRewriteDocs() command.Docs {
	return command.Docs{
		Summary:    "Rewrite the configuration file with the in memory configuration",
		Since:      "2.8.0",
		Complexity: "O(1)",
	}
}

func configSetDocs() command.Docs {
	return command.Docs{
		Summary:    "Set configuration parameters to the given values",
		Since:      "2.0.0",
		Complexity: "O(N) when N is the number of configuration parameters provided",
		History: [][2]string{
			{"7.0.0", "Added the ability to set multiple parameters in one call."},
		},
		Args: []command.Arg{
			{Name: "parameter_value", Type: "block", Flags: []string{"multiple"}, Args: []command.Arg{
				{Name: "parameter", Type: "string"},
				{Name: "value", Type: "string"},
			}},
		},
	}
}

func infoDocs() command.Docs {
	return command.Docs{
		Summary:    "Get information and statistics about the server",
		Since:      "1.0.0",
		Complexity: "O(1)",
		History: [][2]string{
			{"7.0.0", "Added support for taking multiple section arguments."},
		},
		Args: []command.Arg{
			{Name: "section", Type: "string", Flags: []string{"optional", "multiple"}},
		},
	}
}

func slowlogDocs() command.Docs {
	return command.Docs{
		Summary:    "A container for slow log commands",
		Since:      "2.2.12",
		Complexity: "Depends on subcommand.",
	}
}

func slowlogGetDocs() command.Docs {
	return command.Docs{
		Summary:    "Get the slow log's entries",
		Since:      "2.2.12",
		Complexity: "O(N) where N is the number of entries returned",
		History: [][2]string{
			{"4.0.0", "Added client IP address, port and name to the reply."},
		},
		Args: []command.Arg{
			{Name: "count", Type: "integer", Flags: []string{"optional"}},
		},
	}
}

func slowlogHelpDocs() command.Docs {
	return command.Docs{
		Summary:    "Show helpful text about the different subcommands",
		Since:      "6.2.0",
		Complexity: "O(1)",
	}
}

func slowlogLenDocs() command.Docs {
	return command.Docs{
		Summary:    "Get the slow log's length",
		Since:      "2.2.12",
		Complexity: "O(1)",
	}
}

func slowlogResetDocs() command.Docs {
	return command.Docs{
		Summary:    "Clear all entries from the slow log",
		Since:      "2.2.12",
		Complexity: "O(N) where N is the number of entries in the slowlog",
	}
}

func latencyDocs() command.Docs {
	return command.Docs{
		Summary:    "A container for latency diagnostics commands",
		Since:      "2.8.13",
		Complexity: "Depends on subcommand.",
	}
}

func latencyDoctorDocs() command.Docs {
	return command.Docs{
		Summary:    "Return a human readable latency analysis report.",
		Since:      "2.8.13",
		Complexity: "O(1)",
	}
}

func latencyGraphDocs() command.Docs {
	return command.Docs{
		Summary:    "Return a latency graph for the event.",
		Since:      "2.8.13",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "event", Type: "string"},
		},
	}
}

func latencyHelpDocs() command.Docs {
	return command.Docs{
		Summary:    "Show helpful text about the different subcommands.",
		Since:      "2.8.13",
		Complexity: "O(1)",
	}
}

func latencyHistogramDocs() command.Docs {
	return command.Docs{
		Summary:    "Return the cumulative distribution of latencies of a subset of commands or all.",
		Since:      "7.0.0",
		Complexity: "O(N) where N is the number of commands with latency information being retrieved.",
		Args: []command.Arg{
			{Name: "command", Type: "string", Flags: []string{"optional", "multiple"}},
		},
	}
}

func latencyHistoryDocs() command.Docs {
	return command.Docs{
		Summary:    "Return timestamp-latency samples for the event.",
		Since:      "2.8.13",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "event", Type: "string"},
		},
	}
}

func latencyLatestDocs() command.Docs {
	return command.Docs{
		Summary:    "Return the latest latency samples for all events.",
		Since:      "2.8.13",
		Complexity: "O(1)",
	}
}

func latencyResetDocs() command.Docs {
	return command.Docs{
		Summary:    "Reset latency data for one or more events.",
		Since:      "2.8.13",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "event", Type: "string", Flags: []string{"optional", "multiple"}},
		},
	}
}

func lolwutDocs() command.Docs {
	return command.Docs{
		Summary: "Display some computer art and the Redis version",
		Since:   "5.0.0",
		Args: []command.Arg{
			{Name: "version", Type: "integer", Token: "VERSION", Flags: []string{"optional"}},
		},
	}
}

func roleDocs() command.Docs {
	return command.Docs{
		Summary:    "Return the role of the instance in the context of replication",
		Since:      "2.8.12",
		Complexity: "O(1)",
	}
}

func replicaofDocs() command.Docs {
	return command.Docs{
		Summary:    "Make the server a replica of another instance, or promote it as master.",
		Since:      "5.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "args", Type: "oneof", Args: []command.Arg{
				{Name: "host-port", Type: "block", Args: []command.Arg{
					{Name: "host", Type: "string"},
					{Name: "port", Type: "integer"},
				}},
				{Name: "no-one", Type: "block", Args: []command.Arg{
					{Name: "no", Type: "pure-token", Token: "NO"},
					{Name: "one", Type: "pure-token", Token: "ONE"},
				}},
			}},
		},
	}
}

func slaveofDocs() command.Docs {
	return command.Docs{
		Summary:    "Make the server a replica of another instance, or promote it as master.",
		Since:      "1.0.0",
		Complexity: "O(1)",
		Deprecated: "5.0.0",
		ReplacedBy: "`REPLICAOF`",
		Flags:      []string{"deprecated"},
		Args: []command.Arg{
			{Name: "args", Type: "oneof", Args: []command.Arg{
				{Name: "host-port", Type: "block", Args: []command.Arg{
					{Name: "host", Type: "string"},
					{Name: "port", Type: "integer"},
				}},
				{Name: "no-one", Type: "block", Args: []command.Arg{
					{Name: "no", Type: "pure-token", Token: "NO"},
					{Name: "one", Type: "pure-token", Token: "ONE"},
				}},
			}},
		},
	}
}

func monitorDocs() command.Docs {
	return command.Docs{
		Summary: "Listen for all requests received by the server in real time",
		Since:   "1.0.0",
	}
}
