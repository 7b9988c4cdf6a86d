package rdb

import (
	"bytes"
	"hash/maphash"
)

// seen finds elements that are twice in a listpack: a hash table of their
// positions, open addressed, that is kept for the next listpack.
type seen struct {
	seed  maphash.Seed
	slots []uint32 // positions, 0: free
}

// reset makes room for n elements.
func (s *seen) reset(n int) {
	if cap(s.slots) == 0 {
		s.seed = maphash.MakeSeed()
	}
	size := 16
	for size < 2*n {
		size *= 2
	}
	if cap(s.slots) < size || cap(s.slots) > keepBuffer && size <= keepBuffer {
		s.slots = make([]uint32, size)
	}
	s.slots = s.slots[:size]
	clear(s.slots)
}

// add tells whether the element at pos is new.
func (s *seen) add(lp []byte, pos int) bool {
	var bufs [2][20]byte
	element := text(lp, pos, &bufs[0])
	mask := len(s.slots) - 1
	for i := int(maphash.Bytes(s.seed, element)) & mask; ; i = (i + 1) & mask {
		if s.slots[i] == 0 {
			s.slots[i] = uint32(pos)
			return true
		}
		if bytes.Equal(element, text(lp, int(s.slots[i]), &bufs[1])) {
			return false
		}
	}
}
