package command

import (
	"math"
	"strconv"
	"strings"
)

const errNegativeTimeout = "ERR timeout is negative"

// TimeoutSeconds reads argument i as a time to wait in seconds, with fractions,
// and returns it in ms, rounded up; 0 is for ever. Where it is none the error
// has been replied.
func (c *Call) TimeoutSeconds(i int) (ms int64, ok bool) {
	seconds, ok := parseFloat(c.Args[i])
	if !ok {
		c.Out.Error("ERR timeout is not a float or out of range")
		return 0, false
	}
	wide := math.Ceil(seconds * 1000)
	if wide < 0 || wide >= math.MaxInt64 { // Redis lets what is too large overflow
		c.Out.Error(errNegativeTimeout)
		return 0, false
	}
	return int64(wide), true
}

// TimeoutMillis reads argument i as a time to wait in ms; 0 is for ever. Where it
// is none the error has been replied.
func (c *Call) TimeoutMillis(i int) (ms int64, ok bool) {
	ms, ok = c.IntOr(i, "ERR timeout is not an integer or out of range")
	if ok && ms < 0 {
		c.Out.Error(errNegativeTimeout)
		return 0, false
	}
	return ms, ok
}

// parseFloat reads what C's strtold takes whole, but for NaN: also infinity and
// hexadecimal numbers.
func parseFloat(b []byte) (float64, bool) {
	s, exponent := string(b), "e"
	if strings.Contains(s, "_") { // Go's own
		return 0, false
	}
	if digits := strings.TrimLeft(s, "+-"); len(digits) > 1 && digits[0] == '0' && digits[1]|0x20 == 'x' {
		if exponent = "p"; !strings.ContainsAny(s, "pP") {
			s += "p0" // which Go wants
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(f, 0) || math.IsNaN(f) {
		return 0, false
	}
	if mantissa, _, _ := strings.Cut(strings.ToLower(s), exponent); f == 0 && strings.ContainsAny(mantissa, "123456789") {
		f = math.Copysign(math.SmallestNonzeroFloat64, f) // a long double is less than that, and not 0
	}
	return f, true
}
