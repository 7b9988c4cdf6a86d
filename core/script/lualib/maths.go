package lualib

import (
	"math"
	"sync"

	lua "github.com/yuin/gopher-lua"
)

// Random is Redis's generator of math.random: lrand48, 48 bits of linear
// congruence. Its state belongs to the server, not to a script: a script goes
// on where the one before it stopped. It is safe for any goroutine.
type Random struct {
	mu    sync.Mutex
	state uint64
}

// NewRandom returns a generator in the state in which Redis starts.
func NewRandom() *Random { return &Random{state: 0x1234abcd330e} }

func (r *Random) seed(seed int32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state = uint64(uint32(seed))<<16 | 0x330e
}

// next returns a number from 0 up to 1.
func (r *Random) next() float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state = (r.state*0x5deece66d + 0xb) & (1<<48 - 1)
	return float64(r.state>>17%math.MaxInt32) / math.MaxInt32
}

func (r *Random) random(L *lua.LState) int {
	n := r.next()
	switch L.GetTop() {
	case 0:
		return pushNumber(L, n)
	case 1:
		high := checkInt(L, 1)
		if high < 1 {
			ArgError(L, 1, "interval is empty")
		}
		return pushNumber(L, math.Floor(n*float64(high))+1)
	case 2:
		low, high := checkInt(L, 1), checkInt(L, 2)
		if low > high {
			ArgError(L, 2, "interval is empty")
		}
		size := int32(high - low + 1) // wraps as C's int does
		return pushNumber(L, math.Floor(n*float64(size))+float64(low))
	}
	Throw(L, "wrong number of arguments")
	return 0
}

func (r *Random) randomSeed(L *lua.LState) int {
	r.seed(int32(checkInt(L, 1)))
	return 0
}

func math1(f func(float64) float64) lua.LGFunction {
	return func(L *lua.LState) int { return pushNumber(L, f(CheckNumber(L, 1))) }
}

// invalid has a function give x86's NaN where its argument is outside what it
// is defined for; some of glibc's give the other one.
func invalid(f func(float64) float64) func(float64) float64 {
	return func(n float64) float64 {
		result := f(n)
		if math.IsNaN(result) && !math.IsNaN(n) {
			return negativeNaN
		}
		return result
	}
}

// fmod is C's.
func fmod(a, b float64) float64 {
	n := math.Mod(a, b)
	if math.IsNaN(n) && !math.IsNaN(a) && !math.IsNaN(b) {
		return negativeNaN
	}
	return n
}

func math2(f func(a, b float64) float64) lua.LGFunction {
	return func(L *lua.LState) int {
		b := CheckNumber(L, 2) // C looks at the last argument first
		return pushNumber(L, f(CheckNumber(L, 1), b))
	}
}

func mathFrexp(L *lua.LState) int {
	fraction, exponent := math.Frexp(CheckNumber(L, 1))
	pushNumber(L, fraction)
	return 1 + pushNumber(L, float64(exponent))
}

func mathLdexp(L *lua.LState) int {
	exponent := checkInt(L, 2)
	return pushNumber(L, math.Ldexp(CheckNumber(L, 1), exponent))
}

func mathModf(L *lua.LState) int {
	n := CheckNumber(L, 1)
	whole, fraction := math.Trunc(n), 0.0
	if !math.IsInf(n, 0) {
		fraction = n - whole
	}
	pushNumber(L, whole)
	return 1 + pushNumber(L, math.Copysign(fraction, n))
}

// mathBest is min and max.
func mathBest(better func(a, b float64) bool) lua.LGFunction {
	return func(L *lua.LState) int {
		best := CheckNumber(L, 1)
		for i := 2; i <= L.GetTop(); i++ {
			if n := CheckNumber(L, i); better(n, best) {
				best = n
			}
		}
		return pushNumber(L, best)
	}
}

// Modulo is Lua 5.1's '%': a - floor(a/b)*b, with its rounding.
func Modulo(a, b float64) float64 { return a - float64(math.Floor(a/b)*b) }

// openMath installs math, whose random numbers come from r.
func openMath(L *lua.LState, r *Random) {
	const degree = math.Pi / 180
	t := L.NewTable()
	register(L, t, map[string]lua.LGFunction{
		"abs": math1(math.Abs), "acos": math1(math.Acos), "asin": math1(math.Asin), "atan": math1(math.Atan),
		"atan2": math2(math.Atan2), "ceil": math1(math.Ceil), "cos": math1(invalid(math.Cos)), "cosh": math1(math.Cosh),
		"deg": math1(func(n float64) float64 { return n / degree }), "exp": math1(math.Exp),
		"floor": math1(math.Floor), "fmod": math2(fmod),
		"frexp": mathFrexp, "ldexp": mathLdexp, "log": math1(invalid(math.Log)), "log10": math1(math.Log10),
		"max":  mathBest(func(a, b float64) bool { return a > b }),
		"min":  mathBest(func(a, b float64) bool { return a < b }),
		"modf": mathModf, "pow": math2(power),
		"rad": math1(func(n float64) float64 { return n * degree }), "sin": math1(invalid(math.Sin)), "sinh": math1(math.Sinh),
		"sqrt": math1(math.Sqrt), "tan": math1(invalid(math.Tan)), "tanh": math1(math.Tanh),
		"random": r.random, "randomseed": r.randomSeed,
	})
	t.RawSetString("pi", lua.LNumber(math.Pi))
	t.RawSetString("huge", lua.LNumber(math.Inf(1)))
	t.RawSetString("mod", t.RawGetString("fmod"))
	L.SetGlobal("math", t)
}
