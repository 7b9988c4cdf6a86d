package lists

import "github.com/redoubt-kv/redoubt/core/command"

// The documentation of the commands, in alphabetical order: what COMMAND DOCS
// of Redis 7.0 replies.

func blmoveDocs() command.Docs {
	return command.Docs{
		Summary:    "Pop an element from a list, push it to another list and return it; or block until one is available",
		Since:      "6.2.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "source", Type: "key"},
			{Name: "destination", Type: "key", KeySpec: 1},
			{Name: "wherefrom", Type: "oneof", Args: []command.Arg{
				{Name: "left", Type: "pure-token", Token: "LEFT"},
				{Name: "right", Type: "pure-token", Token: "RIGHT"},
			}},
			{Name: "whereto", Type: "oneof", Args: []command.Arg{
				{Name: "left", Type: "pure-token", Token: "LEFT"},
				{Name: "right", Type: "pure-token", Token: "RIGHT"},
			}},
			{Name: "timeout", Type: "double"},
		},
	}
}

func blmpopDocs() command.Docs {
	return command.Docs{
		Summary:    "Pop elements from a list, or block until one is available",
		Since:      "7.0.0",
		Complexity: "O(N+M) where N is the number of provided keys and M is the number of elements returned.",
		Args: []command.Arg{
			{Name: "timeout", Type: "double"},
			{Name: "numkeys", Type: "integer"},
			{Name: "key", Type: "key", Flags: []string{"multiple"}},
			{Name: "where", Type: "oneof", Args: []command.Arg{
				{Name: "left", Type: "pure-token", Token: "LEFT"},
				{Name: "right", Type: "pure-token", Token: "RIGHT"},
			}},
			{Name: "count", Type: "integer", Token: "COUNT", Flags: []string{"optional"}},
		},
	}
}

func blpopDocs() command.Docs {
	return command.Docs{
		Summary:    "Remove and get the first element in a list, or block until one is available",
		Since:      "2.0.0",
		Complexity: "O(N) where N is the number of provided keys.",
		History: [][2]string{
			{"6.0.0", "`timeout` is interpreted as a double instead of an integer."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key", Flags: []string{"multiple"}},
			{Name: "timeout", Type: "double"},
		},
	}
}

func brpopDocs() command.Docs {
	return command.Docs{
		Summary:    "Remove and get the last element in a list, or block until one is available",
		Since:      "2.0.0",
		Complexity: "O(N) where N is the number of provided keys.",
		History: [][2]string{
			{"6.0.0", "`timeout` is interpreted as a double instead of an integer."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key", Flags: []string{"multiple"}},
			{Name: "timeout", Type: "double"},
		},
	}
}

func brpoplpushDocs() command.Docs {
	return command.Docs{
		Summary:    "Pop an element from a list, push it to another list and return it; or block until one is available",
		Since:      "2.2.0",
		Complexity: "O(1)",
		Deprecated: "6.2.0",
		ReplacedBy: "`BLMOVE` with the `RIGHT` and `LEFT` arguments",
		Flags:      []string{"deprecated"},
		History: [][2]string{
			{"6.0.0", "`timeout` is interpreted as a double instead of an integer."},
		},
		Args: []command.Arg{
			{Name: "source", Type: "key"},
			{Name: "destination", Type: "key", KeySpec: 1},
			{Name: "timeout", Type: "double"},
		},
	}
}

func lindexDocs() command.Docs {
	return command.Docs{
		Summary:    "Get an element from a list by its index",
		Since:      "1.0.0",
		Complexity: "O(N) where N is the number of elements to traverse to get to the element at index. This makes asking for the first or the last element of the list O(1).",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "index", Type: "integer"},
		},
	}
}

func linsertDocs() command.Docs {
	return command.Docs{
		Summary:    "Insert an element before or after another element in a list",
		Since:      "2.2.0",
		Complexity: "O(N) where N is the number of elements to traverse before seeing the value pivot. This means that inserting somewhere on the left end on the list (head) can be considered O(1) and inserting somewhere on the right end (tail) is O(N).",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "where", Type: "oneof", Args: []command.Arg{
				{Name: "before", Type: "pure-token", Token: "BEFORE"},
				{Name: "after", Type: "pure-token", Token: "AFTER"},
			}},
			{Name: "pivot", Type: "string"},
			{Name: "element", Type: "string"},
		},
	}
}

func llenDocs() command.Docs {
	return command.Docs{
		Summary:    "Get the length of a list",
		Since:      "1.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
		},
	}
}

func lmoveDocs() command.Docs {
	return command.Docs{
		Summary:    "Pop an element from a list, push it to another list and return it",
		Since:      "6.2.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "source", Type: "key"},
			{Name: "destination", Type: "key", KeySpec: 1},
			{Name: "wherefrom", Type: "oneof", Args: []command.Arg{
				{Name: "left", Type: "pure-token", Token: "LEFT"},
				{Name: "right", Type: "pure-token", Token: "RIGHT"},
			}},
			{Name: "whereto", Type: "oneof", Args: []command.Arg{
				{Name: "left", Type: "pure-token", Token: "LEFT"},
				{Name: "right", Type: "pure-token", Token: "RIGHT"},
			}},
		},
	}
}

