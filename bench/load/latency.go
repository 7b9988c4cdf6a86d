package load

import (
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Summary is what is told of many latencies.
type Summary struct {
	N                   int64
	P50, P99, P999, Max time.Duration
}

// Histogram counts latencies from 1 µs to 10 minutes in constant memory with
// three significant digits. It is not safe for concurrent use.
type Histogram struct {
	h *hdrhistogram.Histogram
}

// NewHistogram returns an empty Histogram.
func NewHistogram() *Histogram {
	return &Histogram{h: hdrhistogram.New(1, (10 * time.Minute).Microseconds(), 3)}
}

// Record counts one latency. What lies outside the range counts as its end.
func (h *Histogram) Record(d time.Duration) {
	us := min(max(d.Microseconds(), 1), h.h.HighestTrackableValue())
	// The value is inside the range, which is the only thing refused.
	_ = h.h.RecordValue(us)
}

// Merge adds what o counted.
func (h *Histogram) Merge(o *Histogram) { h.h.Merge(o.h) }

// Summary returns the percentiles so far, all zero if nothing was recorded.
func (h *Histogram) Summary() Summary {
	at := func(p float64) time.Duration {
		return time.Duration(h.h.ValueAtQuantile(p)) * time.Microsecond
	}
	if h.h.TotalCount() == 0 {
		return Summary{}
	}
	return Summary{N: h.h.TotalCount(), P50: at(50), P99: at(99), P999: at(99.9),
		Max: time.Duration(h.h.Max()) * time.Microsecond}
}

// Sample is one request of an open loop.
type Sample struct {
	Intended time.Duration // when it was due, since the start of the run
	Late     time.Duration // from when it was due to when it was sent: the client's own share
	Latency  time.Duration // from when it was due to its reply
}

// Summarize returns the exact percentiles (nearest rank) of the latencies.
func Summarize(samples []Sample) Summary {
	return summarize(samples, func(s Sample) time.Duration { return s.Latency })
}

// SummarizeLate does the same with how late the client sent them.
func SummarizeLate(samples []Sample) Summary {
	return summarize(samples, func(s Sample) time.Duration { return s.Late })
}

func summarize(samples []Sample, of func(Sample) time.Duration) Summary {
	if len(samples) == 0 {
		return Summary{}
	}
	lat := make([]time.Duration, len(samples))
	for i, s := range samples {
		lat[i] = of(s)
	}
	slices.Sort(lat)
	at := func(perMille int) time.Duration {
		rank := (len(lat)*perMille + 999) / 1000
		return lat[max(rank, 1)-1]
	}
	return Summary{N: int64(len(lat)), P50: at(500), P99: at(990), P999: at(999), Max: lat[len(lat)-1]}
}

// Within returns the samples that were due or in flight at some time in
// [from, to], both since the start of the run.
func Within(samples []Sample, from, to time.Duration) []Sample {
	var out []Sample
	for _, s := range samples {
		if s.Intended <= to && s.Intended+s.Latency >= from {
			out = append(out, s)
		}
	}
	return out
}
