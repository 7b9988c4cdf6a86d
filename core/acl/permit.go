package acl

import (
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/stats"
)

// Client is a command.Client that is a user.
type Client interface {
	command.Client
	// ACLUser is who the client is: the default user if it has not logged in.
	ACLUser() *User
	// Line is what CLIENT LIST shows of the client, without a line end.
	Line() string
}

// Permit is for Executor.Permit: it returns why the call's client may not run it, ""
// if it may, and notes that in the log.
func (us *Users) Permit(c *command.Call) string {
	cl, ok := c.Client.(Client)
	if !ok {
		return "NOPERM the client of this call is no user"
	}
	reason, at := cl.ACLUser().Rules().Check(c.Row, c.Args)
	if reason == Allowed {
		return ""
	}
	context := contextOf(c)
	us.denied(c, cl, context, reason, at)
	switch {
	case context == InScript:
		return "ERR The user executing the script " + scriptTexts[reason]
	case c.Nested:
		return "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is no longer allowed for the following reason: " + execTexts[reason]
	case reason == DeniedCommand:
		return "NOPERM this user has no permissions to run the '" + c.Row.FullName + "' command"
	case reason == DeniedKey:
		return "NOPERM this user has no permissions to access one of the keys used as arguments"
	default:
		return "NOPERM this user has no permissions to access one of the channels used as arguments"
	}
}

// contextOf is where the call came.
func contextOf(c *command.Call) Context {
	switch {
	case c.Scripted:
		return InScript
	case c.Nested || c.InMulti():
		return InTransaction
	}
	return TopLevel
}

// The texts for a command of a script, and for one that was queued, by Reason.
var (
	scriptTexts = [...]string{
		DeniedCommand: "can't run this command or subcommand",
		DeniedKey:     "can't access at least one of the keys mentioned in the command arguments",
		DeniedChannel: "can't publish to the channel mentioned in the command",
	}
	execTexts = [...]string{
		DeniedCommand: "no permission to execute the command or subcommand",
		DeniedKey:     "no permission to touch the specified keys",
		DeniedChannel: "no permission to access one of the channels used as arguments",
	}
)

// MayRun tells whether the client of c may run another request, for a script's
// redis.acl_check_cmd. Nothing is logged.
func (us *Users) MayRun(c *command.Call, row *command.Row, args [][]byte) bool {
	cl, ok := c.Client.(Client)
	if !ok {
		return false
	}
	reason, _ := cl.ACLUser().Rules().Check(row, args)
	return reason == Allowed
}

// ReadsAll is for Executor.ReadsAll: it tells whether the call's client may read
// every key.
func (us *Users) ReadsAll(c *command.Call) bool {
	cl, ok := c.Client.(Client)
	return ok && cl.ACLUser().Rules().ReadsAll(c.Row, c.Args)
}

// denied notes a denial of the call.
func (us *Users) denied(c *command.Call, cl Client, context Context, reason Reason, at int) {
	e := Entry{Reason: reason, Context: context, Username: cl.ACLUser().name, Client: cl.Line()}
	switch reason {
	case DeniedCommand:
		e.Object = c.Row.FullName
		c.Loop.Add(stats.DeniedCommands, 1)
	case DeniedKey:
		e.Object = string(c.Args[at])
		c.Loop.Add(stats.DeniedKeys, 1)
	case DeniedChannel:
		e.Object = string(c.Args[at])
		c.Loop.Add(stats.DeniedChannels, 1)
	}
	us.log.Add(e, c.Now, us.opt.LogLen())
}

// LoginFailed notes that the call has tried to log in as a user in vain.
func (us *Users) LoginFailed(c *command.Call, cl Client, username []byte) {
	c.Loop.Add(stats.AuthFailures, 1)
	context := TopLevel
	if c.InMulti() || c.Nested {
		context = InTransaction
	}
	us.log.Add(Entry{
		Reason: DeniedAuth, Context: context, Object: string(c.Args[0]), Username: string(username), Client: cl.Line(),
	}, c.Now, us.opt.LogLen())
}

// Log is the log of denials.
func (us *Users) Log() *Log { return &us.log }
