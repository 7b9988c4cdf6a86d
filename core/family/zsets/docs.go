package zsets

import "github.com/redoubt-kv/redoubt/core/command"

// The documentation of the commands, in alphabetical order: what COMMAND DOCS
// of Redis 7.0 replies; that of ZRANK and ZREVRANK is of 7.2, which gave them
// WITHSCORE.

func bzmpopDocs() command.Docs {
	return command.Docs{
		Summary:    "Remove and return members with scores in a sorted set or block until one is available",
		Since:      "7.0.0",
		Complexity: "O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of elements in the sorted set, and M being the number of elements popped.",
		Args: []command.Arg{
			{Name: "timeout", Type: "double"},
			{Name: "numkeys", Type: "integer"},
			{Name: "key", Type: "key", Flags: []string{"multiple"}},
			{Name: "where", Type: "oneof", Args: []command.Arg{
				{Name: "min", Type: "pure-token", Token: "MIN"},
				{Name: "max", Type: "pure-token", Token: "MAX"},
			}},
			{Name: "count", Type: "integer", Token: "COUNT", Flags: []string{"optional"}},
		},
	}
}

func bzpopmaxDocs() command.Docs {
	return command.Docs{
		Summary:    "Remove and return the member with the highest score from one or more sorted sets, or block until one is available",
		Since:      "5.0.0",
		Complexity: "O(log(N)) with N being the number of elements in the sorted set.",
		History: [][2]string{
			{"6.0.0", "`timeout` is interpreted as a double instead of an integer."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key", Flags: []string{"multiple"}},
			{Name: "timeout", Type: "double"},
		},
	}
}

func bzpopminDocs() command.Docs {
	return command.Docs{
		Summary:    "Remove and return the member with the lowest score from one or more sorted sets, or block until one is available",
		Since:      "5.0.0",
		Complexity: "O(log(N)) with N being the number of elements in the sorted set.",
		History: [][2]string{
			{"6.0.0", "`timeout` is interpreted as a double instead of an integer."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key", Flags: []string{"multiple"}},
			{Name: "timeout", Type: "double"},
		},
	}
}

func zaddDocs() command.Docs {
	return command.Docs{
		Summary:    "Add one or more members to a sorted set, or update its score if it already exists",
		Since:      "1.2.0",
		Complexity: "O(log(N)) for each item added, where N is the number of elements in the sorted set.",
		History: [][2]string{
			{"2.4.0", "Accepts multiple elements."},
			{"3.0.2", "Added the `XX`, `NX`, `CH` and `INCR` options."},
			{"6.2.0", "Added the `GT` and `LT` options."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "condition", Type: "oneof", Since: "3.0.2", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "nx", Type: "pure-token", Token: "NX"},
				{Name: "xx", Type: "pure-token", Token: "XX"},
			}},
			{Name: "comparison", Type: "oneof", Since: "6.2.0", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "gt", Type: "pure-token", Token: "GT"},
				{Name: "lt", Type: "pure-token", Token: "LT"},
			}},
			{Name: "change", Type: "pure-token", Token: "CH", Since: "3.0.2", Flags: []string{"optional"}},
			{Name: "increment", Type: "pure-token", Token: "INCR", Since: "3.0.2", Flags: []string{"optional"}},
			{Name: "score_member", Type: "block", Flags: []string{"multiple"}, Args: []command.Arg{
				{Name: "score", Type: "double"},
				{Name: "member", Type: "string"},
			}},
		},
	}
}

func zcardDocs() command.Docs {
	return command.Docs{
		Summary:    "Get the number of members in a sorted set",
		Since:      "1.2.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
		},
	}
}

func zcountDocs() command.Docs {
	return command.Docs{
		Summary:    "Count the members in a sorted set with scores within the given values",
		Since:      "2.0.0",
		Complexity: "O(log(N)) with N being the number of elements in the sorted set.",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "min", Type: "double"},
			{Name: "max", Type: "double"},
		},
	}
}

