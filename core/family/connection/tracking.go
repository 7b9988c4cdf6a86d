package connection

import "github.com/redoubt-kv/redoubt/core/command"

// Client side caching is not there: no client is ever in tracking mode, and
// what would put it there is refused.

func caching(c *command.Call) {
	c.Out.Error("ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled")
}

func getRedir(c *command.Call) { c.Out.Int(-1) }

func trackingInfo(c *command.Call) {
	c.Out.Map(3)
	c.Out.BulkString("flags")
	c.Out.Set(1)
	c.Out.BulkString("off")
	c.Out.BulkString("redirect")
	c.Out.Int(-1)
	c.Out.BulkString("prefixes")
	c.Out.Array(0)
}

func (f family) tracking(c *command.Call) {
	if !f.trackingOptions(c) {
		return
	}
	if on, ok := onOff(c, 2); !ok {
		return
	} else if on {
		c.Out.Error("ERR CLIENT TRACKING ON is not supported by this server")
		return
	}
	c.Out.OK()
}

// trackingOptions checks the options, or replies what is wrong.
func (f family) trackingOptions(c *command.Call) bool {
	redirect := int64(0)
	for i := 3; i < len(c.Args); i++ {
		more := i+1 < len(c.Args)
		switch {
		case c.Is(i, "redirect") && more:
			i++
			if redirect != 0 {
				c.Out.Error("ERR A client can only redirect to a single other client")
				return false
			}
			var ok bool
			if redirect, ok = c.Int(i); !ok {
				return false
			}
			if redirect <= 0 || len(f.Clients.List(nil, command.ClientFilter{ID: redirect}, 0)) == 0 {
				c.Out.Error("ERR The client ID you want redirect to does not exist")
				return false
			}
		case c.Is(i, "prefix") && more:
			i++
		case c.Is(i, "bcast"), c.Is(i, "optin"), c.Is(i, "optout"), c.Is(i, "noloop"):
		default:
			c.Out.Error(command.ErrSyntax)
			return false
		}
	}
	return true
}
