package value

import (
	"github.com/redoubt-kv/redoubt/core/page"
)

// Where says which entry the nodes that are changed belong to. Callers hold the
// shard's lock.
type Where = page.Place

// EncodeString returns kind and value bytes for a new string with the bytes of
// val: as Redis's SET encodes it, or raw if that is wanted. Strings that are
// longer than inline get nodes. The bytes returned are val itself or in scratch
// (of at least 16 bytes).
func EncodeString(w Where, val []byte, raw bool, inline int, scratch []byte) (Kind, []byte) {
	if !raw {
		if len(val) <= 20 {
			if n, ok := ParseInt(val); ok {
				return StringInt, AppendInt(scratch[:0], n)
			}
		}
		if len(val) <= MaxEmbstr {
			return StringEmbstr, val
		}
	}
	if len(val) <= inline {
		return StringRaw, val
	}
	return newString(w, int64(len(val)), val, nil, scratch)
}

// newString makes a string of n bytes in nodes: first a, then b, then zeros.
func newString(w Where, n int64, a, b, scratch []byte) (Kind, []byte) {
	h := w.Arena.Heap()
	if n <= maxNode {
		ref := w.Arena.Alloc(page.Header+int(n), kindText)
		text := h.Bytes(ref, page.Header+int(n))[page.Header:]
		k := copy(text, a)
		k += copy(text[k:], b)
		clear(text[k:])
		return StringNode, le.AppendUint32(le.AppendUint32(scratch[:0], uint32(ref)), uint32(n))
	}
	chunks := chunksOf(n)
	index := w.Arena.Alloc(page.Header+4*chunks, kindIndex)
	clear(h.Refs(index, page.Header, chunks))
	v := le.AppendUint32(scratch[:0], uint32(index))
	v = le.AppendUint64(le.AppendUint32(v, 0), uint64(n))
	writeChunks(w, index, 0, a)
	writeChunks(w, index, int64(len(a)), b)
	return StringChunks, v
}

// writeChunks stores data from byte off on, through the owned index.
func writeChunks(w Where, index page.Ref, off int64, data []byte) {
	h := w.Arena.Heap()
	for len(data) > 0 {
		slot := page.RefAt(h, index, page.Header+4*int(off/ChunkSize))
		if *slot == 0 {
			*slot = w.Arena.Alloc(page.Header+ChunkSize, kindChunk)
			clear(h.Bytes(*slot, page.Header+ChunkSize)[page.Header:])
		} else {
			*slot = w.Arena.Own(*slot, w.Table, w.Pos)
		}
		n := copy(h.Bytes(*slot, page.Header+ChunkSize)[page.Header+off%ChunkSize:], data)
		data = data[n:]
		off += int64(n)
	}
}

// SetRange returns kind and value bytes of the string s with data written from
// byte off on; the string grows with zeros. Its entry is to be given them; nodes
// of s that are not part of the new value are retired. The result is raw.
// The bytes returned are in scratch, which has room for inline bytes.
func SetRange(w Where, s String, off int64, data []byte, inline int, scratch []byte) (Kind, []byte) {
	old := s.Len()
	n := max(old, off+int64(len(data)))
	switch {
	case s.kind == StringChunks:
		return growChunks(w, s, n, off, data, scratch)
	case s.kind == StringNode && n <= maxNode:
		return growNode(w, s, int(n), int(off), data, scratch)
	case n <= int64(inline):
		b := s.AppendTo(scratch[:0])
		b = b[:n]
		clear(b[old:])
		copy(b[off:], data)
		return StringRaw, b
	}
	// From the entry into a node, or from a node into chunks.
	var buf [20]byte
	head := s.Bytes(buf[:])
	var room [16]byte
	kind, v := newString(w, n, head, nil, room[:])
	fresh := StringOf(w.Arena.Heap(), kind, v)
	if kind == StringNode {
		copy(fresh.node()[off:], data)
	} else {
		writeChunks(w, page.Ref(le.Uint32(v)), off, data)
	}
	Release(w, s.kind, s.b)
	return kind, append(scratch[:0], v...)
}

