package commands

import "github.com/redoubt-kv/redoubt/core/command"

// Commands returns COMMAND with its subcommands. table returns the table that
// the rows are in, which does not exist yet when they are made; it is called
// while commands run.
func Commands(table func() *command.Table) []command.Row {
	f := family{table: table}
	return []command.Row{
		{
			Name: "command", Arity: -1, Flags: command.Loading | command.Stale, ACL: []string{"connection"}, Tips: []string{"nondeterministic_output_order"},
			Group: "server", Docs: commandDocs,
			Subcommands: []command.Row{
				{
					Name: "count", Arity: 2, Flags: command.Loading | command.Stale, ACL: []string{"connection"},
					Group: "server", Docs: commandCountDocs, Handler: f.count,
				},
				{
					Name: "docs", Arity: -2, Flags: command.Loading | command.Stale, ACL: []string{"connection"}, Tips: []string{"nondeterministic_output_order"},
					Group: "server", Docs: commandDocsDocs, Handler: f.docs,
				},
				{
					Name: "getkeys", Arity: -4, Flags: command.Loading | command.Stale, ACL: []string{"connection"},
					Group: "server", Docs: commandGetkeysDocs, Handler: f.getKeys,
				},
				{
					Name: "getkeysandflags", Arity: -4, Flags: command.Loading | command.Stale, ACL: []string{"connection"},
					Group: "server", Docs: commandGetkeysandflagsDocs, Handler: f.getKeysAndFlags,
				},
				{
					Name: "help", Arity: 2, Flags: command.Loading | command.Stale, ACL: []string{"connection"},
					Group: "server", Docs: commandHelpDocs, Handler: help,
				},
				{
					Name: "info", Arity: -2, Flags: command.Loading | command.Stale, ACL: []string{"connection"}, Tips: []string{"nondeterministic_output_order"},
					Group: "server", Docs: commandInfoDocs, Handler: f.info,
				},
				{
					Name: "list", Arity: -2, Flags: command.Loading | command.Stale, ACL: []string{"connection"}, Tips: []string{"nondeterministic_output_order"},
					Group: "server", Docs: commandListDocs, Handler: f.list,
				},
			},
			Handler: f.all,
		},
	}
}
