package acl

import "github.com/redoubt-kv/redoubt/core/command"

// Commands returns ACL.
func Commands(s Server) []command.Row {
	f := family{s}
	const (
		anyone = command.NoScript | command.Loading | command.Stale
		admin  = anyone | command.Admin
	)
	return []command.Row{{Name: "acl", Arity: -2, Group: "server", Docs: aclDocs, Subcommands: []command.Row{
		{Name: "cat", Arity: -2, Flags: anyone, Group: "server", Docs: catDocs, Handler: f.cat},
		{Name: "deluser", Arity: -3, Flags: admin, Group: "server", Docs: deluserDocs, Handler: f.delUser},
		{Name: "dryrun", Arity: -4, Flags: admin, Group: "server", Docs: dryrunDocs, Handler: f.dryRun},
		{Name: "genpass", Arity: -2, Flags: anyone, Group: "server", Docs: genpassDocs, Handler: genPass},
		{Name: "getuser", Arity: 3, Flags: admin, Group: "server", Docs: getuserDocs, Handler: f.getUser},
		{Name: "help", Arity: 2, Flags: command.Loading | command.Stale, Group: "server", Docs: helpDocs, Handler: help},
		{Name: "list", Arity: 2, Flags: admin, Group: "server", Docs: listDocs, Handler: f.list},
		{Name: "load", Arity: 2, Flags: admin, Group: "server", Docs: loadDocs, Handler: f.load},
		{Name: "log", Arity: -2, Flags: admin, Group: "server", Docs: logDocs, Handler: f.log},
		{Name: "save", Arity: 2, Flags: admin, Group: "server", Docs: saveDocs, Handler: f.save},
		{Name: "setuser", Arity: -3, Flags: admin, Group: "server", Docs: setuserDocs, Handler: f.setUser},
		{Name: "users", Arity: 2, Flags: admin, Group: "server", Docs: usersDocs, Handler: f.users},
		{Name: "whoami", Arity: 2, Flags: anyone, Group: "server", Docs: whoamiDocs, Handler: whoAmI},
	}}}
}
