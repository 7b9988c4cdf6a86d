// Package acl holds ACL, which shows and changes users and what they may do.
package acl

import (
	"crypto/rand"
	"encoding/hex"

	"github.com/redoubt-kv/redoubt/core/acl"
	"github.com/redoubt-kv/redoubt/core/command"
)

// Server is what the commands show and change.
type Server struct {
	// Users returns the users. It is called while clients are served.
	Users func() *acl.Users
	// Table returns the table of commands, likewise.
	Table func() *command.Table
	// Files is the ACL file.
	Files Files
	// Clients are the clients of the server.
	Clients Clients
}

// Files are the directive aclfile.
type Files interface {
	// Configured tells whether there is an ACL file.
	Configured() bool
	// Load replaces all users by those of the file, or none: the error's text is for
	// the client.
	Load() (*acl.Loaded, error)
	// Save writes the users to the file; the log has what was wrong.
	Save() error
}

// Clients are clients that users have lost.
type Clients interface {
	// KillUser ends the connections of a user who has been removed, but that of me:
	// itself tells that it is one.
	KillUser(u *acl.User, me int64) (itself bool)
	// KillSubscribers ends those of a user's clients that are subscribed to channels
	// which his rules do not allow, likewise.
	KillSubscribers(u *acl.User, me int64) (itself bool)
}

type family struct{ Server }

// closer is a client that can be told to go after the reply.
type closer interface{ CloseAfterReply() }

// leave ends the call's client if it is one of those that had to go.
func leave(c *command.Call, itself bool) {
	if cl, ok := c.Client.(closer); itself && ok {
		cl.CloseAfterReply()
	}
}

func texts(args [][]byte) []string {
	list := make([]string, len(args))
	for i, a := range args {
		list[i] = string(a)
	}
	return list
}

func (f family) setUser(c *command.Call) {
	name := string(c.Args[2])
	if !acl.ValidName(name) {
		c.Out.Error("ERR Usernames can't contain spaces or null characters")
		return
	}
	revoked, err := f.Users().Set(name, texts(c.Args[3:]))
	if err != nil {
		c.Out.Errorf("ERR %s", err.Error())
		return
	}
	c.Out.OK()
	if revoked != nil {
		leave(c, f.Clients.KillSubscribers(revoked, c.Client.ID()))
	}
}

func (f family) delUser(c *command.Call) {
	names := texts(c.Args[2:])
	for _, name := range names {
		if name == acl.DefaultName {
			c.Out.Error("ERR The 'default' user cannot be removed")
			return
		}
	}
	deleted := 0
	for _, name := range names {
		if u := f.Users().Delete(name); u != nil {
			deleted++
			leave(c, f.Clients.KillUser(u, c.Client.ID()))
		}
	}
	c.Out.Int(int64(deleted))
}

func (f family) getUser(c *command.Call) {
	u := f.Users().Get(string(c.Args[2]))
	if u == nil {
		c.Out.Null()
		return
	}
	d := f.Users().Describe(u)
	c.Out.Map(6)
	c.Out.BulkString("flags")
	c.Out.Set(len(d.Flags))
	bulks(c, d.Flags)
	c.Out.BulkString("passwords")
	c.Out.Array(len(d.Passwords))
	bulks(c, d.Passwords)
	describe(c, &d.Selectors[0])
	c.Out.BulkString("selectors")
	c.Out.Array(len(d.Selectors) - 1)
	for i := range d.Selectors[1:] {
		c.Out.Map(3)
		describe(c, &d.Selectors[1+i])
	}
}

func bulks(c *command.Call, list []string) {
	for _, s := range list {
		c.Out.BulkString(s)
	}
}

func describe(c *command.Call, s *acl.Selector) {
	bulks(c, []string{"commands", s.Commands, "keys", s.Keys, "channels", s.Channels})
}

func (f family) list(c *command.Call) {
	lines := f.Users().Lines()
	c.Out.Array(len(lines))
	bulks(c, lines)
}

func (f family) users(c *command.Call) {
	names := f.Users().Names()
	c.Out.Array(len(names))
	bulks(c, names)
}

func whoAmI(c *command.Call) { c.Out.BulkString(c.Client.User()) }

