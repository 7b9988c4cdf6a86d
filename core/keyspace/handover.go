package keyspace

import (
	"sync/atomic"

	"github.com/redoubt-kv/redoubt/core/page"
)

// superseded is a node that a snapshot sees and the current version has dropped.
type superseded struct {
	ref   page.Ref
	table uint32 // its ID
	pos   uint64
}

// handover is a list of nodes from one appender to one taker, who need no lock of
// each other: a thread that the system does not let run must not hold up another.
//
//	taker                          appender
//	  ▼                               ▼
//	|t t t . . . .| ──next──▶ |. . . - - - -| ──▶ nil
//	       └ at                     └ n: behind the last
type handover struct {
	head *segment
	at   int // the next of head to be taken
	tail *segment
}

type segment struct {
	items [31]superseded
	n     atomic.Int32 // stored after the item
	next  atomic.Pointer[segment]
}

func (h *handover) init() {
	h.head = new(segment)
	h.tail = h.head
}

// add appends d.
func (h *handover) add(d superseded) {
	t, n := h.tail, h.tail.n.Load()
	if int(n) < len(t.items) {
		t.items[n] = d
		t.n.Store(n + 1)
		return
	}
	h.tail = new(segment)
	h.tail.items[0] = d
	h.tail.n.Store(1)
	t.next.Store(h.tail)
}

// take removes the first one.
func (h *handover) take() (d superseded, ok bool) {
	if h.at == len(h.head.items) {
		next := h.head.next.Load()
		if next == nil {
			return d, false
		}
		h.head, h.at = next, 0
	}
	if h.at >= int(h.head.n.Load()) {
		return d, false
	}
	h.at++
	return h.head.items[h.at-1], true
}
