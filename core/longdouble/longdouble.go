// Package longdouble adds as the long double of x86 does: 64 bits of mantissa, a
// 15-bit exponent. INCRBYFLOAT and HINCRBYFLOAT add in it. Go has no such type; a
// Number is a big.Float of that precision whose exponent is held to the same
// range, so that replies are the same digit for digit on every machine.
package longdouble

import (
	"bytes"
	"math/big"
)

// The constants are in big.Float's terms, where a number is m·2^e with m in
// [0.5, 1): C's exponents (m in [1, 2)) plus one.
const (
	mantissaBits = 64
	maxExponent  = 16384  // above: infinite
	minExponent  = -16381 // below: denormal, with fewer bits
	// MaxText is the length from which Redis takes nothing for a number
	// (MAX_LONG_DOUBLE_CHARS).
	MaxText = 5 * 1024
	// maxDecimal bounds the decimal exponents worth computing with: any number
	// of up to MaxText digits is zero or infinite beyond it.
	maxDecimal = 5000 + MaxText
)

// Number is a finite number or an infinity; its zero value is 0.
type Number struct {
	f   big.Float
	inf bool
}

// Parse reads what C's strtold reads, the whole of b: decimal or
// hexadecimal with an optional exponent, or an infinity. It refuses NaN, blanks,
// and numbers so large or so small that they would become infinite or zero.
func Parse(b []byte) (Number, bool) {
	if len(b) == 0 || len(b) >= MaxText {
		return Number{}, false
	}
	negative := b[0] == '-'
	if negative || b[0] == '+' {
		b = b[1:]
	}
	if is(b, "inf") || is(b, "infinity") {
		return Number{inf: true}, true
	}
	var n numeral
	var ok bool
	if len(b) > 2 && b[0] == '0' && b[1]|0x20 == 'x' {
		n, ok = scan(b[2:], 16, 'p')
	} else {
		n, ok = scan(b, 10, 'e')
	}
	if !ok {
		return Number{}, false
	}
	return n.round(negative)
}

// is compares words of ASCII without case.
func is(b []byte, word string) bool { return len(b) == len(word) && bytes.EqualFold(b, []byte(word)) }

// numeral is digits·10^exp, or digits·2^exp if they are hexadecimal.
type numeral struct {
	digits *big.Int
	exp    int
	base   int
}

// scan reads digits with at most one point, then an exponent behind mark.
func scan(b []byte, base int, mark byte) (n numeral, ok bool) {
	end := len(b)
	for i, ch := range b {
		if ch|0x20 == mark {
			end = i
			break
		}
	}
	digits := b[:end]
	point, places := bytes.IndexByte(digits, '.'), 0
	if point >= 0 {
		places = len(digits) - point - 1
		digits = append(append(make([]byte, 0, end), digits[:point]...), digits[point+1:]...)
	}
	if len(digits) == 0 || !allDigits(digits, base) {
		return n, false
	}
	if end < len(b) {
		if n.exp, ok = exponent(b[end+1:]); !ok {
			return n, false
		}
	}
	if base == 16 {
		places *= 4
	}
	n.base = base
	n.exp -= places
	n.digits, ok = new(big.Int).SetString(string(digits), base)
	return n, ok
}

func allDigits(b []byte, base int) bool {
	for _, ch := range b {
		hex := base == 16 && 'a' <= ch|0x20 && ch|0x20 <= 'f'
		if !hex && (ch < '0' || ch > '9') {
			return false
		}
	}
	return true
}

// exponent reads a signed number; one too large for any use is cut.
func exponent(b []byte) (e int, ok bool) {
	negative := len(b) > 0 && b[0] == '-'
	if negative || len(b) > 0 && b[0] == '+' {
		b = b[1:]
	}
	if len(b) == 0 || !allDigits(b, 10) {
		return 0, false
	}
	for _, ch := range b {
		if e = e*10 + int(ch-'0'); e > 1<<24 {
			e = 1 << 24
		}
	}
	if negative {
		e = -e
	}
	return e, true
}

// round gives the number nearest to n; where that is infinite, or zero though n
// is not, ok is false.
func (n numeral) round(negative bool) (d Number, ok bool) {
	if n.digits.Sign() == 0 {
		return Number{}, true
	}
	exact, ok := n.exact()
	if !ok {
		return d, false
	}
	d.f.SetPrec(mantissaBits).SetRat(exact)
	e := d.f.MantExp(nil)
	if e < minExponent {
		// The last bit of every denormal is worth 2^-16445.
		prec := mantissaBits - (minExponent - e)
		if prec < 0 {
			return d, false
		}
		if prec == 0 {
			// Above half of the smallest denormal it is that, else zero.
			half := new(big.Float).SetMantExp(big.NewFloat(0.5), e)
			if new(big.Float).SetPrec(0).SetRat(exact).Cmp(half) <= 0 {
				return d, false
			}
			d.f.SetMantExp(big.NewFloat(0.5), e+1)
		} else {
			d.f.SetPrec(uint(prec)).SetRat(exact)
		}
		d.f.SetPrec(mantissaBits)
	}
	if d.f.MantExp(nil) > maxExponent {
		return d, false
	}
	if negative {
		d.f.Neg(&d.f)
	}
	return d, true
}

// exact is n as a fraction, unless it is far out of any range.
func (n numeral) exact() (*big.Rat, bool) {
	size := n.exp
	if n.base == 16 {
		size = n.exp / 3 // bits per decimal digit, more or less
	}
	if size > maxDecimal || size < -2*maxDecimal {
		return nil, false
	}
	scale := new(big.Int)
	if n.base == 16 {
		scale.Lsh(big.NewInt(1), uint(max(n.exp, -n.exp)))
	} else {
		scale.Exp(big.NewInt(10), big.NewInt(int64(max(n.exp, -n.exp))), nil)
	}
	if n.exp < 0 {
		return new(big.Rat).SetFrac(n.digits, scale), true
	}
	return new(big.Rat).SetInt(scale.Mul(scale, n.digits)), true
}

// Inf tells whether d is infinite.
func (d *Number) Inf() bool { return d.inf }

// FromInt is the number n.
func FromInt(n int64) (d Number) {
	d.f.SetPrec(mantissaBits).SetInt64(n)
	return d
}

// Add returns d+o and whether it is finite.
func (d *Number) Add(o Number) (sum Number, finite bool) {
	if d.inf || o.inf {
		return sum, false
	}
	sum.f.SetPrec(mantissaBits).Add(&d.f, &o.f)
	return sum, sum.f.MantExp(nil) <= maxExponent
}

// AppendHuman appends the number with at most 17 decimals and no exponent, as
// C's "%.17Lf" without the zeros at its end.
func (d *Number) AppendHuman(b []byte) []byte {
	if d.f.MantExp(nil) < -60 {
		return append(b, '0') // far less than half of the last decimal
	}
	from := len(b)
	b = d.f.Append(b, 'f', 17)
	b = bytes.TrimRight(b, "0")
	b = bytes.TrimSuffix(b, []byte("."))
	if string(b[from:]) == "-0" {
		b = append(b[:from], '0')
	}
	return b
}
