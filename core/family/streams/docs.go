package streams

import "github.com/redoubt-kv/redoubt/core/command"

// The documentation of the commands, in alphabetical order: what COMMAND DOCS
// of Redis 7.0 replies.

func xackDocs() command.Docs {
	return command.Docs{
		Summary:    "Marks a pending message as correctly processed, effectively removing it from the pending entries list of the consumer group. Return value of the command is the number of messages successfully acknowledged, that is, the IDs we were actually able to resolve in the PEL.",
		Since:      "5.0.0",
		Complexity: "O(1) for each message ID processed.",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "group", Type: "string"},
			{Name: "id", Type: "string", Flags: []string{"multiple"}},
		},
	}
}

func xaddDocs() command.Docs {
	return command.Docs{
		Summary:    "Appends a new entry to a stream",
		Since:      "5.0.0",
		Complexity: "O(1) when adding a new entry, O(N) when trimming where N being the number of entries evicted.",
		History: [][2]string{
			{"6.2.0", "Added the `NOMKSTREAM` option, `MINID` trimming strategy and the `LIMIT` option."},
			{"7.0.0", "Added support for the `<ms>-*` explicit ID form."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "nomkstream", Type: "pure-token", Token: "NOMKSTREAM", Since: "6.2.0", Flags: []string{"optional"}},
			{Name: "trim", Type: "block", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "strategy", Type: "oneof", Args: []command.Arg{
					{Name: "maxlen", Type: "pure-token", Token: "MAXLEN"},
					{Name: "minid", Type: "pure-token", Token: "MINID", Since: "6.2.0"},
				}},
				{Name: "operator", Type: "oneof", Flags: []string{"optional"}, Args: []command.Arg{
					{Name: "equal", Type: "pure-token", Token: "="},
					{Name: "approximately", Type: "pure-token", Token: "~"},
				}},
				{Name: "threshold", Type: "string"},
				{Name: "count", Type: "integer", Token: "LIMIT", Since: "6.2.0", Flags: []string{"optional"}},
			}},
			{Name: "id_or_auto", Type: "oneof", Args: []command.Arg{
				{Name: "auto_id", Type: "pure-token", Token: "*"},
				{Name: "id", Type: "string"},
			}},
			{Name: "field_value", Type: "block", Flags: []string{"multiple"}, Args: []command.Arg{
				{Name: "field", Type: "string"},
				{Name: "value", Type: "string"},
			}},
		},
	}
}

func xautoclaimDocs() command.Docs {
	return command.Docs{
		Summary:    "Changes (or acquires) ownership of messages in a consumer group, as if the messages were delivered to the specified consumer.",
		Since:      "6.2.0",
		Complexity: "O(1) if COUNT is small.",
		History: [][2]string{
			{"7.0.0", "Added an element to the reply array, containing deleted entries the command cleared from the PEL"},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "group", Type: "string"},
			{Name: "consumer", Type: "string"},
			{Name: "min-idle-time", Type: "string"},
			{Name: "start", Type: "string"},
			{Name: "count", Type: "integer", Token: "COUNT", Flags: []string{"optional"}},
			{Name: "justid", Type: "pure-token", Token: "JUSTID", Flags: []string{"optional"}},
		},
	}
}

func xclaimDocs() command.Docs {
	return command.Docs{
		Summary:    "Changes (or acquires) ownership of a message in a consumer group, as if the message was delivered to the specified consumer.",
		Since:      "5.0.0",
		Complexity: "O(log N) with N being the number of messages in the PEL of the consumer group.",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "group", Type: "string"},
			{Name: "consumer", Type: "string"},
			{Name: "min-idle-time", Type: "string"},
			{Name: "id", Type: "string", Flags: []string{"multiple"}},
			{Name: "ms", Type: "integer", Token: "IDLE", Flags: []string{"optional"}},
			{Name: "unix-time-milliseconds", Type: "unix-time", Token: "TIME", Flags: []string{"optional"}},
			{Name: "count", Type: "integer", Token: "RETRYCOUNT", Flags: []string{"optional"}},
			{Name: "force", Type: "pure-token", Token: "FORCE", Flags: []string{"optional"}},
			{Name: "justid", Type: "pure-token", Token: "JUSTID", Flags: []string{"optional"}},
			{Name: "id", Type: "string", Token: "LASTID", Flags: []string{"optional"}},
		},
	}
}

