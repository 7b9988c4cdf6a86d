package value

import (
	"math"
	"testing"
)

func TestParseFloat(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		text string
		want float64
		ok   bool
	}{
		{"0", 0, true}, {"-0", math.Copysign(0, -1), true}, {"7", 7, true}, {"-12", -12, true}, {"007", 7, true},
		{"123456789012345", 123456789012345, true}, {"1234567890123456789", 1234567890123456789, true},
		{"+5", 5, true}, {"1.5", 1.5, true}, {".5", .5, true}, {"5.", 5, true}, {"1e3", 1000, true}, {"1E-2", .01, true},
		{"inf", inf, true}, {"+INF", inf, true}, {"-Infinity", -inf, true}, {"0x10", 16, true}, {"-0X1.8p1", -3, true},
		{"0x.8", .5, true}, {"0x", 0, false}, {"0x1p", 0, false}, {"0x0", 0, true}, {"0xep0", 14, true},
		{"", 0, false}, {" 1", 0, false}, {"1 ", 0, false}, {"-", 0, false}, {".", 0, false}, {"1e", 0, false}, {"1_0", 0, false},
		{"0x1_0p0", 0, false}, {"nan", 0, false}, {"-nan", 0, false}, {"infinit", 0, false}, {"1\x00", 0, false}, {"\x00", 0, false},
		{"1e999", 0, false}, {"-1e999", 0, false}, {"1e-999", 0, false}, {"0x1p-5000", 0, false}, {"0e-999", 0, true},
		{"4.9e-324", 4.9e-324, true}, {"1e-320", 1e-320, true}, {"1.7976931348623157e308", math.MaxFloat64, true}, {"--1", 0, false},
	} {
		got, ok := ParseFloat([]byte(c.text))
		if ok != c.ok || ok && math.Float64bits(got) != math.Float64bits(c.want) {
			t.Errorf("%q: %v %v, want %v %v", c.text, got, ok, c.want, c.ok)
		}
	}
}

func TestParseBound(t *testing.T) {
	for _, c := range []struct {
		text string
		want float64
		ok   bool
	}{
		{"", 0, true}, {" ", 0, false}, {" 1", 1, true}, {"\t-inf", math.Inf(-1), true}, {"1\x00junk", 1, true}, {"\x00", 0, true},
		{"1 ", 0, false}, {"1e999", math.Inf(1), true}, {"-1e999", math.Inf(-1), true}, {"1e-999", 0, true}, {"nan", 0, false},
		{"x", 0, false}, {"3", 3, true}, {"-0", math.Copysign(0, -1), true},
	} {
		got, ok := ParseBound([]byte(c.text))
		if ok != c.ok || ok && math.Float64bits(got) != math.Float64bits(c.want) {
			t.Errorf("%q: %v %v, want %v %v", c.text, got, ok, c.want, c.ok)
		}
	}
}

func TestParseWeight(t *testing.T) {
	for _, c := range []struct {
		text string
		want float64
		ok   bool
	}{
		{"", 0, true}, {"\x00x", 0, true}, {" 7", 7, true}, {"7 ", 0, false}, {"12\x00junk", 12, true}, {"inf", math.Inf(1), true},
		{"1e999", 0, false}, {"1e-999", 0, false}, {"1e-310", 0, false}, {"2.3e-308", 2.3e-308, true}, {"-0", math.Copysign(0, -1), true},
		{"nan", 0, false}, {"x", 0, false}, {"0x10", 16, true}, {"0e-999", 0, true},
	} {
		got, ok := ParseWeight([]byte(c.text))
		if ok != c.ok || ok && math.Float64bits(got) != math.Float64bits(c.want) {
			t.Errorf("%q: %v %v, want %v %v", c.text, got, ok, c.want, c.ok)
		}
	}
}

func TestParseFloatDoesNotAllocate(t *testing.T) {
	for _, text := range []string{"12345", "1.25", "-inf", "1e300"} {
		b := []byte(text)
		if n := testing.AllocsPerRun(100, func() { ParseFloat(b); ParseBound(b) }); n > 0 {
			t.Errorf("%q allocates %v times", text, n)
		}
	}
}
