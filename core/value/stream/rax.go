package stream

// RaxNodes is how many nodes Redis's radix tree of the packs would have, which
// XINFO STREAM shows. There is a node for each pack, one for each branch, and one
// for each run of bytes on the way from one of these, or the root, to the next.
// It takes a walk over the IDs of all packs.
func (s Stream) RaxNodes() int64 {
	var branches [idSize]int // lengths of the branches on the way to the last key, ascending
	depth := 0
	nodes := int64(0)
	var last [idSize]byte
	var c packCursor
	for ok := c.first(s); ok; ok = c.next() {
		key := c.id.Key()
		nodes++ // the pack
		if nodes > 1 {
			nodes += fork(&branches, &depth, common(last, key))
		} else {
			nodes++ // the run from the root
		}
		last = key
	}
	return max(nodes, 1) // an empty tree has its root
}

// common is the length of the prefix that two keys share.
func common(a, b [idSize]byte) int {
	n := 0
	for a[n] == b[n] {
		n++
	}
	return n
}

// fork adds a key that shares n bytes with the last one, and returns how many
// nodes it needs beside its own. branches are where the last key's way from the
// root branches; a byte behind a branch is the branch's own.
func fork(branches *[idSize]int, depth *int, n int) (nodes int64) {
	next := idSize // where the run that is cut ends: at a branch or the key
	for *depth > 0 && branches[*depth-1] > n {
		*depth--
		next = branches[*depth]
	}
	if n+1 < idSize {
		nodes++ // the run to the new key
	}
	if *depth > 0 && branches[*depth-1] == n {
		return nodes // one more child of a branch
	}
	start := 0 // of the run that is cut
	if *depth > 0 {
		start = branches[*depth-1] + 1
	}
	nodes++ // the branch
	if start < next {
		nodes-- // the run itself
	}
	if start < n {
		nodes++ // what is left of it before the branch
	}
	if n+1 < next {
		nodes++ // and behind it
	}
	branches[*depth] = n
	*depth++
	return nodes
}
