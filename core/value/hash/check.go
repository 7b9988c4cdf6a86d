package hash

import (
	"errors"
	"fmt"

	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/table"
	"github.com/redoubt-kv/redoubt/core/value"
)

// Check verifies a hash and calls visit with each of its nodes. arena is any of
// its heap.
func Check(sp value.Space, arena *page.Arena, kind value.Kind, b []byte, visit func(ref page.Ref)) error {
	if width(kind) != 0 {
		if ref := value.BlobNode(kind, b); ref != 0 {
			visit(ref)
		}
		return checkPacked(value.BlobOf(sp, kind, b), width(kind))
	}
	if len(b) != tableSize {
		return fmt.Errorf("a table in %d bytes", len(b))
	}
	t := table.Nested(page.Place{Arena: arena}, sp.Hash, nil)
	version := value.TableAt(sp, b)
	t.Root, t.Count, t.Dues = version.Root, version.Count, version.Dues
	if err := t.Check(visit); err != nil {
		return err
	}
	return checkTable(sp, &t, b, visit)
}

func checkPacked(lp []byte, width int) error {
	n, err := listpack.Validate(lp, true)
	if err != nil {
		return err
	}
	if n%width != 0 {
		return fmt.Errorf("%d entries for fields of %d", n, width)
	}
	seen, last := map[string]bool{}, int64(0)
	for pos := listpack.First(lp); pos != listpack.None; pos = listpack.Next(lp, pos) {
		field := string(listpack.AppendElem(nil, lp, pos))
		if seen[field] {
			return fmt.Errorf("field %q is there twice", field)
		}
		seen[field] = true
		if pos = listpack.Next(lp, pos); width == 2 {
			continue
		}
		pos = listpack.Next(lp, pos)
		b, due, isInt := listpack.Get(lp, pos)
		if due == 0 {
			due = never
		}
		if !isInt || due < last {
			return fmt.Errorf("field %q is due at %q or %d, the one before it at %d", field, b, due, last)
		}
		last = due
	}
	return nil
}

func checkTable(sp value.Space, t *table.Table, b []byte, visit func(ref page.Ref)) (err error) {
	due, sweep, later := int64(le.Uint64(b[offDue:])), le.Uint64(b[offSweep:]), int64(le.Uint64(b[offLater:]))
	t.Each(func(e table.Entry) bool {
		value.Nodes(sp.Heap, value.Kind(e.Kind()), e.Value(), visit)
		if e.Due() == NoDue {
			return true
		}
		if e.Due() < due || sp.Hash(e.Key()) < sweep && e.Due() < later {
			err = errors.Join(err, fmt.Errorf("field %q is due at %d, the table at %d, before %#x at %d", e.Key(), e.Due(), due, sweep, later))
		}
		return true
	})
	return err
}
