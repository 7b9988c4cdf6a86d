package lualib

import (
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// AppendNumber appends n as Lua 5.1 writes it: printf's %.14g on Linux.
func AppendNumber(b []byte, n float64) []byte {
	if n == math.Trunc(n) && math.Abs(n) < 1e14 && (n != 0 || !math.Signbit(n)) {
		return strconv.AppendInt(b, int64(n), 10)
	}
	return appendG(b, n, 14, false)
}

// FormatNumber returns what AppendNumber appends.
func FormatNumber(n float64) string {
	var b [32]byte
	return string(AppendNumber(b[:0], n))
}

// AppendNumber17 appends n as printf's %.17g, which is how Redis writes
// numbers that a script passes to redis.call.
func AppendNumber17(b []byte, n float64) []byte {
	if n == math.Trunc(n) && math.Abs(n) < 1e17 && (n != 0 || !math.Signbit(n)) {
		return strconv.AppendInt(b, int64(n), 10)
	}
	return appendG(b, n, 17, false)
}

// appendSpecial appends infinities and NaNs in glibc's spelling.
func appendSpecial(b []byte, n float64) []byte {
	if math.Signbit(n) {
		b = append(b, '-')
	}
	if math.IsNaN(n) {
		return append(b, "nan"...)
	}
	return append(b, "inf"...)
}

func isSpecial(n float64) bool { return math.IsNaN(n) || math.IsInf(n, 0) }

// appendG is %.<prec>g; alt is printf's '#', which keeps trailing zeros.
func appendG(b []byte, n float64, prec int, alt bool) []byte {
	if isSpecial(n) {
		return appendSpecial(b, n)
	}
	if prec == 0 {
		prec = 1
	}
	start := len(b)
	b = strconv.AppendFloat(b, n, 'e', prec-1, 64)
	e := len(b) - 1
	for b[e] != 'e' {
		e--
	}
	exp, _ := strconv.Atoi(string(b[e+1:]))
	if exp < -4 || exp >= prec {
		if alt {
			return withPoint(b, start)
		}
		tail := string(b[e:])
		return append(trimZeros(b[:e], start), tail...)
	}
	b = strconv.AppendFloat(b[:start], n, 'f', prec-1-exp, 64)
	if alt {
		return withPoint(b, start)
	}
	return trimZeros(b, start)
}

// trimZeros drops the trailing zeros of a fraction, and its point.
func trimZeros(b []byte, start int) []byte {
	if !strings.Contains(string(b[start:]), ".") {
		return b
	}
	for b[len(b)-1] == '0' {
		b = b[:len(b)-1]
	}
	if b[len(b)-1] == '.' {
		b = b[:len(b)-1]
	}
	return b
}

// withPoint puts a decimal point into a number that has none.
func withPoint(b []byte, start int) []byte {
	if strings.Contains(string(b[start:]), ".") {
		return b
	}
	digits, exponent, _ := strings.Cut(string(b[start:]), "e")
	b = append(append(b[:start], digits...), '.')
	if exponent != "" {
		b = append(append(b, 'e'), exponent...)
	}
	return b
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isAlpha(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isHex(c byte) bool   { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

// ParseNumber is Lua's conversion of a string to a number: C's strtod, with
// white space around it. Like C, it sees the string up to its first NUL.
func ParseNumber(s string) (float64, bool) {
	if i := strings.IndexByte(s, 0); i >= 0 {
		s = s[:i]
	}
	n, end := strtod(s)
	if end == 0 {
		return 0, false
	}
	for end < len(s) && isSpace(s[end]) {
		end++
	}
	return n, end == len(s)
}

// strtod is C's: it returns the number at the head of s and where it ends,
// 0 if there is none.
func strtod(s string) (n float64, end int) {
	i := 0
	for i < len(s) && isSpace(s[i]) {
		i++
	}
	start, negative := i, false
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		negative = s[i] == '-'
		i++
	}
	if w := wordLength(s[i:]); w > 0 {
		n = math.Inf(1)
		if s[i]|0x20 == 'n' {
			n = math.Float64frombits(0x7ff8000000000000)
		}
		if negative {
			n = math.Copysign(n, -1)
		}
		return n, i + w
	}
	if i+1 < len(s) && s[i] == '0' && s[i+1]|0x20 == 'x' {
		if n, end = hexFloat(s, i+2); end > 0 {
			if negative {
				n = -n
			}
			return n, end
		}
	}
	if end = decimalEnd(s, i); end == 0 {
		return 0, 0
	}
	n, _ = strconv.ParseFloat(s[start:end], 64) // out of range: ±Inf or 0, as in C
	return n, end
}

// wordLength is the length of "inf", "infinity" or "nan" at the head of s.
func wordLength(s string) int {
	for _, word := range []string{"infinity", "inf", "nan"} {
		if len(s) < len(word) || !strings.EqualFold(s[:len(word)], word) {
			continue
		}
		if word != "nan" || len(s) == 3 || s[3] != '(' {
			return len(word)
		}
		for i := 4; i < len(s); i++ {
			if s[i] == ')' {
				return i + 1
			}
			if !isDigit(s[i]) && !isAlpha(s[i]) && s[i] != '_' {
				break
			}
		}
		return 3
	}
	return 0
}

// decimalEnd returns where the decimal number at s[i:] ends, 0 if none.
func decimalEnd(s string, i int) int {
	digits := 0
	for ; i < len(s) && isDigit(s[i]); i++ {
		digits++
	}
	if i < len(s) && s[i] == '.' {
		for i++; i < len(s) && isDigit(s[i]); i++ {
			digits++
		}
	}
	if digits == 0 {
		return 0
	}
	return exponentEnd(s, i, 'e')
}

// exponentEnd returns where the exponent at s[i:] ends; i if there is none.
func exponentEnd(s string, i int, mark byte) int {
	if i >= len(s) || s[i]|0x20 != mark {
		return i
	}
	j := i + 1
	if j < len(s) && (s[j] == '+' || s[j] == '-') {
		j++
	}
	if j >= len(s) || !isDigit(s[j]) {
		return i
	}
	for j < len(s) && isDigit(s[j]) {
		j++
	}
	return j
}

// hexFloat reads what follows "0x".
func hexFloat(s string, i int) (n float64, end int) {
	start, digits := i, 0
	for ; i < len(s) && isHex(s[i]); i++ {
		digits++
	}
	if i < len(s) && s[i] == '.' {
		for i++; i < len(s) && isHex(s[i]); i++ {
			digits++
		}
	}
	if digits == 0 {
		return 0, 0
	}
	end = exponentEnd(s, i, 'p')
	text := "0x" + s[start:end]
	if end == i {
		text += "p0"
	}
	n, _ = strconv.ParseFloat(text, 64)
	return n, end
}

// strtoul is C's: digits of a base, with the wrap of a minus sign and
// saturation; end is 0 if there are no digits.
func strtoul(s string, base int) (n uint64, end int) {
	i := 0
	for i < len(s) && isSpace(s[i]) {
		i++
	}
	negative := false
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		negative = s[i] == '-'
		i++
	}
	if base == 16 && i+2 < len(s) && s[i] == '0' && s[i+1]|0x20 == 'x' && isHex(s[i+2]) {
		i += 2
	}
	overflow := false
	for ; i < len(s); i++ {
		d := digitValue(s[i])
		if d >= base {
			break
		}
		end = i + 1
		if n > (math.MaxUint64-uint64(d))/uint64(base) {
			overflow = true
		}
		n = n*uint64(base) + uint64(d)
	}
	switch {
	case overflow:
		return math.MaxUint64, end
	case negative:
		return -n, end
	}
	return n, end
}

func digitValue(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case isAlpha(c):
		return int(c|0x20-'a') + 10
	}
	return 99
}

// toInteger is C's conversion of a double to a 64-bit integer on x86: what
// does not fit becomes the smallest integer.
func toInteger(n float64) int64 {
	if n >= -0x1p63 && n < 0x1p63 {
		return int64(n)
	}
	return math.MinInt64
}

// toNumber converts a number or a string that looks like one.
func toNumber(v lua.LValue) (float64, bool) {
	switch v := v.(type) {
	case lua.LNumber:
		return float64(v), true
	case lua.LString:
		return ParseNumber(string(v))
	}
	return 0, false
}

// Text converts a string or a number as Lua does; ok is false for others.
func Text(v lua.LValue) (s string, ok bool) {
	switch v := v.(type) {
	case lua.LString:
		return string(v), true
	case lua.LNumber:
		return FormatNumber(float64(v)), true
	}
	return "", false
}
