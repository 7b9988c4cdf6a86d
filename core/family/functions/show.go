package functions

import (
	"fmt"
	"time"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/glob"
	"github.com/redoubt-kv/redoubt/core/rdb"
	"github.com/redoubt-kv/redoubt/core/resp"
	"github.com/redoubt-kv/redoubt/core/script"
)

// dump is FUNCTION DUMP.
func (f *family) dump(c *command.Call) {
	d := f.dumpers.Get().(*rdb.Dumper)
	defer f.dumpers.Put(d)
	c.Out.Bulk(d.Functions(nil, f.Engine.Libraries().Sources(), f.Compress()))
}

// list is FUNCTION LIST [LIBRARYNAME pattern] [WITHCODE].
func (f *family) list(c *command.Call) {
	var pattern []byte
	withCode := false
	for i := 2; i < len(c.Args); i++ {
		switch {
		case !withCode && c.Is(i, "WITHCODE"):
			withCode = true
		case pattern == nil && c.Is(i, "LIBRARYNAME"):
			if i++; i == len(c.Args) {
				c.Out.Error("ERR library name argument was not given")
				return
			}
			pattern = c.Args[i]
		default:
			c.Out.Error(fmt.Sprintf("ERR Unknown argument %s", c.Args[i]))
			return
		}
	}
	mark, n := c.Out.Mark(), 0
	for _, l := range f.Engine.Libraries().All() {
		if pattern == nil || glob.MatchFold(pattern, l.Name) {
			showLibrary(c.Out, l, withCode)
			n++
		}
	}
	c.Out.ArrayAt(mark, n)
}

func showLibrary(w *resp.Writer, l *script.Library, withCode bool) {
	fields := 3
	if withCode {
		fields = 4
	}
	w.Map(fields)
	w.BulkString("library_name")
	w.BulkString(l.Name)
	w.BulkString("engine")
	w.BulkString(script.EngineName)
	w.BulkString("functions")
	w.Array(len(l.Functions))
	for _, f := range l.Functions {
		showFunction(w, f)
	}
	if withCode {
		w.BulkString("library_code")
		w.BulkString(l.Source)
	}
}

func showFunction(w *resp.Writer, f *script.Function) {
	w.Map(3)
	w.BulkString("name")
	w.BulkString(f.Name)
	w.BulkString("description")
	if f.Description != nil {
		w.BulkString(*f.Description)
	} else {
		w.Null()
	}
	w.BulkString("flags")
	flags := f.Flags.FlagNames()
	w.Set(len(flags))
	for _, name := range flags {
		w.Simple(name)
	}
}

// stats is FUNCTION STATS.
func (f *family) stats(c *command.Call) {
	running := f.Engine.Busy()
	if running != nil && !running.Function {
		c.Out.Error(f.Engine.BusyText())
		return
	}
	libraries := f.Engine.Libraries()
	n, _ := libraries.Len()
	c.Out.Map(2)
	c.Out.BulkString("running_script")
	showRunning(c.Out, running)
	c.Out.BulkString("engines")
	c.Out.Map(1)
	c.Out.BulkString(script.EngineName)
	c.Out.Map(2)
	c.Out.BulkString("libraries_count")
	c.Out.Int(int64(n))
	c.Out.BulkString("functions_count")
	c.Out.Int(int64(libraries.Registered()))
}

// showRunning is a map, or null if nothing runs.
func showRunning(w *resp.Writer, r *script.Running) {
	if r == nil {
		w.Null()
		return
	}
	w.Map(3)
	w.BulkString("name")
	w.BulkString(r.Name)
	w.BulkString("command")
	w.Array(len(r.Command))
	for _, a := range r.Command {
		w.BulkString(a)
	}
	w.BulkString("duration_ms")
	w.Int(time.Since(r.Started).Milliseconds())
}

// kill is FUNCTION KILL.
func (f *family) kill(c *command.Call) {
	if text := f.Engine.Kill(true); text != "" {
		c.Out.Error(text)
		return
	}
	c.Out.OK()
}
