package commands

import "github.com/redoubt-kv/redoubt/core/command"

// The documentation of the commands: what COMMAND DOCS of Redis 7.0 replies.

func commandDocs() command.Docs {
	return command.Docs{
		Summary:    "Get array of Redis command details",
		Since:      "2.8.13",
		Complexity: "O(N) where N is the total number of Redis commands",
	}
}

func commandCountDocs() command.Docs {
	return command.Docs{
		Summary:    "Get total number of Redis commands",
		Since:      "2.8.13",
		Complexity: "O(1)",
	}
}

func commandDocsDocs() command.Docs {
	return command.Docs{
		Summary:    "Get array of specific Redis command documentation",
		Since:      "7.0.0",
		Complexity: "O(N) where N is the number of commands to look up",
		Args: []command.Arg{
			{Name: "command-name", Type: "string", Flags: []string{"optional", "multiple"}},
		},
	}
}

func commandGetkeysDocs() command.Docs {
	return command.Docs{
		Summary:    "Extract keys given a full Redis command",
		Since:      "2.8.13",
		Complexity: "O(N) where N is the number of arguments to the command",
	}
}

func commandGetkeysandflagsDocs() command.Docs {
	return command.Docs{
		Summary:    "Extract keys and access flags given a full Redis command",
		Since:      "7.0.0",
		Complexity: "O(N) where N is the number of arguments to the command",
	}
}

func commandHelpDocs() command.Docs {
	return command.Docs{
		Summary:    "Show helpful text about the different subcommands",
		Since:      "5.0.0",
		Complexity: "O(1)",
	}
}

func commandInfoDocs() command.Docs {
	return command.Docs{
		Summary:    "Get array of specific Redis command details, or all when no argument is given.",
		Since:      "2.8.13",
		Complexity: "O(N) where N is the number of commands to look up",
		History: [][2]string{
			{"7.0.0", "Allowed to be called with no argument to get info on all commands."},
		},
		Args: []command.Arg{
			{Name: "command-name", Type: "string", Flags: []string{"optional", "multiple"}},
		},
	}
}

func commandListDocs() command.Docs {
	return command.Docs{
		Summary:    "Get an array of Redis command names",
		Since:      "7.0.0",
		Complexity: "O(N) where N is the total number of Redis commands",
		Args: []command.Arg{
			{Name: "filterby", Type: "oneof", Token: "FILTERBY", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "module-name", Type: "string", Token: "MODULE"},
				{Name: "category", Type: "string", Token: "ACLCAT"},
				{Name: "pattern", Type: "pattern", Token: "PATTERN"},
			}},
		},
	}
}
