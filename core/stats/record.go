package stats

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const rateSamples = 16

// Rate is a rate per second as the mean of 16 samples, which a timer takes
// ten times a second or so: instantaneous_ops_per_sec and its kin. One
// goroutine takes samples; any may ask for the mean.
type Rate struct {
	samples [rateSamples]atomic.Uint64
	next    int
	lastMs  int64
	last    uint64
}

// Sample notes the reading of a total at a time. The first one counts from
// zero at 1970, as in Redis, and so is next to nothing.
func (r *Rate) Sample(nowMs int64, total uint64) {
	var perSecond uint64
	if passed := nowMs - r.lastMs; passed > 0 && total > r.last {
		perSecond = (total - r.last) * 1000 / uint64(passed)
	}
	r.samples[r.next].Store(perSecond)
	r.next = (r.next + 1) % rateSamples
	r.lastMs, r.last = nowMs, total
}

// PerSecond is the mean of the samples.
func (r *Rate) PerSecond() uint64 {
	var sum uint64
	for i := range r.samples {
		sum += r.samples[i].Load()
	}
	return sum / rateSamples
}

const (
	maxErrorCodes  = 128
	maxErrorPrefix = 32

	// errorOverflow takes the counts of codes past maxErrorCodes: scripts
	// can make up any number of them.
	errorOverflow = "ERRORSTATS_OVERFLOW"
)

// Errors counts error replies by code. Any goroutine may use it: errors are
// rare enough for a lock.
type Errors struct {
	mu     sync.Mutex
	counts map[string]uint64
}

// ErrorCount is a line of INFO errorstats.
type ErrorCount struct {
	Code  string
	Count uint64
}

// Count counts an error reply, with or without its leading '-'. The code is
// the first word, or ERR if there is none within 32 bytes.
func (e *Errors) Count(reply string) {
	code := "ERR"
	if text, ok := strings.CutPrefix(reply, "-"); ok {
		if i := strings.IndexByte(text[:min(len(text), maxErrorPrefix-1)], ' '); i >= 0 {
			code = text[:i]
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.counts == nil {
		e.counts = map[string]uint64{}
	}
	if _, ok := e.counts[code]; !ok && len(e.counts) >= maxErrorCodes {
		code = errorOverflow
	}
	e.counts[strings.Clone(code)]++
}

// List returns the counts, by code.
func (e *Errors) List() []ErrorCount {
	e.mu.Lock()
	defer e.mu.Unlock()
	var list []ErrorCount
	for code, n := range e.counts {
		list = append(list, ErrorCount{code, n})
	}
	slices.SortFunc(list, func(a, b ErrorCount) int { return cmp.Compare(a.Code, b.Code) })
	return list
}

// Reset forgets all counts.
func (e *Errors) Reset() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.counts = nil
}

const (
	slowMaxArgs = 32
	slowMaxArg  = 128 // bytes
)

// SlowEntry is an entry of the slow log.
type SlowEntry struct {
	ID       int64
	UnixTime int64 // seconds
	Usec     int64
	Args     []string // trimmed; long ones end in how much is missing
	Peer     string   // "address:port"
	Name     string   // of the client
}

// SlowLog keeps the last slow calls. Any goroutine may use it.
type SlowLog struct {
	mu      sync.Mutex
	nextID  int64
	entries []SlowEntry // oldest first
}

// Add logs a call and drops the oldest entries beyond maxLen. It copies
// args; the caller has put "(redacted)" where secrets were.
func (s *SlowLog) Add(nowMs int64, took time.Duration, args [][]byte, peer, name string, maxLen int64) {
	e := SlowEntry{UnixTime: nowMs / 1000, Usec: took.Microseconds(), Args: trimArgs(args), Peer: peer, Name: name}
	s.mu.Lock()
	defer s.mu.Unlock()
	e.ID = s.nextID
	s.nextID++
	s.entries = append(s.entries, e)
	s.trim(maxLen)
}

// Trim drops the oldest entries beyond maxLen, after it was lowered.
func (s *SlowLog) Trim(maxLen int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trim(maxLen)
}

func (s *SlowLog) trim(maxLen int64) {
	if extra := int64(len(s.entries)) - maxLen; extra > 0 {
		s.entries = slices.Delete(s.entries, 0, int(extra))
	}
}

func trimArgs(args [][]byte) []string {
	n := min(len(args), slowMaxArgs)
	trimmed := make([]string, n)
	for i := range n {
		switch a := args[i]; {
		case i == slowMaxArgs-1 && len(args) > slowMaxArgs:
			trimmed[i] = fmt.Sprintf("... (%d more arguments)", len(args)-slowMaxArgs+1)
		case len(a) > slowMaxArg:
			trimmed[i] = fmt.Sprintf("%s... (%d more bytes)", a[:slowMaxArg], len(a)-slowMaxArg)
		default:
			trimmed[i] = string(a)
		}
	}
	return trimmed
}

// Last returns up to n entries, the newest first; all of them if n is
// negative. Their Args must not be changed.
func (s *SlowLog) Last(n int64) []SlowEntry {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n < 0 || n > int64(len(s.entries)) {
		n = int64(len(s.entries))
	}
	last := slices.Clone(s.entries[int64(len(s.entries))-n:])
	slices.Reverse(last)
	return last
}

// Len is how many entries there are.
func (s *SlowLog) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.entries)
}

