package streams

import (
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/stream"
)

func xgroupHelp(c *command.Call) {
	c.Help(
		"CREATE <key> <groupname> <id|$> [option]",
		"    Create a new consumer group. Options are:",
		"    * MKSTREAM",
		"      Create the empty stream if it does not exist.",
		"    * ENTRIESREAD entries_read",
		"      Set the group's entries_read counter (internal use).",
		"CREATECONSUMER <key> <groupname> <consumer>",
		"    Create a new consumer in the specified group.",
		"DELCONSUMER <key> <groupname> <consumer>",
		"    Remove the specified consumer.",
		"DESTROY <key> <groupname>",
		"    Remove the specified group.",
		"SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
		"    Set the current group ID and entries_read counter.",
	)
}

// groupOptions are those of XGROUP CREATE and SETID.
type groupOptions struct {
	makeStream bool
	read       int64
}

// parse reads the options behind the ID; where they are wrong that has been
// replied. Only CREATE makes streams.
func (o *groupOptions) parse(c *command.Call, create bool) (ok bool) {
	o.read = stream.Unknown
	for i := 5; i < len(c.Args); i++ {
		switch {
		case create && c.Is(i, "MKSTREAM"):
			o.makeStream = true
		case c.Is(i, "ENTRIESREAD") && i+1 < len(c.Args):
			i++
			if o.read, ok = c.Int(i); !ok {
				return false
			}
			if o.read < 0 && o.read != stream.Unknown {
				c.Out.Error("ERR value for ENTRIESREAD must be positive or -1")
				return false
			}
		default:
			c.SubcommandError()
			return false
		}
	}
	return true
}

// groupStream finds the stream in argument 2, which must be there unless optional
// is true. Where it is not, or of another type, that has been replied.
func groupStream(c *command.Call, optional bool) (s stream.Stream, found, ok bool) {
	s, found, ok = lookup(c, c.Args[2], keyspace.ForWrite)
	if ok && !found && !optional {
		c.Out.Error("ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the" +
			" MKSTREAM option to create an empty stream automatically.")
		ok = false
	}
	return s, found, ok
}

// existingGroup finds the group in argument 3 of the stream in argument 2. Where
// it is not there that has been replied.
func existingGroup(c *command.Call) (s stream.Stream, ok bool) {
	if s, _, ok = groupStream(c, false); !ok {
		return s, false
	}
	if _, ok = s.Group(c.Args[3]); !ok {
		noGroupForKey(c)
	}
	return s, ok
}

func noGroupForKey(c *command.Call) {
	c.Out.Errorf("NOGROUP No such consumer group '%s' for key name '%s'", c.Args[3], c.Args[2])
}

func xgroupCreate(c *command.Call) {
	var o groupOptions
	if !o.parse(c, true) {
		return
	}
	s, found, ok := groupStream(c, o.makeStream)
	if !ok {
		return
	}
	if len(c.Args) > 8 {
		c.SubcommandError()
		return
	}
	var id stream.ID
	if string(word(c.Args[4])) != "$" {
		if id, ok = strictID(c, 4); !ok {
			return
		}
	} else if found {
		id = s.LastID()
	}
	var cell *value.Cell
	if found {
		cell, _ = change(c, c.Args[2])
	} else {
		cell = c.DB.New(c.Args[2])
		stream.New(cell)
	}
	created := stream.Edit(cell).CreateGroup(c.Args[3], id, o.read)
	c.DB.Commit(cell)
	switch {
	case !created:
		c.Out.Error("BUSYGROUP Consumer Group name already exists")
	case found:
		c.Out.OK()
		c.Event(keyspace.EventStream, "xgroup-create", c.Args[2], 1)
	default:
		c.Out.OK()
		c.Changed(keyspace.EventStream, "xgroup-create", c.Args[2], 1)
	}
}

func xgroupSetID(c *command.Call) {
	var o groupOptions
	if !o.parse(c, false) {
		return
	}
	s, ok := existingGroup(c)
	if !ok {
		return
	}
	if len(c.Args) > 7 {
		c.SubcommandError()
		return
	}
	id := s.LastID()
	if string(word(c.Args[4])) != "$" {
		if id, ok = parseID(c.Args[4], 0); !ok {
			c.Out.Error(errInvalidID)
			return
		}
	}
	cell, _, g := changeGroup(c, c.Args[2], c.Args[3])
	g.SetLastID(id)
	g.SetRead(o.read)
	c.DB.Commit(cell)
	c.Out.OK()
	c.Event(keyspace.EventStream, "xgroup-setid", c.Args[2], 1)
}

func xgroupDestroy(c *command.Call) {
	if _, _, ok := groupStream(c, false); !ok {
		return
	}
	cell, e := change(c, c.Args[2])
	destroyed := e.DestroyGroup(c.Args[3])
	c.DB.Commit(cell)
	if !destroyed {
		c.Out.Int(0)
		return
	}
	c.Out.Int(1)
	c.Event(keyspace.EventStream, "xgroup-destroy", c.Args[2], 1)
	c.DB.Wake(c.Args[2]) // those who wait for new entries of the group
}

func xgroupCreateConsumer(c *command.Call) {
	if _, ok := existingGroup(c); !ok {
		return
	}
	cell, _, g := changeGroup(c, c.Args[2], c.Args[3])
	_, created := g.CreateConsumer(c.Args[4], c.Now)
	c.DB.Commit(cell)
	if !created {
		c.Out.Int(0)
		return
	}
	c.Event(keyspace.EventStream, "xgroup-createconsumer", c.Args[2], 1)
	c.Out.Int(1)
}

func xgroupDelConsumer(c *command.Call) {
	if _, ok := existingGroup(c); !ok {
		return
	}
	cell, _, g := changeGroup(c, c.Args[2], c.Args[3])
	pending, found := g.DeleteConsumer(c.Args[4])
	c.DB.Commit(cell)
	if found {
		c.Event(keyspace.EventStream, "xgroup-delconsumer", c.Args[2], 1)
	}
	c.Out.Int(pending)
}
