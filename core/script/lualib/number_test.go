package lualib

import (
	"math"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// A number is the same as a value, to the bit, whether or not it is a small integer.
func TestNumber(t *testing.T) {
	n := len(smallNumbers)
	for _, f := range []float64{0, math.Copysign(0, -1), 1, -1, 0.5, 1.5, float64(n - 1), float64(n) - 0.5, float64(n), 1 << 53, math.Inf(1), math.Inf(-1), math.NaN()} {
		got, ok := Number(f).(lua.LNumber)
		if !ok || math.Float64bits(float64(got)) != math.Float64bits(f) {
			t.Errorf("%v is %v", f, got)
		}
	}
}
