package connection

import "github.com/redoubt-kv/redoubt/core/command"

// The documentation of CLIENT and its subcommands, as in docs.go.

func clientDocs() command.Docs {
	return command.Docs{
		Summary:    "A container for client connection commands",
		Since:      "2.4.0",
		Complexity: "Depends on subcommand.",
	}
}

func clientCachingDocs() command.Docs {
	return command.Docs{
		Summary:    "Instruct the server about tracking or not keys in the next request",
		Since:      "6.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "mode", Type: "oneof", Args: []command.Arg{
				{Name: "yes", Type: "pure-token", Token: "YES"},
				{Name: "no", Type: "pure-token", Token: "NO"},
			}},
		},
	}
}

func clientGetnameDocs() command.Docs {
	return command.Docs{
		Summary:    "Get the current connection name",
		Since:      "2.6.9",
		Complexity: "O(1)",
	}
}

func clientGetredirDocs() command.Docs {
	return command.Docs{
		Summary:    "Get tracking notifications redirection client ID if any",
		Since:      "6.0.0",
		Complexity: "O(1)",
	}
}

func clientHelpDocs() command.Docs {
	return command.Docs{
		Summary:    "Show helpful text about the different subcommands",
		Since:      "5.0.0",
		Complexity: "O(1)",
	}
}

func clientIdDocs() command.Docs {
	return command.Docs{
		Summary:    "Returns the client ID for the current connection",
		Since:      "5.0.0",
		Complexity: "O(1)",
	}
}

func clientInfoDocs() command.Docs {
	return command.Docs{
		Summary:    "Returns information about the current client connection.",
		Since:      "6.2.0",
		Complexity: "O(1)",
	}
}

func clientKillDocs() command.Docs {
	return command.Docs{
		Summary:    "Kill the connection of a client",
		Since:      "2.4.0",
		Complexity: "O(N) where N is the number of client connections",
		History: [][2]string{
			{"2.8.12", "Added new filter format."},
			{"2.8.12", "`ID` option."},
			{"3.2.0", "Added `master` type in for `TYPE` option."},
			{"5.0.0", "Replaced `slave` `TYPE` with `replica`. `slave` still supported for backward compatibility."},
			{"6.2.0", "`LADDR` option."},
		},
		Args: []command.Arg{
			{Name: "filter", Type: "oneof", Args: []command.Arg{
				{Name: "ip:port", Type: "string", Deprecated: "2.8.12"},
				{Name: "new-format", Type: "oneof", Flags: []string{"multiple"}, Args: []command.Arg{
					{Name: "client-id", Type: "integer", Token: "ID", Since: "2.8.12", Flags: []string{"optional"}},
					{Name: "normal_master_slave_pubsub", Type: "oneof", Token: "TYPE", Since: "2.8.12", Flags: []string{"optional"}, Args: []command.Arg{
						{Name: "normal", Type: "pure-token", Token: "NORMAL"},
						{Name: "master", Type: "pure-token", Token: "MASTER", Since: "3.2.0"},
						{Name: "slave", Type: "pure-token", Token: "SLAVE"},
						{Name: "replica", Type: "pure-token", Token: "REPLICA", Since: "5.0.0"},
						{Name: "pubsub", Type: "pure-token", Token: "PUBSUB"},
					}},
					{Name: "username", Type: "string", Token: "USER", Flags: []string{"optional"}},
					{Name: "ip:port", Type: "string", Token: "ADDR", Flags: []string{"optional"}},
					{Name: "ip:port", Type: "string", Token: "LADDR", Since: "6.2.0", Flags: []string{"optional"}},
					{Name: "yes/no", Type: "string", Token: "SKIPME", Flags: []string{"optional"}},
				}},
			}},
		},
	}
}

func clientListDocs() command.Docs {
	return command.Docs{
		Summary:    "Get the list of client connections",
		Since:      "2.4.0",
		Complexity: "O(N) where N is the number of client connections",
		History: [][2]string{
			{"2.8.12", "Added unique client `id` field."},
			{"5.0.0", "Added optional `TYPE` filter."},
			{"6.0.0", "Added `user` field."},
			{"6.2.0", "Added `argv-mem`, `tot-mem`, `laddr` and `redir` fields and the optional `ID` filter."},
			{"7.0.0", "Added `resp`, `multi-mem`, `rbs` and `rbp` fields."},
			{"7.0.3", "Added `ssub` field."},
		},
		Args: []command.Arg{
			{Name: "normal_master_replica_pubsub", Type: "oneof", Token: "TYPE", Since: "5.0.0", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "normal", Type: "pure-token", Token: "NORMAL"},
				{Name: "master", Type: "pure-token", Token: "MASTER"},
				{Name: "replica", Type: "pure-token", Token: "REPLICA"},
				{Name: "pubsub", Type: "pure-token", Token: "PUBSUB"},
			}},
			{Name: "id", Type: "block", Token: "ID", Since: "6.2.0", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "client-id", Type: "integer", Flags: []string{"multiple"}},
			}},
		},
	}
}