func zdiffDocs() command.Docs {
	return command.Docs{
		Summary:    "Subtract multiple sorted sets",
		Since:      "6.2.0",
		Complexity: "O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets, N is the size of the first set, and K is the size of the result set.",
		Args: []command.Arg{
			{Name: "numkeys", Type: "integer"},
			{Name: "key", Type: "key", Flags: []string{"multiple"}},
			{Name: "withscores", Type: "pure-token", Token: "WITHSCORES", Flags: []string{"optional"}},
		},
	}
}

func zdiffstoreDocs() command.Docs {
	return command.Docs{
		Summary:    "Subtract multiple sorted sets and store the resulting sorted set in a new key",
		Since:      "6.2.0",
		Complexity: "O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets, N is the size of the first set, and K is the size of the result set.",
		Args: []command.Arg{
			{Name: "destination", Type: "key"},
			{Name: "numkeys", Type: "integer"},
			{Name: "key", Type: "key", KeySpec: 1, Flags: []string{"multiple"}},
		},
	}
}

func zincrbyDocs() command.Docs {
	return command.Docs{
		Summary:    "Increment the score of a member in a sorted set",
		Since:      "1.2.0",
		Complexity: "O(log(N)) where N is the number of elements in the sorted set.",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "increment", Type: "integer"},
			{Name: "member", Type: "string"},
		},
	}
}

func zinterDocs() command.Docs {
	return command.Docs{
		Summary:    "Intersect multiple sorted sets",
		Since:      "6.2.0",
		Complexity: "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the number of input sorted sets and M being the number of elements in the resulting sorted set.",
		Args: []command.Arg{
			{Name: "numkeys", Type: "integer"},
			{Name: "key", Type: "key", Flags: []string{"multiple"}},
			{Name: "weight", Type: "integer", Token: "WEIGHTS", Flags: []string{"optional", "multiple"}},
			{Name: "aggregate", Type: "oneof", Token: "AGGREGATE", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "sum", Type: "pure-token", Token: "SUM"},
				{Name: "min", Type: "pure-token", Token: "MIN"},
				{Name: "max", Type: "pure-token", Token: "MAX"},
			}},
			{Name: "withscores", Type: "pure-token", Token: "WITHSCORES", Flags: []string{"optional"}},
		},
	}
}

func zintercardDocs() command.Docs {
	return command.Docs{
		Summary:    "Intersect multiple sorted sets and return the cardinality of the result",
		Since:      "7.0.0",
		Complexity: "O(N*K) worst case with N being the smallest input sorted set, K being the number of input sorted sets.",
		Args: []command.Arg{
			{Name: "numkeys", Type: "integer"},
			{Name: "key", Type: "key", Flags: []string{"multiple"}},
			{Name: "limit", Type: "integer", Token: "LIMIT", Flags: []string{"optional"}},
		},
	}
}

func zinterstoreDocs() command.Docs {
	return command.Docs{
		Summary:    "Intersect multiple sorted sets and store the resulting sorted set in a new key",
		Since:      "2.0.0",
		Complexity: "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the number of input sorted sets and M being the number of elements in the resulting sorted set.",
		Args: []command.Arg{
			{Name: "destination", Type: "key"},
			{Name: "numkeys", Type: "integer"},
			{Name: "key", Type: "key", KeySpec: 1, Flags: []string{"multiple"}},
			{Name: "weight", Type: "integer", Token: "WEIGHTS", Flags: []string{"optional", "multiple"}},
			{Name: "aggregate", Type: "oneof", Token: "AGGREGATE", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "sum", Type: "pure-token", Token: "SUM"},
				{Name: "min", Type: "pure-token", Token: "MIN"},
				{Name: "max", Type: "pure-token", Token: "MAX"},
			}},
		},
	}
}

func zlexcountDocs() command.Docs {
	return command.Docs{
		Summary:    "Count the number of members in a sorted set between a given lexicographical range",
		Since:      "2.8.9",
		Complexity: "O(log(N)) with N being the number of elements in the sorted set.",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "min", Type: "string"},
			{Name: "max", Type: "string"},
		},
	}
}