func xdelDocs() command.Docs {
	return command.Docs{
		Summary:    "Removes the specified entries from the stream. Returns the number of items actually deleted, that may be different from the number of IDs passed in case certain IDs do not exist.",
		Since:      "5.0.0",
		Complexity: "O(1) for each single item to delete in the stream, regardless of the stream size.",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "id", Type: "string", Flags: []string{"multiple"}},
		},
	}
}

func xgroupDocs() command.Docs {
	return command.Docs{
		Summary:    "A container for consumer groups commands",
		Since:      "5.0.0",
		Complexity: "Depends on subcommand.",
	}
}

func xgroupcreateDocs() command.Docs {
	return command.Docs{
		Summary:    "Create a consumer group.",
		Since:      "5.0.0",
		Complexity: "O(1)",
		History: [][2]string{
			{"7.0.0", "Added the `entries_read` named argument."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "groupname", Type: "string"},
			{Name: "id", Type: "oneof", Args: []command.Arg{
				{Name: "id", Type: "string"},
				{Name: "new_id", Type: "pure-token", Token: "$"},
			}},
			{Name: "mkstream", Type: "pure-token", Token: "MKSTREAM", Flags: []string{"optional"}},
			{Name: "entries_read", Type: "integer", Token: "ENTRIESREAD", Flags: []string{"optional"}},
		},
	}
}

func xgroupcreateconsumerDocs() command.Docs {
	return command.Docs{
		Summary:    "Create a consumer in a consumer group.",
		Since:      "6.2.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "groupname", Type: "string"},
			{Name: "consumername", Type: "string"},
		},
	}
}

func xgroupdelconsumerDocs() command.Docs {
	return command.Docs{
		Summary:    "Delete a consumer from a consumer group.",
		Since:      "5.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "groupname", Type: "string"},
			{Name: "consumername", Type: "string"},
		},
	}
}

func xgroupdestroyDocs() command.Docs {
	return command.Docs{
		Summary:    "Destroy a consumer group.",
		Since:      "5.0.0",
		Complexity: "O(N) where N is the number of entries in the group's pending entries list (PEL).",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "groupname", Type: "string"},
		},
	}
}

func xgrouphelpDocs() command.Docs {
	return command.Docs{
		Summary:    "Show helpful text about the different subcommands",
		Since:      "5.0.0",
		Complexity: "O(1)",
	}
}

func xgroupsetidDocs() command.Docs {
	return command.Docs{
		Summary:    "Set a consumer group to an arbitrary last delivered ID value.",
		Since:      "5.0.0",
		Complexity: "O(1)",
		History: [][2]string{
			{"7.0.0", "Added the optional `entries_read` argument."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "groupname", Type: "string"},
			{Name: "id", Type: "oneof", Args: []command.Arg{
				{Name: "id", Type: "string"},
				{Name: "new_id", Type: "pure-token", Token: "$"},
			}},
			{Name: "entries_read", Type: "integer", Token: "ENTRIESREAD", Flags: []string{"optional"}},
		},
	}
}

func xinfoDocs() command.Docs {
	return command.Docs{
		Summary:    "A container for stream introspection commands",
		Since:      "5.0.0",
		Complexity: "Depends on subcommand.",
	}
}

func xinfoconsumersDocs() command.Docs {
	return command.Docs{
		Summary:    "List the consumers in a consumer group",
		Since:      "5.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "groupname", Type: "string"},
		},
	}
}

