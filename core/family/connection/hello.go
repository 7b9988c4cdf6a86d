package connection

import "github.com/redoubt-kv/redoubt/core/command"

const badName = "ERR Client names cannot contain spaces, newlines or special characters."

func (f family) hello(c *command.Call) {
	cl := client(c)
	if cl == nil {
		return
	}
	version := int64(0)
	if len(c.Args) > 1 {
		var ok bool
		if version, ok = c.IntOr(1, "ERR Protocol version is not an integer or out of range"); !ok {
			return
		}
		if version != 2 && version != 3 {
			c.Out.Error("NOPROTO unsupported protocol version")
			return
		}
	}
	if !helloOptions(c, cl) {
		return
	}
	if !cl.LoggedIn() {
		c.Out.Error("NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time")
		return
	}
	if version != 0 {
		cl.SetProto(int(version))
		c.Out.Proto = int(version)
	}
	f.describe(c, cl)
}

// helloOptions does what the options say, one after the other: those before a
// wrong one have taken effect.
func helloOptions(c *command.Call, cl Client) bool {
	for i := 2; i < len(c.Args); i++ {
		switch more := len(c.Args) - 1 - i; {
		case c.Is(i, "AUTH") && more >= 2:
			if !cl.Authenticate(c, c.Args[i+1], c.Args[i+2]) {
				c.Out.Error(wrongPass)
				return false
			}
			i += 2
		case c.Is(i, "SETNAME") && more >= 1:
			if !cl.SetName(string(c.Args[i+1])) {
				c.Out.Error(badName)
				return false
			}
			i++
		default:
			c.Out.Errorf("ERR Syntax error in HELLO option '%s'", c.Args[i])
			return false
		}
	}
	return true
}

// describe replies what the server is. There is neither a cluster nor a
// replica, nor a module.
func (f family) describe(c *command.Call, cl Client) {
	w := c.Out
	w.Map(7)
	w.BulkString("server")
	w.BulkString("redis")
	w.BulkString("version")
	w.BulkString(f.Version)
	w.BulkString("proto")
	w.Int(int64(cl.Proto()))
	w.BulkString("id")
	w.Int(cl.ID())
	w.BulkString("mode")
	w.BulkString("standalone")
	w.BulkString("role")
	w.BulkString("master")
	w.BulkString("modules")
	w.Array(0)
}
