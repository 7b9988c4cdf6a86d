package admin

import (
	"fmt"
	"math"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/table"
	"github.com/redoubt-kv/redoubt/core/value"
)

// debugTableStats describes the table of a value that has one, as far as
// OBJECT ENCODING says: a small set may be packed all the same.
func debugTableStats(c *command.Call) {
	e, ok := lookup(c)
	if !ok {
		return
	}
	sp, kind, b := e.Space(), e.Kind(), e.Value()
	switch kind &^ value.InNode {
	case value.SetTable, value.HashTable, value.ZSetTree:
		t := value.TableAt(sp, b)
		n, bytes := t.Sample(math.MaxInt, func(table.Entry) {})
		c.Out.Verbatim("txt", fmt.Sprintf("Extendible hash table:\n entries: %d\n bytes of buckets and long keys: %d\n", n, bytes))
	case value.SetHashed:
		lp := value.BlobOf(sp, kind, b)
		c.Out.Verbatim("txt", fmt.Sprintf("Listpack in the place of a hash table:\n entries: %d\n bytes: %d\n", listpack.Len(lp), len(lp)))
	default:
		c.Out.Error("ERR The value stored at the specified key is not represented using an hash table")
	}
}
