package admin

import "github.com/redoubt-kv/redoubt/core/command"

func moduleDocs() command.Docs {
	return command.Docs{
		Summary:    "A container for module commands",
		Since:      "4.0.0",
		Complexity: "Depends on subcommand.",
	}
}

func moduleHelpDocs() command.Docs {
	return command.Docs{
		Summary:    "Show helpful text about the different subcommands",
		Since:      "5.0.0",
		Complexity: "O(1)",
	}
}

func moduleListDocs() command.Docs {
	return command.Docs{
		Summary:    "List all modules loaded by the server",
		Since:      "4.0.0",
		Complexity: "O(N) where N is the number of loaded modules.",
	}
}

func moduleLoadDocs() command.Docs {
	return command.Docs{
		Summary:    "Load a module",
		Since:      "4.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "path", Type: "string"},
			{Name: "arg", Type: "string", Flags: []string{"optional", "multiple"}},
		},
	}
}

func moduleLoadexDocs() command.Docs {
	return command.Docs{
		Summary:    "Load a module with extended parameters",
		Since:      "7.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "path", Type: "string"},
			{Name: "configs", Type: "block", Token: "CONFIG", Flags: []string{"optional", "multiple", "multiple_token"}, Args: []command.Arg{
				{Name: "name", Type: "string"},
				{Name: "value", Type: "string"},
			}},
			{Name: "args", Type: "block", Token: "ARGS", Flags: []string{"optional", "multiple"}, Args: []command.Arg{
				{Name: "arg", Type: "string"},
			}},
		},
	}
}

func moduleUnloadDocs() command.Docs {
	return command.Docs{
		Summary:    "Unload a module",
		Since:      "4.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "name", Type: "string"},
		},
	}
}

func failoverDocs() command.Docs {
	return command.Docs{
		Summary:    "Start a coordinated failover between this server and one of its replicas.",
		Since:      "6.2.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "target", Type: "block", Token: "TO", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "host", Type: "string"},
				{Name: "port", Type: "integer"},
				{Name: "force", Type: "pure-token", Token: "FORCE", Flags: []string{"optional"}},
			}},
			{Name: "abort", Type: "pure-token", Token: "ABORT", Flags: []string{"optional"}},
			{Name: "milliseconds", Type: "integer", Token: "TIMEOUT", Flags: []string{"optional"}},
		},
	}
}