func (f family) cat(c *command.Call) {
	switch len(c.Args) {
	case 2:
		names := command.CategoryNames()
		c.Out.Array(len(names))
		bulks(c, names)
	case 3:
		names, ok := f.Users().Category(string(c.Args[2]))
		if !ok {
			c.Out.Errorf("ERR Unknown category '%s'", c.Args[2][:min(len(c.Args[2]), 128)])
			return
		}
		c.Out.Array(len(names))
		bulks(c, names)
	default:
		c.SubcommandError()
	}
}

// maxPassBits is how long ACL GENPASS makes passwords at most.
const maxPassBits = 4096

func genPass(c *command.Call) {
	bits := int64(256)
	if len(c.Args) > 3 {
		c.SubcommandError()
		return
	}
	if len(c.Args) == 3 {
		var ok bool
		if bits, ok = c.Int(2); !ok {
			return
		}
	}
	if bits < 1 || bits > maxPassBits {
		c.Out.Error("ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096")
		return
	}
	random := make([]byte, (bits+7)/8)
	rand.Read(random)
	c.Out.BulkString(hex.EncodeToString(random)[:(bits+3)/4])
}

// dryRun tells whether a user may run a command.
func (f family) dryRun(c *command.Call) {
	u, args := f.Users().Get(string(c.Args[2])), c.Args[3:]
	if u == nil {
		c.Out.Errorf("ERR User '%s' not found", c.Args[2])
		return
	}
	row := f.Table().Lookup(args[0])
	if row != nil && len(row.Subcommands) > 0 && len(args) > 1 {
		row = row.Sub(args[1])
	}
	if row == nil {
		c.Out.Errorf("ERR Command '%s' not found", args[0])
		return
	}
	if row.Arity > 0 && len(args) != row.Arity || len(args) < -row.Arity {
		c.Out.Errorf("ERR wrong number of arguments for '%s' command", row.FullName)
		return
	}
	switch reason, at := u.Rules().Check(row, args); reason {
	case acl.Allowed:
		c.Out.OK()
	case acl.DeniedCommand:
		c.Out.BulkString("This user has no permissions to run the '" + row.FullName + "' command")
	default:
		c.Out.BulkString("This user has no permissions to access the '" + string(args[at]) + "' " + reason.String())
	}
}

const noFile = "ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the Redis configuration."

func (f family) load(c *command.Call) {
	if !f.Files.Configured() {
		c.Out.Error(noFile)
		return
	}
	loaded, err := f.Files.Load()
	if err != nil {
		c.Out.Errorf("ERR %s", err.Error())
		return
	}
	c.Out.OK()
	for _, u := range loaded.Removed {
		leave(c, f.Clients.KillUser(u, c.Client.ID()))
	}
	if loaded.Revoked != nil {
		leave(c, f.Clients.KillSubscribers(loaded.Revoked, c.Client.ID()))
	}
}

func (f family) save(c *command.Call) {
	switch {
	case !f.Files.Configured():
		c.Out.Error(noFile)
	case f.Files.Save() != nil:
		c.Out.Error("ERR There was an error trying to save the ACLs. Please check the server logs for more information")
	default:
		c.Out.OK()
	}
}

func help(c *command.Call) {
	c.Help(
		"CAT [<category>]",
		"    List all commands that belong to <category>, or all command categories",
		"    when no category is specified.",
		"DELUSER <username> [<username> ...]",
		"    Delete a list of users.",
		"DRYRUN <username> <command> [<arg> ...]",
		"    Returns whether the user can execute the given command without executing the command.",
		"GETUSER <username>",
		"    Get the user's details.",
		"GENPASS [<bits>]",
		"    Generate a secure 256-bit user password. The optional `bits` argument can",
		"    be used to specify a different size.",
		"LIST",
		"    Show users details in config file format.",
		"LOAD",
		"    Reload users from the ACL file.",
		"LOG [<count> | RESET]",
		"    Show the ACL log entries.",
		"SAVE",
		"    Save the current config to the ACL file.",
		"SETUSER <username> <attribute> [<attribute> ...]",
		"    Create or modify a user with the specified attributes.",
		"USERS",
		"    List all the registered usernames.",
		"WHOAMI",
		"    Return the current connection username.",
	)
}
