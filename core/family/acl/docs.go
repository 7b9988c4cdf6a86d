package acl

import "github.com/redoubt-kv/redoubt/core/command"

// The documentation of the commands: what COMMAND DOCS of Redis 7.0 replies.

func aclDocs() command.Docs {
	return command.Docs{
		Summary:    "A container for Access List Control commands ",
		Since:      "6.0.0",
		Complexity: "Depends on subcommand.",
	}
}

func catDocs() command.Docs {
	return command.Docs{
		Summary:    "List the ACL categories or the commands inside a category",
		Since:      "6.0.0",
		Complexity: "O(1) since the categories and commands are a fixed set.",
		Args: []command.Arg{
			{Name: "categoryname", Type: "string", Flags: []string{"optional"}},
		},
	}
}

func deluserDocs() command.Docs {
	return command.Docs{
		Summary:    "Remove the specified ACL users and the associated rules",
		Since:      "6.0.0",
		Complexity: "O(1) amortized time considering the typical user.",
		Args: []command.Arg{
			{Name: "username", Type: "string", Flags: []string{"multiple"}},
		},
	}
}

func dryrunDocs() command.Docs {
	return command.Docs{
		Summary:    "Returns whether the user can execute the given command without executing the command.",
		Since:      "7.0.0",
		Complexity: "O(1).",
		Args: []command.Arg{
			{Name: "username", Type: "string"},
			{Name: "command", Type: "string"},
			{Name: "arg", Type: "string", Flags: []string{"optional", "multiple"}},
		},
	}
}

func genpassDocs() command.Docs {
	return command.Docs{
		Summary:    "Generate a pseudorandom secure password to use for ACL users",
		Since:      "6.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "bits", Type: "integer", Flags: []string{"optional"}},
		},
	}
}

func getuserDocs() command.Docs {
	return command.Docs{
		Summary:    "Get the rules for a specific ACL user",
		Since:      "6.0.0",
		Complexity: "O(N). Where N is the number of password, command and pattern rules that the user has.",
		History: [][2]string{
			{"6.2.0", "Added Pub/Sub channel patterns."},
			{"7.0.0", "Added selectors and changed the format of key and channel patterns from a list to their rule representation."},
		},
		Args: []command.Arg{
			{Name: "username", Type: "string"},
		},
	}
}

func helpDocs() command.Docs {
	return command.Docs{
		Summary:    "Show helpful text about the different subcommands",
		Since:      "6.0.0",
		Complexity: "O(1)",
	}
}

func listDocs() command.Docs {
	return command.Docs{
		Summary:    "List the current ACL rules in ACL config file format",
		Since:      "6.0.0",
		Complexity: "O(N). Where N is the number of configured users.",
	}
}

func loadDocs() command.Docs {
	return command.Docs{
		Summary:    "Reload the ACLs from the configured ACL file",
		Since:      "6.0.0",
		Complexity: "O(N). Where N is the number of configured users.",
	}
}

func logDocs() command.Docs {
	return command.Docs{
		Summary:    "List latest events denied because of ACLs in place",
		Since:      "6.0.0",
		Complexity: "O(N) with N being the number of entries shown.",
		Args: []command.Arg{
			{Name: "operation", Type: "oneof", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "count", Type: "integer"},
				{Name: "reset", Type: "pure-token", Token: "RESET"},
			}},
		},
	}
}

func saveDocs() command.Docs {
	return command.Docs{
		Summary:    "Save the current ACL rules in the configured ACL file",
		Since:      "6.0.0",
		Complexity: "O(N). Where N is the number of configured users.",
	}
}

func setuserDocs() command.Docs {
	return command.Docs{
		Summary:    "Modify or create the rules for a specific ACL user",
		Since:      "6.0.0",
		Complexity: "O(N). Where N is the number of rules provided.",
		History: [][2]string{
			{"6.2.0", "Added Pub/Sub channel patterns."},
			{"7.0.0", "Added selectors and key based permissions."},
		},
		Args: []command.Arg{
			{Name: "username", Type: "string"},
			{Name: "rule", Type: "string", Flags: []string{"optional", "multiple"}},
		},
	}
}

func usersDocs() command.Docs {
	return command.Docs{
		Summary:    "List the username of all the configured ACL rules",
		Since:      "6.0.0",
		Complexity: "O(N). Where N is the number of configured users.",
	}
}

func whoamiDocs() command.Docs {
	return command.Docs{
		Summary:    "Return the name of the user associated to the current connection",
		Since:      "6.0.0",
		Complexity: "O(1)",
	}
}