func clientNoEvictDocs() command.Docs {
	return command.Docs{
		Summary:    "Set client eviction mode for the current connection",
		Since:      "7.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "enabled", Type: "oneof", Args: []command.Arg{
				{Name: "on", Type: "pure-token", Token: "ON"},
				{Name: "off", Type: "pure-token", Token: "OFF"},
			}},
		},
	}
}

func clientNoTouchDocs() command.Docs {
	return command.Docs{
		Summary:    "Controls whether commands sent by the client affect the LRU/LFU of accessed keys.",
		Since:      "7.2.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "enabled", Type: "oneof", Args: []command.Arg{
				{Name: "on", Type: "pure-token", Token: "ON"},
				{Name: "off", Type: "pure-token", Token: "OFF"},
			}},
		},
	}
}

func clientPauseDocs() command.Docs {
	return command.Docs{
		Summary:    "Stop processing commands from clients for some time",
		Since:      "2.9.50",
		Complexity: "O(1)",
		History: [][2]string{
			{"6.2.0", "`CLIENT PAUSE WRITE` mode added along with the `mode` option."},
		},
		Args: []command.Arg{
			{Name: "timeout", Type: "integer"},
			{Name: "mode", Type: "oneof", Since: "6.2.0", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "write", Type: "pure-token", Token: "WRITE"},
				{Name: "all", Type: "pure-token", Token: "ALL"},
			}},
		},
	}
}

func clientReplyDocs() command.Docs {
	return command.Docs{
		Summary:    "Instruct the server whether to reply to commands",
		Since:      "3.2.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "on_off_skip", Type: "oneof", Args: []command.Arg{
				{Name: "on", Type: "pure-token", Token: "ON"},
				{Name: "off", Type: "pure-token", Token: "OFF"},
				{Name: "skip", Type: "pure-token", Token: "SKIP"},
			}},
		},
	}
}

func clientSetinfoDocs() command.Docs {
	return command.Docs{
		Summary:    "Sets information specific to the client or connection.",
		Since:      "7.2.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "attr", Type: "oneof", Args: []command.Arg{
				{Name: "libname", Type: "string", Token: "LIB-NAME"},
				{Name: "libver", Type: "string", Token: "LIB-VER"},
			}},
		},
	}
}

func clientSetnameDocs() command.Docs {
	return command.Docs{
		Summary:    "Set the current connection name",
		Since:      "2.6.9",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "connection-name", Type: "string"},
		},
	}
}

func clientTrackingDocs() command.Docs {
	return command.Docs{
		Summary:    "Enable or disable server assisted client side caching support",
		Since:      "6.0.0",
		Complexity: "O(1). Some options may introduce additional complexity.",
		Args: []command.Arg{
			{Name: "status", Type: "oneof", Args: []command.Arg{
				{Name: "on", Type: "pure-token", Token: "ON"},
				{Name: "off", Type: "pure-token", Token: "OFF"},
			}},
			{Name: "client-id", Type: "integer", Token: "REDIRECT", Flags: []string{"optional"}},
			{Name: "prefix", Type: "string", Token: "PREFIX", Flags: []string{"optional", "multiple", "multiple_token"}},
			{Name: "bcast", Type: "pure-token", Token: "BCAST", Flags: []string{"optional"}},
			{Name: "optin", Type: "pure-token", Token: "OPTIN", Flags: []string{"optional"}},
			{Name: "optout", Type: "pure-token", Token: "OPTOUT", Flags: []string{"optional"}},
			{Name: "noloop", Type: "pure-token", Token: "NOLOOP", Flags: []string{"optional"}},
		},
	}
}

func clientTrackinginfoDocs() command.Docs {
	return command.Docs{
		Summary:    "Return information about server assisted client side caching for the current connection",
		Since:      "6.2.0",
		Complexity: "O(1)",
	}
}

func clientUnblockDocs() command.Docs {
	return command.Docs{
		Summary:    "Unblock a client blocked in a blocking command from a different connection",
		Since:      "5.0.0",
		Complexity: "O(log N) where N is the number of client connections",
		Args: []command.Arg{
			{Name: "client-id", Type: "integer"},
			{Name: "timeout_error", Type: "oneof", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "timeout", Type: "pure-token", Token: "TIMEOUT"},
				{Name: "error", Type: "pure-token", Token: "ERROR"},
			}},
		},
	}
}

func clientUnpauseDocs() command.Docs {
	return command.Docs{
		Summary:    "Resume processing of clients that were paused",
		Since:      "6.2.0",
		Complexity: "O(N) Where N is the number of paused clients",
	}
}
