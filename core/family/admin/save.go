package admin

import (
	"errors"
	"math"

	"github.com/redoubt-kv/redoubt/core/command"
)

func (f *family) save(c *command.Call) {
	switch err := f.Saver.Save(c); {
	case errors.Is(err, ErrSaveRunning):
		fail(c, err)
	case err != nil: // which the log tells; Redis's reply has no more than the code
		c.Out.Error("ERR")
	default:
		c.Out.OK()
	}
}

func (f *family) bgsave(c *command.Call) {
	schedule := len(c.Args) == 2 && c.Is(1, "SCHEDULE")
	if len(c.Args) > 1 && !schedule {
		c.Out.Error(command.ErrSyntax)
		return
	}
	scheduled, err := f.Saver.BackgroundSave(c, schedule)
	switch {
	case err != nil:
		fail(c, err)
	case scheduled:
		c.Out.Simple("Background saving scheduled")
	default:
		c.Out.Simple("Background saving started")
	}
}

func (f *family) bgrewriteaof(c *command.Call) {
	scheduled, err := f.Rewriter.BackgroundRewrite(c)
	switch {
	case err != nil:
		fail(c, err)
	case scheduled:
		c.Out.Simple("Background append only file rewriting scheduled")
	default:
		c.Out.Simple("Background append only file rewriting started")
	}
}

func (f *family) lastSave(c *command.Call) { c.Out.Int(f.Saver.LastSave()) }

func (f *family) shutdown(c *command.Call) {
	o, abort, ok := parseShutdown(c)
	switch {
	case !ok:
		c.Out.Error(command.ErrSyntax)
	case abort && f.Stopper.AbortShutdown():
		c.Out.OK()
	case abort:
		c.Out.Error("ERR No shutdown in progress.")
	default:
		var refusal Refusal
		if err := f.Stopper.Shutdown(c, o); errors.As(err, &refusal) {
			c.Out.Error(string(refusal))
		} else if err != nil {
			c.Out.Error("ERR Errors trying to SHUTDOWN. Check logs.")
		}
	}
}

// Refusal is an error of Stopper.Shutdown that the client is told as it is.
type Refusal string

func (r Refusal) Error() string { return string(r) }

func parseShutdown(c *command.Call) (o Shutdown, abort, ok bool) {
	for i := 1; i < len(c.Args); i++ {
		switch {
		case c.Is(i, "NOSAVE"):
			o.NoSave = true
		case c.Is(i, "SAVE"):
			o.Save = true
		case c.Is(i, "NOW"):
			o.Now = true
		case c.Is(i, "FORCE"):
			o.Force = true
		case c.Is(i, "ABORT"):
			abort = true
		default:
			return o, false, false
		}
	}
	contradicts := abort && o != (Shutdown{}) || o.Save && o.NoSave
	return o, abort, !contradicts
}

func (f *family) time(c *command.Call) {
	us := f.Clock.NowUs()
	c.Out.Array(2)
	c.Out.BulkInt(us / 1e6)
	c.Out.BulkInt(us % 1e6)
}

// role: replication does not exist yet, so that each server is a master with
// no replicas.
func (f *family) role(c *command.Call) {
	c.Out.Array(3)
	c.Out.BulkString("master")
	c.Out.Int(0)
	c.Out.Array(0)
}

func (f *family) replicaOf(c *command.Call) {
	if c.Is(1, "NO") && c.Is(2, "ONE") {
		c.Out.OK()
		return
	}
	const badPort = "ERR Invalid master port"
	port, ok := c.IntOr(2, badPort)
	if !ok {
		return
	}
	if port < 0 || port > math.MaxUint16 {
		c.Out.Error(badPort)
		return
	}
	c.Out.Error("ERR this version of Redoubt cannot be a replica; it stays a master")
}
