package tracking

// readers is the clients that have read one key: mostly one, often few, sometimes
// all. The zero value is none.
//
//	len       first   rest          index
//	1         used
//	2 .. 16   used    in order
//	17 ..     used    in order      what is in rest
type readers[C comparable] struct {
	n     int
	first C
	rest  []C
	index map[C]struct{} // nil while rest is short enough to be searched
}

// searched is up to how many readers are searched one by one.
const searched = 16

func (r *readers[C]) len() int { return r.n }

// bytes is about what is taken beside the entry itself.
func (r *readers[C]) bytes() int64 {
	const client, indexed = 8, 24
	return client*int64(cap(r.rest)) + indexed*int64(len(r.index))
}

// add adds c unless it is there, and tells whether it was not. When there is no
// room it first leaves out those that are gone.
func (r *readers[C]) add(c C, gone func(C) bool) bool {
	if r.n == 0 {
		r.n, r.first = 1, c
		return true
	}
	if r.has(c) {
		return false
	}
	if len(r.rest) == cap(r.rest) {
		r.prune(gone)
		if r.n == 0 {
			r.n, r.first = 1, c
			return true
		}
	}
	r.rest = append(r.rest, c)
	r.n++
	r.reindex(c)
	return true
}

func (r *readers[C]) has(c C) bool {
	if r.first == c {
		return true
	}
	if r.index != nil {
		_, ok := r.index[c]
		return ok
	}
	for _, other := range r.rest {
		if other == c {
			return true
		}
	}
	return false
}

// reindex enters c, which was added last.
func (r *readers[C]) reindex(c C) {
	switch {
	case r.index != nil:
		r.index[c] = struct{}{}
	case r.n > searched:
		r.index = make(map[C]struct{}, 2*searched)
		for _, other := range r.rest {
			r.index[other] = struct{}{}
		}
	}
}

// prune leaves out the clients that are gone.
func (r *readers[C]) prune(gone func(C) bool) {
	var none C
	kept := r.rest[:0]
	for _, c := range r.rest {
		if gone(c) {
			delete(r.index, c)
		} else {
			kept = append(kept, c)
		}
	}
	clear(r.rest[len(kept):])
	r.rest = kept
	if gone(r.first) {
		if len(r.rest) == 0 {
			*r = readers[C]{}
			return
		}
		last := len(r.rest) - 1
		r.first = r.rest[last]
		r.rest[last] = none
		r.rest = r.rest[:last]
		delete(r.index, r.first)
	}
	r.n = 1 + len(r.rest)
}

// list returns all of them, in a slice of the caller's.
func (r *readers[C]) list() []C {
	if r.n == 0 {
		return nil
	}
	return append(append(make([]C, 0, r.n), r.first), r.rest...)
}
