package connection

import (
	"math"

	"github.com/redoubt-kv/redoubt/core/command"
)

// class reads argument i as a type of clients, or replies that it is none.
func class(c *command.Call, i int) (name string, ok bool) {
	for _, known := range [...][2]string{
		{"normal", "normal"}, {"slave", "replica"}, {"replica", "replica"},
		{"pubsub", "pubsub"}, {"master", "master"},
	} {
		if c.Is(i, known[0]) {
			return known[1], true
		}
	}
	c.Out.Errorf("ERR Unknown client type '%s'", c.Args[i])
	return "", false
}

func (f family) list(c *command.Call) {
	var filter command.ClientFilter
	me := c.Client.ID()
	switch {
	case len(c.Args) == 4 && c.Is(2, "type"):
		name, ok := class(c, 3)
		if !ok {
			return
		}
		filter.Class = name
	case len(c.Args) > 3 && c.Is(2, "id"):
		f.listIDs(c, me)
		return
	case len(c.Args) != 2:
		c.Out.Error(command.ErrSyntax)
		return
	}
	c.Out.Verbatim("txt", string(f.Clients.List(nil, filter, me)))
}

// listIDs lists clients in the order of the arguments.
func (f family) listIDs(c *command.Call, me int64) {
	var list []byte
	for i := 3; i < len(c.Args); i++ {
		id, ok := c.IntOr(i, "ERR Invalid client ID")
		if !ok {
			return
		}
		if id > 0 {
			list = f.Clients.List(list, command.ClientFilter{ID: id}, me)
		}
	}
	c.Out.Verbatim("txt", string(list))
}

func (f family) kill(c *command.Call) {
	cl := client(c)
	if cl == nil {
		return
	}
	filter, skipMe, ok := command.ClientFilter{}, false, true
	if len(c.Args) == 3 { // the old form: by address, oneself included
		filter.Addr = address(c.Args[2])
	} else if filter, skipMe, ok = f.killFilter(c); !ok {
		return
	}
	if skipMe {
		filter.Except = cl.ID()
	}
	killed, itself := f.Clients.Kill(filter, cl.ID())
	switch {
	case len(c.Args) > 3:
		c.Out.Int(int64(killed))
	case killed == 0:
		c.Out.Error("ERR No such client")
	default:
		c.Out.OK()
	}
	if itself {
		cl.CloseAfterReply()
	}
}

// killFilter reads the options of CLIENT KILL, or replies what is wrong.
func (f family) killFilter(c *command.Call) (filter command.ClientFilter, skipMe, ok bool) {
	skipMe = true
	for i := 2; i < len(c.Args); i += 2 {
		if i+1 == len(c.Args) {
			c.Out.Error(command.ErrSyntax)
			return filter, skipMe, false
		}
		switch {
		case c.Is(i, "skipme"):
			if skipMe = c.Is(i+1, "yes"); !skipMe && !c.Is(i+1, "no") {
				c.Out.Error(command.ErrSyntax)
				return filter, skipMe, false
			}
		case !f.killOption(c, i, &filter):
			return filter, skipMe, false
		}
	}
	return filter, skipMe, true
}

// killOption reads one option other than SKIPME into filter.
func (f family) killOption(c *command.Call, i int, filter *command.ClientFilter) (ok bool) {
	value := c.Args[i+1]
	switch {
	case c.Is(i, "id"):
		filter.ID, ok = positive(c, i+1, "ERR client-id should be greater than 0", "ERR client-id should be greater than 0")
	case c.Is(i, "maxage"):
		filter.MinAge, ok = positive(c, i+1, "ERR maxage is not an integer or out of range", "ERR maxage should be greater than 0")
	case c.Is(i, "type"):
		filter.Class, ok = class(c, i+1)
	case c.Is(i, "addr"):
		filter.Addr, ok = address(value), true
	case c.Is(i, "laddr"):
		filter.LocalAddr, ok = address(value), true
	case c.Is(i, "user"):
		if filter.User, ok = address(value), f.Clients.HasUser(string(value)); !ok {
			c.Out.Errorf("ERR No such user '%s'", value)
		}
	default:
		c.Out.Error(command.ErrSyntax)
	}
	return ok
}

// positive reads argument i as a number above 0, or replies one of the texts.
func positive(c *command.Call, i int, none, small string) (n int64, ok bool) {
	if n, ok = c.IntOr(i, none); ok && (n < 1 || n > math.MaxInt64) {
		c.Out.Error(small)
		return n, false
	}
	return n, ok
}

// address is value for a filter, where an empty one would fit every client: it
// is nobody's address.
func address(value []byte) string {
	if len(value) == 0 {
		return "(none)"
	}
	return string(value)
}
