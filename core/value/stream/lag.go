package stream

// A group counts the entries that it has read, so that its lag is known without
// a walk. Entries deleted from the middle make the count useless where they lie
// ahead; then it is Unknown until the group has come past them.

// deletedFrom tells whether an entry with an ID of from or greater was deleted
// from the stream's middle.
func (s Stream) deletedFrom(from ID) bool {
	deleted := s.MaxDeletedID()
	if s.Len() == 0 || deleted.IsZero() || deleted.Less(s.FirstID()) {
		return false
	}
	return !deleted.Less(from)
}

// ReadUpTo is how many entries were ever added with an ID of id or less, Unknown
// if that cannot be told: in an empty stream, at its end, and up to its first
// entry if none behind it was deleted.
func (s Stream) ReadUpTo(id ID) int64 {
	added := s.Added()
	cmp := id.Compare(s.LastID())
	switch {
	case added == 0:
		return 0
	case s.Len() == 0 && cmp <= 0, cmp == 0:
		return added
	case cmp > 0:
		return Unknown
	}
	if deleted := s.MaxDeletedID(); !deleted.IsZero() && !deleted.Less(s.FirstID()) {
		return Unknown
	}
	switch id.Compare(s.FirstID()) {
	case -1:
		return added - s.Len()
	case 0:
		return added - s.Len() + 1
	}
	return Unknown
}

// Lag is how many entries g has still to read; ok is false if that cannot be
// told.
func (s Stream) Lag(g Group) (lag int64, ok bool) {
	if s.Added() == 0 {
		return 0, true
	}
	read := g.Read()
	if read == Unknown || s.deletedFrom(g.LastID()) {
		read = s.ReadUpTo(g.LastID())
	}
	return s.Added() - read, read != Unknown
}

// Deliver moves g past the entry with this ID, which is greater than its last
// one.
func (s Stream) Deliver(g GroupEditor, id ID) {
	if read := g.Read(); read != Unknown && !s.deletedFrom(id) {
		g.SetRead(read + 1)
	} else if s.Added() != 0 {
		g.SetRead(s.ReadUpTo(id))
	}
	g.SetLastID(id)
}
