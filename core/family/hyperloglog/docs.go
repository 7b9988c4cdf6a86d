package hyperloglog

import "github.com/redoubt-kv/redoubt/core/command"

// The documentation of the commands, in alphabetical order: what COMMAND DOCS
// of Redis 7.0 replies.

func pfaddDocs() command.Docs {
	return command.Docs{
		Summary:    "Adds the specified elements to the specified HyperLogLog.",
		Since:      "2.8.9",
		Complexity: "O(1) to add every element.",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "element", Type: "string", Flags: []string{"optional", "multiple"}},
		},
	}
}

func pfcountDocs() command.Docs {
	return command.Docs{
		Summary:    "Return the approximated cardinality of the set(s) observed by the HyperLogLog at key(s).",
		Since:      "2.8.9",
		Complexity: "O(1) with a very small average constant time when called with a single key. O(N) with N being the number of keys, and much bigger constant times, when called with multiple keys.",
		Args: []command.Arg{
			{Name: "key", Type: "key", Flags: []string{"multiple"}},
		},
	}
}

func pfdebugDocs() command.Docs {
	return command.Docs{
		Summary:    "Internal commands for debugging HyperLogLog values",
		Since:      "2.8.9",
		Complexity: "N/A",
		Flags:      []string{"syscmd"},
		Args: []command.Arg{
			{Name: "subcommand", Type: "string"},
			{Name: "key", Type: "key"},
		},
	}
}

func pfmergeDocs() command.Docs {
	return command.Docs{
		Summary:    "Merge N different HyperLogLogs into a single one.",
		Since:      "2.8.9",
		Complexity: "O(N) to merge N HyperLogLogs, but with high constant times.",
		Args: []command.Arg{
			{Name: "destkey", Type: "key"},
			{Name: "sourcekey", Type: "key", KeySpec: 1, Flags: []string{"multiple"}},
		},
	}
}

func pfselftestDocs() command.Docs {
	return command.Docs{
		Summary:    "An internal command for testing HyperLogLog values",
		Since:      "2.8.9",
		Complexity: "N/A",
		Flags:      []string{"syscmd"},
	}
}
