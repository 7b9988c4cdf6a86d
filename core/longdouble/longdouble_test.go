package longdouble

import (
	"math/big"
	"strings"
	"testing"
)

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"0": "0", "-0": "0", "5.": "5", ".50": "0.5", "0x10p-2": "4", "1e3": "1000",
		"3.14159265358979323846": "3.14159265358979324", "-1e-20": "0",
		"0.1": "0.1", "1e-17": "0.00000000000000001",
		"18446744073709551616": "18446744073709551616",
		"18446744073709551617": "18446744073709551616", // 65 bits
	} {
		d, ok := Parse([]byte(in))
		if got := string(d.AppendHuman(nil)); !ok || got != want {
			t.Errorf("%s is %s, %v; want %s", in, got, ok, want)
		}
	}
	for _, in := range []string{"", "-", ".", "0x", "1e", "1e+", " 1", "1 ", "nan", "1e4933",
		"1.19e4932", "1e-4952", "1\x00", "0x1p16384", "in", "1..2", strings.Repeat("1", MaxText)} {
		if _, ok := Parse([]byte(in)); ok {
			t.Errorf("%.20q is taken for a number", in)
		}
	}
}

func TestSumIsBounded(t *testing.T) {
	a, ok := Parse([]byte("1.18e4932"))
	if !ok {
		t.Fatal("in range")
	}
	if _, finite := a.Add(a); finite {
		t.Error("twice the largest is finite")
	}
	if n := len(a.AppendHuman(nil)); n != 4933 {
		t.Errorf("%d digits", n)
	}
}

// FuzzParse holds the rounding against math/big's own, which takes more
// forms, and asks that what is written reads as the same text.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"1", "-0x1.8p3", "1e-4950", "inf", "00.10e+5", "0x.", "1e99999999999"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, ok := Parse(b)
		if !ok || d.inf {
			return
		}
		want, _, err := big.ParseFloat(string(b), 0, 2000, big.ToNearestEven)
		if len(b) > 2 && b[0] == '0' && b[1]|0x20 != 'x' { // Go's 0-prefixes
			want, _, err = big.ParseFloat(string(b), 10, 2000, big.ToNearestEven)
		}
		if err == nil && len(b) < 100 && d.f.Sign() != 0 && d.f.MantExp(nil) >= minExponent {
			if want.SetPrec(mantissaBits); want.Cmp(&d.f) != 0 {
				t.Fatalf("%q is %v, not %v", b, &d.f, want)
			}
		}
		text := d.AppendHuman(nil)
		again, ok := Parse(text)
		if got := string(again.AppendHuman(nil)); !ok && len(text) < MaxText || got != string(text) {
			t.Fatalf("%q writes %s, which reads %s", b, text, got)
		}
	})
}
