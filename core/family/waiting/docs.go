package waiting

import "github.com/redoubt-kv/redoubt/core/command"

// The documentation of the commands: what COMMAND DOCS of Redis 7.0, and for WAITAOF
// 7.2, replies.

func waitDocs() command.Docs {
	return command.Docs{
		Summary:    "Wait for the synchronous replication of all the write commands sent in the context of the current connection",
		Since:      "3.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "numreplicas", Type: "integer"},
			{Name: "timeout", Type: "integer"},
		},
	}
}

func waitaofDocs() command.Docs {
	return command.Docs{
		Summary:    "Blocks until all of the preceding write commands sent by the connection are written to the append-only file of the master and/or replicas.",
		Since:      "7.2.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "numlocal", Type: "integer"},
			{Name: "numreplicas", Type: "integer"},
			{Name: "timeout", Type: "integer"},
		},
	}
}
