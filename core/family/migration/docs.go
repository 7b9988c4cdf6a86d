package migration

import "github.com/redoubt-kv/redoubt/core/command"

// The documentation of the commands: what COMMAND DOCS of Redis 7.0 replies.

func migrateDocs() command.Docs {
	return command.Docs{
		Summary:    "Atomically transfer a key from a Redis instance to another one.",
		Since:      "2.6.0",
		Complexity: "This command actually executes a DUMP+DEL in the source instance, and a RESTORE in the target instance. See the pages of these commands for time complexity. Also an O(N) data transfer between the two instances is performed.",
		History: [][2]string{
			{"3.0.0", "Added the `COPY` and `REPLACE` options."},
			{"3.0.6", "Added the `KEYS` option."},
			{"4.0.7", "Added the `AUTH` option."},
			{"6.0.0", "Added the `AUTH2` option."},
		},
		Args: []command.Arg{
			{Name: "host", Type: "string"},
			{Name: "port", Type: "integer"},
			{Name: "key_or_empty_string", Type: "oneof", Args: []command.Arg{
				{Name: "key", Type: "key"},
				{Name: "empty_string", Type: "pure-token"},
			}},
			{Name: "destination-db", Type: "integer"},
			{Name: "timeout", Type: "integer"},
			{Name: "copy", Type: "pure-token", Token: "COPY", Since: "3.0.0", Flags: []string{"optional"}},
			{Name: "replace", Type: "pure-token", Token: "REPLACE", Since: "3.0.0", Flags: []string{"optional"}},
			{Name: "authentication", Type: "oneof", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "password", Type: "string", Token: "AUTH", Since: "4.0.7", Flags: []string{"optional"}},
				{Name: "username_password", Type: "block", Token: "AUTH2", Since: "6.0.0", Flags: []string{"optional"}, Args: []command.Arg{
					{Name: "username", Type: "string"},
					{Name: "password", Type: "string"},
				}},
			}},
			{Name: "key", Type: "key", KeySpec: 1, Token: "KEYS", Since: "3.0.6", Flags: []string{"optional", "multiple"}},
		},
	}
}
