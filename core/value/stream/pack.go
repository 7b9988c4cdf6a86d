package stream

import (
	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/page"
)

// The flags of an entry.
const (
	flagDeleted    = 1
	flagSameFields = 2
)

// maxPack is the most that an entry's elements, or a pack, may have in bytes
// (Redis: STREAM_LISTPACK_MAX_SIZE).
const maxPack = 1 << 30

// master is the head of a pack.
type master struct {
	live, deleted int64
	fields        int64 // how many
	first         int   // position of the first field, or of end
	end           int   // position of the zero behind the fields
}

func readMaster(lp []byte) (m master) {
	p := listpack.First(lp)
	m.live = integer(lp, p)
	p = listpack.Next(lp, p)
	m.deleted = integer(lp, p)
	p = listpack.Next(lp, p)
	m.fields = integer(lp, p)
	m.first = listpack.Next(lp, p)
	m.end = skip(lp, m.first, m.fields)
	return m
}

// live is the number of entries of a pack that are not deleted.
func live(lp []byte) int64 { return integer(lp, listpack.First(lp)) }

// entry is one entry of a pack.
type entry struct {
	flags  int64
	id     ID
	fields int64 // how many
	data   int   // position of the first element behind that number
}

// readEntry reads the entry whose flags are at p.
func readEntry(lp []byte, m *master, base ID, p int) (e entry) {
	e.flags = integer(lp, p)
	p = listpack.Next(lp, p)
	e.id.Ms = base.Ms + uint64(integer(lp, p))
	p = listpack.Next(lp, p)
	e.id.Seq = base.Seq + uint64(integer(lp, p))
	e.data = listpack.Next(lp, p)
	e.fields = m.fields
	if e.flags&flagSameFields == 0 {
		e.fields = integer(lp, e.data)
		e.data = listpack.Next(lp, e.data)
	}
	return e
}

// elements is how many elements of the entry are data: its values, with their
// fields unless these are the master's.
func (e *entry) elements() int64 {
	if e.flags&flagSameFields != 0 {
		return e.fields
	}
	return 2 * e.fields
}

// flagsBefore is the position of the flags of the entry whose count is at p,
// listpack.None if p is the end of the master entry.
func flagsBefore(lp []byte, p int) int {
	n := integer(lp, p)
	if n == 0 {
		return listpack.None
	}
	for ; n > 0; n-- {
		p = listpack.Prev(lp, p)
	}
	return p
}

// lastID is the ID of the last entry of a pack, be it deleted.
func lastID(lp []byte, base ID) ID {
	p := flagsBefore(lp, listpack.Last(lp))
	m := master{}
	return readEntry(lp, &m, base, p).id
}

// integer reads the element at p, which is one; a damaged file may have it as
// text.
func integer(lp []byte, p int) int64 {
	if first := lp[p]; first < 128 { // the most frequent form by far
		return int64(first)
	}
	return wideInteger(lp, p)
}

func wideInteger(lp []byte, p int) int64 {
	b, n, isInt := listpack.Get(lp, p)
	if !isInt {
		n, _ = listpack.ParseInt(b)
	}
	return n
}

// skip is the position n elements behind p.
func skip(lp []byte, p int, n int64) int {
	for ; n > 0; n-- {
		p = listpack.Next(lp, p)
	}
	return p
}

// pack returns the listpack in the node at ref.
func pack(h *page.Heap, ref page.Ref) []byte {
	n := page.Header + int(le.Uint32(h.Bytes(ref, page.Header+4)[page.Header:]))
	return h.Bytes(ref, n)[page.Header:n:n]
}
