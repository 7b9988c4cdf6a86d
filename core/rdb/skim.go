package rdb

import "encoding/binary"

// skimmer finds where records end, from their lengths alone, in bytes of a
// file that may end within one. What it makes nothing of, it leaves to the
// Decoder, which says what is wrong there. pos runs ahead of what there is: it
// is looked at before bytes are read, and at the end.
type skimmer struct {
	b    []byte
	pos  int
	most int // longer strings are odd
}

// skimmed is how far a skimmer came.
type skimmed uint8

const (
	whole skimmed = iota
	cut           // the bytes end before the record does
	odd           // not for the skimmer
)

// byte returns the next byte.
func (s *skimmer) byte() (c byte, how skimmed) {
	if s.pos >= len(s.b) {
		s.pos++
		return 0, cut
	}
	c = s.b[s.pos]
	s.pos++
	return c, whole
}

// skip goes past n bytes, which may be beyond what there is.
func (s *skimmer) skip(n uint64) skimmed {
	if n > uint64(s.most) {
		return odd
	}
	s.pos += int(n)
	return whole
}

// length reads a length.
func (s *skimmer) length() (n uint64, how skimmed) {
	first, how := s.byte()
	if how != whole {
		return 0, how
	}
	at := s.pos
	switch {
	case first < len14Bit:
		return uint64(first), whole
	case first < len32Bit:
		s.pos++
		if s.pos > len(s.b) {
			return 0, cut
		}
		return uint64(first&0x3f)<<8 | uint64(s.b[at]), whole
	case first == len32Bit:
		s.pos += 4
		if s.pos > len(s.b) {
			return 0, cut
		}
		return uint64(binary.BigEndian.Uint32(s.b[at:])), whole
	case first == len64Bit:
		s.pos += 8
		if s.pos > len(s.b) {
			return 0, cut
		}
		return binary.BigEndian.Uint64(s.b[at:]), whole
	}
	return 0, odd
}

// string skips a string in any encoding.
func (s *skimmer) string() skimmed {
	if s.pos >= len(s.b) {
		s.pos++
		return cut
	}
	first := s.b[s.pos]
	switch {
	case first < len14Bit: // most are short
		s.pos += 1 + int(first)
		return whole
	case first < encoded:
		n, how := s.length()
		if how != whole {
			return how
		}
		return s.skip(n)
	case first <= encInt32:
		s.pos += 1 + 1<<(first&3)
		return whole
	case first == encLZF:
		s.pos++
		packed, how := s.length()
		if how == whole {
			_, how = s.length()
		}
		if how != whole {
			return how
		}
		return s.skip(packed)
	}
	return odd
}

// strings skips n strings.
func (s *skimmer) strings(n uint64) skimmed {
	for ; n > 0; n-- {
		if how := s.string(); how != whole {
			return how
		}
	}
	return whole
}

// each reads a number and then as many items.
func (s *skimmer) each(item func() skimmed) skimmed {
	n, how := s.length()
	for ; how == whole && n > 0; n-- {
		how = item()
	}
	return how
}

// entry skips key and value of an entry of type t.
func (s *skimmer) entry(t Type) skimmed {
	how := s.string()
	if how == whole {
		how = s.value(t)
	}
	if how == whole && s.pos > len(s.b) {
		return cut
	}
	return how
}

// value skips a value.
func (s *skimmer) value(t Type) skimmed {
	switch t {
	case TypeString, TypeHashZipmap, TypeListZiplist, TypeSetIntset, TypeZSetZiplist, TypeHashZiplist,
		TypeHashListpack, TypeZSetListpack, TypeSetListpack, TypeHashListpackPreGA:
		return s.string()
	case TypeHashListpackEx:
		s.pos += 8
		return s.string()
	case TypeList, TypeSet, TypeListQuicklist:
		n, how := s.length()
		if how != whole {
			return how
		}
		return s.strings(n)
	case TypeHash:
		return s.each(func() skimmed { return s.strings(2) })
	case TypeZSet:
		return s.each(s.oldScored)
	case TypeZSet2:
		return s.each(s.scored)
	case TypeHashMetadata, TypeHashMetadataPreGA:
		if t == TypeHashMetadata {
			s.pos += 8
		}
		return s.each(func() skimmed { return s.numbered(2) })
	case TypeListQuicklist2:
		return s.each(func() skimmed { return s.numbered(1) })
	case TypeStreamListpacks, TypeStreamListpacks2, TypeStreamListpacks3:
		return s.stream(t)
	}
	return odd
}

// scored skips a member of a sorted set and its score.
func (s *skimmer) scored() skimmed {
	how := s.string()
	s.pos += 8
	return how
}

// oldScored is scored for a score in digits.
func (s *skimmer) oldScored() skimmed {
	how := s.string()
	if how != whole {
		return how
	}
	n, how := s.byte()
	if how == whole && n < 253 {
		s.pos += int(n)
	}
	return how
}

// numbered skips a number and some strings.
func (s *skimmer) numbered(strings uint64) skimmed {
	if _, how := s.length(); how != whole {
		return how
	}
	return s.strings(strings)
}

// lengths skips n numbers.
func (s *skimmer) lengths(n int) skimmed {
	for range n {
		if _, how := s.length(); how != whole {
			return how
		}
	}
	return whole
}

// stream skips a stream, whose parts streamReader draws.
func (s *skimmer) stream(t Type) skimmed {
	how := s.each(func() skimmed { return s.strings(2) })
	if how != whole {
		return how
	}
	numbers := 3
	if t != TypeStreamListpacks {
		numbers += 5
	}
	if how = s.lengths(numbers); how != whole {
		return how
	}
	return s.each(func() skimmed { return s.group(t) })
}

func (s *skimmer) group(t Type) skimmed {
	numbers := 2
	if t != TypeStreamListpacks {
		numbers++
	}
	how := s.string()
	if how == whole {
		how = s.lengths(numbers)
	}
	if how == whole {
		how = s.each(func() skimmed {
			s.pos += 16 + 8
			return s.lengths(1)
		})
	}
	if how == whole {
		how = s.each(func() skimmed { return s.consumer(t) })
	}
	return how
}

func (s *skimmer) consumer(t Type) skimmed {
	how := s.string()
	if how != whole {
		return how
	}
	s.pos += 8
	if t == TypeStreamListpacks3 {
		s.pos += 8
	}
	return s.each(func() skimmed {
		s.pos += 16
		if s.pos > len(s.b) {
			return cut
		}
		return whole
	})
}
