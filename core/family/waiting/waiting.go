// Package waiting has WAIT and WAITAOF, with which a client waits until what it has
// written is safe: on replicas, of which there are none, and in the append-only
// file.
package waiting

import (
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/resp"
)

// File is the append-only file.
type File interface {
	// Durable is the offset in the journal up to which the file is on disk. on
	// is false if there is no append-only file; while its first base is being
	// written nothing counts as durable (-1).
	Durable() (offset int64, on bool)
	// Await has settled called when Durable has reached offset or the file was turned
	// off, by a goroutine that holds no locks, unless gone says before that nobody
	// waits any more.
	Await(offset int64, gone func() bool, settled func())
}

// Writer is a client that knows what it has written.
type Writer interface {
	// Written is the offset in the journal behind the last effect of the client's
	// commands.
	Written() int64
}

// Options is what the family asks of the server.
type Options struct {
	File File
}

type family struct{ Options }

// Commands returns the rows of the family.
func Commands(o Options) []command.Row {
	f := &family{o}
	tips := []string{"request_policy:all_shards", "response_policy:agg_min"}
	return []command.Row{
		{
			Name: "wait", Arity: 3, Flags: command.NoScript, ACL: []string{"-keyspace", "connection"}, Tips: tips,
			Group: "generic", Docs: waitDocs, Handler: wait,
		},
		{
			Name: "waitaof", Arity: 4, Flags: command.NoScript, ACL: []string{"-keyspace", "connection"}, Tips: tips,
			Group: "generic", Docs: waitaofDocs, Handler: f.waitAOF,
		},
	}
}

// wait is WAIT numreplicas timeout.
func wait(c *command.Call) {
	wanted, ok := c.Int(1)
	if !ok {
		return
	}
	timeout, ok := c.TimeoutMillis(2)
	if !ok {
		return
	}
	if wanted > 0 && c.Await(command.Block{Timeout: timeout, OnTimeout: func(w *resp.Writer) { w.Int(0) }}) != nil {
		return
	}
	c.Out.Int(0)
}

const errOff = "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled."

// waitAOF is WAITAOF numlocal numreplicas timeout.
func (f *family) waitAOF(c *command.Call) {
	local, ok := c.Int(1)
	if !ok {
		return
	}
	if local < 0 || local > 1 {
		c.Out.Error("ERR value is out of range, value must between 0 and 1")
		return
	}
	replicas, ok := c.Int(2)
	if !ok {
		return
	}
	if replicas < 0 {
		c.Out.Error("ERR value is out of range, must be positive")
		return
	}
	timeout, ok := c.TimeoutMillis(3)
	if !ok {
		return
	}
	f.awaitFile(c, local, replicas, timeout)
}

func (f *family) awaitFile(c *command.Call, local, replicas, timeout int64) {
	if _, on := f.File.Durable(); local > 0 && !on {
		c.Out.Error(errOff)
		return
	}
	offset := int64(0)
	if w, ok := c.Client.(Writer); ok {
		offset = w.Written()
	}
	reply := func(w *resp.Writer) {
		w.Array(2)
		w.Int(f.local(offset))
		w.Int(0)
	}
	if f.local(offset) >= local && replicas == 0 {
		reply(c.Out)
		return
	}
	waiting := c.Await(command.Block{Timeout: timeout, OnTimeout: reply})
	if waiting == nil {
		reply(c.Out)
		return
	}
	if replicas > 0 {
		return // which do not come
	}
	f.File.Await(offset, waiting.Over, func() {
		waiting.Finish(func(c *command.Call) {
			if _, on := f.File.Durable(); !on {
				c.Out.Error(errOff)
				return
			}
			reply(c.Out)
		})
	})
}

// local is how many local files have the journal up to offset.
func (f *family) local(offset int64) int64 {
	if durable, on := f.File.Durable(); on && durable >= offset {
		return 1
	}
	return 0
}