// growNode writes into a string of one node, which gets a larger node if the
// bytes do not fit the one it has.
func growNode(w Where, s String, n, off int, data, scratch []byte) (Kind, []byte) {
	h := w.Arena.Heap()
	ref, old := page.Ref(le.Uint32(s.b)), int(s.Len())
	if page.Header+n <= h.Size(ref) {
		ref = w.Arena.Own(ref, w.Table, w.Pos)
	} else {
		// Grow by an eighth more, so that a string that is appended to is
		// not copied each time.
		room := min(max(n, n+n/8), maxNode)
		bigger := w.Arena.Alloc(page.Header+room, kindText)
		copy(h.Bytes(bigger, page.Header+n)[page.Header:], s.node())
		w.Arena.Retire(ref, w.Table, w.Pos)
		ref = bigger
	}
	text := h.Bytes(ref, page.Header+n)[page.Header:]
	if n > old {
		clear(text[old:])
	}
	copy(text[off:], data)
	return StringNode, le.AppendUint32(le.AppendUint32(scratch[:0], uint32(ref)), uint32(n))
}

// growChunks writes into a chunked string.
func growChunks(w Where, s String, n, off int64, data, scratch []byte) (Kind, []byte) {
	h := w.Arena.Heap()
	index := page.Ref(le.Uint32(s.b))
	have, need := chunksOf(s.Len()), chunksOf(n)
	if page.Header+4*need > h.Size(index) {
		bigger := w.Arena.Alloc(page.Header+4*(need+need/8), kindIndex)
		copy(h.Refs(bigger, page.Header, have), h.Refs(index, page.Header, have))
		w.Arena.Retire(index, w.Table, w.Pos)
		index = bigger
	} else {
		index = w.Arena.Own(index, w.Table, w.Pos)
	}
	clear(h.Refs(index, page.Header, need)[min(have, need):])
	writeChunks(w, index, off, data)
	v := le.AppendUint32(scratch[:0], uint32(index))
	return StringChunks, le.AppendUint64(le.AppendUint32(v, 0), uint64(n))
}

// Release retires the nodes of a value whose entry is deleted or overwritten.
func Release(w Where, kind Kind, b []byte) {
	if kind != StringNode && kind != StringChunks {
		return
	}
	Nodes(w.Arena.Heap(), kind, b, func(ref page.Ref) { w.Arena.Retire(ref, w.Table, w.Pos) })
}

// Copy returns kind and value bytes of a copy of the value in src's heap for
// an entry at w: nodes are copied. The bytes are in scratch.
func Copy(w Where, src String, scratch []byte) (Kind, []byte) {
	h := w.Arena.Heap()
	switch src.kind {
	case StringNode:
		var room [16]byte
		kind, v := newString(w, src.Len(), src.node(), nil, room[:])
		return kind, append(scratch[:0], v...)
	case StringChunks:
		n := chunksOf(src.Len())
		old := h.Refs(page.Ref(le.Uint32(src.b)), page.Header, n)
		index := w.Arena.Alloc(page.Header+4*n, kindIndex)
		refs := h.Refs(index, page.Header, n)
		for i, ref := range old {
			refs[i] = 0
			if ref != 0 {
				refs[i] = w.Arena.Alloc(page.Header+ChunkSize, kindChunk)
				copy(h.Bytes(refs[i], page.Header+ChunkSize)[page.Header:], h.Bytes(ref, page.Header+ChunkSize)[page.Header:])
			}
		}
		v := le.AppendUint32(scratch[:0], uint32(index))
		return StringChunks, le.AppendUint64(le.AppendUint32(v, 0), uint64(src.Len()))
	}
	return src.kind, append(scratch[:0], src.b...)
}