func lmpopDocs() command.Docs {
	return command.Docs{
		Summary:    "Pop elements from a list",
		Since:      "7.0.0",
		Complexity: "O(N+M) where N is the number of provided keys and M is the number of elements returned.",
		Args: []command.Arg{
			{Name: "numkeys", Type: "integer"},
			{Name: "key", Type: "key", Flags: []string{"multiple"}},
			{Name: "where", Type: "oneof", Args: []command.Arg{
				{Name: "left", Type: "pure-token", Token: "LEFT"},
				{Name: "right", Type: "pure-token", Token: "RIGHT"},
			}},
			{Name: "count", Type: "integer", Token: "COUNT", Flags: []string{"optional"}},
		},
	}
}

func lpopDocs() command.Docs {
	return command.Docs{
		Summary:    "Remove and get the first elements in a list",
		Since:      "1.0.0",
		Complexity: "O(N) where N is the number of elements returned",
		History: [][2]string{
			{"6.2.0", "Added the `count` argument."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "count", Type: "integer", Since: "6.2.0", Flags: []string{"optional"}},
		},
	}
}

func lposDocs() command.Docs {
	return command.Docs{
		Summary:    "Return the index of matching elements on a list",
		Since:      "6.0.6",
		Complexity: "O(N) where N is the number of elements in the list, for the average case. When searching for elements near the head or the tail of the list, or when the MAXLEN option is provided, the command may run in constant time.",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "element", Type: "string"},
			{Name: "rank", Type: "integer", Token: "RANK", Flags: []string{"optional"}},
			{Name: "num-matches", Type: "integer", Token: "COUNT", Flags: []string{"optional"}},
			{Name: "len", Type: "integer", Token: "MAXLEN", Flags: []string{"optional"}},
		},
	}
}

func lpushDocs() command.Docs {
	return command.Docs{
		Summary:    "Prepend one or multiple elements to a list",
		Since:      "1.0.0",
		Complexity: "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
		History: [][2]string{
			{"2.4.0", "Accepts multiple `element` arguments."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "element", Type: "string", Flags: []string{"multiple"}},
		},
	}
}

func lpushxDocs() command.Docs {
	return command.Docs{
		Summary:    "Prepend an element to a list, only if the list exists",
		Since:      "2.2.0",
		Complexity: "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
		History: [][2]string{
			{"4.0.0", "Accepts multiple `element` arguments."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "element", Type: "string", Flags: []string{"multiple"}},
		},
	}
}

func lrangeDocs() command.Docs {
	return command.Docs{
		Summary:    "Get a range of elements from a list",
		Since:      "1.0.0",
		Complexity: "O(S+N) where S is the distance of start offset from HEAD for small lists, from nearest end (HEAD or TAIL) for large lists; and N is the number of elements in the specified range.",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "start", Type: "integer"},
			{Name: "stop", Type: "integer"},
		},
	}
}

func lremDocs() command.Docs {
	return command.Docs{
		Summary:    "Remove elements from a list",
		Since:      "1.0.0",
		Complexity: "O(N+M) where N is the length of the list and M is the number of elements removed.",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "count", Type: "integer"},
			{Name: "element", Type: "string"},
		},
	}
}

func lsetDocs() command.Docs {
	return command.Docs{
		Summary:    "Set the value of an element in a list by its index",
		Since:      "1.0.0",
		Complexity: "O(N) where N is the length of the list. Setting either the first or the last element of the list is O(1).",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "index", Type: "integer"},
			{Name: "element", Type: "string"},
		},
	}
}

func ltrimDocs() command.Docs {
	return command.Docs{
		Summary:    "Trim a list to the specified range",
		Since:      "1.0.0",
		Complexity: "O(N) where N is the number of elements to be removed by the operation.",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "start", Type: "integer"},
			{Name: "stop", Type: "integer"},
		},
	}
}

func rpopDocs() command.Docs {
	return command.Docs{
		Summary:    "Remove and get the last elements in a list",
		Since:      "1.0.0",
		Complexity: "O(N) where N is the number of elements returned",
		History: [][2]string{
			{"6.2.0", "Added the `count` argument."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "count", Type: "integer", Since: "6.2.0", Flags: []string{"optional"}},
		},
	}
}

func rpoplpushDocs() command.Docs {
	return command.Docs{
		Summary:    "Remove the last element in a list, prepend it to another list and return it",
		Since:      "1.2.0",
		Complexity: "O(1)",
		Deprecated: "6.2.0",
		ReplacedBy: "`LMOVE` with the `RIGHT` and `LEFT` arguments",
		Flags:      []string{"deprecated"},
		Args: []command.Arg{
			{Name: "source", Type: "key"},
			{Name: "destination", Type: "key", KeySpec: 1},
		},
	}
}

func rpushDocs() command.Docs {
	return command.Docs{
		Summary:    "Append one or multiple elements to a list",
		Since:      "1.0.0",
		Complexity: "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
		History: [][2]string{
			{"2.4.0", "Accepts multiple `element` arguments."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "element", Type: "string", Flags: []string{"multiple"}},
		},
	}
}

func rpushxDocs() command.Docs {
	return command.Docs{
		Summary:    "Append an element to a list, only if the list exists",
		Since:      "2.2.0",
		Complexity: "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
		History: [][2]string{
			{"4.0.0", "Accepts multiple `element` arguments."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "element", Type: "string", Flags: []string{"multiple"}},
		},
	}
}
