package value

import (
	"github.com/redoubt-kv/redoubt/core/page"
)

// BlobFreer is the Freer of a packed collection, nil if it is in its entry.
func BlobFreer(w Where, kind Kind, b []byte) Freer {
	if kind&InNode == 0 {
		return nil
	}
	return &nodesFreer{w: w, epoch: w.Epoch(), last: page.Ref(le.Uint32(b))}
}

// StringFreer is the Freer of a string.
func StringFreer(w Where, _ Space, kind Kind, b []byte) Freer {
	switch kind {
	case StringNode:
		return &nodesFreer{w: w, epoch: w.Epoch(), last: page.Ref(le.Uint32(b))}
	case StringChunks:
		return &nodesFreer{w: w, epoch: w.Epoch(), last: page.Ref(le.Uint32(b)), chunks: chunksOf(int64(le.Uint64(b[8:])))}
	}
	return nil
}

// nodesFreer retires a node, and before it the chunks that it names.
type nodesFreer struct {
	w      Where
	epoch  uint32
	last   page.Ref
	chunks int
}

func (f *nodesFreer) Step(n int) (done bool) {
	refs := f.w.Heap().Refs(f.last, page.Header, f.chunks)
	for ; f.chunks > 0; n-- {
		if n == 0 {
			return false
		}
		f.chunks--
		if ref := refs[f.chunks]; ref != 0 {
			f.w.RetireDropped(ref, f.epoch)
		}
	}
	f.w.RetireDropped(f.last, f.epoch)
	return true
}

// CopyString makes the new cell c a copy of a string.
func CopyString(c *Cell, sp Space, kind Kind, b []byte) {
	var room [MaxInlineBlob * 2]byte
	c.Set(Copy(c.Where, StringOf(sp.Heap, kind, b), room[:]))
}

// CopyBlob makes the new cell c a copy of a packed collection.
func CopyBlob(c *Cell, sp Space, kind Kind, b []byte) {
	c.Kind = kind &^ InNode
	c.storeBlob(kind&^InNode, BlobOf(sp, kind, b))
}

// StringNodes calls fn with every node of a string.
func StringNodes(sp Space, kind Kind, b []byte, fn func(ref page.Ref)) { Nodes(sp.Heap, kind, b, fn) }

// StringEncoding is what OBJECT ENCODING replies for a string.
func StringEncoding(sp Space, kind Kind, b []byte) string {
	return StringOf(sp.Heap, kind, b).Encoding()
}
