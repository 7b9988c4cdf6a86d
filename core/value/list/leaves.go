package list

// Leaves is how many pieces EachLeaf has.
func (l *List) Leaves() int64 {
	if l.pack != nil {
		return 1
	}
	return l.seq.Leaves
}

// EachLeaf calls fn with the pieces of the list in their order, until it
// returns false: listpacks, and elements that are plain.
func (l *List) EachLeaf(fn func(b []byte, isPlain bool) bool) {
	if l.pack != nil {
		fn(l.pack, false)
		return
	}
	var it Iter
	for ok := it.Seek(l, 0); ok; ok = l.seq.Next(&it.at) && it.load() {
		if !fn(it.leaf, it.form == plain) {
			return
		}
	}
}
