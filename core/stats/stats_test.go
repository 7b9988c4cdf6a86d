package stats

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/clock"
)

func TestChainedTiming(t *testing.T) {
	f := clock.NewFake(0)
	s := New(f, 2)
	l := s.NewLoop()
	l.Begin()
	f.Advance(10 * time.Microsecond)
	if took := l.Done(0, OK); took != 10*time.Microsecond {
		t.Errorf("took %v", took)
	}
	f.Advance(5 * time.Microsecond)
	l.Done(1, Failed)
	f.Advance(time.Second)
	l.Mark()
	f.Advance(20 * time.Microsecond)
	l.Done(0, OK)
	l.Record(1, 0, Declined)
	l.Add(Hits, 3)
	if s.Command(0).Calls != 0 {
		t.Error("visible before Publish")
	}
	l.Publish()
	if c := s.Command(0); c.Calls != 2 || c.Usec() != 30 || c.UsecPerCall() != 15 {
		t.Errorf("%+v", c)
	}
	if c := s.Command(1); c.Calls != 1 || c.Failed != 1 || c.Rejected != 1 || c.Usec() != 5 {
		t.Errorf("%+v", c)
	}
	if total := s.Totals(); total[Commands] != 3 || total[Hits] != 3 {
		t.Errorf("%v", total)
	}
	s.Reset()
	if s.Command(0).Calls != 0 || s.Latency(0) != nil || s.Totals()[Hits] != 0 {
		t.Error("not reset")
	}
}

// TestManyLoops is for the race detector, and loses no count.
// What lies between Pause and the next call is no command's time, however often it
// is called; without a call that is entered, it says nothing.
func TestPause(t *testing.T) {
	f := clock.NewFake(0)
	l := New(f, 1).NewLoop()
	l.Begin()
	for range 3 {
		l.Pause()
		f.Advance(time.Second)
	}
	l.Enter(0)
	f.Advance(7 * time.Microsecond)
	if took := l.Done(0, OK); took != 7*time.Microsecond {
		t.Errorf("took %v", took)
	}
	l.Pause()
	l.Begin()
	f.Advance(3 * time.Microsecond)
	l.Enter(0)
	if took := l.Done(0, OK); took != 3*time.Microsecond {
		t.Errorf("took %v after Begin", took)
	}
}

func TestManyLoops(t *testing.T) {
	s := New(clock.NewReal(), 1)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100 {
				l := s.Acquire()
				l.Begin()
				for range 300 { // more than are pending at most
					l.Done(0, OK)
					l.Add(NetInput, 2)
				}
				s.Release(l)
				s.Totals()
			}
		})
	}
	wg.Wait()
	if n := s.Command(0).Calls; n != 120000 || s.Totals()[NetInput] != 240000 || s.Latency(0).Total() != n {
		t.Errorf("%d calls, %v", n, s.Totals())
	}
	if len(s.loops) > 4 {
		t.Errorf("%d loops for 4 goroutines", len(s.loops))
	}
}

func TestHistogram(t *testing.T) {
	for i := range numBuckets {
		if h := highestOf(i); bucketOf(h) != i || i > 0 && bucketOf(highestOf(i-1)+1) != i {
			t.Fatalf("bucket %d ends at %d, which is in %d", i, h, bucketOf(h))
		}
	}
	if highest(1000) != 1003 || highest(32768) != 33023 { // as Redis shows them: 1.003, 33
		t.Error(highest(1000), highest(32768))
	}
	var h, other Histogram
	r := rand.New(rand.NewSource(1))
	var all []int64
	for i := range 20000 {
		ns := int64(r.ExpFloat64() * 50000)
		all = append(all, max(ns, 1))
		[]*Histogram{&h, &other}[i%2].Add(ns)
	}
	h.Add(5e9)
	all = append(all, maxTrackedNs)
	h.Merge(&other)
	slices.Sort(all)
	for _, p := range []float64{1, 50, 99, 99.9, 100} {
		want := highest(all[max(int(p/100*float64(len(all))+0.5), 1)-1])
		if got := h.Percentile(p); got != want {
			t.Errorf("p%v: %d, want %d", p, got, want)
		}
	}
	steps := h.Steps()
	if last := steps[len(steps)-1]; last.Count != h.Total() || last.Usec < 1e6 {
		t.Errorf("%v", steps)
	}
}

