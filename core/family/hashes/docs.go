package hashes

import "github.com/redoubt-kv/redoubt/core/command"

// The documentation of the commands that Redis 7.0 has, in alphabetical order:
// what its COMMAND DOCS replies.

func hdelDocs() command.Docs {
	return command.Docs{
		Summary:    "Delete one or more hash fields",
		Since:      "2.0.0",
		Complexity: "O(N) where N is the number of fields to be removed.",
		History: [][2]string{
			{"2.4.0", "Accepts multiple `field` arguments."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "field", Type: "string", Flags: []string{"multiple"}},
		},
	}
}

func hexistsDocs() command.Docs {
	return command.Docs{
		Summary:    "Determine if a hash field exists",
		Since:      "2.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "field", Type: "string"},
		},
	}
}

func hgetDocs() command.Docs {
	return command.Docs{
		Summary:    "Get the value of a hash field",
		Since:      "2.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "field", Type: "string"},
		},
	}
}

func hgetallDocs() command.Docs {
	return command.Docs{
		Summary:    "Get all the fields and values in a hash",
		Since:      "2.0.0",
		Complexity: "O(N) where N is the size of the hash.",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
		},
	}
}

func hincrbyDocs() command.Docs {
	return command.Docs{
		Summary:    "Increment the integer value of a hash field by the given number",
		Since:      "2.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "field", Type: "string"},
			{Name: "increment", Type: "integer"},
		},
	}
}

func hincrbyfloatDocs() command.Docs {
	return command.Docs{
		Summary:    "Increment the float value of a hash field by the given amount",
		Since:      "2.6.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "field", Type: "string"},
			{Name: "increment", Type: "double"},
		},
	}
}

func hkeysDocs() command.Docs {
	return command.Docs{
		Summary:    "Get all the fields in a hash",
		Since:      "2.0.0",
		Complexity: "O(N) where N is the size of the hash.",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
		},
	}
}

func hlenDocs() command.Docs {
	return command.Docs{
		Summary:    "Get the number of fields in a hash",
		Since:      "2.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
		},
	}
}

func hmgetDocs() command.Docs {
	return command.Docs{
		Summary:    "Get the values of all the given hash fields",
		Since:      "2.0.0",
		Complexity: "O(N) where N is the number of fields being requested.",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "field", Type: "string", Flags: []string{"multiple"}},
		},
	}
}

func hmsetDocs() command.Docs {
	return command.Docs{
		Summary:    "Set multiple hash fields to multiple values",
		Since:      "2.0.0",
		Complexity: "O(N) where N is the number of fields being set.",
		Deprecated: "4.0.0",
		ReplacedBy: "`HSET` with multiple field-value pairs",
		Flags:      []string{"deprecated"},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "field_value", Type: "block", Flags: []string{"multiple"}, Args: []command.Arg{
				{Name: "field", Type: "string"},
				{Name: "value", Type: "string"},
			}},
		},
	}
}

func hrandfieldDocs() command.Docs {
	return command.Docs{
		Summary:    "Get one or multiple random fields from a hash",
		Since:      "6.2.0",
		Complexity: "O(N) where N is the number of fields returned",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "options", Type: "block", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "count", Type: "integer"},
				{Name: "withvalues", Type: "pure-token", Token: "WITHVALUES", Flags: []string{"optional"}},
			}},
		},
	}
}

func hscanDocs() command.Docs {
	return command.Docs{
		Summary:    "Incrementally iterate hash fields and associated values",
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

func hsetDocs() command.Docs {
	return command.Docs{
		Summary:    "Set the string value of a hash field",
		Since:      "2.0.0",
		Complexity: "O(1) for each field/value pair added, so O(N) to add N field/value pairs when the command is called with multiple field/value pairs.",
		History: [][2]string{
			{"4.0.0", "Accepts multiple `field` and `value` arguments."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "field_value", Type: "block", Flags: []string{"multiple"}, Args: []command.Arg{
				{Name: "field", Type: "string"},
				{Name: "value", Type: "string"},
			}},
		},
	}
}

func hsetnxDocs() command.Docs {
	return command.Docs{
		Summary:    "Set the value of a hash field, only if the field does not exist",
		Since:      "2.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "field", Type: "string"},
			{Name: "value", Type: "string"},
		},
	}
}

func hstrlenDocs() command.Docs {
	return command.Docs{
		Summary:    "Get the length of the value of a hash field",
		Since:      "3.2.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "field", Type: "string"},
		},
	}
}

func hvalsDocs() command.Docs {
	return command.Docs{
		Summary:    "Get all the values in a hash",
		Since:      "2.0.0",
		Complexity: "O(N) where N is the size of the hash.",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
		},
	}
}
