package stream

import (
	"fmt"

	"github.com/redoubt-kv/redoubt/core/invariant"
	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/tree"
)

// checkPack tells whether lp, any bytes, can be the pack with this ID (S1, S3),
// and returns the number of its live entries and the ID of its last one.
func checkPack(id ID, lp []byte) (live int64, last ID, err error) {
	elements, err := listpack.Validate(lp, true)
	if err != nil {
		return 0, ID{}, fmt.Errorf("pack %v: %w", id, err)
	}
	r := reader{lp: lp, p: listpack.First(lp), left: int64(elements)}
	m := master{live: r.int(), deleted: r.int(), fields: r.int()}
	r.skip(m.fields)
	if r.int() != 0 || r.failed {
		return 0, ID{}, fmt.Errorf("pack %v: no master entry: %w", id, ErrPack)
	}
	var deleted int64
	for r.left > 0 {
		at := r.p
		if !r.entry(m.fields) {
			return 0, ID{}, fmt.Errorf("pack %v: an entry is not whole: %w", id, ErrPack)
		}
		e := readEntry(lp, &m, id, at)
		if e.id.Less(id) || live+deleted > 0 && !last.Less(e.id) {
			return 0, ID{}, fmt.Errorf("pack %v: entry %v: %w", id, e.id, ErrOrder)
		}
		last = e.id
		if e.flags&flagDeleted != 0 {
			deleted++
		} else {
			live++
		}
	}
	if live != m.live || deleted != m.deleted || live+deleted == 0 {
		return 0, ID{}, fmt.Errorf("pack %v: %d entries and %d deleted: %w", id, live, deleted, ErrPack)
	}
	return live, last, nil
}

// reader reads the elements of a valid listpack, which need not be a pack.
type reader struct {
	lp     []byte
	p      int
	left   int64 // elements from p on
	failed bool  // an element was missing, or no number
}

// int reads a number.
func (r *reader) int() int64 {
	if r.left == 0 {
		r.failed = true
		return 0
	}
	b, n, isInt := listpack.Get(r.lp, r.p)
	if !isInt {
		if n, isInt = listpack.ParseInt(b); !isInt {
			r.failed = true
		}
	}
	r.skip(1)
	return n
}

// skip passes over n elements.
func (r *reader) skip(n int64) {
	if n < 0 || n > r.left {
		r.failed = true
		return
	}
	r.p = skip(r.lp, r.p, n)
	r.left -= n
}

// entry passes over an entry and tells whether it is whole.
func (r *reader) entry(fields int64) bool {
	flags := r.int()
	r.int()
	r.int()
	data, head := fields, int64(3)
	if flags&flagSameFields == 0 {
		data, head = r.int(), 4
		if data > r.left {
			return false
		}
		data *= 2
	}
	r.skip(data)
	return r.int() == data+head && !r.failed
}

// checkTouched verifies the pack in the node at ref, which was just changed.
func (e Editor) checkTouched(id ID, ref page.Ref) {
	_, last, err := checkPack(id, pack(e.heap, ref))
	invariant.Check(err == nil, "S3", "%v", err)
	invariant.Check(!e.LastID().Less(last), "S1", "entry %v is greater than the last ID %v", last, e.LastID())
	invariant.Check(e.tail() != 0 || e.packs().Count == 0, "S2", "%d packs, but no last one", e.packs().Count)
}

// Check verifies the invariants of the whole stream. The error names one.
func (s Stream) Check() error {
	var live int64
	var last, first ID
	var err error
	packs := s.packs()
	if err := packs.Check(nil); err != nil {
		return err
	}
	if packs.Count > 0 && s.tail() == 0 {
		return fmt.Errorf("S2: %d packs, but no last one", packs.Count)
	}
	s.EachPack(func(id ID, lp []byte) {
		n, end, wrong := checkPack(id, lp)
		switch {
		case err != nil:
		case wrong != nil:
			err = fmt.Errorf("S3: %w", wrong)
		case live > 0 && !last.Less(id):
			err = fmt.Errorf("S1: pack %v behind entry %v", id, last)
		}
		live, last = live+n, end
	})
	if first = s.firstEntryID(); err == nil && (live != s.Len() || first != s.FirstID() || s.LastID().Less(last)) {
		err = fmt.Errorf("S1: %d entries from %v to %v, the header says %d, %v, %v", live, first, last, s.Len(), s.FirstID(), s.LastID())
	}
	if n := s.countRax(); err == nil && n != s.RaxNodes() {
		err = fmt.Errorf("S6: %d nodes of a radix tree, the header says %d", n, s.RaxNodes())
	}
	groups := s.groups()
	if err == nil {
		err = groups.Check(nil)
	}
	s.EachGroup(func(name []byte, g Group) {
		if err == nil {
			err = g.check()
		}
	})
	return err
}

// check verifies the invariants of a group.
func (g Group) check() error {
	for _, off := range [...]int{offPending, offOwned, offConsumers, offNames} {
		t := readTree(g.heap, g.rec[off:])
		if err := t.Check(nil); err != nil {
			return err
		}
	}
	all, owned, consumers, names := g.pending(), g.owned(), g.consumers(), g.names()
	if all.Count != owned.Count || consumers.Count != names.Count {
		return fmt.Errorf("S4, S5: %d pending and %d, %d consumers and %d", all.Count, owned.Count, consumers.Count, names.Count)
	}
	for c := all.First(); c.Valid(); c.Next() {
		id := IDOf(c.Key())
		key := ownedKey(getPending(id, c.Value()).Consumer, id)
		if _, found := owned.Get(key[:]); !found {
			return fmt.Errorf("S4: entry %v is not with its consumer", id)
		}
	}
	for c := consumers.First(); c.Valid(); c.Next() {
		if key := nameKey(getConsumer(c.Value()).Number, c.Key()); !has(&names, key) {
			return fmt.Errorf("S5: consumer %q has no number", c.Key())
		}
	}
	for c := owned.First(); c.Valid(); c.Next() {
		n := names.Seek(c.Key()[:4])
		if !n.Valid() || string(n.Key()[:4]) != string(c.Key()[:4]) {
			return fmt.Errorf("S4: entry %v has no consumer", IDOf(c.Key()[4:]))
		}
	}
	return nil
}

func has(t *tree.Tree, key []byte) bool {
	_, found := t.Get(key)
	return found
}
