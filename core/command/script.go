package command

import (
	"sync/atomic"
	"time"

	"github.com/redoubt-kv/redoubt/core/resp"
	"github.com/redoubt-kv/redoubt/core/stats"
)

// Script is a script that runs as part of a call: what the commands it calls are
// allowed to do, and what they have done. It has the locks of the call, which are
// those of every key it may touch.
//
//	Call.BeginScript → RunNested … → Call.EndScript
type Script struct {
	// ReadOnly scripts may not call commands that write.
	ReadOnly bool
	// AllowOOM scripts may call any command when memory is used up.
	AllowOOM bool
	// Mute has what the commands change not be recorded (redis.set_repl).
	Mute bool

	state atomic.Int32
	outer struct {
		args   [][]byte
		row    *Row
		parent *Row
		out    *resp.Writer
		db     int
		nested bool
	}
}

// States of a script:
//
//	reading ── a command that writes ──▶ writing
//	   └────── Kill ──▶ killed
//
// From the first command that writes on, none is refused for the state of the
// server, so that the script is not left half done.
const (
	scriptReading = iota
	scriptWriting
	scriptKilled
)

// Kill has s call no command any more, and tells whether it is so: a script that
// has called a command that writes has to come to its end. Any goroutine.
func (s *Script) Kill() bool {
	return s.state.CompareAndSwap(scriptReading, scriptKilled) || s.state.Load() == scriptKilled
}

// Killed tells whether Kill has succeeded. Any goroutine.
func (s *Script) Killed() bool { return s.state.Load() == scriptKilled }

// Reset makes s new.
func (s *Script) Reset() {
	s.ReadOnly, s.AllowOOM, s.Mute = false, false, false
	s.state.Store(scriptReading)
}

// Texts for what a script may not call (Redis: scriptCall).
const (
	errScriptUnknown  = "ERR Unknown Redis command called from script"
	errScriptArity    = "ERR Wrong number of args calling Redis command from script"
	errScriptDenied   = "ERR This Redis command is not allowed from script"
	errScriptKilled   = "ERR Script killed by user with SCRIPT KILL..."
	errScriptReadOnly = "ERR Write commands are not allowed from read-only scripts."
)

// BeginScript makes c the call of s until EndScript.
func (c *Call) BeginScript(s *Script) {
	o := &s.outer
	o.args, o.row, o.parent, o.out = c.Args, c.Row, c.outer, c.Out
	o.db, o.nested = c.Client.SelectedDB(), c.Nested
	if c.outer == nil {
		c.outer = c.Row
	}
	c.Nested, c.Scripted = true, true
}

// EndScript makes c what it was before BeginScript: its own arguments, reply and
// database. What the script's commands have changed is recorded, the call is not.
func (c *Call) EndScript(s *Script) {
	o := &s.outer
	c.Args, c.Row, c.outer, c.Out, c.Nested = o.args, o.row, o.parent, o.out, o.nested
	c.Scripted, c.muted = false, false
	if c.Client.SelectedDB() != o.db {
		c.Client.Select(o.db)
	}
	c.DB = c.Tx.DB(o.db)
	c.Tx.ForgetKey()
	c.RecordNothing()
}

// RunNested runs one command of the script s and appends its reply to out. A
// refusal says, with its code, why it did not run. args have at least one element
// and need not last longer than the call.
func (c *Call) RunNested(s *Script, args [][]byte, out *resp.Writer) (refusal string) {
	x := c.x
	c.Args = args
	row, text := x.lookup(c)
	if text != "" {
		row, text = nil, errScriptUnknown
	} else {
		c.Row = row
		text = x.refuseScripted(c, s, row)
	}
	if text != "" {
		c.Loop.Add(stats.ErrorReplies, 1)
		x.Errors.Count("-" + text)
		if row != nil {
			c.Loop.Record(row.ID, 0, stats.Declined)
		}
		return text
	}
	c.Out, c.muted = out, s.Mute
	c.Tx.ForgetKey()
	x.runNested(c, row, c.Loop.Since())
	if c.Tracked {
		c.Args, c.Row = s.outer.args, s.outer.row
		x.track(c, row)
		c.Args, c.Row = args, row
	}
	return ""
}

// refuseScripted checks what can be known before the command of a script runs.
func (x *Executor) refuseScripted(c *Call, s *Script, row *Row) string {
	switch n := len(c.Args); {
	case row.Arity > 0 && n != row.Arity || n < -row.Arity || row.Handler == nil:
		return errScriptArity
	case row.Flags&NoScript != 0 && (!x.denyNothing.Load() || row.Flags&Exclusive != 0):
		return errScriptDenied
	}
	if refusal := x.Permitted(c); refusal != "" {
		return refusal
	}
	switch {
	case s.ReadOnly && row.Flags&(Write|MayReplicate) != 0:
		return errScriptReadOnly
	case s.state.Load() == scriptWriting:
		return ""
	}
	if row.Flags&Write != 0 {
		if text := c.WriteRefusal(); text != "" {
			return text
		}
	}
	if c.OverLimit && row.Flags&DenyOOM != 0 && !s.AllowOOM {
		return ErrOOM
	}
	if s.state.Load() == scriptKilled || row.Flags&Write != 0 && !s.state.CompareAndSwap(scriptReading, scriptWriting) {
		return errScriptKilled
	}
	return ""
}

// runNested runs the handler of a command under the locks that are held: one of a
// transaction or a script. It begins at start, as Loop.Since tells the time, and
// returns when it has ended.
func (x *Executor) runNested(c *Call, row *Row, start time.Duration) (end time.Duration) {
	c.DB = c.Tx.DB(c.Client.SelectedDB())
	mark, dirty := len(c.Out.B), c.dirty
	c.Loop.Enter(row.ID)
	row.Handler(c)
	if c.Tracked && !c.Scripted {
		x.track(c, row)
	}
	c.record(c.dirty - dirty)
	x.show(c, row)
	end = c.Loop.Since()
	took, outcome := end-start, stats.OK
	if len(c.Out.B) > mark && c.Out.B[mark] == '-' {
		outcome = stats.Failed
		x.countError(c, c.Out.B[mark:])
	}
	c.ErrorCounted = false
	c.Loop.Record(row.ID, took, outcome)
	if limit := x.SlowerThan.Load(); int64(took) >= limit && limit >= 0 {
		x.Slow(c, took)
	}
	return end
}

// DenyInScripts sets whether commands that are not for scripts are refused there, as
// they are unless DEBUG SET-DISABLE-DENY-SCRIPTS says otherwise.
func (c *Call) DenyInScripts(deny bool) { c.x.denyNothing.Store(!deny) }

// WriteRefusal is why commands that write are refused now, for the state of the
// server's files; "" if they are not.
func (c *Call) WriteRefusal() string {
	if c.x == nil || c.x.Unwritable == nil {
		return ""
	}
	return c.x.Unwritable()
}