func xinfogroupsDocs() command.Docs {
	return command.Docs{
		Summary:    "List the consumer groups of a stream",
		Since:      "5.0.0",
		Complexity: "O(1)",
		History: [][2]string{
			{"7.0.0", "Added the `entries-read` and `lag` fields"},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
		},
	}
}

func xinfohelpDocs() command.Docs {
	return command.Docs{
		Summary:    "Show helpful text about the different subcommands",
		Since:      "5.0.0",
		Complexity: "O(1)",
	}
}

func xinfostreamDocs() command.Docs {
	return command.Docs{
		Summary:    "Get information about a stream",
		Since:      "5.0.0",
		Complexity: "O(1)",
		History: [][2]string{
			{"6.0.0", "Added the `FULL` modifier."},
			{"7.0.0", "Added the `max-deleted-entry-id`, `entries-added`, `recorded-first-entry-id`, `entries-read` and `lag` fields"},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "full", Type: "block", Token: "FULL", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "count", Type: "integer", Token: "COUNT", Flags: []string{"optional"}},
			}},
		},
	}
}

func xlenDocs() command.Docs {
	return command.Docs{
		Summary:    "Return the number of entries in a stream",
		Since:      "5.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
		},
	}
}

func xpendingDocs() command.Docs {
	return command.Docs{
		Summary:    "Return information and entries from a stream consumer group pending entries list, that are messages fetched but never acknowledged.",
		Since:      "5.0.0",
		Complexity: "O(N) with N being the number of elements returned, so asking for a small fixed number of entries per call is O(1). O(M), where M is the total number of entries scanned when used with the IDLE filter. When the command returns just the summary and the list of consumers is small, it runs in O(1) time; otherwise, an additional O(N) time for iterating every consumer.",
		History: [][2]string{
			{"6.2.0", "Added the `IDLE` option and exclusive range intervals."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "group", Type: "string"},
			{Name: "filters", Type: "block", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "min-idle-time", Type: "integer", Token: "IDLE", Since: "6.2.0", Flags: []string{"optional"}},
				{Name: "start", Type: "string"},
				{Name: "end", Type: "string"},
				{Name: "count", Type: "integer"},
				{Name: "consumer", Type: "string", Flags: []string{"optional"}},
			}},
		},
	}
}

func xrangeDocs() command.Docs {
	return command.Docs{
		Summary:    "Return a range of elements in a stream, with IDs matching the specified IDs interval",
		Since:      "5.0.0",
		Complexity: "O(N) with N being the number of elements being returned. If N is constant (e.g. always asking for the first 10 elements with COUNT), you can consider it O(1).",
		History: [][2]string{
			{"6.2.0", "Added exclusive ranges."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "start", Type: "string"},
			{Name: "end", Type: "string"},
			{Name: "count", Type: "integer", Token: "COUNT", Flags: []string{"optional"}},
		},
	}
}

func xreadDocs() command.Docs {
	return command.Docs{
		Summary:    "Return never seen elements in multiple streams, with IDs greater than the ones reported by the caller for each stream. Can block.",
		Since:      "5.0.0",
		Complexity: "For each stream mentioned: O(N) with N being the number of elements being returned, it means that XREAD-ing with a fixed COUNT is O(1). Note that when the BLOCK option is used, XADD will pay O(M) time in order to serve the M clients blocked on the stream getting new data.",
		Args: []command.Arg{
			{Name: "count", Type: "integer", Token: "COUNT", Flags: []string{"optional"}},
			{Name: "milliseconds", Type: "integer", Token: "BLOCK", Flags: []string{"optional"}},
			{Name: "streams", Type: "block", Token: "STREAMS", Args: []command.Arg{
				{Name: "key", Type: "key", Flags: []string{"multiple"}},
				{Name: "id", Type: "string", Flags: []string{"multiple"}},
			}},
		},
	}
}

