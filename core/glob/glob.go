// Package glob matches byte strings against Redis's glob patterns: the ones
// of KEYS, SCAN, PSUBSCRIBE, CONFIG GET, COMMAND LIST and ACL rules.
//
// A pattern is a sequence of
//
//   - any bytes, none included
//     ?        one byte
//     [abc]    one byte of a set; [a-z] a range, [^abc] none of the set
//     \x       x itself, in and out of brackets
//     x        x itself
//
// What is malformed still has a meaning, the same as in Redis 7.0: a bracket
// that is never closed ends with the pattern, a reversed range is turned
// around, a backslash at the end stands for itself. Two of Redis's habits
// look odd and are kept, since clients can see them: "*" does not match the
// empty string, and the bounds of a range compare as signed bytes.
package glob

// maxStars is how many '*' a match goes through before it gives up, as
// Redis does when its recursion gets that deep.
const maxStars = 1000

// Match reports whether all of s matches pattern, byte by byte. Time is at
// most proportional to len(pattern)*len(s); nothing is allocated.
func Match[P, S ~string | ~[]byte](pattern P, s S) bool {
	return match(pattern, s, false)
}

// MatchFold is Match without regard to the case of ASCII letters.
func MatchFold[P, S ~string | ~[]byte](pattern P, s S) bool {
	return match(pattern, s, true)
}

// match walks both strings once and, on a mismatch, lets the last '*' take
// one byte more. Earlier stars need no second chance: a later start of their
// rest could only find what the last star has already searched.
func match[P, S ~string | ~[]byte](pattern P, s S, fold bool) bool {
	p, i := 0, 0
	starP, starI, stars := -1, 0, 0 // where the last star's rest starts, and its string
	for {
		if i == len(s) {
			if i > 0 { // an empty string never reaches the stars: see the package comment
				for p < len(pattern) && pattern[p] == '*' {
					p++
				}
			}
			// Without a full match here no longer take of the star helps:
			// it would leave even less of the string, except when the rest
			// of the pattern could still shrink, which only stars do.
			if p == len(pattern) {
				return true
			}
		} else if p < len(pattern) {
			if pattern[p] == '*' {
				for p+1 < len(pattern) && pattern[p+1] == '*' {
					p++
				}
				p++
				if p == len(pattern) {
					return true
				}
				if stars++; stars > maxStars {
					return false
				}
				starP, starI = p, i
				continue
			}
			next, ok := matchOne(pattern, p, s[i], fold)
			if ok {
				p = next
				i++
				continue
			}
		}
		if starP < 0 {
			return false
		}
		if starI++; starI >= len(s) {
			return false
		}
		p, i = starP, starI
	}
}

// matchOne matches one byte against the pattern element at p, which is not
// '*', and returns where the next element starts.
func matchOne[P ~string | ~[]byte](pattern P, p int, c byte, fold bool) (next int, ok bool) {
	switch pattern[p] {
	case '?':
		return p + 1, true
	case '[':
		return matchSet(pattern, p+1, c, fold)
	case '\\':
		if p+1 < len(pattern) {
			p++
		}
	}
	return p + 1, same(pattern[p], c, fold)
}

// matchSet matches c against the set whose first byte after '[' is at p.
func matchSet[P ~string | ~[]byte](pattern P, p int, c byte, fold bool) (next int, ok bool) {
	negate := p < len(pattern) && pattern[p] == '^'
	if negate {
		p++
	}
	found := false
	for p < len(pattern) && pattern[p] != ']' {
		switch left := len(pattern) - p; {
		case pattern[p] == '\\' && left >= 2:
			p++
			// An escaped byte is compared with its case even when case
			// is otherwise ignored.
			found = found || pattern[p] == c
		case left >= 3 && pattern[p+1] == '-':
			found = found || inRange(pattern[p], pattern[p+2], c, fold)
			p += 2
		default:
			found = found || same(pattern[p], c, fold)
		}
		p++
	}
	if p < len(pattern) {
		p++ // the closing bracket
	}
	return p, found != negate
}

// inRange compares as signed bytes and turns the bounds around before it
// folds them, in the order in which Redis does it.
func inRange(low, high, c byte, fold bool) bool {
	a, b := int8(low), int8(high)
	if a > b {
		a, b = b, a
	}
	if fold {
		a, b, c = int8(lower(byte(a))), int8(lower(byte(b))), lower(c)
	}
	return a <= int8(c) && int8(c) <= b
}

func same(a, b byte, fold bool) bool {
	return a == b || fold && lower(a) == lower(b)
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
