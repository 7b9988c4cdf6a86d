package keys

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/hash"
	"github.com/redoubt-kv/redoubt/core/value/list"
	"github.com/redoubt-kv/redoubt/core/value/set"
	"github.com/redoubt-kv/redoubt/core/value/zset"
)

func sort(c *command.Call)   { sortElements(c, true) }
func sortRO(c *command.Call) { sortElements(c, false) }

// sorter is one SORT. Looking up the keys of patterns may delete expired ones
// and so move any entry; what it holds of the data is therefore a copy.
type sorter struct {
	c *command.Call
	o sortOptions

	texts    []byte // of elements and weights, one behind the other
	elements []element
	// from and to are the part of the elements that LIMIT asks for.
	from, to int

	key, scratch []byte // of lookups

	// hashed says that the elements come in the order of their hash; chance, that
	// this has decided between some; past, that a field was not found whose time
	// has come.
	hashed, chance, past bool
}

// span is a part of sorter.texts; from > to is none.
type span struct{ from, to int }

// element is an element with what it is sorted by.
type element struct {
	text, weight span
	score        float64
	at           int // its place in the collection
}

func sortElements(c *command.Call, mayStore bool) {
	o, ok := parseSort(c, mayStore)
	if !ok {
		return
	}
	s := &sorter{c: c, o: o, scratch: make([]byte, 0, 64)}
	if !s.load() {
		return
	}
	if !s.o.unsorted && !s.weigh() {
		c.Out.Error("ERR One or more scores can't be converted into double")
		return
	}
	switch {
	case s.o.unsorted:
	case s.o.alpha:
		slices.SortFunc(s.elements, s.compare)
	default:
		s.sortNumbers()
	}
	s.elements = s.elements[s.from:s.to]
	if o.store != nil {
		s.store()
	} else {
		s.reply()
	}
}

// load copies the elements of the collection. Where it is none that was
// replied.
func (s *sorter) load() bool {
	e, ok := s.c.DB.Find(s.c.Args[1], keyspace.ForRead)
	if !ok {
		return true
	}
	switch e.Type() {
	case value.TypeList:
		l := list.Of(e.Space(), e.Kind(), e.Value())
		s.limit(l.Len())
		s.loadList(&l)
	case value.TypeSet:
		s.hashed = true
		members := set.Of(e.Space(), e.Kind(), e.Value())
		s.limit(members.Len())
		if s.o.unsorted && (s.o.store != nil || s.c.Scripted) {
			// Sets have no order, but what is stored, or what a script goes by,
			// should have one.
			s.o.unsorted, s.o.alpha, s.o.by = false, true, nil
		}
		var room [20]byte
		members.Each(func(m set.Member) bool {
			s.add(m.Bytes(room[:]))
			return true
		})
	case value.TypeZSet:
		s.hashed = true
		e = s.unpack(e)
		z := zset.Of(e.Space(), e.Kind(), e.Value())
		s.limit(z.Len())
		s.loadZSet(&z)
	default:
		s.c.Out.Error(command.ErrWrongType)
		return false
	}
	return true
}

// limit tells which of n elements LIMIT asks for.
func (s *sorter) limit(n int64) {
	from := min(max(s.o.offset, 0), n)
	to := n
	if s.o.count >= 0 {
		to = from + min(s.o.count, n-from)
	}
	s.from, s.to = int(from), int(to)
	s.elements = make([]element, 0, n)
}

func (s *sorter) add(text []byte) {
	from := len(s.texts)
	s.texts = append(s.texts, text...)
	s.elements = append(s.elements, element{text: span{from, len(s.texts)}, weight: span{1, 0}, at: len(s.elements)})
}

// only narrows the work to the elements that LIMIT asks for, which of an ordered
// collection that is not sorted are next to each other: the first, and how many.
func (s *sorter) only(n int64) (first, count int64) {
	first, count = int64(s.from), int64(s.to-s.from)
	if s.o.desc {
		first = n - 1 - first
	}
	s.from, s.to = 0, int(count)
	return first, count
}

func (s *sorter) loadList(l *list.List) {
	first, count, backwards := int64(0), l.Len(), false
	if s.o.unsorted {
		first, count = s.only(l.Len())
		backwards = s.o.desc
	}
	var it list.Iter
	for ok := it.Seek(l, first); ok && count > 0; count-- {
		s.scratch = it.AppendElem(s.scratch[:0])
		s.add(s.scratch)
		if backwards {
			ok = it.Prev()
		} else {
			ok = it.Next()
		}
	}
}

// unpack makes a packed sorted set a tree, as Redis does for SORT. Clients see it
// by OBJECT ENCODING, and by the -0 that only a tree keeps from then on.
func (s *sorter) unpack(e keyspace.Entry) keyspace.Entry {
	if e.Kind() == value.ZSetTree {
		return e
	}
	db, key := s.c.DB, s.c.Args[1]
	cell, _ := db.Change(key, keyspace.Peek)
	editor := zset.Edit(cell)
	editor.Unpack()
	editor.Close()
	db.Commit(cell)
	e, _ = db.Find(key, keyspace.Peek)
	return e
}

