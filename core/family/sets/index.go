package sets

import "hash/maphash"

// members is a set that lives for one command: the texts one behind the other,
// and a table of where they are, searched linearly from a text's hash on. The
// zero value is empty. Adding allocates only when it grows.
type members struct {
	seed  maphash.Seed
	texts []byte
	ends  []int    // of the i-th text in texts
	table []uint32 // 1 + index of a text, 0 free; a power of two, at most half full
}

// add adds a text, which it copies, and tells whether it was not there.
func (s *members) add(text []byte) bool {
	if 2*len(s.ends) >= len(s.table) {
		s.grow()
	}
	slot, found := s.find(text)
	if found {
		return false
	}
	s.texts = append(s.texts, text...)
	s.ends = append(s.ends, len(s.texts))
	s.table[slot] = uint32(len(s.ends))
	return true
}

// has tells whether a text is there.
func (s *members) has(text []byte) bool {
	if s.table == nil {
		return false
	}
	_, found := s.find(text)
	return found
}

// find returns the slot of a text, or the free one where it would be.
func (s *members) find(text []byte) (slot int, found bool) {
	mask := len(s.table) - 1
	for slot = int(maphash.Bytes(s.seed, text)) & mask; ; slot = (slot + 1) & mask {
		i := s.table[slot]
		if i == 0 {
			return slot, false
		}
		if string(s.text(int(i-1))) == string(text) {
			return slot, true
		}
	}
}

func (s *members) text(i int) []byte {
	if i == 0 {
		return s.texts[:s.ends[0]]
	}
	return s.texts[s.ends[i-1]:s.ends[i]]
}

func (s *members) grow() {
	if s.table == nil {
		s.seed = maphash.MakeSeed()
	}
	s.table = make([]uint32, max(64, 2*len(s.table)))
	for i := range s.ends {
		slot, _ := s.find(s.text(i))
		s.table[slot] = uint32(i + 1)
	}
}
