package geohash

import "math"

// The last digit of a distance depends on that of sines, which Go computes less
// exactly than the C library that Redis uses. Here they are computed with twice
// the digits and then rounded, which gives what that library gives but for one
// result in a thousand, and those depend on the processor there.

// double is the sum of two float64s: hi is the sum rounded, lo what that is off.
type double struct{ hi, lo float64 }

// fastSum is a+b, where |a| >= |b|.
func fastSum(a, b float64) double {
	s := a + b
	return double{s, b - (s - a)}
}

func sum(a, b float64) double {
	s := a + b
	t := s - a
	return double{s, (a - (s - t)) + (b - t)}
}

func product(a, b float64) double {
	p := a * b
	return double{p, math.FMA(a, b, -p)}
}

func (a double) plus(b double) double {
	s := sum(a.hi, b.hi)
	return fastSum(s.hi, s.lo+(a.lo+b.lo))
}

func (a double) times(b double) double {
	p := product(a.hi, b.hi)
	return fastSum(p.hi, p.lo+(a.hi*b.lo+a.lo*b.hi))
}

func (a double) minus(b double) double { return a.plus(double{-b.hi, -b.lo}) }

// halfPi has three parts: multiples of it are taken from numbers close to them.
var halfPi = [3]float64{1.5707963267948966, 6.123233995736766e-17, -1.4973849048591833e-33}

// maxAngle is up to where an angle is brought down to a quadrant with all digits.
const maxAngle = 1 << 20

// quadrant returns x less quarters of a turn, within an eighth of a turn from
// zero, and their number.
func quadrant(x float64) (r double, quarters int) {
	k := math.RoundToEven(x / halfPi[0])
	p := product(k, halfPi[0])
	r = sum(x, -p.hi).minus(double{p.lo, 0}).minus(product(k, halfPi[1]))
	return r.minus(double{k * halfPi[2], 0}), int(k)
}

// One divided by factorials.
var (
	sines = [...]double{
		{0.16666666666666666, 9.25185853854297e-18},
		{0.008333333333333333, 1.1564823173178714e-19},
		{0.0001984126984126984, 1.7209558293420705e-22},
		{2.7557319223985893e-06, -1.858393274046472e-22},
	}
	cosines = [...]double{
		{0.5, 0.0},
		{0.041666666666666664, 2.3129646346357427e-18},
		{0.001388888888888889, -5.300543954373577e-20},
		{2.48015873015873e-05, 2.1511947866775882e-23},
		{2.755731922398589e-07, 2.3767714622250297e-23},
	}
)

// series is 1/n! + z/(n+2)! …, from the last term on; z is negative.
func series(z double, terms []double, tail float64) double {
	s := double{tail, 0}
	for i := len(terms) - 1; i >= 0; i-- {
		s = s.times(z).plus(terms[i])
	}
	return s
}

// sinNear and cosNear are for angles of an eighth of a turn at most.
func sinNear(r double) double {
	z := r.times(r)
	z = double{-z.hi, -z.lo}
	t := z.hi
	tail := 2.505210838544172e-08 + t*(1.6059043836821613e-10+t*(7.647163731819816e-13+t*(2.8114572543455206e-15+t*(8.22063524662433e-18+t*1.9572941063391263e-20))))
	return r.plus(r.times(z).times(series(z, sines[:], tail)))
}

func cosNear(r double) double {
	z := r.times(r)
	z = double{-z.hi, -z.lo}
	t := z.hi
	tail := 2.08767569878681e-09 + t*(1.1470745597729725e-11+t*(4.779477332387385e-14+t*(1.5619206968586225e-16+t*4.110317623312165e-19)))
	return double{1, 0}.plus(z.times(series(z, cosines[:], tail)))
}

func sin(x float64) float64 {
	if !(math.Abs(x) <= maxAngle) {
		return math.Sin(x)
	}
	r, quarters := quadrant(x)
	return turned(r, quarters)
}

func cos(x float64) float64 {
	if !(math.Abs(x) <= maxAngle) {
		return math.Cos(x)
	}
	r, quarters := quadrant(x)
	return turned(r, quarters+1)
}

// turned is the sine of r and so many quarters of a turn.
func turned(r double, quarters int) float64 {
	var s double
	if quarters&1 == 0 {
		s = sinNear(r)
	} else {
		s = cosNear(r)
	}
	if quarters&2 != 0 {
		return -s.hi
	}
	return s.hi
}

// asin is for numbers from 0 to 1.
func asin(x float64) float64 {
	if !(x > 0 && x < 1) {
		return math.Asin(x)
	}
	if x <= 0.7 {
		return asinNear(double{x, 0}).hi
	}
	// asin x = π/2 - 2 asin √((1-x)/2), for small angles are exact.
	w := (1 - x) / 2
	root := math.Sqrt(w)
	p := product(root, root)
	a := asinNear(fastSum(root, ((w-p.hi)-p.lo)/(2*root)))
	return double{halfPi[0], halfPi[1]}.minus(double{2 * a.hi, 2 * a.lo}).hi
}

// asinNear improves Go's result by one step of Newton's.
func asinNear(x double) double {
	y := math.Asin(x.hi)
	off := x.minus(sinNear(double{y, 0}))
	return fastSum(y, off.hi/math.Cos(y))
}
