package stats

import (
	"math"
	"math/bits"
)

// A Histogram's buckets are those of an HDR histogram with two significant
// digits, as in Redis, so percentiles come out as the same numbers: up to
// 255 ns each value has its bucket, then each doubling has 128.
const (
	maxTrackedNs = 1e9 // longer calls count as this
	linearNs     = 256
	perDoubling  = linearNs / 2
	numBuckets   = linearNs + 22*perDoubling // 22 doublings from 2^8 reach past 1e9
)

// Histogram counts durations from 1 ns to 1 s with an error below 1 %.
// It is not safe for concurrent use. It takes 12 KiB.
type Histogram struct {
	total  uint64
	counts [numBuckets]uint32 // saturates
}

// doublings tells how far ns is beyond the linear buckets.
func doublings(ns int64) int { return max(bits.Len64(uint64(ns))-8, 0) }

func bucketOf(ns int64) int {
	d := doublings(ns)
	return d*perDoubling + int(ns>>d)
}

// highest is the greatest duration that shares a bucket with ns.
func highest(ns int64) int64 {
	d := doublings(ns)
	return (ns>>d+1)<<d - 1
}

// highestOf is the greatest duration in bucket i.
func highestOf(i int) int64 {
	d := max(i/perDoubling-1, 0)
	return (int64(i-d*perDoubling)+1)<<d - 1
}

// Add counts a duration.
func (h *Histogram) Add(ns int64) {
	i := bucketOf(min(max(ns, 1), maxTrackedNs))
	if h.counts[i] != math.MaxUint32 {
		h.counts[i]++
		h.total++
	}
}

// Merge adds the counts of other.
func (h *Histogram) Merge(other *Histogram) {
	for i, n := range other.counts {
		n = min(n, math.MaxUint32-h.counts[i])
		h.counts[i] += n
		h.total += uint64(n)
	}
}

// Since returns what was counted after earlier, a former state of h. If that was reset
// in between it is all of h.
func (h *Histogram) Since(earlier *Histogram) *Histogram {
	since := &Histogram{}
	for i, n := range h.counts {
		if n < earlier.counts[i] {
			copied := *h
			return &copied
		}
		since.counts[i] = n - earlier.counts[i]
		since.total += uint64(since.counts[i])
	}
	return since
}

// Total is how many durations were counted.
func (h *Histogram) Total() uint64 { return h.total }

// Percentile returns the duration in ns that p percent do not exceed, as the
// upper end of its bucket; 0 if nothing was counted.
func (h *Histogram) Percentile(p float64) int64 {
	if h.total == 0 {
		return 0
	}
	want := max(uint64(p/100*float64(h.total)+0.5), 1)
	var sum uint64
	for i, n := range h.counts {
		if sum += uint64(n); sum >= want {
			if p == 0 && i >= linearNs { // the lower end
				return highestOf(i-1) + 1
			}
			return highestOf(i)
		}
	}
	return maxTrackedNs
}

// Step is a point of a cumulative distribution.
type Step struct {
	Usec  int64  // up to about a power of two
	Count uint64 // of durations up to Usec
}

// Steps is the reply of LATENCY HISTOGRAM: the distribution at 1.024 µs and
// its doublings, where it grows.
func (h *Histogram) Steps() []Step {
	var steps []Step
	var sum uint64
	i := 0
	for level := int64(1024); sum < h.total; level *= 2 {
		before := sum
		for ; i < numBuckets && i <= bucketOf(level); i++ {
			sum += uint64(h.counts[i])
		}
		if sum > before {
			steps = append(steps, Step{highest(level) / 1000, sum})
		}
	}
	return steps
}