func zmpopDocs() command.Docs {
	return command.Docs{
		Summary:    "Remove and return members with scores in a sorted set",
		Since:      "7.0.0",
		Complexity: "O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of elements in the sorted set, and M being the number of elements popped.",
		Args: []command.Arg{
			{Name: "numkeys", Type: "integer"},
			{Name: "key", Type: "key", Flags: []string{"multiple"}},
			{Name: "where", Type: "oneof", Args: []command.Arg{
				{Name: "min", Type: "pure-token", Token: "MIN"},
				{Name: "max", Type: "pure-token", Token: "MAX"},
			}},
			{Name: "count", Type: "integer", Token: "COUNT", Flags: []string{"optional"}},
		},
	}
}

func zmscoreDocs() command.Docs {
	return command.Docs{
		Summary:    "Get the score associated with the given members in a sorted set",
		Since:      "6.2.0",
		Complexity: "O(N) where N is the number of members being requested.",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "member", Type: "string", Flags: []string{"multiple"}},
		},
	}
}

func zpopmaxDocs() command.Docs {
	return command.Docs{
		Summary:    "Remove and return members with the highest scores in a sorted set",
		Since:      "5.0.0",
		Complexity: "O(log(N)*M) with N being the number of elements in the sorted set, and M being the number of elements popped.",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "count", Type: "integer", Flags: []string{"optional"}},
		},
	}
}

func zpopminDocs() command.Docs {
	return command.Docs{
		Summary:    "Remove and return members with the lowest scores in a sorted set",
		Since:      "5.0.0",
		Complexity: "O(log(N)*M) with N being the number of elements in the sorted set, and M being the number of elements popped.",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "count", Type: "integer", Flags: []string{"optional"}},
		},
	}
}

func zrandmemberDocs() command.Docs {
	return command.Docs{
		Summary:    "Get one or multiple random elements from a sorted set",
		Since:      "6.2.0",
		Complexity: "O(N) where N is the number of elements returned",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "options", Type: "block", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "count", Type: "integer"},
				{Name: "withscores", Type: "pure-token", Token: "WITHSCORES", Flags: []string{"optional"}},
			}},
		},
	}
}

func zrangeDocs() command.Docs {
	return command.Docs{
		Summary:    "Return a range of members in a sorted set",
		Since:      "1.2.0",
		Complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements returned.",
		History: [][2]string{
			{"6.2.0", "Added the `REV`, `BYSCORE`, `BYLEX` and `LIMIT` options."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "start", Type: "string"},
			{Name: "stop", Type: "string"},
			{Name: "sortby", Type: "oneof", Since: "6.2.0", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "byscore", Type: "pure-token", Token: "BYSCORE"},
				{Name: "bylex", Type: "pure-token", Token: "BYLEX"},
			}},
			{Name: "rev", Type: "pure-token", Token: "REV", Since: "6.2.0", Flags: []string{"optional"}},
			{Name: "offset_count", Type: "block", Token: "LIMIT", Since: "6.2.0", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "offset", Type: "integer"},
				{Name: "count", Type: "integer"},
			}},
			{Name: "withscores", Type: "pure-token", Token: "WITHSCORES", Flags: []string{"optional"}},
		},
	}
}

func zrangebylexDocs() command.Docs {
	return command.Docs{
		Summary:    "Return a range of members in a sorted set, by lexicographical range",
		Since:      "2.8.9",
		Complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).",
		Deprecated: "6.2.0",
		ReplacedBy: "`ZRANGE` with the `BYLEX` argument",
		Flags:      []string{"deprecated"},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "min", Type: "string"},
			{Name: "max", Type: "string"},
			{Name: "offset_count", Type: "block", Token: "LIMIT", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "offset", Type: "integer"},
				{Name: "count", Type: "integer"},
			}},
		},
	}
}

func zrangebyscoreDocs() command.Docs {
	return command.Docs{
		Summary:    "Return a range of members in a sorted set, by score",
		Since:      "1.0.5",
		Complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).",
		Deprecated: "6.2.0",
		ReplacedBy: "`ZRANGE` with the `BYSCORE` argument",
		Flags:      []string{"deprecated"},
		History: [][2]string{
			{"2.0.0", "Added the `WITHSCORES` modifier."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "min", Type: "double"},
			{Name: "max", Type: "double"},
			{Name: "withscores", Type: "pure-token", Token: "WITHSCORES", Since: "2.0.0", Flags: []string{"optional"}},
			{Name: "offset_count", Type: "block", Token: "LIMIT", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "offset", Type: "integer"},
				{Name: "count", Type: "integer"},
			}},
		},
	}
}

