package connection

import "github.com/redoubt-kv/redoubt/core/command"

// The documentation of the commands: what COMMAND DOCS of Redis 7.0 replies,
// and for what came later the documentation of Redis 7.2 and 7.4.

func pingDocs() command.Docs {
	return command.Docs{
		Summary:    "Ping the server",
		Since:      "1.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "message", Type: "string", Flags: []string{"optional"}},
		},
	}
}

func echoDocs() command.Docs {
	return command.Docs{
		Summary:    "Echo the given string",
		Since:      "1.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "message", Type: "string"},
		},
	}
}

func authDocs() command.Docs {
	return command.Docs{
		Summary:    "Authenticate to the server",
		Since:      "1.0.0",
		Complexity: "O(N) where N is the number of passwords defined for the user",
		History: [][2]string{
			{"6.0.0", "Added ACL style (username and password)."},
		},
		Args: []command.Arg{
			{Name: "username", Type: "string", Since: "6.0.0", Flags: []string{"optional"}},
			{Name: "password", Type: "string"},
		},
	}
}

func helloDocs() command.Docs {
	return command.Docs{
		Summary:    "Handshake with Redis",
		Since:      "6.0.0",
		Complexity: "O(1)",
		History: [][2]string{
			{"6.2.0", "`protover` made optional; when called without arguments the command reports the current connection's context."},
		},
		Args: []command.Arg{
			{Name: "arguments", Type: "block", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "protover", Type: "integer"},
				{Name: "username_password", Type: "block", Token: "AUTH", Flags: []string{"optional"}, Args: []command.Arg{
					{Name: "username", Type: "string"},
					{Name: "password", Type: "string"},
				}},
				{Name: "clientname", Type: "string", Token: "SETNAME", Flags: []string{"optional"}},
			}},
		},
	}
}

func selectDocs() command.Docs {
	return command.Docs{
		Summary:    "Change the selected database for the current connection",
		Since:      "1.0.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "index", Type: "integer"},
		},
	}
}

func quitDocs() command.Docs {
	return command.Docs{
		Summary:    "Close the connection",
		Since:      "1.0.0",
		Complexity: "O(1)",
	}
}

func resetDocs() command.Docs {
	return command.Docs{
		Summary:    "Reset the connection",
		Since:      "6.2.0",
		Complexity: "O(1)",
	}
}