// Reset drops the entries; IDs go on.
func (s *SlowLog) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries = nil
}

const latencySamples = 160

// LatencySample is the worst latency of an event in one second.
type LatencySample struct {
	UnixTime int64 // seconds
	Ms       int64
}

// LatencyEvent is a row of LATENCY LATEST.
type LatencyEvent struct {
	Name string
	Last LatencySample
	Max  int64 // ms, of all time
}

type series struct {
	samples []LatencySample // oldest first
	max     int64
}

// LatencyMonitor keeps the last 160 seconds in which each kind of event took
// longer than the threshold. Any goroutine may use it.
type LatencyMonitor struct {
	mu     sync.Mutex
	events map[string]*series
}

// Add notes an event if the threshold (latency-monitor-threshold, in ms) is
// on and reached.
func (m *LatencyMonitor) Add(event string, nowMs int64, took time.Duration, thresholdMs int64) {
	ms := took.Milliseconds()
	if thresholdMs <= 0 || ms < thresholdMs {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.events == nil {
		m.events = map[string]*series{}
	}
	s := m.events[event]
	if s == nil {
		s = &series{}
		m.events[event] = s
	}
	s.add(LatencySample{nowMs / 1000, ms})
}

func (s *series) add(l LatencySample) {
	s.max = max(s.max, l.Ms)
	if n := len(s.samples); n > 0 && s.samples[n-1].UnixTime == l.UnixTime {
		s.samples[n-1].Ms = max(s.samples[n-1].Ms, l.Ms)
		return
	}
	if len(s.samples) == latencySamples {
		s.samples = slices.Delete(s.samples, 0, 1)
	}
	s.samples = append(s.samples, l)
}

// History returns the samples of an event, oldest first, and its maximum of
// all time; ok is false if it never happened.
func (m *LatencyMonitor) History(event string) (samples []LatencySample, max int64, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.events[event]
	if s == nil {
		return nil, 0, false
	}
	return slices.Clone(s.samples), s.max, true
}

// Latest returns the last sample of each event, by name.
func (m *LatencyMonitor) Latest() []LatencyEvent {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []LatencyEvent
	for name, s := range m.events {
		list = append(list, LatencyEvent{name, s.samples[len(s.samples)-1], s.max})
	}
	slices.SortFunc(list, func(a, b LatencyEvent) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// Reset forgets the named events, or all of them if none is named, and
// returns how many it forgot. Names match without case.
func (m *LatencyMonitor) Reset(names ...string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for event := range m.events {
		if len(names) == 0 || slices.ContainsFunc(names, func(s string) bool { return strings.EqualFold(s, event) }) {
			delete(m.events, event)
			n++
		}
	}
	return n
}
