package load

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestSummarizeIsExact(t *testing.T) {
	var s []Sample
	for _, i := range rand.New(rand.NewPCG(1, 1)).Perm(1000) {
		s = append(s, Sample{Latency: time.Duration(i+1) * time.Millisecond, Late: time.Duration(i+1) * time.Microsecond})
	}
	want := Summary{N: 1000, P50: 500 * time.Millisecond, P99: 990 * time.Millisecond,
		P999: 999 * time.Millisecond, Max: time.Second}
	if got := Summarize(s); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := Summarize(nil); got != (Summary{}) {
		t.Errorf("nothing gives %+v", got)
	}
	if got := SummarizeLate(s); got.N != 1000 || got.P999 != 999*time.Microsecond {
		t.Errorf("sent late: got %+v", got)
	}
	one := Summarize(s[:1])
	if one.P50 != s[0].Latency || one.P999 != s[0].Latency {
		t.Errorf("one sample gives %+v", one)
	}
}

// TestHistogramAgreesWithSamples compares the histogram with exact figures.
func TestHistogramAgreesWithSamples(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	a, b := NewHistogram(), NewHistogram()
	var samples []Sample
	for i := range 20_000 {
		d := time.Duration(rng.ExpFloat64() * float64(3*time.Millisecond)).Truncate(time.Microsecond)
		d = max(d, time.Microsecond)
		samples = append(samples, Sample{Latency: d})
		if i%2 == 0 {
			a.Record(d)
		} else {
			b.Record(d)
		}
	}
	a.Merge(b)
	got, want := a.Summary(), Summarize(samples)
	if got.N != want.N {
		t.Errorf("N %d, want %d", got.N, want.N)
	}
	for _, c := range [][2]time.Duration{{got.P50, want.P50}, {got.P99, want.P99}, {got.P999, want.P999}, {got.Max, want.Max}} {
		if diff := (c[0] - c[1]).Abs(); diff > c[1]/500+time.Microsecond {
			t.Errorf("histogram says %v, the samples %v", c[0], c[1])
		}
	}
}

func TestHistogramKeepsWhatLiesOutside(t *testing.T) {
	h := NewHistogram()
	h.Record(-time.Second)
	h.Record(time.Hour)
	if s := h.Summary(); s.N != 2 || s.Max < 10*time.Minute-time.Second {
		t.Errorf("got %+v", s)
	}
	if s := NewHistogram().Summary(); s != (Summary{}) {
		t.Errorf("an empty histogram gives %+v", s)
	}
}

func TestWithinKeepsWhatWasInFlight(t *testing.T) {
	s := []Sample{{0, 0, 10}, {5, 0, 100}, {50, 0, 1}, {61, 0, 1}, {200, 0, 1}}
	got := Within(s, 40, 60)
	if len(got) != 2 || got[0] != s[1] || got[1] != s[2] {
		t.Errorf("got %v", got)
	}
}
