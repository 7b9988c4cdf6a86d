package timesync

import (
	"cmp"
	"slices"
	"time"
)

const (
	// stepLimit is what is corrected by slewing; more would take too long.
	stepLimit = 500 * time.Millisecond
	// panicLimit is what nobody is believed later than at the start, unless
	// several servers say so.
	panicLimit = 1000 * time.Second
	// confirmations is how many rounds in a row must agree on a step later than
	// at the start, and agreement how well.
	confirmations = 4
	agreement     = 250 * time.Millisecond
	// panicServers is how many servers must agree beyond panicLimit.
	panicServers = 3
)

// The years that a clock can be set to: a time before the first, or after the
// last, is a mistake, whoever says so.
var (
	firstTime = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	lastTime  = time.Date(2120, 1, 1, 0, 0, 0, 0, time.UTC)
)

// verdict is what to do about an offset. Its text is for the console.
type verdict string

const (
	doSlew    verdict = "slew"
	doStep    verdict = "step"
	doDoubt   verdict = "wait for confirmation"
	doRefuse  verdict = "refuse"
	doNothing verdict = "ignore"
)

// discipline decides what to do with the offsets that sources show.
//
//	start ──the first offset──▶ slew or step ──▶ running
//	running ──small──▶ slew
//	   │ large
//	   ▼
//	doubting ──the same, confirmations times in a row──▶ step ──▶ running
//	   └──another one, or a small one──▶ doubting anew, or running
type discipline struct {
	running bool
	doubts  int
	doubted time.Duration
}

// judge takes one round's offset, on which that many servers agree. A clock of
// the hypervisor is trusted, since all else is in its hand too.
func (d *discipline) judge(now time.Time, offset time.Duration, servers int, trusted bool) verdict {
	if target := now.Add(offset); target.Before(firstTime) || target.After(lastTime) {
		return doNothing
	}
	large := offset.Abs() > stepLimit
	switch {
	case !large:
		d.running, d.doubts = true, 0
		return doSlew
	case !d.running || trusted:
		d.running, d.doubts = true, 0
		return doStep
	case offset.Abs() > panicLimit && servers < panicServers:
		return doRefuse
	}
	if d.doubts > 0 && (offset-d.doubted).Abs() > agreement {
		d.doubts = 0
	}
	d.doubts, d.doubted = d.doubts+1, offset
	if d.doubts < confirmations {
		return doDoubt
	}
	d.doubts = 0
	return doStep
}

// combine takes the median of what servers show, and counts those near to it. ok
// is false when there is no majority: two servers that contradict each other are
// as good as none.
func combine(samples []sample) (offset time.Duration, agreeing int, ok bool) {
	if len(samples) == 0 {
		return 0, 0, false
	}
	slices.SortFunc(samples, func(a, b sample) int { return cmp.Compare(a.offset, b.offset) })
	median := samples[(len(samples)-1)/2]
	var sum time.Duration
	for _, s := range samples {
		// Offsets differ by up to half of their delays without a contradiction.
		if (s.offset - median.offset).Abs() <= agreement+(s.delay+median.delay)/2 {
			sum += s.offset - median.offset
			agreeing++
		}
	}
	return median.offset + sum/time.Duration(agreeing), agreeing, 2*agreeing > len(samples)
}

// The time between two rounds.
const (
	startPoll = 8 * time.Second // the first rounds
	minPoll   = 64 * time.Second
	maxPoll   = 1024 * time.Second
	ptpPoll   = 16 * time.Second
)

// nextPoll is the time to the next round: longer while the clock keeps time.
func nextPoll(last time.Duration, round int, offset time.Duration, v verdict) time.Duration {
	switch {
	case round < confirmations || v == doDoubt || v == doStep:
		return startPoll
	case v != doSlew || offset.Abs() > 50*time.Millisecond:
		return minPoll
	case offset.Abs() < 10*time.Millisecond:
		return min(max(2*last, minPoll), maxPoll)
	}
	return max(last, minPoll)
}
