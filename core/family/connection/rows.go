package connection

import "github.com/redoubt-kv/redoubt/core/command"

// Flags that many rows share.
const (
	always  = command.Loading | command.Stale
	subject = always | command.NoScript // of CLIENT's subcommands
	login   = subject | command.Fast | command.NoAuth | command.AllowBusy
)

// Commands returns the commands about connections.
func Commands(s Server) []command.Row {
	f := family{s}
	return []command.Row{
		{
			Name: "ping", Arity: -1, Flags: command.Fast | command.WhileSubscribed, Tips: []string{"request_policy:all_shards", "response_policy:all_succeeded"},
			Group: "connection", Docs: pingDocs, Handler: ping,
		},
		{Name: "echo", Arity: 2, Flags: always | command.Fast, Group: "connection", Docs: echoDocs, Handler: echo},
		{Name: "auth", Arity: -2, Flags: login, Group: "connection", Docs: authDocs, Handler: auth},
		{Name: "hello", Arity: -1, Flags: login, Group: "connection", Docs: helloDocs, Handler: f.hello},
		{Name: "select", Arity: 2, Flags: always | command.Fast, Group: "connection", Docs: selectDocs, Handler: selectDB},
		{Name: "quit", Arity: -1, Flags: login | command.InMulti | command.EndsMulti | command.WhileSubscribed, Group: "connection", Docs: quitDocs, Handler: quit},
		{Name: "reset", Arity: 1, Flags: login | command.InMulti | command.EndsMulti | command.WhileSubscribed, Group: "connection", Docs: resetDocs, Handler: reset},
		{Name: "client", Arity: -2, Group: "connection", Docs: clientDocs, Subcommands: f.clientRows()},
	}
}

func (f family) clientRows() []command.Row {
	const admin = subject | command.Admin
	varies := []string{"nondeterministic_output"}
	return []command.Row{
		{Name: "caching", Arity: 3, Flags: subject, Group: "connection", Docs: clientCachingDocs, Handler: caching},
		{Name: "getname", Arity: 2, Flags: subject, Group: "connection", Docs: clientGetnameDocs, Handler: getName},
		{Name: "getredir", Arity: 2, Flags: subject, Group: "connection", Docs: clientGetredirDocs, Handler: getRedir},
		{Name: "help", Arity: 2, Flags: always, Group: "connection", Docs: clientHelpDocs, Handler: help},
		{Name: "id", Arity: 2, Flags: subject, Group: "connection", Docs: clientIdDocs, Handler: id},
		{Name: "info", Arity: 2, Flags: subject, Tips: varies, Group: "connection", Docs: clientInfoDocs, Handler: f.info},
		{Name: "kill", Arity: -3, Flags: admin, Group: "connection", Docs: clientKillDocs, Handler: f.kill},
		{Name: "list", Arity: -2, Flags: admin, Tips: varies, Group: "connection", Docs: clientListDocs, Handler: f.list},
		{Name: "no-evict", Arity: 3, Flags: admin, Group: "connection", Docs: clientNoEvictDocs, Handler: noEvict},
		{Name: "no-touch", Arity: 3, Flags: subject, Group: "connection", Docs: clientNoTouchDocs, Handler: noTouch},
		{Name: "pause", Arity: -3, Flags: admin, Group: "connection", Docs: clientPauseDocs, Handler: f.pause},
		{Name: "reply", Arity: 3, Flags: subject, Group: "connection", Docs: clientReplyDocs, Handler: reply},
		{
			Name: "setinfo", Arity: 4, Flags: subject, Tips: []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
			Group: "connection", Docs: clientSetinfoDocs, Handler: setInfo,
		},
		{Name: "setname", Arity: 3, Flags: subject, Group: "connection", Docs: clientSetnameDocs, Handler: setName},
		{Name: "tracking", Arity: -3, Flags: subject, Group: "connection", Docs: clientTrackingDocs, Handler: f.tracking},
		{Name: "trackinginfo", Arity: 2, Flags: subject, Group: "connection", Docs: clientTrackinginfoDocs, Handler: trackingInfo},
		{Name: "unblock", Arity: -3, Flags: admin, Group: "connection", Docs: clientUnblockDocs, Handler: f.unblock},
		{Name: "unpause", Arity: 2, Flags: admin, Group: "connection", Docs: clientUnpauseDocs, Handler: f.unpause},
	}
}
