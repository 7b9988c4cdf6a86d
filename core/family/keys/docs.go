package keys

import "github.com/redoubt-kv/redoubt/core/command"

// The documentation of the commands: what COMMAND DOCS of Redis 7.0 replies.

func delDocs() command.Docs {
	return command.Docs{
		Summary:    "Delete a key",
		Since:      "1.0.0",
		Complexity: "O(N) where N is the number of keys that will be removed. When a key to remove holds a value other than a string, the individual complexity for this key is O(M) where M is the number of elements in the list, set, sorted set or hash. Removing a single key that holds a string value is O(1).",
		Args: []command.Arg{
			{Name: "key", Type: "key", Flags: []string{"multiple"}},
		},
	}
}

func unlinkDocs() command.Docs {
	return command.Docs{
		Summary:    "Delete a key asynchronously in another thread. Otherwise it is just as DEL, but non blocking.",
		Since:      "4.0.0",
		Complexity: "O(1) for each key removed regardless of its size. Then the command does O(N) work in a different thread in order to reclaim memory, where N is the number of allocations the deleted objects where composed of.",
		Args: []command.Arg{
			{Name: "key", Type: "key", Flags: []string{"multiple"}},
		},
	}
}

func existsDocs() command.Docs {
	return command.Docs{
		Summary:    "Determine if a key exists",
		Since:      "1.0.0",
		Complexity: "O(N) where N is the number of keys to check.",
		History: [][2]string{
			{"3.0.3", "Accepts multiple `key` arguments."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key", Flags: []string{"multiple"}},
		},
	}
}

func touchDocs() command.Docs {
	return command.Docs{
		Summary:    "Alters the last access time of a key(s). Returns the number of existing keys specified.",
		Since:      "3.2.1",
		Complexity: "O(N) where N is the number of keys that will be touched.",
		Args: []command.Arg{
			{Name: "key", Type: "key", Flags: []string{"multiple"}},
		},
	}
}

func typeDocs() command.Docs {
	return command.Docs{
		Summary:    "Determine the type stored at key",
		Since:      "1.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
		},
	}
}

func renameDocs() command.Docs {
	return command.Docs{
		Summary:    "Rename a key",
		Since:      "1.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "newkey", Type: "key", KeySpec: 1},
		},
	}
}

func renamenxDocs() command.Docs {
	return command.Docs{
		Summary:    "Rename a key, only if the new key does not exist",
		Since:      "1.0.0",
		Complexity: "O(1)",
		History: [][2]string{
			{"3.2.0", "The command no longer returns an error when source and destination names are the same."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "newkey", Type: "key", KeySpec: 1},
		},
	}
}

func copyDocs() command.Docs {
	return command.Docs{
		Summary:    "Copy a key",
		Since:      "6.2.0",
		Complexity: "O(N) worst case for collections, where N is the number of nested items. O(1) for string values.",
		Args: []command.Arg{
			{Name: "source", Type: "key"},
			{Name: "destination", Type: "key", KeySpec: 1},
			{Name: "destination-db", Type: "integer", Token: "DB", Flags: []string{"optional"}},
			{Name: "replace", Type: "pure-token", Token: "REPLACE", Flags: []string{"optional"}},
		},
	}
}

func moveDocs() command.Docs {
	return command.Docs{
		Summary:    "Move a key to another database",
		Since:      "1.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "db", Type: "integer"},
		},
	}
}

func randomkeyDocs() command.Docs {
	return command.Docs{
		Summary:    "Return a random key from the keyspace",
		Since:      "1.0.0",
		Complexity: "O(1)",
	}
}

func keysDocs() command.Docs {
	return command.Docs{
		Summary:    "Find all keys matching the given pattern",
		Since:      "1.0.0",
		Complexity: "O(N) with N being the number of keys in the database, under the assumption that the key names in the database and the given pattern have limited length.",
		Args: []command.Arg{
			{Name: "pattern", Type: "pattern"},
		},
	}
}

