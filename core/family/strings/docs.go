package strings

import "github.com/redoubt-kv/redoubt/core/command"

// The documentation of the commands, in alphabetical order: what COMMAND DOCS
// of Redis 7.0 replies.

func appendDocs() command.Docs {
	return command.Docs{
		Summary:    "Append a value to a key",
		Since:      "2.0.0",
		Complexity: "O(1). The amortized time complexity is O(1) assuming the appended value is small and the already present value is of any size, since the dynamic string library used by Redis will double the free space available on every reallocation.",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "value", Type: "string"},
		},
	}
}

func decrDocs() command.Docs {
	return command.Docs{
		Summary:    "Decrement the integer value of a key by one",
		Since:      "1.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
		},
	}
}

func decrbyDocs() command.Docs {
	return command.Docs{
		Summary:    "Decrement the integer value of a key by the given number",
		Since:      "1.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "decrement", Type: "integer"},
		},
	}
}

func getDocs() command.Docs {
	return command.Docs{
		Summary:    "Get the value of a key",
		Since:      "1.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
		},
	}
}

func getdelDocs() command.Docs {
	return command.Docs{
		Summary:    "Get the value of a key and delete the key",
		Since:      "6.2.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
		},
	}
}

func getexDocs() command.Docs {
	return command.Docs{
		Summary:    "Get the value of a key and optionally set its expiration",
		Since:      "6.2.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "expiration", Type: "oneof", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "seconds", Type: "integer", Token: "EX"},
				{Name: "milliseconds", Type: "integer", Token: "PX"},
				{Name: "unix-time-seconds", Type: "unix-time", Token: "EXAT"},
				{Name: "unix-time-milliseconds", Type: "unix-time", Token: "PXAT"},
				{Name: "persist", Type: "pure-token", Token: "PERSIST"},
			}},
		},
	}
}

func getrangeDocs() command.Docs {
	return command.Docs{
		Summary:    "Get a substring of the string stored at a key",
		Since:      "2.4.0",
		Complexity: "O(N) where N is the length of the returned string. The complexity is ultimately determined by the returned length, but because creating a substring from an existing string is very cheap, it can be considered O(1) for small strings.",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "start", Type: "integer"},
			{Name: "end", Type: "integer"},
		},
	}
}

func getsetDocs() command.Docs {
	return command.Docs{
		Summary:    "Set the string value of a key and return its old value",
		Since:      "1.0.0",
		Complexity: "O(1)",
		Deprecated: "6.2.0",
		ReplacedBy: "`SET` with the `!GET` argument",
		Flags:      []string{"deprecated"},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "value", Type: "string"},
		},
	}
}

func incrDocs() command.Docs {
	return command.Docs{
		Summary:    "Increment the integer value of a key by one",
		Since:      "1.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
		},
	}
}

func incrbyDocs() command.Docs {
	return command.Docs{
		Summary:    "Increment the integer value of a key by the given amount",
		Since:      "1.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "increment", Type: "integer"},
		},
	}
}

func incrbyfloatDocs() command.Docs {
	return command.Docs{
		Summary:    "Increment the float value of a key by the given amount",
		Since:      "2.6.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "increment", Type: "double"},
		},
	}
}

func lcsDocs() command.Docs {
	return command.Docs{
		Summary:    "Find longest common substring",
		Since:      "7.0.0",
		Complexity: "O(N*M) where N and M are the lengths of s1 and s2, respectively",
		Args: []command.Arg{
			{Name: "key1", Type: "key"},
			{Name: "key2", Type: "key"},
			{Name: "len", Type: "pure-token", Token: "LEN", Flags: []string{"optional"}},
			{Name: "idx", Type: "pure-token", Token: "IDX", Flags: []string{"optional"}},
			{Name: "len", Type: "integer", Token: "MINMATCHLEN", Flags: []string{"optional"}},
			{Name: "withmatchlen", Type: "pure-token", Token: "WITHMATCHLEN", Flags: []string{"optional"}},
		},
	}
}

func mgetDocs() command.Docs {
	return command.Docs{
		Summary:    "Get the values of all the given keys",
		Since:      "1.0.0",
		Complexity: "O(N) where N is the number of keys to retrieve.",
		Args: []command.Arg{
			{Name: "key", Type: "key", Flags: []string{"multiple"}},
		},
	}
}