func zrangestoreDocs() command.Docs {
	return command.Docs{
		Summary:    "Store a range of members from sorted set into another key",
		Since:      "6.2.0",
		Complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements stored into the destination key.",
		Args: []command.Arg{
			{Name: "dst", Type: "key"},
			{Name: "src", Type: "key", KeySpec: 1},
			{Name: "min", Type: "string"},
			{Name: "max", Type: "string"},
			{Name: "sortby", Type: "oneof", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "byscore", Type: "pure-token", Token: "BYSCORE"},
				{Name: "bylex", Type: "pure-token", Token: "BYLEX"},
			}},
			{Name: "rev", Type: "pure-token", Token: "REV", Flags: []string{"optional"}},
			{Name: "offset_count", Type: "block", Token: "LIMIT", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "offset", Type: "integer"},
				{Name: "count", Type: "integer"},
			}},
		},
	}
}

func zrankDocs() command.Docs {
	return command.Docs{
		Summary:    "Determine the index of a member in a sorted set",
		Since:      "2.0.0",
		Complexity: "O(log(N))",
		History: [][2]string{
			{"7.2.0", "Added the optional `WITHSCORE` argument."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "member", Type: "string"},
			{Name: "withscore", Type: "pure-token", Token: "WITHSCORE", Flags: []string{"optional"}},
		},
	}
}

func zremDocs() command.Docs {
	return command.Docs{
		Summary:    "Remove one or more members from a sorted set",
		Since:      "1.2.0",
		Complexity: "O(M*log(N)) with N being the number of elements in the sorted set and M the number of elements to be removed.",
		History: [][2]string{
			{"2.4.0", "Accepts multiple elements."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "member", Type: "string", Flags: []string{"multiple"}},
		},
	}
}

func zremrangebylexDocs() command.Docs {
	return command.Docs{
		Summary:    "Remove all members in a sorted set between the given lexicographical range",
		Since:      "2.8.9",
		Complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed by the operation.",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "min", Type: "string"},
			{Name: "max", Type: "string"},
		},
	}
}

func zremrangebyrankDocs() command.Docs {
	return command.Docs{
		Summary:    "Remove all members in a sorted set within the given indexes",
		Since:      "2.0.0",
		Complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed by the operation.",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "start", Type: "integer"},
			{Name: "stop", Type: "integer"},
		},
	}
}

func zremrangebyscoreDocs() command.Docs {
	return command.Docs{
		Summary:    "Remove all members in a sorted set within the given scores",
		Since:      "1.2.0",
		Complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed by the operation.",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "min", Type: "double"},
			{Name: "max", Type: "double"},
		},
	}
}

func zrevrangeDocs() command.Docs {
	return command.Docs{
		Summary:    "Return a range of members in a sorted set, by index, with scores ordered from high to low",
		Since:      "1.2.0",
		Complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements returned.",
		Deprecated: "6.2.0",
		ReplacedBy: "`ZRANGE` with the `REV` argument",
		Flags:      []string{"deprecated"},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "start", Type: "integer"},
			{Name: "stop", Type: "integer"},
			{Name: "withscores", Type: "pure-token", Token: "WITHSCORES", Flags: []string{"optional"}},
		},
	}
}

func zrevrangebylexDocs() command.Docs {
	return command.Docs{
		Summary:    "Return a range of members in a sorted set, by lexicographical range, ordered from higher to lower strings.",
		Since:      "2.8.9",
		Complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).",
		Deprecated: "6.2.0",
		ReplacedBy: "`ZRANGE` with the `REV` and `BYLEX` arguments",
		Flags:      []string{"deprecated"},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "max", Type: "string"},
			{Name: "min", Type: "string"},
			{Name: "offset_count", Type: "block", Token: "LIMIT", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "offset", Type: "integer"},
				{Name: "count", Type: "integer"},
			}},
		},
	}
}