func scanDocs() command.Docs {
	return command.Docs{
		Summary:    "Incrementally iterate the keys space",
		Since:      "2.8.0",
		Complexity: "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection.",
		History: [][2]string{
			{"6.0.0", "Added the `TYPE` subcommand."},
		},
		Args: []command.Arg{
			{Name: "cursor", Type: "integer"},
			{Name: "pattern", Type: "pattern", Token: "MATCH", Flags: []string{"optional"}},
			{Name: "count", Type: "integer", Token: "COUNT", Flags: []string{"optional"}},
			{Name: "type", Type: "string", Token: "TYPE", Since: "6.0.0", Flags: []string{"optional"}},
		},
	}
}

func dbsizeDocs() command.Docs {
	return command.Docs{
		Summary:    "Return the number of keys in the selected database",
		Since:      "1.0.0",
		Complexity: "O(1)",
	}
}

func flushdbDocs() command.Docs {
	return command.Docs{
		Summary:    "Remove all keys from the current database",
		Since:      "1.0.0",
		Complexity: "O(N) where N is the number of keys in the selected database",
		History: [][2]string{
			{"4.0.0", "Added the `ASYNC` flushing mode modifier."},
			{"6.2.0", "Added the `SYNC` flushing mode modifier."},
		},
		Args: []command.Arg{
			{Name: "async", Type: "oneof", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "async", Type: "pure-token", Token: "ASYNC", Since: "4.0.0"},
				{Name: "sync", Type: "pure-token", Token: "SYNC", Since: "6.2.0"},
			}},
		},
	}
}

func flushallDocs() command.Docs {
	return command.Docs{
		Summary:    "Remove all keys from all databases",
		Since:      "1.0.0",
		Complexity: "O(N) where N is the total number of keys in all databases",
		History: [][2]string{
			{"4.0.0", "Added the `ASYNC` flushing mode modifier."},
			{"6.2.0", "Added the `SYNC` flushing mode modifier."},
		},
		Args: []command.Arg{
			{Name: "async", Type: "oneof", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "async", Type: "pure-token", Token: "ASYNC", Since: "4.0.0"},
				{Name: "sync", Type: "pure-token", Token: "SYNC", Since: "6.2.0"},
			}},
		},
	}
}

func swapdbDocs() command.Docs {
	return command.Docs{
		Summary:    "Swaps two Redis databases",
		Since:      "4.0.0",
		Complexity: "O(N) where N is the count of clients watching or blocking on keys from both databases.",
		Args: []command.Arg{
			{Name: "index1", Type: "integer"},
			{Name: "index2", Type: "integer"},
		},
	}
}

func expireDocs() command.Docs {
	return command.Docs{
		Summary:    "Set a key's time to live in seconds",
		Since:      "1.0.0",
		Complexity: "O(1)",
		History: [][2]string{
			{"7.0.0", "Added options: `NX`, `XX`, `GT` and `LT`."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "seconds", Type: "integer"},
			{Name: "condition", Type: "oneof", Since: "7.0.0", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "nx", Type: "pure-token", Token: "NX"},
				{Name: "xx", Type: "pure-token", Token: "XX"},
				{Name: "gt", Type: "pure-token", Token: "GT"},
				{Name: "lt", Type: "pure-token", Token: "LT"},
			}},
		},
	}
}

func pexpireDocs() command.Docs {
	return command.Docs{
		Summary:    "Set a key's time to live in milliseconds",
		Since:      "2.6.0",
		Complexity: "O(1)",
		History: [][2]string{
			{"7.0.0", "Added options: `NX`, `XX`, `GT` and `LT`."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "milliseconds", Type: "integer"},
			{Name: "condition", Type: "oneof", Since: "7.0.0", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "nx", Type: "pure-token", Token: "NX"},
				{Name: "xx", Type: "pure-token", Token: "XX"},
				{Name: "gt", Type: "pure-token", Token: "GT"},
				{Name: "lt", Type: "pure-token", Token: "LT"},
			}},
		},
	}
}

