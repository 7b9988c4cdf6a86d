package transactions

import "github.com/redoubt-kv/redoubt/core/command"

// The documentation of the commands: what COMMAND DOCS of Redis 7.0 replies.

func multiDocs() command.Docs {
	return command.Docs{
		Summary:    "Mark the start of a transaction block",
		Since:      "1.2.0",
		Complexity: "O(1)",
	}
}

func execDocs() command.Docs {
	return command.Docs{
		Summary:    "Execute all commands issued after MULTI",
		Since:      "1.2.0",
		Complexity: "Depends on commands in the transaction",
	}
}

func discardDocs() command.Docs {
	return command.Docs{
		Summary:    "Discard all commands issued after MULTI",
		Since:      "2.0.0",
		Complexity: "O(N), when N is the number of queued commands",
	}
}

func watchDocs() command.Docs {
	return command.Docs{
		Summary:    "Watch the given keys to determine execution of the MULTI/EXEC block",
		Since:      "2.2.0",
		Complexity: "O(1) for every key.",
		Args:       []command.Arg{{Name: "key", Type: "key", Flags: []string{"multiple"}}},
	}
}

func unwatchDocs() command.Docs {
	return command.Docs{
		Summary:    "Forget about all watched keys",
		Since:      "2.2.0",
		Complexity: "O(1)",
	}
}
