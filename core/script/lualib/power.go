package lualib

import "math"

// negativeNaN is the NaN that x86 computes with: glibc prints it as "-nan".
var negativeNaN = math.Float64frombits(0xfff8000000000000)

// power is C's pow. Powers by integers are computed with twice the bits, so
// that they are rounded once; Go's math.Pow may be off by the last bit.
func power(x, y float64) float64 {
	if y == math.Trunc(y) && math.Abs(y) <= 1100 && x != 0 && !isSpecial(x) {
		if n, ok := integerPower(x, int(y)); ok {
			return n
		}
	}
	n := math.Pow(x, y)
	if math.IsNaN(n) && !math.IsNaN(x) && !math.IsNaN(y) {
		return negativeNaN
	}
	return n
}

// double is the unevaluated sum of two numbers, the second within half a unit
// in the last place of the first.
type double struct{ high, low float64 }

func (a double) times(b double) double {
	p := a.high * b.high
	e := math.FMA(a.high, b.high, -p) + float64(a.high*b.low) + float64(a.low*b.high)
	high := p + e
	return double{high, e - (high - p)}
}

// integerPower is x^n; ok is false if a step leaves the range in which it is
// exact enough.
func integerPower(x float64, n int) (result float64, ok bool) {
	base, r := double{x, 0}, double{1, 0}
	for m := max(n, -n); m > 0; m >>= 1 {
		if m&1 != 0 {
			r = r.times(base)
		}
		if m > 1 {
			base = base.times(base)
		}
		for _, v := range []float64{r.high, base.high} {
			if a := math.Abs(v); !(a >= 0x1p-900 && a <= 0x1p900) {
				return 0, false
			}
		}
	}
	if n >= 0 {
		return r.high, true
	}
	q := 1 / r.high
	rest := math.FMA(-q, r.high, 1) - float64(q*r.low)
	return q + rest/r.high, true
}
