package functions

import (
	"errors"
	"fmt"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/rdb"
	"github.com/redoubt-kv/redoubt/core/script"
)

// load is FUNCTION LOAD [REPLACE] code.
func (f *family) load(c *command.Call) {
	replace, last := false, len(c.Args)-1
	for i := 2; i < last; i++ {
		if !c.Is(i, "REPLACE") {
			c.Out.Error(fmt.Sprintf("ERR Unknown option given: %s", c.Args[i]))
			return
		}
		replace = true
	}
	limit := script.LoadTime
	if c.Replays() {
		limit = 0
	}
	libraries, l, text := f.Engine.Compile(f.Engine.Libraries(), c.Args[last], replace, limit)
	if text != "" {
		c.Out.Error("ERR " + text)
		return
	}
	f.set(c, libraries)
	c.Out.BulkString(l.Name)
}

// set makes libraries the set that functions are called from, which is a change of the
// data.
func (f *family) set(c *command.Call, libraries *script.Libraries) {
	f.Engine.SetLibraries(libraries)
	c.AddDirty(1)
}

// delete is FUNCTION DELETE library.
func (f *family) delete(c *command.Call) {
	libraries, name := f.Engine.Libraries(), string(c.Args[2])
	if libraries.Find(name) == nil {
		c.Out.Error("ERR Library not found")
		return
	}
	f.set(c, libraries.Without(name))
	c.Out.OK()
}

// flush is FUNCTION FLUSH [ASYNC|SYNC]. What was compiled is left to Go's collector
// either way.
func (f *family) flush(c *command.Call) {
	switch n := len(c.Args); {
	case n > 3:
		c.SubcommandError()
		return
	case n == 3 && !c.Is(2, "SYNC") && !c.Is(2, "ASYNC"):
		c.Out.Error("ERR FUNCTION FLUSH only supports SYNC|ASYNC option")
		return
	}
	f.set(c, script.NoLibraries())
	c.Out.OK()
}

// restore is FUNCTION RESTORE payload [FLUSH|APPEND|REPLACE].
func (f *family) restore(c *command.Call) {
	flush, replace := false, false
	switch n := len(c.Args); {
	case n > 4:
		c.SubcommandError()
		return
	case n == 4:
		flush, replace = c.Is(3, "FLUSH"), c.Is(3, "REPLACE")
		if !flush && !replace && !c.Is(3, "APPEND") {
			c.Out.Error("ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.")
			return
		}
	}
	libraries, text := f.decode(c.Args[2])
	if text == "" && !flush {
		libraries, text = f.Engine.Libraries().Join(libraries, replace)
	}
	if text != "" {
		c.Out.Error("ERR " + text)
		return
	}
	f.set(c, libraries)
	c.Out.OK()
}

// errLibrary says what is wrong with a library of a payload.
type errLibrary string

func (e errLibrary) Error() string { return string(e) }

// decode makes the libraries of a payload; text says why it cannot.
func (f *family) decode(payload []byte) (libraries *script.Libraries, text string) {
	libraries = script.NoLibraries()
	o := rdb.DecoderOptions{SkipChecksum: f.SkipChecksums != nil && f.SkipChecksums()}
	err := rdb.DecodeFunctions(payload, o, func(source []byte) error {
		var text string
		if libraries, _, text = f.Engine.Compile(libraries, source, false, 0); text != "" {
			return errLibrary(text)
		}
		return nil
	})
	var wrong errLibrary
	switch {
	case err == nil:
		return libraries, ""
	case errors.As(err, &wrong):
		return nil, string(wrong)
	case errors.Is(err, rdb.ErrDump), errors.Is(err, rdb.ErrNoFunction):
		return nil, err.Error()
	}
	return nil, "Failed loading library payload"
}
