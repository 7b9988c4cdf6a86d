package admin

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/resp"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/list"
)

// debugPackedThreshold takes a size as in "100kb"; 0 is the default.
func (f *family) debugPackedThreshold(c *command.Call) {
	text := bytes.ToLower(resp.ErrorText(c.Args[2], len(c.Args[2]))) // up to a NUL, as C reads it
	digits := len(text) - len(bytes.TrimLeft(text, "0123456789"))
	n, err := strconv.ParseUint(string(text[:digits]), 10, 64)
	unit, known := map[string]uint64{
		"": 1, "b": 1, "k": 1000, "kb": 1 << 10, "m": 1000 * 1000, "mb": 1 << 20, "g": 1000 * 1000 * 1000, "gb": 1 << 30,
	}[string(text[digits:])]
	const limit = 1<<32 - 1<<20
	if err != nil && len(text) > 0 || !known || n > limit/unit { // nothing at all is 0
		c.Out.Error("ERR argument must be a memory value bigger than 1 and smaller than 4gb")
		return
	}
	f.Debug.PackedThreshold(int(n * unit))
	c.Out.OK()
}

// appendListFigures appends what DEBUG OBJECT says of a list, by the names of
// Redis's figures: its leaves are what quicklist nodes are there.
func appendListFigures(b []byte, e keyspace.Entry, limits *value.Limits) []byte {
	l := list.Of(e.Space(), e.Kind(), e.Value())
	size := 0
	l.EachLeaf(func(leaf []byte, _ bool) bool {
		size += len(leaf)
		return true
	})
	return fmt.Appendf(b, " ql_nodes:%d ql_avg_node:%.2f ql_listpack_max:%d ql_compressed:0 ql_uncompressed_size:%d",
		l.Leaves(), float64(l.Len())/float64(l.Leaves()), limits.ListMaxListpackSize, size)
}

// debugListpack writes the elements of a packed value to the log, where Redis
// writes to stdout and says so.
func (f *family) debugListpack(c *command.Call) {
	e, ok := lookup(c)
	if !ok {
		return
	}
	if name := e.Encoding(); name != "listpack" && name != "listpackex" {
		c.Out.Error("ERR Not a listpack encoded object.")
		return
	}
	f.logLeaf(value.BlobOf(e.Space(), e.Kind(), e.Value()), false, true)
	c.Out.Simple("Listpack structure printed on stdout")
}

// debugQuicklist writes the leaves of a list, with a third argument other than 0
// their elements too, to the log, where Redis writes to stdout and says so.
func (f *family) debugQuicklist(c *command.Call) {
	e, ok := lookup(c)
	if !ok {
		return
	}
	full := false
	if len(c.Args) == 4 {
		n, _ := strconv.Atoi(string(c.Args[3])) // what is no number is 0, as C's atoi has it
		full = n != 0
	}
	if e.Type() != value.TypeList {
		c.Out.Error("ERR Not a quicklist encoded object.")
		return
	}
	l := list.Of(e.Space(), e.Kind(), e.Value())
	f.Debug.Log(fmt.Sprintf("{count : %d} {len : %d} {fill : %d}", l.Len(), l.Leaves(), c.DB.Limits().ListMaxListpackSize))
	l.EachLeaf(func(leaf []byte, plain bool) bool {
		f.logLeaf(leaf, plain, full)
		return true
	})
	c.Out.Simple("Quicklist structure printed on stdout")
}

func (f *family) logLeaf(leaf []byte, plain, full bool) {
	container, count := "PACKED", 1
	if plain {
		container = "PLAIN"
	} else {
		count = listpack.Len(leaf)
	}
	f.Debug.Log(fmt.Sprintf("{container : %s, size: %d, count: %d}", container, len(leaf), count))
	switch {
	case !full:
	case plain:
		f.Debug.Log(fmt.Sprintf("{entry : %q}", leaf))
	default:
		for pos := listpack.First(leaf); pos != listpack.None; pos = listpack.Next(leaf, pos) {
			f.Debug.Log(fmt.Sprintf("{entry : %q}", listpack.AppendElem(nil, leaf, pos)))
		}
	}
}
