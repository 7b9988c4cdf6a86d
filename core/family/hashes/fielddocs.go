package hashes

import "github.com/redoubt-kv/redoubt/core/command"

// The documentation of the commands on the expiry of fields, which are those of
// Redis 7.4 and 8.0.

// fieldsComplexity holds for all of them.
const fieldsComplexity = "O(N) where N is the number of specified fields"

func keyArg() command.Arg { return command.Arg{Name: "key", Type: "key"} }

// fieldsArg is FIELDS with the number of fields and the fields.
func fieldsArg() command.Arg {
	return command.Arg{Name: "fields", Type: "block", Token: "FIELDS", Args: []command.Arg{
		{Name: "numfields", Type: "integer"},
		{Name: "field", Type: "string", Flags: []string{"multiple"}},
	}}
}

// expireDocs is the documentation of HEXPIRE and its like; when names the
// argument with the time.
func expireDocs(summary, when string) command.Docs {
	return command.Docs{
		Summary: summary, Since: "7.4.0", Complexity: fieldsComplexity,
		Args: []command.Arg{
			keyArg(),
			{Name: when, Type: "integer"},
			{Name: "condition", Type: "oneof", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "nx", Type: "pure-token", Token: "NX"},
				{Name: "xx", Type: "pure-token", Token: "XX"},
				{Name: "gt", Type: "pure-token", Token: "GT"},
				{Name: "lt", Type: "pure-token", Token: "LT"},
			}},
			fieldsArg(),
		},
	}
}

// ttlDocs is the documentation of HTTL and its like, and of HPERSIST.
func ttlDocs(summary string) command.Docs {
	return command.Docs{
		Summary: summary, Since: "7.4.0", Complexity: fieldsComplexity,
		Args: []command.Arg{keyArg(), fieldsArg()},
	}
}

func hgetdelDocs() command.Docs {
	return command.Docs{
		Summary: "Get the values of fields of a hash and delete them", Since: "8.0.0",
		Complexity: fieldsComplexity,
		Args:       []command.Arg{keyArg(), fieldsArg()},
	}
}

// expirationArg is one of the forms of a time, or word.
func expirationArg(word, token string) command.Arg {
	return command.Arg{Name: "expiration", Type: "oneof", Flags: []string{"optional"}, Args: []command.Arg{
		{Name: "seconds", Type: "integer", Token: "EX"},
		{Name: "milliseconds", Type: "integer", Token: "PX"},
		{Name: "unix-time-seconds", Type: "unix-time", Token: "EXAT"},
		{Name: "unix-time-milliseconds", Type: "unix-time", Token: "PXAT"},
		{Name: word, Type: "pure-token", Token: token},
	}}
}

func hgetexDocs() command.Docs {
	return command.Docs{
		Summary: "Get the values of fields of a hash and optionally set their expiration", Since: "8.0.0",
		Complexity: fieldsComplexity,
		Args:       []command.Arg{keyArg(), expirationArg("persist", "PERSIST"), fieldsArg()},
	}
}

func hsetexDocs() command.Docs {
	return command.Docs{
		Summary: "Set the values of fields of a hash and optionally their expiration", Since: "8.0.0",
		Complexity: "O(N) where N is the number of fields being set",
		Args: []command.Arg{
			keyArg(),
			{Name: "condition", Type: "oneof", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "fnx", Type: "pure-token", Token: "FNX"},
				{Name: "fxx", Type: "pure-token", Token: "FXX"},
			}},
			expirationArg("keepttl", "KEEPTTL"),
			{Name: "fields", Type: "block", Token: "FIELDS", Args: []command.Arg{
				{Name: "numfields", Type: "integer"},
				{Name: "data", Type: "block", Flags: []string{"multiple"}, Args: []command.Arg{
					{Name: "field", Type: "string"},
					{Name: "value", Type: "string"},
				}},
			}},
		},
	}
}
