package value

import (
	"bytes"
	"math"
	"strconv"
)

// ParseFloat reads b as a score, a weight or a coordinate: the whole of it must
// be a number in decimal or hexadecimal form, or an infinity. NaN and what is too
// large or too small for a float64 are refused (Redis: string2d).
func ParseFloat(b []byte) (float64, bool) {
	if n, ok := shortInt(b); ok {
		return n, true
	}
	f, inRange, ok := strtod(b)
	return f, ok && inRange && f == f
}

// ParseBound reads b as one end of a range of scores. As C's strtod lets it, it
// may begin with blanks, a zero byte ends it, no text at all is 0, and what is
// too large is infinite (Redis: zslParseRange).
func ParseBound(b []byte) (float64, bool) {
	f, _, ok := leniently(b)
	return f, ok
}

// ParseWeight reads b as what SORT orders by: as ParseBound, but without what is
// too large, or too small for all its digits.
func ParseWeight(b []byte) (float64, bool) {
	const smallestNormal = 0x1p-1022
	f, inRange, ok := leniently(b)
	return f, ok && inRange && (f == 0 || math.Abs(f) >= smallestNormal)
}

// leniently reads what C's strtod takes in a string of C, and nothing as 0. It
// refuses NaN.
func leniently(b []byte) (f float64, inRange, ok bool) {
	if n, ok := shortInt(b); ok {
		return n, true, true
	}
	if end := bytes.IndexByte(b, 0); end >= 0 {
		b = b[:end]
	}
	if len(b) == 0 {
		return 0, true, true
	}
	f, inRange, ok = strtod(bytes.TrimLeft(b, " \t\n\v\f\r"))
	return f, inRange, ok && f == f
}

// shortInt reads the plain integers that most scores are.
func shortInt(b []byte) (float64, bool) {
	digits := b
	if len(b) > 1 && b[0] == '-' {
		digits = b[1:]
	}
	if len(digits) == 0 || len(digits) > 15 || digits[0] == '0' && len(b) > 1 {
		return 0, false
	}
	n := int64(0)
	for _, c := range digits {
		if c -= '0'; c > 9 {
			return 0, false
		} else {
			n = n*10 + int64(c)
		}
	}
	if len(digits) < len(b) {
		n = -n
	}
	return float64(n), true
}

// strtod reads all of b as C's strtod does, but for leading blanks. inRange is
// false for what became infinite or zero only because it is too large or too
// small.
func strtod(b []byte) (f float64, inRange, ok bool) {
	if bytes.IndexByte(b, '_') >= 0 {
		return 0, false, false // Go's own
	}
	f, err := strconv.ParseFloat(string(b), 64)
	if isHex(b) && err != nil && !math.IsInf(f, 0) && bytes.IndexAny(b, "pP") < 0 {
		f, err = strconv.ParseFloat(string(b)+"p0", 64) // C does without the exponent
	}
	if math.IsInf(f, 0) && err != nil {
		return f, false, true
	}
	return f, f != 0 || !hasDigits(b), err == nil
}

func isHex(b []byte) bool {
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		b = b[1:]
	}
	return len(b) > 2 && b[0] == '0' && b[1]|0x20 == 'x'
}

// hasDigits tells whether the number in b has a digit that is not zero before its
// exponent.
func hasDigits(b []byte) bool {
	exponent := byte('e')
	if isHex(b) {
		exponent = 'p'
	}
	for _, c := range b {
		if c|0x20 == exponent {
			break
		}
		if c >= '1' && c <= '9' || exponent == 'p' && c|0x20 >= 'a' && c|0x20 <= 'f' {
			return true
		}
	}
	return false
}
