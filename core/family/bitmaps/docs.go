package bitmaps

import "github.com/redoubt-kv/redoubt/core/command"

// The documentation of the commands, in alphabetical order: what COMMAND DOCS
// of Redis 7.0 replies.

func bitcountDocs() command.Docs {
	return command.Docs{
		Summary:    "Count set bits in a string",
		Since:      "2.6.0",
		Complexity: "O(N)",
		History: [][2]string{
			{"7.0.0", "Added the `BYTE|BIT` option."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "index", Type: "block", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "start", Type: "integer"},
				{Name: "end", Type: "integer"},
				{Name: "index_unit", Type: "oneof", Since: "7.0.0", Flags: []string{"optional"}, Args: []command.Arg{
					{Name: "byte", Type: "pure-token", Token: "BYTE"},
					{Name: "bit", Type: "pure-token", Token: "BIT"},
				}},
			}},
		},
	}
}

func bitfieldDocs() command.Docs {
	return command.Docs{
		Summary:    "Perform arbitrary bitfield integer operations on strings",
		Since:      "3.2.0",
		Complexity: "O(1) for each subcommand specified",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "operation", Type: "oneof", Flags: []string{"optional", "multiple"}, Args: []command.Arg{
				{Name: "encoding_offset", Type: "block", Token: "GET", Args: []command.Arg{
					{Name: "encoding", Type: "string"},
					{Name: "offset", Type: "integer"},
				}},
				{Name: "write", Type: "block", Args: []command.Arg{
					{Name: "wrap_sat_fail", Type: "oneof", Token: "OVERFLOW", Flags: []string{"optional"}, Args: []command.Arg{
						{Name: "wrap", Type: "pure-token", Token: "WRAP"},
						{Name: "sat", Type: "pure-token", Token: "SAT"},
						{Name: "fail", Type: "pure-token", Token: "FAIL"},
					}},
					{Name: "write_operation", Type: "oneof", Args: []command.Arg{
						{Name: "encoding_offset_value", Type: "block", Token: "SET", Args: []command.Arg{
							{Name: "encoding", Type: "string"},
							{Name: "offset", Type: "integer"},
							{Name: "value", Type: "integer"},
						}},
						{Name: "encoding_offset_increment", Type: "block", Token: "INCRBY", Args: []command.Arg{
							{Name: "encoding", Type: "string"},
							{Name: "offset", Type: "integer"},
							{Name: "increment", Type: "integer"},
						}},
					}},
				}},
			}},
		},
	}
}

func bitfieldRODocs() command.Docs {
	return command.Docs{
		Summary:    "Perform arbitrary bitfield integer operations on strings. Read-only variant of BITFIELD",
		Since:      "6.0.0",
		Complexity: "O(1) for each subcommand specified",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "encoding_offset", Type: "block", Token: "GET", Flags: []string{"optional", "multiple", "multiple_token"}, Args: []command.Arg{
				{Name: "encoding", Type: "string"},
				{Name: "offset", Type: "integer"},
			}},
		},
	}
}

func bitopDocs() command.Docs {
	return command.Docs{
		Summary:    "Perform bitwise operations between strings",
		Since:      "2.6.0",
		Complexity: "O(N)",
		Args: []command.Arg{
			{Name: "operation", Type: "string"},
			{Name: "destkey", Type: "key"},
			{Name: "key", Type: "key", KeySpec: 1, Flags: []string{"multiple"}},
		},
	}
}

func bitposDocs() command.Docs {
	return command.Docs{
		Summary:    "Find first bit set or clear in a string",
		Since:      "2.8.7",
		Complexity: "O(N)",
		History: [][2]string{
			{"7.0.0", "Added the `BYTE|BIT` option."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "bit", Type: "integer"},
			{Name: "index", Type: "block", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "start", Type: "integer"},
				{Name: "end_index", Type: "block", Flags: []string{"optional"}, Args: []command.Arg{
					{Name: "end", Type: "integer"},
					{Name: "index_unit", Type: "oneof", Since: "7.0.0", Flags: []string{"optional"}, Args: []command.Arg{
						{Name: "byte", Type: "pure-token", Token: "BYTE"},
						{Name: "bit", Type: "pure-token", Token: "BIT"},
					}},
				}},
			}},
		},
	}
}

func getbitDocs() command.Docs {
	return command.Docs{
		Summary:    "Returns the bit value at offset in the string value stored at key",
		Since:      "2.2.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "offset", Type: "integer"},
		},
	}
}

func setbitDocs() command.Docs {
	return command.Docs{
		Summary:    "Sets or clears the bit at offset in the string value stored at key",
		Since:      "2.2.0",
		Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "offset", Type: "integer"},
			{Name: "value", Type: "integer"},
		},
	}
}
