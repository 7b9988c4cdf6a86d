package stream

// Redis keeps the packs in a radix tree, and XINFO STREAM shows how many nodes
// that has; so they are counted here as well, as packs come and go. There is a
// node for each pack, one for each branch, and one for each run of bytes on the
// way from the root or a branch to the next branch or pack. A tree without packs
// has its root. That of the packs 1-5, 1-6 and 2-0 has three packs, two branches
// and three runs:
//
//	00000000000000 ─┬─ 01 ─ 00000000000000 ─┬─ 05 [1-5]
//	                │                       └─ 06 [1-6]
//	                └─ 02 ─ 0000000000000000 [2-0]

// RaxNodes is how many nodes Redis's radix tree of the packs would have.
func (s Stream) RaxNodes() int64 { return int64(le.Uint32(s.b[offRax:])) + 1 }

// addRax counts n more nodes.
func (e Editor) addRax(n int) {
	le.PutUint32(e.b[offRax:], le.Uint32(e.b[offRax:])+uint32(n))
}

// raxShare is how many nodes a pack with this ID, which is not there, would add.
func (s Stream) raxShare(id ID) int {
	key := id.Key()
	before, after := s.around(id)
	n := max(before.common(key), after.common(key))
	if n < 0 {
		return 1 // the first one: the root is its run
	}
	// It leaves the way to its neighbours behind n bytes. All packs with these
	// bytes, but for it, go on together from above to below, or branch there.
	least, greatest := key, key
	for i := n; i < idSize; i++ {
		least[i], greatest[i] = 0, 0xff
	}
	last, first := before, packKey{}
	if less, ok := IDOf(least[:]).Prev(); ok {
		before, first = s.around(less)
	} else {
		before, first = packKey{}, s.firstPack()
	}
	if after.ok { // else the one before it is the last of all
		last, after = s.around(IDOf(greatest[:]))
	}
	above, below := max(before.common(key), after.common(key))+1, idSize
	if first != last {
		below = first.common(last.key)
	}
	return fork(above, n, below)
}

// fork is how many nodes a pack adds that leaves the run of the bytes from above
// to below before its byte n.
func fork(above, n, below int) (nodes int) {
	nodes = 1
	if n+1 < idSize {
		nodes++ // its own run
	}
	if n == below {
		return nodes // there is a branch
	}
	if above < n {
		nodes++ // what is left of the run before the branch
	}
	if n+1 < below {
		nodes++ // and behind it
	}
	return nodes // the branch takes the place of the run
}

// packKey is the key of a pack, if there is one.
type packKey struct {
	key [idSize]byte
	ok  bool
}

// common is the length of the prefix that k has in common with another key, -1
// if there is no k.
func (k packKey) common(key [idSize]byte) int {
	if !k.ok {
		return -1
	}
	n := 0
	for n < idSize && k.key[n] == key[n] {
		n++
	}
	return n
}

// around is the last pack with an ID of id or less, and the one behind it.
func (s Stream) around(id ID) (before, after packKey) {
	var c packCursor
	if !c.seek(s, id) {
		return packKey{}, s.firstPack()
	}
	before = packKey{c.id.Key(), true}
	if c.next() {
		after = packKey{c.id.Key(), true}
	}
	return before, after
}

func (s Stream) firstPack() packKey {
	var c packCursor
	ok := c.first(s)
	return packKey{c.id.Key(), ok}
}

// countRax counts the nodes by a walk over all packs: the packs before the one
// that is added all have less of its prefix in common the longer ago they came.
func (s Stream) countRax() (nodes int64) {
	var branches [idSize]int // where the way to the last pack branches, ascending
	depth := 0
	var last packKey
	nodes = 1
	s.EachPack(func(id ID, _ []byte) {
		key := id.Key()
		n, below := last.common(key), idSize
		for depth > 0 && branches[depth-1] > n {
			depth--
			below = branches[depth]
		}
		switch {
		case n < 0:
			nodes++
		case depth > 0 && branches[depth-1] == n:
			nodes += int64(fork(0, n, n))
		default:
			above := 0
			if depth > 0 {
				above = branches[depth-1] + 1
			}
			nodes += int64(fork(above, n, below))
			branches[depth] = n
			depth++
		}
		last = packKey{key, true}
	})
	return nodes
}
