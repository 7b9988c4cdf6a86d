package resp

import (
	"math"
	"strconv"
	"testing"
)

func TestWriter(t *testing.T) {
	for _, test := range []struct {
		name         string
		do           func(w *Writer)
		resp2, resp3 string
	}{
		{"null", (*Writer).Null, "$-1\r\n", "_\r\n"},
		{"null array", (*Writer).NullArray, "*-1\r\n", "_\r\n"},
		{"ok", (*Writer).OK, "+OK\r\n", ""},
		{"simple", func(w *Writer) { w.Simple("a\r\nb") }, "+a  b\r\n", ""},
		{"error", func(w *Writer) { w.Errorf("ERR a\nb%s", "\r\n") }, "-ERR a b\r\n", ""},
		{"int", func(w *Writer) { w.Int(-12); w.Int(7); w.Int(math.MinInt64) }, ":-12\r\n:7\r\n:-9223372036854775808\r\n", ""},
		{"uint", func(w *Writer) { w.Uint(math.MaxUint64) }, ":18446744073709551615\r\n", ""},
		{"bulk", func(w *Writer) { w.Bulk([]byte("a\x00b")); w.BulkString(""); w.BulkInt(-5) }, "$3\r\na\x00b\r\n$0\r\n\r\n$2\r\n-5\r\n", ""},
		{"pieces", func(w *Writer) { w.BulkHeader(11); w.B = append(w.B, "hello world"...); w.CRLF() }, "$11\r\nhello world\r\n", ""},
		{"aggregates", func(w *Writer) { w.Array(2); w.Map(10); w.Set(3); w.Push(4) }, "*2\r\n*20\r\n*3\r\n*4\r\n", "*2\r\n%10\r\n~3\r\n>4\r\n"},
		{"attribute", func(w *Writer) {
			if w.Attribute(1) {
				w.Simple("k")
				w.Int(1)
			}
			w.Int(2)
		}, ":2\r\n", "|1\r\n+k\r\n:1\r\n:2\r\n"},
		{"bool", func(w *Writer) { w.Bool(true); w.Bool(false) }, ":1\r\n:0\r\n", "#t\r\n#f\r\n"},
		{"double", func(w *Writer) { w.Double(0.1); w.Double(3); w.Double(1e20); w.Double(math.Inf(-1)) },
			"$19\r\n0.10000000000000001\r\n$1\r\n3\r\n$5\r\n1e+20\r\n$4\r\n-inf\r\n", ",0.10000000000000001\r\n,3\r\n,1e+20\r\n,-inf\r\n"},
		{"human", func(w *Writer) { w.HumanDouble(1e20); w.HumanDouble(-0.5); w.HumanDouble(-1e-30) },
			"$21\r\n100000000000000000000\r\n$4\r\n-0.5\r\n$1\r\n0\r\n", ",100000000000000000000\r\n,-0.5\r\n,0\r\n"},
		{"big", func(w *Writer) { w.BigNumber("123") }, "$3\r\n123\r\n", "(123\r\n"},
		{"verbatim", func(w *Writer) { w.Verbatim("txt", "hi"); w.Verbatim("m", "") }, "$2\r\nhi\r\n$0\r\n\r\n", "=6\r\ntxt:hi\r\n=4\r\nm  :\r\n"},
		{"marks", func(w *Writer) {
			outer := w.Mark()
			w.Int(1)
			inner := w.Mark()
			w.Int(2)
			w.SetAt(inner, 1)
			w.MapAt(w.Mark(), 0)
			w.ArrayAt(outer, 123)
		}, "*123\r\n:1\r\n*1\r\n:2\r\n*0\r\n", "*123\r\n:1\r\n~1\r\n:2\r\n%0\r\n"},
	} {
		for proto, want := range map[int]string{2: test.resp2, 3: test.resp3} {
			if want == "" {
				want = test.resp2
			}
			w := Writer{Proto: proto}
			test.do(&w)
			if string(w.B) != want {
				t.Errorf("%s, RESP%d: %q, want %q", test.name, proto, w.B, want)
			}
		}
	}
}

// The texts are those of C's printf.
func TestDoubles(t *testing.T) {
	for d, want := range map[float64]string{
		0: "0", math.Copysign(0, -1): "-0", 5: "5", 100000: "100000", 1e16: "10000000000000000", 1e17: "1e+17",
		0.0001: "0.0001", 0.00001: "1.0000000000000001e-05", 1.5e300: "1.5000000000000001e+300", 3.14: "3.1400000000000001",
		123456789012345680: "1.2345678901234568e+17", math.Inf(1): "inf", math.MaxFloat64: "1.7976931348623157e+308",
	} {
		if got := string(AppendDouble(nil, d)); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
	if got := string(AppendDouble(nil, math.NaN())); got != "nan" {
		t.Errorf("NaN: %s", got)
	}
}

func BenchmarkWriterGet(b *testing.B) {
	w := Writer{B: make([]byte, 0, 4096)}
	value := make([]byte, 32)
	b.ReportAllocs()
	for range b.N {
		w.Bulk(value)
		if len(w.B) > 4000 {
			w.B = w.B[:0]
		}
	}
}

// TestDoublesOfIntegers: what is written as an integer is what %.17g writes.
func TestDoublesOfIntegers(t *testing.T) {
	for _, d := range []float64{0, math.Copysign(0, -1), 1, -1, 10, 1 << 53, 99999999999999984, -99999999999999984, 1e17, -1e17, 123456789012345680, 1e300, 0.5} {
		if got, want := string(AppendDouble(nil, d)), strconv.FormatFloat(d, 'g', 17, 64); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
