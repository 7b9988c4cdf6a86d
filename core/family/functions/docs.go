package functions

import "github.com/redoubt-kv/redoubt/core/command"

// The documentation of the commands: what COMMAND DOCS of Redis 7.0 replies.

func docs(summary, complexity string, args ...command.Arg) command.Docs {
	return command.Docs{Summary: summary, Since: "7.0.0", Complexity: complexity, Args: args}
}

func fcallDocs(summary string) command.Docs {
	return docs(summary, "Depends on the function that is executed.",
		command.Arg{Name: "function", Type: "string"},
		command.Arg{Name: "numkeys", Type: "integer"},
		command.Arg{Name: "key", Type: "key", Flags: []string{"optional", "multiple"}},
		command.Arg{Name: "arg", Type: "string", Flags: []string{"optional", "multiple"}},
	)
}

func functionDocs() command.Docs {
	return docs("A container for function commands", "Depends on subcommand.")
}

func loadDocs() command.Docs {
	return docs("Create a function with the given arguments (name, code, description)", "O(1) (considering compilation time is redundant)",
		command.Arg{Name: "replace", Type: "pure-token", Token: "REPLACE", Flags: []string{"optional"}},
		command.Arg{Name: "function-code", Type: "string"},
	)
}

func deleteDocs() command.Docs {
	return docs("Delete a function by name", "O(1)", command.Arg{Name: "library-name", Type: "string"})
}

// choice is an optional one of these tokens.
func choice(name string, tokens ...command.Arg) command.Arg {
	return command.Arg{Name: name, Type: "oneof", Flags: []string{"optional"}, Args: tokens}
}

func token(name, word string) command.Arg {
	return command.Arg{Name: name, Type: "pure-token", Token: word}
}

func flushDocs() command.Docs {
	return docs("Deleting all functions", "O(N) where N is the number of functions deleted",
		choice("async", token("async", "ASYNC"), token("sync", "SYNC")))
}

func restoreDocs() command.Docs {
	return docs("Restore all the functions on the given payload", "O(N) where N is the number of functions on the payload",
		command.Arg{Name: "serialized-value", Type: "string"},
		choice("policy", token("flush", "FLUSH"), token("append", "APPEND"), token("replace", "REPLACE")))
}

func dumpDocs() command.Docs {
	return docs("Dump all functions into a serialized binary payload", "O(N) where N is the number of functions")
}

func listDocs() command.Docs {
	return docs("List information about all the functions", "O(N) where N is the number of functions",
		command.Arg{Name: "library-name-pattern", Type: "string", Token: "LIBRARYNAME", Flags: []string{"optional"}},
		command.Arg{Name: "withcode", Type: "pure-token", Token: "WITHCODE", Flags: []string{"optional"}},
	)
}

func statsDocs() command.Docs {
	return docs("Return information about the function currently running (name, description, duration)", "O(1)")
}

func killDocs() command.Docs { return docs("Kill the function currently in execution.", "O(1)") }

func helpDocs() command.Docs {
	return docs("Show helpful text about the different subcommands", "O(1)")
}
