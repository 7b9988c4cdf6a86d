package load

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"time"
)

// drainTimeout is how long the replies that are still out may take once an
// open loop has stopped sending.
const drainTimeout = 60 * time.Second

// Open is a load on a timetable: request i is due at i/Rate seconds, goes to
// connection i mod Conns, and its latency counts from when it was due. A
// server that stalls does not slow the timetable down, so each request that
// would have met the stall is counted with its wait (no coordinated omission).
type Open struct {
	Addr    string
	Conns   int
	Rate    float64 // requests per second, over all connections
	Seed    uint64
	Command Command
}

// OpenRun is an open loop under way.
type OpenRun struct {
	start time.Time
	lanes []*lane
	done  chan struct{}
	stop  context.CancelFunc
	err   error
}

// sent is a request whose reply is awaited.
type sent struct{ due, late time.Duration }

// lane is one connection with what has been sent on it.
type lane struct {
	nc      net.Conn
	out     chan sent
	samples []Sample
	err     error
}

// Start connects and begins to send. End it with Stop.
func (o Open) Start() (*OpenRun, error) {
	if o.Rate <= 0 || o.Conns <= 0 {
		return nil, fmt.Errorf("open loop needs a rate and connections above zero, not %v and %d", o.Rate, o.Conns)
	}
	r := &OpenRun{done: make(chan struct{})}
	for range o.Conns {
		nc, err := net.DialTimeout("tcp", o.Addr, dialTimeout)
		if err != nil {
			r.closeLanes()
			return nil, fmt.Errorf("connect to %s: %w", o.Addr, err)
		}
		r.lanes = append(r.lanes, &lane{nc: nc, out: make(chan sent, 1<<14)})
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.stop = cancel
	r.start = time.Now()
	go r.run(ctx, o)
	return r, nil
}

// due is the place of request i on the timetable. It is worked out from i, not
// added up, so that rounding does not make the rate drift.
func (o Open) due(i int) time.Duration {
	return time.Duration(float64(i) * (float64(time.Second) / o.Rate))
}

// Now returns the time since the start of the run, the scale of Sample.Intended.
func (r *OpenRun) Now() time.Duration { return time.Since(r.start) }

// Stop ends the timetable, waits for the replies that are out, and returns
// all samples, in order per connection only.
func (r *OpenRun) Stop() ([]Sample, error) {
	r.stop()
	<-r.done
	var all []Sample
	for _, l := range r.lanes {
		all = append(all, l.samples...)
	}
	return all, r.err
}

func (r *OpenRun) run(ctx context.Context, o Open) {
	defer close(r.done)
	var wg sync.WaitGroup
	for _, l := range r.lanes {
		wg.Go(func() {
			if l.err = l.receive(r.start); l.err != nil {
				r.stop()
			}
		})
	}
	// A server that hangs must not keep the sender in a write after Stop.
	release := context.AfterFunc(ctx, func() {
		for _, l := range r.lanes {
			_ = l.nc.SetWriteDeadline(time.Now().Add(drainTimeout))
		}
	})
	sendErr := r.send(ctx, o)
	release()
	for _, l := range r.lanes {
		close(l.out)
		_ = l.nc.SetReadDeadline(time.Now().Add(drainTimeout))
	}
	wg.Wait()
	errs := []error{sendErr}
	for _, l := range r.lanes {
		errs = append(errs, l.err)
	}
	r.err = errors.Join(errs...)
	r.closeLanes()
}

// send keeps the timetable on an OS thread of its own, since the pause
// between two requests is shorter than what the runtime's timers resolve.
func (r *OpenRun) send(ctx context.Context, o Open) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	sharpenSleep()
	rng := rand.New(rand.NewPCG(o.Seed, 0))
	var buf []byte
	for i := 0; ; i++ {
		due := o.due(i)
		sleepUntil(r.start.Add(due))
		l := r.lanes[i%len(r.lanes)]
		buf = o.Command(buf[:0], rng)
		select {
		case <-ctx.Done():
			return nil
		case l.out <- sent{due, time.Since(r.start) - due}:
		}
		if _, err := l.nc.Write(buf); err != nil {
			return fmt.Errorf("send request %d: %w", i, err)
		}
	}
}

// receive takes one reply for each request sent.
func (l *lane) receive(start time.Time) error {
	r := NewReader(l.nc)
	for req := range l.out {
		text, err := r.Skip()
		if err != nil {
			return fmt.Errorf("receive: %w", noEOF(err))
		}
		if text != "" {
			return ServerError(text)
		}
		l.samples = append(l.samples, Sample{Intended: req.due, Late: req.late, Latency: time.Since(start) - req.due})
	}
	return nil
}

func (r *OpenRun) closeLanes() {
	for _, l := range r.lanes {
		_ = l.nc.Close()
	}
}
