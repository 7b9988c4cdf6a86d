package workload

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/redoubt-kv/redoubt/bench/load"
)

// The check of the cut. Each of cutWriters writers counts rounds r = 1, 2, …
// and in round r sets a pair of keys, both to r, in one MSET; round r goes to
// pair r mod cutPairs. A batch of cutBatch rounds is sent at once and answered
// before the next goes out, and batches alternate between two connections, so
// the order of the rounds is fixed also across connections. In any consistent
// cut there is then one number m for each writer, the last round in it, and
// each pair holds, twice, the largest r ≤ m that goes to it.
const (
	cutWriters = 4
	cutPairs   = 1000
	cutBatch   = 10
)

// cutNonce is a key set anew before each save, so that an older file shows.
const cutNonce = "cut:nonce"

func cutKey(writer, pair int, side string) string {
	return fmt.Sprintf("cut:%d:%d:%s", writer, pair, side)
}

// cutLoad is the writers under way.
type cutLoad struct {
	writers [cutWriters]cutWriter
	stop    context.CancelFunc
	wg      sync.WaitGroup
}

type cutWriter struct {
	sent, acked atomic.Int64 // the last round sent, and answered
	err         error
}

// startCut begins to write.
func startCut(addr string) *cutLoad {
	ctx, cancel := context.WithCancel(context.Background())
	l := &cutLoad{stop: cancel}
	for i := range l.writers {
		l.wg.Go(func() { l.writers[i].err = l.writers[i].run(ctx, addr, i) })
	}
	return l
}

// end stops the writers and returns what went wrong with them.
func (l *cutLoad) end() error {
	l.stop()
	l.wg.Wait()
	var errs []error
	for i := range l.writers {
		if err := l.writers[i].err; err != nil {
			errs = append(errs, fmt.Errorf("writer %d: %w", i, err))
		}
	}
	return errors.Join(errs...)
}

// acked returns the last answered round of each writer.
func (l *cutLoad) acked() (out [cutWriters]int64) {
	for i := range l.writers {
		out[i] = l.writers[i].acked.Load()
	}
	return out
}

// sent returns the last sent round of each writer.
func (l *cutLoad) sent() (out [cutWriters]int64) {
	for i := range l.writers {
		out[i] = l.writers[i].sent.Load()
	}
	return out
}

func (w *cutWriter) run(ctx context.Context, addr string, id int) error {
	var conns [2]*load.Conn
	for i := range conns {
		c, err := load.Dial(addr)
		if err != nil {
			return err
		}
		defer c.Close()
		conns[i] = c
	}
	var buf []byte
	for r, turn := int64(1), 0; ctx.Err() == nil; turn++ {
		buf = buf[:0]
		for i := range int64(cutBatch) {
			pair, v := int((r+i)%cutPairs), strconv.FormatInt(r+i, 10)
			buf = load.AppendCommand(buf, "MSET", cutKey(id, pair, "a"), v, cutKey(id, pair, "b"), v)
		}
		w.sent.Store(r + cutBatch - 1)
		if err := conns[turn%len(conns)].Flush(buf, cutBatch); err != nil {
			return err
		}
		r += cutBatch
		w.acked.Store(r - 1)
	}
	return nil
}

// readCut reads the pairs of a writer; a missing key reads as 0.
func readCut(c *load.Conn, writer int) (a, b []int64, err error) {
	for _, side := range []struct {
		name string
		to   *[]int64
	}{{"a", &a}, {"b", &b}} {
		args := []string{"MGET"}
		for pair := range cutPairs {
			args = append(args, cutKey(writer, pair, side.name))
		}
		rep, err := c.Do(args...)
		if err != nil {
			return nil, nil, err
		}
		if len(rep.Array) != cutPairs {
			return nil, nil, fmt.Errorf("MGET of %d keys gave %d values", cutPairs, len(rep.Array))
		}
		for pair, v := range rep.Array {
			var n int64
			if !v.Null {
				if n, err = strconv.ParseInt(v.Str, 10, 64); err != nil {
					return nil, nil, fmt.Errorf("%s: %w", cutKey(writer, pair, side.name), err)
				}
			}
			*side.to = append(*side.to, n)
		}
	}
	return a, b, nil
}

// checkCut checks the pairs of one writer and returns the last round in the
// cut, which must be one of lo to hi.
func checkCut(a, b []int64, lo, hi int64) (int64, error) {
	var last int64
	for p := range a {
		if a[p] != b[p] {
			return 0, fmt.Errorf("pair %d holds rounds %d and %d: an MSET was cut in two", p, a[p], b[p])
		}
		last = max(last, a[p])
	}
	n := int64(len(a))
	for p := range a {
		// The largest r ≤ last with r mod n == p; rounds begin at 1.
		want := last - ((last-int64(p))%n+n)%n
		if want < 1 {
			want = 0
		}
		if a[p] != want {
			return 0, fmt.Errorf("pair %d holds round %d where round %d is present: round %d is missing or too much", p, a[p], last, want)
		}
	}
	if last < lo || last > hi {
		return 0, fmt.Errorf("the cut ends at round %d, but round %d was answered before BGSAVE and %d was the last sent before its reply", last, lo, hi)
	}
	return last, nil
}
