package stats

// CommandFigures are INFO commandstats of one command.
type CommandFigures struct {
	Calls, Failed, Rejected uint64
	Ns                      uint64 // in all calls together
}

// Usec is the time of all calls in microseconds.
func (c CommandFigures) Usec() uint64 { return c.Ns / 1000 }

// UsecPerCall is the mean.
func (c CommandFigures) UsecPerCall() float64 {
	if c.Calls == 0 {
		return 0
	}
	return float64(c.Usec()) / float64(c.Calls)
}

type figures struct {
	CommandFigures
	latency *Histogram // made by the first tracked call
}

func (f *figures) add(s *sample, track bool) {
	switch s.outcome {
	case Declined:
		f.Rejected++
		return
	case Waits:
		track = false
	case Served, ServedFailed:
		f.Calls-- // it is counted already
	}
	f.Calls++
	f.Ns += uint64(max(s.ns, 0))
	if s.outcome == Failed || s.outcome == ServedFailed {
		f.Failed++
	}
	if track {
		if f.latency == nil {
			f.latency = &Histogram{}
		}
		f.latency.Add(s.ns)
	}
}

// Command returns the figures of a command over all loops.
func (s *Stats) Command(id int) CommandFigures {
	var sum CommandFigures
	s.each(func(l *Loop) {
		f := &l.figures[id].CommandFigures
		sum.Calls += f.Calls
		sum.Failed += f.Failed
		sum.Rejected += f.Rejected
		sum.Ns += f.Ns
	})
	return sum
}

// Latency returns the histogram of a command over all loops; nil if no call
// was tracked.
func (s *Stats) Latency(id int) *Histogram {
	var sum *Histogram
	s.each(func(l *Loop) {
		h := l.figures[id].latency
		if h == nil {
			return
		}
		if sum == nil {
			sum = &Histogram{}
		}
		sum.Merge(h)
	})
	return sum
}

// Latencies returns the histogram of all commands over all loops.
func (s *Stats) Latencies() *Histogram {
	sum := &Histogram{}
	s.each(func(l *Loop) {
		for i := range l.figures {
			if h := l.figures[i].latency; h != nil {
				sum.Merge(h)
			}
		}
	})
	return sum
}