func xreadgroupDocs() command.Docs {
	return command.Docs{
		Summary:    "Return new entries from a stream using a consumer group, or access the history of the pending entries for a given consumer. Can block.",
		Since:      "5.0.0",
		Complexity: "For each stream mentioned: O(M) with M being the number of elements returned. If M is constant (e.g. always asking for the first 10 elements with COUNT), you can consider it O(1). On the other side when XREADGROUP blocks, XADD will pay the O(N) time in order to serve the N clients blocked on the stream getting new data.",
		Args: []command.Arg{
			{Name: "group_consumer", Type: "block", Token: "GROUP", Args: []command.Arg{
				{Name: "group", Type: "string"},
				{Name: "consumer", Type: "string"},
			}},
			{Name: "count", Type: "integer", Token: "COUNT", Flags: []string{"optional"}},
			{Name: "milliseconds", Type: "integer", Token: "BLOCK", Flags: []string{"optional"}},
			{Name: "noack", Type: "pure-token", Token: "NOACK", Flags: []string{"optional"}},
			{Name: "streams", Type: "block", Token: "STREAMS", Args: []command.Arg{
				{Name: "key", Type: "key", Flags: []string{"multiple"}},
				{Name: "id", Type: "string", Flags: []string{"multiple"}},
			}},
		},
	}
}

func xrevrangeDocs() command.Docs {
	return command.Docs{
		Summary:    "Return a range of elements in a stream, with IDs matching the specified IDs interval, in reverse order (from greater to smaller IDs) compared to XRANGE",
		Since:      "5.0.0",
		Complexity: "O(N) with N being the number of elements returned. If N is constant (e.g. always asking for the first 10 elements with COUNT), you can consider it O(1).",
		History: [][2]string{
			{"6.2.0", "Added exclusive ranges."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "end", Type: "string"},
			{Name: "start", Type: "string"},
			{Name: "count", Type: "integer", Token: "COUNT", Flags: []string{"optional"}},
		},
	}
}

func xsetidDocs() command.Docs {
	return command.Docs{
		Summary:    "An internal command for replicating stream values",
		Since:      "5.0.0",
		Complexity: "O(1)",
		History: [][2]string{
			{"7.0.0", "Added the `entries_added` and `max_deleted_entry_id` arguments."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "last-id", Type: "string"},
			{Name: "entries_added", Type: "integer", Token: "ENTRIESADDED", Since: "7.0.0", Flags: []string{"optional"}},
			{Name: "max_deleted_entry_id", Type: "string", Token: "MAXDELETEDID", Since: "7.0.0", Flags: []string{"optional"}},
		},
	}
}

func xtrimDocs() command.Docs {
	return command.Docs{
		Summary:    "Trims the stream to (approximately if '~' is passed) a certain size",
		Since:      "5.0.0",
		Complexity: "O(N), with N being the number of evicted entries. Constant times are very small however, since entries are organized in macro nodes containing multiple entries that can be released with a single deallocation.",
		History: [][2]string{
			{"6.2.0", "Added the `MINID` trimming strategy and the `LIMIT` option."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "trim", Type: "block", Args: []command.Arg{
				{Name: "strategy", Type: "oneof", Args: []command.Arg{
					{Name: "maxlen", Type: "pure-token", Token: "MAXLEN"},
					{Name: "minid", Type: "pure-token", Token: "MINID", Since: "6.2.0"},
				}},
				{Name: "operator", Type: "oneof", Flags: []string{"optional"}, Args: []command.Arg{
					{Name: "equal", Type: "pure-token", Token: "="},
					{Name: "approximately", Type: "pure-token", Token: "~"},
				}},
				{Name: "threshold", Type: "string"},
				{Name: "count", Type: "integer", Token: "LIMIT", Since: "6.2.0", Flags: []string{"optional"}},
			}},
		},
	}
}