func TestRate(t *testing.T) {
	var r Rate
	for i := range int64(17) {
		r.Sample(1_700_000_000_000+i*100, uint64(i)*50)
	}
	if r.PerSecond() != 500 {
		t.Error(r.PerSecond())
	}
	r.Sample(0, 0) // the clock jumped, and totals were reset
	if got := r.PerSecond(); got != 500*15/16 {
		t.Error(got)
	}
}

func TestErrors(t *testing.T) {
	var e Errors
	e.Count("-WRONGTYPE Operation")
	e.Count("no code")
	e.Count("-" + strings.Repeat("x", 40) + " y")
	e.Count("-ERR foo")
	want := []ErrorCount{{"ERR", 3}, {"WRONGTYPE", 1}}
	if got := e.List(); !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	for i := range 1000 {
		e.Count(fmt.Sprintf("-E%d x", i))
	}
	if got := e.List(); len(got) != maxErrorCodes+1 {
		t.Errorf("%d codes", len(got))
	}
	e.Reset()
	if len(e.List()) != 0 {
		t.Error("not reset")
	}
}

func TestSlowLog(t *testing.T) {
	var s SlowLog
	args := slices.Repeat([][]byte{[]byte(strings.Repeat("a", 130))}, 33)
	s.Add(5999, 7*time.Millisecond, args, "1.2.3.4:5", "me", 2)
	e := s.Last(1)[0]
	if len(e.Args) != 32 || e.Args[0] != strings.Repeat("a", 128)+"... (2 more bytes)" || e.Args[31] != "... (2 more arguments)" ||
		e.UnixTime != 5 || e.Usec != 7000 || e.ID != 0 {
		t.Errorf("%+v", e)
	}
	s.Add(0, 0, args[:32], "", "", 2)
	s.Add(0, 0, args[:1], "", "", 2)
	last := s.Last(-1)
	if len(last) != 2 || last[0].ID != 2 || last[1].ID != 1 || strings.HasPrefix(last[1].Args[31], "...") {
		t.Errorf("%+v", last)
	}
	s.Trim(1)
	if s.Len() != 1 {
		t.Error(s.Len())
	}
	s.Reset()
	s.Add(0, 0, nil, "", "", 0)
	if s.Len() != 0 {
		t.Error("kept beyond the limit")
	}
}

func TestLatencyMonitor(t *testing.T) {
	var m LatencyMonitor
	m.Add("command", 1000, 50*time.Millisecond, 0)
	m.Add("command", 1000, 50*time.Millisecond, 51)
	if len(m.Latest()) != 0 {
		t.Error("added below the threshold")
	}
	for i := range int64(200) {
		m.Add("command", 1000*i, time.Duration(300-i)*time.Millisecond, 1)
		m.Add("command", 1000*i+5, 2*time.Millisecond, 1)
	}
	samples, most, ok := m.History("command")
	if !ok || most != 300 || len(samples) != latencySamples || samples[159] != (LatencySample{199, 101}) {
		t.Errorf("%v %d %v", ok, most, samples)
	}
	m.Add("fork", 1000, time.Second, 1)
	if got := m.Latest(); len(got) != 2 || got[1] != (LatencyEvent{"fork", LatencySample{1, 1000}, 1000}) {
		t.Errorf("%v", got)
	}
	if m.Reset("FORK", "none") != 1 || m.Reset() != 1 {
		t.Error("reset")
	}
}

// BenchmarkCommand is what a command costs in batches of some lengths, the
// clock included; "untimed" leaves the clock out.
func BenchmarkCommand(b *testing.B) {
	for _, batch := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("batch=%d", batch), func(b *testing.B) {
			l := New(clock.NewReal(), 300).NewLoop()
			for i := 0; i < b.N; i += batch {
				l.Begin()
				for range batch {
					l.Done(7, OK)
				}
				l.Publish()
			}
		})
		b.Run(fmt.Sprintf("untimed/batch=%d", batch), func(b *testing.B) {
			l := New(clock.NewFake(0), 300).NewLoop()
			for i := 0; i < b.N; i += batch {
				for j := range batch {
					l.Record(7, time.Duration(500+j), OK)
				}
				l.Publish()
			}
		})
	}
}
