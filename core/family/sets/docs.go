package sets

import "github.com/redoubt-kv/redoubt/core/command"

// The documentation of the commands, in alphabetical order: what COMMAND DOCS
// of Redis 7.0 replies.

func saddDocs() command.Docs {
	return command.Docs{
		Summary:    "Add one or more members to a set",
		Since:      "1.0.0",
		Complexity: "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
		History: [][2]string{
			{"2.4.0", "Accepts multiple `member` arguments."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "member", Type: "string", Flags: []string{"multiple"}},
		},
	}
}

func scardDocs() command.Docs {
	return command.Docs{
		Summary:    "Get the number of members in a set",
		Since:      "1.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
		},
	}
}

func sdiffDocs() command.Docs {
	return command.Docs{
		Summary:    "Subtract multiple sets",
		Since:      "1.0.0",
		Complexity: "O(N) where N is the total number of elements in all given sets.",
		Args: []command.Arg{
			{Name: "key", Type: "key", Flags: []string{"multiple"}},
		},
	}
}

func sdiffstoreDocs() command.Docs {
	return command.Docs{
		Summary:    "Subtract multiple sets and store the resulting set in a key",
		Since:      "1.0.0",
		Complexity: "O(N) where N is the total number of elements in all given sets.",
		Args: []command.Arg{
			{Name: "destination", Type: "key"},
			{Name: "key", Type: "key", KeySpec: 1, Flags: []string{"multiple"}},
		},
	}
}

func sinterDocs() command.Docs {
	return command.Docs{
		Summary:    "Intersect multiple sets",
		Since:      "1.0.0",
		Complexity: "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.",
		Args: []command.Arg{
			{Name: "key", Type: "key", Flags: []string{"multiple"}},
		},
	}
}

func sintercardDocs() command.Docs {
	return command.Docs{
		Summary:    "Intersect multiple sets and return the cardinality of the result",
		Since:      "7.0.0",
		Complexity: "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.",
		Args: []command.Arg{
			{Name: "numkeys", Type: "integer"},
			{Name: "key", Type: "key", Flags: []string{"multiple"}},
			{Name: "limit", Type: "integer", Token: "LIMIT", Flags: []string{"optional"}},
		},
	}
}

func sinterstoreDocs() command.Docs {
	return command.Docs{
		Summary:    "Intersect multiple sets and store the resulting set in a key",
		Since:      "1.0.0",
		Complexity: "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.",
		Args: []command.Arg{
			{Name: "destination", Type: "key"},
			{Name: "key", Type: "key", KeySpec: 1, Flags: []string{"multiple"}},
		},
	}
}

func sismemberDocs() command.Docs {
	return command.Docs{
		Summary:    "Determine if a given value is a member of a set",
		Since:      "1.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "member", Type: "string"},
		},
	}
}

func smembersDocs() command.Docs {
	return command.Docs{
		Summary:    "Get all the members in a set",
		Since:      "1.0.0",
		Complexity: "O(N) where N is the set cardinality.",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
		},
	}
}

func smismemberDocs() command.Docs {
	return command.Docs{
		Summary:    "Returns the membership associated with the given elements for a set",
		Since:      "6.2.0",
		Complexity: "O(N) where N is the number of elements being checked for membership",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "member", Type: "string", Flags: []string{"multiple"}},
		},
	}
}

func smoveDocs() command.Docs {
	return command.Docs{
		Summary:    "Move a member from one set to another",
		Since:      "1.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "source", Type: "key"},
			{Name: "destination", Type: "key", KeySpec: 1},
			{Name: "member", Type: "string"},
		},
	}
}

func spopDocs() command.Docs {
	return command.Docs{
		Summary:    "Remove and return one or multiple random members from a set",
		Since:      "1.0.0",
		Complexity: "Without the count argument O(1), otherwise O(N) where N is the value of the passed count.",
		History: [][2]string{
			{"3.2.0", "Added the `count` argument."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "count", Type: "integer", Since: "3.2.0", Flags: []string{"optional"}},
		},
	}
}

func srandmemberDocs() command.Docs {
	return command.Docs{
		Summary:    "Get one or multiple random members from a set",
		Since:      "1.0.0",
		Complexity: "Without the count argument O(1), otherwise O(N) where N is the absolute value of the passed count.",
		History: [][2]string{
			{"2.6.0", "Added the optional `count` argument."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "count", Type: "integer", Since: "2.6.0", Flags: []string{"optional"}},
		},
	}
}

func sremDocs() command.Docs {
	return command.Docs{
		Summary:    "Remove one or more members from a set",
		Since:      "1.0.0",
		Complexity: "O(N) where N is the number of members to be removed.",
		History: [][2]string{
			{"2.4.0", "Accepts multiple `member` arguments."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "member", Type: "string", Flags: []string{"multiple"}},
		},
	}
}

func sscanDocs() command.Docs {
	return command.Docs{
		Summary:    "Incrementally iterate Set elements",
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

func sunionDocs() command.Docs {
	return command.Docs{
		Summary:    "Add multiple sets",
		Since:      "1.0.0",
		Complexity: "O(N) where N is the total number of elements in all given sets.",
		Args: []command.Arg{
			{Name: "key", Type: "key", Flags: []string{"multiple"}},
		},
	}
}

func sunionstoreDocs() command.Docs {
	return command.Docs{
		Summary:    "Add multiple sets and store the resulting set in a key",
		Since:      "1.0.0",
		Complexity: "O(N) where N is the total number of elements in all given sets.",
		Args: []command.Arg{
			{Name: "destination", Type: "key"},
			{Name: "key", Type: "key", KeySpec: 1, Flags: []string{"multiple"}},
		},
	}
}
