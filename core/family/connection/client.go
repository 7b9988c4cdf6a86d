package connection

import (
	"math"

	"github.com/redoubt-kv/redoubt/core/command"
)

func id(c *command.Call) { c.Out.Int(c.Client.ID()) }

func (f family) info(c *command.Call) {
	me := c.Client.ID()
	c.Out.Verbatim("txt", string(f.Clients.List(nil, command.ClientFilter{ID: me}, me)))
}

func getName(c *command.Call) {
	if name := c.Client.Name(); name != "" {
		c.Out.BulkString(name)
	} else {
		c.Out.Null()
	}
}

func setName(c *command.Call) {
	cl := client(c)
	switch {
	case cl == nil:
	case !cl.SetName(string(c.Args[2])):
		c.Out.Error(badName)
	default:
		c.Out.OK()
	}
}

func setInfo(c *command.Call) {
	cl := client(c)
	if cl == nil {
		return
	}
	ok := false
	switch value := string(c.Args[3]); {
	case c.Is(2, "lib-name"):
		ok = cl.SetLibName(value)
	case c.Is(2, "lib-ver"):
		ok = cl.SetLibVersion(value)
	default:
		c.Out.Errorf("ERR Unrecognized option '%s'", c.Args[2])
		return
	}
	if !ok {
		attribute := "lib-ver"
		if c.Is(2, "lib-name") {
			attribute = "lib-name"
		}
		c.Out.Error("ERR " + attribute + " cannot contain spaces, newlines or special characters.")
		return
	}
	c.Out.OK()
}

// onOff reads argument i as ON or OFF, or replies what is wrong.
func onOff(c *command.Call, i int) (on, ok bool) {
	on = c.Is(i, "on")
	if ok = on || c.Is(i, "off"); !ok {
		c.Out.Error(command.ErrSyntax)
	}
	return on, ok
}

func noEvict(c *command.Call) {
	if cl := client(c); cl != nil {
		if on, ok := onOff(c, 2); ok {
			cl.SetNoEvict(on)
			c.Out.OK()
		}
	}
}

func noTouch(c *command.Call) {
	if cl := client(c); cl != nil {
		if on, ok := onOff(c, 2); ok {
			cl.SetNoTouch(on)
			c.Out.OK()
		}
	}
}

func reply(c *command.Call) {
	cl := client(c)
	switch {
	case cl == nil:
	case c.Is(2, "on"):
		cl.ReplyOn()
		c.Out.OK()
	case c.Is(2, "off"):
		cl.ReplyOff()
	case c.Is(2, "skip"):
		cl.ReplySkip()
	default:
		c.Out.Error(command.ErrSyntax)
	}
}

func (f family) pause(c *command.Call) {
	all := true
	if len(c.Args) > 4 {
		c.SubcommandError()
		return
	}
	if len(c.Args) == 4 {
		if all = c.Is(3, "all"); !all && !c.Is(3, "write") {
			c.Out.Error("ERR CLIENT PAUSE mode must be WRITE or ALL")
			return
		}
	}
	ms, ok := c.IntOr(2, "ERR timeout is not an integer or out of range")
	switch {
	case !ok:
	case ms < 0:
		c.Out.Error("ERR timeout is negative")
	case ms > math.MaxInt64-c.Now:
		c.Out.Error("ERR timeout is out of range")
	default:
		if ms > 0 {
			f.Clients.Pause(c.Now+ms, all)
		}
		c.Out.OK()
	}
}

func (f family) unpause(c *command.Call) {
	f.Clients.Unpause()
	c.Out.OK()
}

func (f family) unblock(c *command.Call) {
	if len(c.Args) > 4 {
		c.SubcommandError()
		return
	}
	withError := c.Is(3, "error")
	if len(c.Args) == 4 && !c.Is(3, "timeout") && !withError {
		c.Out.Error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR")
		return
	}
	if id, ok := c.Int(2); ok {
		n := int64(0)
		if f.Clients.Unblock(c, id, withError) {
			n = 1
		}
		c.Out.Int(n)
	}
}

func help(c *command.Call) {
	c.Help(
		"CACHING (YES|NO)",
		"    Enable/disable tracking of the keys for next command in OPTIN/OPTOUT modes.",
		"GETREDIR",
		"    Return the client ID we are redirecting to when tracking is enabled.",
		"GETNAME",
		"    Return the name of the current connection.",
		"ID",
		"    Return the ID of the current connection.",
		"INFO",
		"    Return information about the current client connection.",
		"KILL <ip:port>",
		"    Kill connection made from <ip:port>.",
		"KILL <option> <value> [<option> <value> [...]]",
		"    Kill connections. Options are:",
		"    * ADDR (<ip:port>|<unixsocket>:0)",
		"      Kill connections made from the specified address",
		"    * LADDR (<ip:port>|<unixsocket>:0)",
		"      Kill connections made to specified local address",
		"    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
		"      Kill connections by type.",
		"    * USER <username>",
		"      Kill connections authenticated by <username>.",
		"    * SKIPME (YES|NO)",
		"      Skip killing current connection (default: yes).",
		"    * ID <client-id>",
		"      Kill connections by client id.",
		"    * MAXAGE <maxage>",
		"      Kill connections older than the specified age.",
		"LIST [options ...]",
		"    Return information about client connections. Options:",
		"    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
		"      Return clients of specified type.",
		"UNPAUSE",
		"    Stop the current client pause, resuming traffic.",
		"PAUSE <timeout> [WRITE|ALL]",
		"    Suspend all, or just write, clients for <timeout> milliseconds.",
		"REPLY (ON|OFF|SKIP)",
		"    Control the replies sent to the current connection.",
		"SETNAME <name>",
		"    Assign the name <name> to the current connection.",
		"SETINFO <option> <value>",
		"    Set client meta attr. Options are:",
		"    * LIB-NAME: the client lib name.",
		"    * LIB-VER: the client lib version.",
		"UNBLOCK <clientid> [TIMEOUT|ERROR]",
		"    Unblock the specified blocked client.",
		"TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]",
		"         [OPTIN] [OPTOUT] [NOLOOP]",
		"    Control server assisted client side caching.",
		"TRACKINGINFO",
		"    Report tracking status for the current connection.",
		"NO-EVICT (ON|OFF)",
		"    Protect current client connection from eviction.",
		"NO-TOUCH (ON|OFF)",
		"    Will not touch LRU/LFU stats when this mode is on.",
	)
}