func zrevrangebyscoreDocs() command.Docs {
	return command.Docs{
		Summary:    "Return a range of members in a sorted set, by score, with scores ordered from high to low",
		Since:      "2.2.0",
		Complexity: "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).",
		Deprecated: "6.2.0",
		ReplacedBy: "`ZRANGE` with the `REV` and `BYSCORE` arguments",
		Flags:      []string{"deprecated"},
		History: [][2]string{
			{"2.1.6", "`min` and `max` can be exclusive."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "max", Type: "double"},
			{Name: "min", Type: "double"},
			{Name: "withscores", Type: "pure-token", Token: "WITHSCORES", Flags: []string{"optional"}},
			{Name: "offset_count", Type: "block", Token: "LIMIT", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "offset", Type: "integer"},
				{Name: "count", Type: "integer"},
			}},
		},
	}
}

func zrevrankDocs() command.Docs {
	return command.Docs{
		Summary:    "Determine the index of a member in a sorted set, with scores ordered from high to low",
		Since:      "2.0.0",
		Complexity: "O(log(N))",
		History: [][2]string{
			{"7.2.0", "Added the optional `WITHSCORE` argument."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "member", Type: "string"},
			{Name: "withscore", Type: "pure-token", Token: "WITHSCORE", Flags: []string{"optional"}},
		},
	}
}

func zscanDocs() command.Docs {
	return command.Docs{
		Summary:    "Incrementally iterate sorted sets elements and associated scores",
		Since:      "2.8.0",
		Complexity: "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection..",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "cursor", Type: "integer"},
			{Name: "pattern", Type: "pattern", Token: "MATCH", Flags: []string{"optional"}},
			{Name: "count", Type: "integer", Token: "COUNT", Flags: []string{"optional"}},
		},
	}
}

func zscoreDocs() command.Docs {
	return command.Docs{
		Summary:    "Get the score associated with the given member in a sorted set",
		Since:      "1.2.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "member", Type: "string"},
		},
	}
}

func zunionDocs() command.Docs {
	return command.Docs{
		Summary:    "Add multiple sorted sets",
		Since:      "6.2.0",
		Complexity: "O(N)+O(M*log(M)) with N being the sum of the sizes of the input sorted sets, and M being the number of elements in the resulting sorted set.",
		Args: []command.Arg{
			{Name: "numkeys", Type: "integer"},
			{Name: "key", Type: "key", Flags: []string{"multiple"}},
			{Name: "weight", Type: "integer", Token: "WEIGHTS", Flags: []string{"optional", "multiple"}},
			{Name: "aggregate", Type: "oneof", Token: "AGGREGATE", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "sum", Type: "pure-token", Token: "SUM"},
				{Name: "min", Type: "pure-token", Token: "MIN"},
				{Name: "max", Type: "pure-token", Token: "MAX"},
			}},
			{Name: "withscores", Type: "pure-token", Token: "WITHSCORES", Flags: []string{"optional"}},
		},
	}
}

func zunionstoreDocs() command.Docs {
	return command.Docs{
		Summary:    "Add multiple sorted sets and store the resulting sorted set in a new key",
		Since:      "2.0.0",
		Complexity: "O(N)+O(M log(M)) with N being the sum of the sizes of the input sorted sets, and M being the number of elements in the resulting sorted set.",
		Args: []command.Arg{
			{Name: "destination", Type: "key"},
			{Name: "numkeys", Type: "integer"},
			{Name: "key", Type: "key", KeySpec: 1, Flags: []string{"multiple"}},
			{Name: "weight", Type: "integer", Token: "WEIGHTS", Flags: []string{"optional", "multiple"}},
			{Name: "aggregate", Type: "oneof", Token: "AGGREGATE", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "sum", Type: "pure-token", Token: "SUM"},
				{Name: "min", Type: "pure-token", Token: "MIN"},
				{Name: "max", Type: "pure-token", Token: "MAX"},
			}},
		},
	}
}
