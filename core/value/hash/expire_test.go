package hash

import (
	"fmt"
	"testing"

	"github.com/zeebo/xxh3"

	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/value"
)

// A due time that is set while a pass is under way is not forgotten at its end,
// wherever in the table it is.
func TestDueSetDuringPass(t *testing.T) {
	h, err := page.New(page.Options{Reserve: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	var c value.Cell
	c.Space, c.Where = value.Space{Heap: h, Hash: xxh3.Hash}, value.Where{Arena: h.Arena(0), Table: 1}
	c.Limits = value.DefaultLimits()
	c.Reset(0, nil)
	New(&c)
	const fields, now = 20000, 1000
	e := Edit(&c, now, 0)
	for i := range fields {
		name := fmt.Append(nil, i)
		e.Set(name, name, NoDue)
		if i%2 == 0 {
			e.SetDue(name, now+1)
		}
	}
	e.Close()
	if removed, _, next := Expire(&c, now+1, nil); removed == 0 || removed == fields/2 || next > now+1 {
		t.Fatalf("the first call removed %d and asks for %d", removed, next)
	}
	e = Edit(&c, now+1, 0)
	first := []byte("1") // of the fields that stay, in hash order: the pass is past it
	for i := 1; i < fields; i += 2 {
		if name := fmt.Append(nil, i); xxh3.Hash(name) < xxh3.Hash(first) {
			first = name
		}
	}
	e.SetDue(first, now+5000)
	e.Close()
	for next := int64(0); next <= now+1; {
		_, _, next = Expire(&c, now+1, nil)
	}
	if due := Due(c.Space, c.Kind, c.B); due != now+5000 {
		t.Fatalf("due at %d behind the pass, want %d", due, now+5000)
	}
	if n := Of(c.Space, c.Kind, c.B, AnyTime); n.Len() != fields/2 {
		t.Fatalf("%d fields are left of %d", n.Len(), fields/2)
	}
}

func TestEncoding(t *testing.T) {
	for kind, want := range map[value.Kind]string{
		value.HashPack: "listpack", value.HashPack | value.InNode: "listpack",
		value.HashPackEx: "listpackex", value.HashPackEx | value.InNode: "listpackex",
		value.HashTable: "hashtable",
	} {
		if got := Encoding(value.Space{}, kind, nil); got != want {
			t.Errorf("%#x is %s, want %s", uint8(kind), got, want)
		}
	}
}