func expireatDocs() command.Docs {
	return command.Docs{
		Summary:    "Set the expiration for a key as a UNIX timestamp",
		Since:      "1.2.0",
		Complexity: "O(1)",
		History: [][2]string{
			{"7.0.0", "Added options: `NX`, `XX`, `GT` and `LT`."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "unix-time-seconds", Type: "unix-time"},
			{Name: "condition", Type: "oneof", Since: "7.0.0", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "nx", Type: "pure-token", Token: "NX"},
				{Name: "xx", Type: "pure-token", Token: "XX"},
				{Name: "gt", Type: "pure-token", Token: "GT"},
				{Name: "lt", Type: "pure-token", Token: "LT"},
			}},
		},
	}
}

func pexpireatDocs() command.Docs {
	return command.Docs{
		Summary:    "Set the expiration for a key as a UNIX timestamp specified in milliseconds",
		Since:      "2.6.0",
		Complexity: "O(1)",
		History: [][2]string{
			{"7.0.0", "Added options: `NX`, `XX`, `GT` and `LT`."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "unix-time-milliseconds", Type: "unix-time"},
			{Name: "condition", Type: "oneof", Since: "7.0.0", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "nx", Type: "pure-token", Token: "NX"},
				{Name: "xx", Type: "pure-token", Token: "XX"},
				{Name: "gt", Type: "pure-token", Token: "GT"},
				{Name: "lt", Type: "pure-token", Token: "LT"},
			}},
		},
	}
}

func ttlDocs() command.Docs {
	return command.Docs{
		Summary:    "Get the time to live for a key in seconds",
		Since:      "1.0.0",
		Complexity: "O(1)",
		History: [][2]string{
			{"2.8.0", "Added the -2 reply."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
		},
	}
}

func pttlDocs() command.Docs {
	return command.Docs{
		Summary:    "Get the time to live for a key in milliseconds",
		Since:      "2.6.0",
		Complexity: "O(1)",
		History: [][2]string{
			{"2.8.0", "Added the -2 reply."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
		},
	}
}

func expiretimeDocs() command.Docs {
	return command.Docs{
		Summary:    "Get the expiration Unix timestamp for a key",
		Since:      "7.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
		},
	}
}

func pexpiretimeDocs() command.Docs {
	return command.Docs{
		Summary:    "Get the expiration Unix timestamp for a key in milliseconds",
		Since:      "7.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
		},
	}
}

func persistDocs() command.Docs {
	return command.Docs{
		Summary:    "Remove the expiration from a key",
		Since:      "2.2.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
		},
	}
}

func objectDocs() command.Docs {
	return command.Docs{
		Summary:    "A container for object introspection commands",
		Since:      "2.2.3",
		Complexity: "Depends on subcommand.",
	}
}

func objectEncodingDocs() command.Docs {
	return command.Docs{
		Summary:    "Inspect the internal encoding of a Redis object",
		Since:      "2.2.3",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
		},
	}
}

func objectFreqDocs() command.Docs {
	return command.Docs{
		Summary:    "Get the logarithmic access frequency counter of a Redis object",
		Since:      "4.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
		},
	}
}

func objectHelpDocs() command.Docs {
	return command.Docs{
		Summary:    "Show helpful text about the different subcommands",
		Since:      "6.2.0",
		Complexity: "O(1)",
	}
}

func objectIdletimeDocs() command.Docs {
	return command.Docs{
		Summary:    "Get the time since a Redis object was last accessed",
		Since:      "2.2.3",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
		},
	}
}

func objectRefcountDocs() command.Docs {
	return command.Docs{
		Summary:    "Get the number of references to the value of the key",
		Since:      "2.2.3",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
		},
	}
}

