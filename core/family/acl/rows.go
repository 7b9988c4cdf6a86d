package acl

import "github.com/redoubt-kv/redoubt/core/command"

// Commands returns ACL.
func Commands(s Server) []command.Row {
	f := family{s}
	const (
		anyone = command.NoScript | command.Loading | command.Stale
		admin  = anyone | command.Admin
	)
	return []command.Row{{Name: "acl", Arity: -2, Docs: aclDocs(), Subcommands: []command.Row{
		{Name: "cat", Arity: -2, Flags: anyone, Docs: catDocs(), Handler: f.cat},
		{Name: "deluser", Arity: -3, Flags: admin, Docs: deluserDocs(), Handler: f.delUser},
		{Name: "dryrun", Arity: -4, Flags: admin, Docs: dryrunDocs(), Handler: f.dryRun},
		{Name: "genpass", Arity: -2, Flags: anyone, Docs: genpassDocs(), Handler: genPass},
		{Name: "getuser", Arity: 3, Flags: admin, Docs: getuserDocs(), Handler: f.getUser},
		{Name: "help", Arity: 2, Flags: command.Loading | command.Stale, Docs: helpDocs(), Handler: help},
		{Name: "list", Arity: 2, Flags: admin, Docs: listDocs(), Handler: f.list},
		{Name: "load", Arity: 2, Flags: admin, Docs: loadDocs(), Handler: f.load},
		{Name: "log", Arity: -2, Flags: admin, Docs: logDocs(), Handler: f.log},
		{Name: "save", Arity: 2, Flags: admin, Docs: saveDocs(), Handler: f.save},
		{Name: "setuser", Arity: -3, Flags: admin, Docs: setuserDocs(), Handler: f.setUser},
		{Name: "users", Arity: 2, Flags: admin, Docs: usersDocs(), Handler: f.users},
		{Name: "whoami", Arity: 2, Flags: anyone, Docs: whoamiDocs(), Handler: whoAmI},
	}}}
}
