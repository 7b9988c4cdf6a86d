package scripting

import "github.com/redoubt-kv/redoubt/core/command"

// The documentation of the commands: what COMMAND DOCS of Redis 7.0 replies.

func evalDocs(summary, since, script string) command.Docs {
	return command.Docs{
		Summary:    summary,
		Since:      since,
		Complexity: "Depends on the script that is executed.",
		Args: []command.Arg{
			{Name: script, Type: "string"},
			{Name: "numkeys", Type: "integer"},
			{Name: "key", Type: "key", Flags: []string{"optional", "multiple"}},
			{Name: "arg", Type: "string", Flags: []string{"optional", "multiple"}},
		},
	}
}

func scriptDocs() command.Docs {
	return command.Docs{
		Summary:    "A container for Lua scripts management commands",
		Since:      "2.6.0",
		Complexity: "Depends on subcommand.",
	}
}

func scriptDebugDocs() command.Docs {
	return command.Docs{
		Summary:    "Set the debug mode for executed scripts.",
		Since:      "3.2.0",
		Complexity: "O(1)",
		Args: []command.Arg{{Name: "mode", Type: "oneof", Args: []command.Arg{
			{Name: "yes", Type: "pure-token", Token: "YES"},
			{Name: "sync", Type: "pure-token", Token: "SYNC"},
			{Name: "no", Type: "pure-token", Token: "NO"},
		}}},
	}
}

func scriptExistsDocs() command.Docs {
	return command.Docs{
		Summary:    "Check existence of scripts in the script cache.",
		Since:      "2.6.0",
		Complexity: "O(N) with N being the number of scripts to check (so checking a single script is an O(1) operation).",
		Args:       []command.Arg{{Name: "sha1", Type: "string", Flags: []string{"multiple"}}},
	}
}

func scriptFlushDocs() command.Docs {
	return command.Docs{
		Summary:    "Remove all the scripts from the script cache.",
		Since:      "2.6.0",
		Complexity: "O(N) with N being the number of scripts in cache",
		History:    [][2]string{{"6.2.0", "Added the `ASYNC` and `SYNC` flushing mode modifiers."}},
		Args: []command.Arg{{Name: "async", Type: "oneof", Since: "6.2.0", Flags: []string{"optional"}, Args: []command.Arg{
			{Name: "async", Type: "pure-token", Token: "ASYNC"},
			{Name: "sync", Type: "pure-token", Token: "SYNC"},
		}}},
	}
}

func scriptHelpDocs() command.Docs {
	return command.Docs{
		Summary:    "Show helpful text about the different subcommands",
		Since:      "5.0.0",
		Complexity: "O(1)",
	}
}

func scriptKillDocs() command.Docs {
	return command.Docs{
		Summary:    "Kill the script currently in execution.",
		Since:      "2.6.0",
		Complexity: "O(1)",
	}
}

func scriptLoadDocs() command.Docs {
	return command.Docs{
		Summary:    "Load the specified Lua script into the script cache.",
		Since:      "2.6.0",
		Complexity: "O(N) with N being the length in bytes of the script body.",
		Args:       []command.Arg{{Name: "script", Type: "string"}},
	}
}
