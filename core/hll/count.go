package hll

import "math"

// histogram counts the registers by value.
type histogram [maxRegister + 1]int

// Count estimates the number of distinct elements b has seen.
func Count(b []byte) (uint64, error) {
	var h histogram
	if EncodingOf(b) == Sparse {
		err := eachRun(b[HeaderSize:], func(_, n int, value byte) { h[value] += n })
		return h.estimate(), err
	}
	if len(b) != DenseSize { // H2
		return 0, ErrCorrupt
	}
	eachDense(b, func(_ int, v byte) { h[v]++ })
	return h.estimate(), nil
}

// Count estimates the number of distinct elements of the union.
func (m *Max) Count() uint64 {
	var h histogram
	for _, v := range m {
		h[v&maxRegister]++
	}
	return h.estimate()
}

// estimate is algorithm 6 of Otmar Ertl, "New cardinality estimation algorithms
// for HyperLogLog sketches" (arXiv:1702.01284). Each product is rounded before
// it is added (float64(…)), so that no machine fuses the two and gives another
// last digit.
func (h *histogram) estimate() uint64 {
	const (
		m        = float64(Registers)
		q        = 64 - indexBits
		alphaInf = 0.721347520444481703680 // 0.5/ln 2
	)
	z := m * tau((m-float64(h[q+1]))/m)
	for j := q; j >= 1; j-- {
		z = (z + float64(h[j])) * 0.5
	}
	z += float64(m * sigma(float64(h[0])/m))
	return uint64(math.Round(alphaInf * m * m / z))
}

// sigma is the paper's function of that name.
func sigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	y, z := 1.0, x
	for before := math.NaN(); z != before; {
		x *= x
		before = z
		z += float64(x * y)
		y += y
	}
	return z
}

// tau is the paper's function of that name.
func tau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	y, z := 1.0, 1-x
	for before := math.NaN(); z != before; {
		x = math.Sqrt(x)
		before = z
		y *= 0.5
		d := 1 - x
		z -= float64(float64(d*d) * y)
	}
	return z / 3
}
