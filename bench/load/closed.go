package load

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// A Command appends one encoded command to dst. It is called from several
// goroutines, each with its own rng, and must not keep dst.
type Command func(dst []byte, rng *rand.Rand) []byte

// Closed is a load of Conns connections, each of which sends Pipeline
// commands, waits for their replies, and begins again.
type Closed struct {
	Addr     string
	Conns    int
	Pipeline int
	Seed     uint64 // same seed, same commands on each connection
	Command  Command
}

// ClosedResult is what a closed loop saw. A latency is that of a whole batch.
type ClosedResult struct {
	Requests int64
	Elapsed  time.Duration
	Batch    Summary
}

// PerSecond returns the throughput.
func (r ClosedResult) PerSecond() float64 { return float64(r.Requests) / r.Elapsed.Seconds() }

// Run goes on until ctx is done, which is not an error; an error reply or a
// lost connection is one, and ends the run on all connections.
func (c Closed) Run(ctx context.Context) (ClosedResult, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		wg       sync.WaitGroup
		mu       sync.Mutex
		all      = NewHistogram()
		requests atomic.Int64
		errs     []error
	)
	start := time.Now()
	for i := range c.Conns {
		wg.Go(func() {
			h, n, err := c.one(ctx, uint64(i))
			requests.Add(n)
			mu.Lock()
			defer mu.Unlock()
			all.Merge(h)
			if err != nil {
				errs = append(errs, fmt.Errorf("connection %d: %w", i, err))
				cancel()
			}
		})
	}
	wg.Wait()
	return ClosedResult{Requests: requests.Load(), Elapsed: time.Since(start), Batch: all.Summary()}, errors.Join(errs...)
}

// one drives one connection.
func (c Closed) one(ctx context.Context, stream uint64) (*Histogram, int64, error) {
	h := NewHistogram()
	conn, err := Dial(c.Addr)
	if err != nil {
		return h, 0, err
	}
	defer conn.Close()
	rng := rand.New(rand.NewPCG(c.Seed, stream))
	var buf []byte
	var n int64
	for ctx.Err() == nil {
		buf = buf[:0]
		for range c.Pipeline {
			buf = c.Command(buf, rng)
		}
		sent := time.Now()
		if err := conn.Flush(buf, c.Pipeline); err != nil {
			return h, n, err
		}
		h.Record(time.Since(sent))
		n += int64(c.Pipeline)
	}
	return h, n, nil
}