func msetDocs() command.Docs {
	return command.Docs{
		Summary:    "Set multiple keys to multiple values",
		Since:      "1.0.1",
		Complexity: "O(N) where N is the number of keys to set.",
		Args: []command.Arg{
			{Name: "key_value", Type: "block", Flags: []string{"multiple"}, Args: []command.Arg{
				{Name: "key", Type: "key"},
				{Name: "value", Type: "string"},
			}},
		},
	}
}

func msetnxDocs() command.Docs {
	return command.Docs{
		Summary:    "Set multiple keys to multiple values, only if none of the keys exist",
		Since:      "1.0.1",
		Complexity: "O(N) where N is the number of keys to set.",
		Args: []command.Arg{
			{Name: "key_value", Type: "block", Flags: []string{"multiple"}, Args: []command.Arg{
				{Name: "key", Type: "key"},
				{Name: "value", Type: "string"},
			}},
		},
	}
}

func psetexDocs() command.Docs {
	return command.Docs{
		Summary:    "Set the value and expiration in milliseconds of a key",
		Since:      "2.6.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "milliseconds", Type: "integer"},
			{Name: "value", Type: "string"},
		},
	}
}

func setDocs() command.Docs {
	return command.Docs{
		Summary:    "Set the string value of a key",
		Since:      "1.0.0",
		Complexity: "O(1)",
		History: [][2]string{
			{"2.6.12", "Added the `EX`, `PX`, `NX` and `XX` options."},
			{"6.0.0", "Added the `KEEPTTL` option."},
			{"6.2.0", "Added the `GET`, `EXAT` and `PXAT` option."},
			{"7.0.0", "Allowed the `NX` and `GET` options to be used together."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "value", Type: "string"},
			{Name: "condition", Type: "oneof", Since: "2.6.12", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "nx", Type: "pure-token", Token: "NX"},
				{Name: "xx", Type: "pure-token", Token: "XX"},
			}},
			{Name: "get", Type: "pure-token", Token: "GET", Since: "6.2.0", Flags: []string{"optional"}},
			{Name: "expiration", Type: "oneof", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "seconds", Type: "integer", Token: "EX", Since: "2.6.12"},
				{Name: "milliseconds", Type: "integer", Token: "PX", Since: "2.6.12"},
				{Name: "unix-time-seconds", Type: "unix-time", Token: "EXAT", Since: "6.2.0"},
				{Name: "unix-time-milliseconds", Type: "unix-time", Token: "PXAT", Since: "6.2.0"},
				{Name: "keepttl", Type: "pure-token", Token: "KEEPTTL", Since: "6.0.0"},
			}},
		},
	}
}

func setexDocs() command.Docs {
	return command.Docs{
		Summary:    "Set the value and expiration of a key",
		Since:      "2.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "seconds", Type: "integer"},
			{Name: "value", Type: "string"},
		},
	}
}

func setnxDocs() command.Docs {
	return command.Docs{
		Summary:    "Set the value of a key, only if the key does not exist",
		Since:      "1.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "value", Type: "string"},
		},
	}
}

func setrangeDocs() command.Docs {
	return command.Docs{
		Summary:    "Overwrite part of a string at key starting at the specified offset",
		Since:      "2.2.0",
		Complexity: "O(1), not counting the time taken to copy the new string in place. Usually, this string is very small so the amortized complexity is O(1). Otherwise, complexity is O(M) with M being the length of the value argument.",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "offset", Type: "integer"},
			{Name: "value", Type: "string"},
		},
	}
}

func strlenDocs() command.Docs {
	return command.Docs{
		Summary:    "Get the length of the value stored in a key",
		Since:      "2.2.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
		},
	}
}

func substrDocs() command.Docs {
	return command.Docs{
		Summary:    "Get a substring of the string stored at a key",
		Since:      "1.0.0",
		Complexity: "O(N) where N is the length of the returned string. The complexity is ultimately determined by the returned length, but because creating a substring from an existing string is very cheap, it can be considered O(1) for small strings.",
		Deprecated: "2.0.0",
		ReplacedBy: "`GETRANGE`",
		Flags:      []string{"deprecated"},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "start", Type: "integer"},
			{Name: "end", Type: "integer"},
		},
	}
}