func (s *sorter) loadZSet(z *zset.ZSet) {
	if !s.o.unsorted {
		z.Each(func(member []byte, _ float64) bool {
			s.add(member)
			return true
		})
		return
	}
	first, count := s.only(z.Len())
	for at := z.At(first); count > 0; count-- {
		s.add(at.Member())
		if s.o.desc {
			at.Prev()
		} else {
			at.Next()
		}
	}
}

func (s *sorter) text(at span) []byte { return s.texts[at.from:at.to] }

// weigh finds what each element is sorted by. It is false if one should be a
// number and is not.
func (s *sorter) weigh() bool {
	ok := true
	for i := range s.elements {
		e := &s.elements[i]
		weight := s.text(e.text)
		if s.o.by != nil {
			var found bool
			if weight, found = s.lookup(s.o.by, weight); !found {
				continue
			}
			if s.o.alpha {
				from := len(s.texts)
				s.texts = append(s.texts, weight...)
				e.weight = span{from, len(s.texts)}
			}
		}
		if !s.o.alpha {
			var isNumber bool
			e.score, isNumber = value.ParseWeight(weight)
			ok = ok && isNumber
		}
	}
	return ok
}

// sortNumbers sorts by the scores: pairs of score and place, which are moved with
// less work than elements.
func (s *sorter) sortNumbers() {
	type scored struct {
		score float64
		at    int
	}
	order := make([]scored, len(s.elements))
	for i := range s.elements {
		order[i] = scored{s.elements[i].score, i}
	}
	less := -1
	if s.o.desc {
		less = 1
	}
	slices.SortFunc(order, func(a, b scored) int {
		switch {
		case a.score < b.score:
			return less
		case a.score > b.score:
			return -less
		}
		return s.compare(s.elements[a.at], s.elements[b.at])
	})
	sorted := make([]element, len(order))
	for i := range order {
		sorted[i] = s.elements[order[i].at]
	}
	s.elements = sorted
}

func (s *sorter) compare(a, b element) int {
	order := 0
	switch {
	case !s.o.alpha:
		if order = cmp.Compare(a.score, b.score); order == 0 {
			order = bytes.Compare(s.text(a.text), s.text(b.text))
		}
	case s.o.by == nil:
		order = s.collate(a.text, b.text)
	default:
		order = s.compareWeights(a.weight, b.weight)
	}
	if s.o.desc {
		order = -order
	}
	if order == 0 {
		s.chance = s.chance || s.hashed && a.at != b.at
		order = cmp.Compare(a.at, b.at)
	}
	return order
}

// compareWeights puts elements without a weight first.
func (s *sorter) compareWeights(a, b span) int {
	noA, noB := a.from > a.to, b.from > b.to
	switch {
	case noA && noB:
		return 0
	case noA:
		return -1
	case noB:
		return 1
	}
	return s.collate(a, b)
}

// collate compares texts as Redis does in the locale "C": up to a zero byte, but
// whole where the result is stored.
func (s *sorter) collate(a, b span) int {
	x, y := s.text(a), s.text(b)
	if s.o.store == nil {
		x, _, _ = bytes.Cut(x, zeroByte)
		y, _, _ = bytes.Cut(y, zeroByte)
	}
	return bytes.Compare(x, y)
}

var zeroByte = []byte{0}

// lookup finds the value that the pattern p names for an element. It is valid
// until the next lookup.
func (s *sorter) lookup(p *sortPattern, elem []byte) (val []byte, found bool) {
	if p.isElement {
		return elem, true
	}
	if !p.hasStar {
		return nil, false
	}
	s.key = append(append(append(s.key[:0], p.prefix...), elem...), p.suffix...)
	s.c.Tx.ForgetKey()
	e, found := s.c.DB.Find(s.key, keyspace.ForRead)
	switch {
	case !found:
		return nil, false
	case p.field != nil && e.Type() == value.TypeHash:
		h := hash.Of(e.Space(), e.Kind(), e.Value(), s.c.DB.FieldTime())
		item, _, found := h.Get(p.field)
		if !found {
			s.past = s.past || h.Overdue()
			return nil, false
		}
		return item.Bytes(s.scratch), true
	case p.field == nil && e.Type() == value.TypeString:
		return e.String().Bytes(s.scratch), true
	}
	return nil, false
}

// outputs calls fn with what each element gives: itself, or what the GETs name,
// of which some may not be found.
func (s *sorter) outputs(fn func(val []byte, found bool)) {
	for i := range s.elements {
		elem := s.text(s.elements[i].text)
		if len(s.o.gets) == 0 {
			fn(elem, true)
		}
		for j := range s.o.gets {
			fn(s.lookup(&s.o.gets[j], elem))
		}
	}
}

func (s *sorter) reply() {
	s.c.Out.Array(len(s.elements) * max(1, len(s.o.gets)))
	s.outputs(func(val []byte, found bool) {
		if found {
			s.c.Out.Bulk(val)
		} else {
			s.c.Out.Null()
		}
	})
}