func dumpDocs() command.Docs {
	return command.Docs{
		Summary:    "Return a serialized version of the value stored at the specified key.",
		Since:      "2.6.0",
		Complexity: "O(1) to access the key and additional O(N*M) to serialize it, where N is the number of Redis objects composing the value and M their average size. For small string values the time complexity is thus O(1)+O(1*M) where M is small, so simply O(1).",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
		},
	}
}

func restoreDocs() command.Docs {
	return command.Docs{
		Summary:    "Create a key using the provided serialized value, previously obtained using DUMP.",
		Since:      "2.6.0",
		Complexity: "O(1) to create the new key and additional O(N*M) to reconstruct the serialized value, where N is the number of Redis objects composing the value and M their average size. For small string values the time complexity is thus O(1)+O(1*M) where M is small, so simply O(1). However for sorted set values the complexity is O(N*M*log(N)) because inserting values into sorted sets is O(log(N)).",
		History: [][2]string{
			{"3.0.0", "Added the `REPLACE` modifier."},
			{"5.0.0", "Added the `ABSTTL` modifier."},
			{"5.0.0", "Added the `IDLETIME` and `FREQ` options."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "ttl", Type: "integer"},
			{Name: "serialized-value", Type: "string"},
			{Name: "replace", Type: "pure-token", Token: "REPLACE", Since: "3.0.0", Flags: []string{"optional"}},
			{Name: "absttl", Type: "pure-token", Token: "ABSTTL", Since: "5.0.0", Flags: []string{"optional"}},
			{Name: "seconds", Type: "integer", Token: "IDLETIME", Since: "5.0.0", Flags: []string{"optional"}},
			{Name: "frequency", Type: "integer", Token: "FREQ", Since: "5.0.0", Flags: []string{"optional"}},
		},
	}
}
func sortDocs() command.Docs {
	return command.Docs{
		Summary:    "Sort the elements in a list, set or sorted set",
		Since:      "1.0.0",
		Complexity: "O(N+M*log(M)) where N is the number of elements in the list or set to sort, and M the number of returned elements. When the elements are not sorted, complexity is O(N).",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "pattern", Type: "pattern", KeySpec: 1, Token: "BY", Flags: []string{"optional"}},
			{Name: "offset_count", Type: "block", Token: "LIMIT", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "offset", Type: "integer"},
				{Name: "count", Type: "integer"},
			}},
			{Name: "pattern", Type: "pattern", KeySpec: 1, Token: "GET", Flags: []string{"optional", "multiple", "multiple_token"}},
			{Name: "order", Type: "oneof", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "asc", Type: "pure-token", Token: "ASC"},
				{Name: "desc", Type: "pure-token", Token: "DESC"},
			}},
			{Name: "sorting", Type: "pure-token", Token: "ALPHA", Flags: []string{"optional"}},
			{Name: "destination", Type: "key", KeySpec: 2, Token: "STORE", Flags: []string{"optional"}},
		},
	}
}

func sortroDocs() command.Docs {
	return command.Docs{
		Summary:    "Sort the elements in a list, set or sorted set. Read-only variant of SORT.",
		Since:      "7.0.0",
		Complexity: "O(N+M*log(M)) where N is the number of elements in the list or set to sort, and M the number of returned elements. When the elements are not sorted, complexity is O(N).",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "pattern", Type: "pattern", KeySpec: 1, Token: "BY", Flags: []string{"optional"}},
			{Name: "offset_count", Type: "block", Token: "LIMIT", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "offset", Type: "integer"},
				{Name: "count", Type: "integer"},
			}},
			{Name: "pattern", Type: "pattern", KeySpec: 1, Token: "GET", Flags: []string{"optional", "multiple", "multiple_token"}},
			{Name: "order", Type: "oneof", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "asc", Type: "pure-token", Token: "ASC"},
				{Name: "desc", Type: "pure-token", Token: "DESC"},
			}},
			{Name: "sorting", Type: "pure-token", Token: "ALPHA", Flags: []string{"optional"}},
		},
	}
}
