package command

import "github.com/redoubt-kv/redoubt/core/value"

// Is reports whether argument i exists and is word, which must be ASCII, in
// any case. It does not allocate.
func (c *Call) Is(i int, word string) bool {
	return i < len(c.Args) && EqualFold(c.Args[i], word)
}

// Int reads argument i as an integer by ParseInt's rules. Where it is none,
// ErrNotInt has been replied and ok is false: the handler returns.
func (c *Call) Int(i int) (n int64, ok bool) {
	return c.IntOr(i, ErrNotInt)
}

// IntOr is Int with an error text of the caller's.
func (c *Call) IntOr(i int, text string) (n int64, ok bool) {
	if n, ok = ParseInt(c.Args[i]); !ok {
		c.Out.Error(text)
	}
	return n, ok
}

// Int32 reads argument i as a C int, which the number of a database is. Where
// it is none the error has been replied.
func (c *Call) Int32(i int) (n int, ok bool) {
	return c.Int32Or(i, ErrNotInt, "ERR value is out of range, value must between -2147483648 and 2147483647")
}

// Int32Or is Int32 with the caller's texts for what is no integer of 64 bits
// and for one that needs more than 32.
func (c *Call) Int32Or(i int, notInt, tooWide string) (n int, ok bool) {
	wide, ok := c.IntOr(i, notInt)
	if ok && wide != int64(int32(wide)) {
		c.Out.Error(tooWide)
		return 0, false
	}
	return int(wide), ok
}

// EqualFold reports whether b is word but for the case of ASCII letters, as C's
// strcasecmp compares in the C locale. It does not allocate.
func EqualFold(b []byte, word string) bool {
	if len(b) != len(word) {
		return false
	}
	for i := range b {
		if lower(b[i]) != lower(word[i]) {
			return false
		}
	}
	return true
}

func lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		b += 'a' - 'A'
	}
	return b
}

// ParseInt reads b as the decimal form of an int64. There is one form for each
// number: no sign but a minus, no leading zeros, no spaces, no "-0"; so a
// string that parses can be stored as the number without loss.
func ParseInt(b []byte) (int64, bool) { return value.ParseInt(b) }
