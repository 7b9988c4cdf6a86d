package lualib

import (
	"math"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		n    float64
		want string
	}{
		{0, "0"}, {math.Copysign(0, -1), "-0"}, {1e15, "1e+15"}, {99999999999999, "99999999999999"}, {1e14, "1e+14"},
		{0.1 + 0.2, "0.3"}, {-1.5, "-1.5"}, {1e-5, "1e-05"}, {math.Inf(-1), "-inf"}, {5e-324, "4.9406564584125e-324"},
	} {
		if got := FormatNumber(c.n); got != c.want {
			t.Errorf("%v: %s, want %s", c.n, got, c.want)
		}
	}
	for text, want := range map[string]float64{" 0x10 ": 16, "1e2": 100, ".5": 0.5, "5.": 5, "0x1p4": 16, "-inf": math.Inf(-1), "1\x00x": 1, "010": 10} {
		if got, ok := ParseNumber(text); !ok || got != want {
			t.Errorf("%q: %v %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", " ", "x", "1x", "0x", "1e", "1_0", "0b1", "- 1", "1 1"} {
		if got, ok := ParseNumber(text); ok {
			t.Errorf("%q is taken for %v", text, got)
		}
	}
}

// TestMachine has what gopher-lua alone gets wrong.
func TestMachine(t *testing.T) {
	L := state(t)
	for text, want := range map[string]string{
		"local d, t = 5, {} d = t.k and 1 return tostring(d)":                                                    "nil",
		"local a, b = 1, 2 a, b = b, a return a .. b":                                                            "21",
		"local x = 1 local function get() return x end pcall(error, 'e') x = 2 return get()":                     "2",
		"local n = 0 for _ in pairs({1, 2}) do if nil then n = 9 end n = n + 1 end return n":                     "2",
		"local function f(...) local a, b = 1, 2 a = ... return b end return f(7)":                               "2",
		"local f = function() return f end return tostring(f())":                                                 "nil",
		"return #setmetatable({}, {__len = function() return 5 end})":                                            "0",
		"local t = {} for i = 1, 140000 do t[i] = i end t[#t + 1] = 'end' return t[140001] .. #t":                "end140001",
		"local s = 0 for i = '1', '3' do s = s + i end return s":                                                 "6",
		"return 010 + 1 .. ' ' .. 1e15":                                                                          "11 1e+15",
		"local function g(a) local x = 1 a = tostring(2) .. 'x' return x end return g(5)":                        "1",
		"local t = setmetatable({}, {__index = function(_, k) return k end}) return t.x .. t[1]":                 "x1",
		"return select('#', coroutine.resume(coroutine.create(function(...) coroutine.yield(...) end), 1, 2))":   "3",
		"local ok, e = xpcall(function() local n = nil; n.x = 1 end, function(m) return 'H ' .. m end) return e": "H test:1: attempt to index local 'n' (a nil value)",
	} {
		got, err := run(t, L, text)
		if s := ToString(L, got).String(); err != "" || s != want {
			t.Errorf("%s: %s %s, want %s", text, s, err, want)
		}
	}
}

// TestBounds has scripts that ask for much: they end with an error.
func TestBounds(t *testing.T) {
	L := state(t)
	for text, want := range map[string]string{
		"return ('x'):rep(2^31 - 1)":                                            "not enough memory",
		"local function f() return 1 + f() end return f()":                      "stack overflow",
		"local function f() return pcall(f) end local ok, e = f() error('end')": "end",
		"return cjson.decode(('['):rep(100000))":                                "Found too many nested data structures (1001)",
		"return cmsgpack.unpack(('\\145'):rep(100000))":                         "stack overflow",
		"return loadstring('return ' .. ('1+'):rep(100000) .. '1')()":           "attempt to call a nil value",
		"return loadstring('return {' .. ('1,'):rep(30000) .. '}')()":           "attempt to call a nil value",
		"return loadstring(('f=function() end '):rep(6000))()":                  "attempt to call a nil value",
		"return ('x'):rep(300000):match(('x?'):rep(250000) .. 'y')":             "pattern too complex",
	} {
		if _, err := run(t, L, text); !strings.Contains(err, want) {
			t.Errorf("%s: %.200s, want %s", text, err, want)
		}
		L.SetTop(0)
	}
}

// TestSharedPrototype runs one compiled chunk in several interpreters at once.
func TestSharedPrototype(t *testing.T) {
	proto, err := Compile("local n = 0 for i = 1, 1000 do n = n + i % 7 end return n .. ''", "=shared")
	if err != nil {
		t.Fatal(err)
	}
	random := NewRandom()
	done := make(chan string)
	for range 4 {
		go func() {
			L := NewState(random)
			defer L.Close()
			L.Push(Load(L, proto))
			if err := PCall(L, 0, 1, nil); err != nil {
				done <- err.Error()
				return
			}
			done <- L.Get(-1).(lua.LString).String()
		}()
	}
	for range 4 {
		if got := <-done; got != "3003" {
			t.Error(got)
		}
	}
}

// TestRandomSequence holds math.random to lrand48.
func TestRandomSequence(t *testing.T) {
	L := state(t)
	got, err := run(t, L, "math.randomseed(42) return math.random(1, 100) .. ' ' .. math.random(1, 100) .. ' ' .. math.random(6)")
	if err != "" || got.String() != "75 35 1" {
		t.Errorf("%v %s", got, err)
	}
}
