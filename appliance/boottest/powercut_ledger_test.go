//go:build linux

package boottest

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// A ledger is what clients write to a machine, and what they were told of it. Writer W
// owns four keys, whose values say how many of its writes they hold:
//
//	counter:W   that number          INCR
//	list:W      0, 1, 2, …           RPUSH, one element each
//	moves:W     that number          SET, in a MULTI that also moves an amount from one of
//	                                 account:0 … to another: their sum is always 0
//	blob:W      10 KiB made of it    SET
//
// After a power cut each must be at least what was acknowledged and at most what was
// sent. What is there is then the start of the next round, so that errors add up.
type ledger struct {
	writers []*ledgerWriter
	acked   atomic.Int64 // acknowledged writes, of all rounds
}

const (
	ledgerWriters  = 6
	ledgerAccounts = 8
)

// promise counts the writes to one key.
type promise struct{ acked, sent int }

type ledgerWriter struct {
	id                         int
	counter, list, moves, blob promise
}

func newLedger() *ledger {
	l := &ledger{}
	for id := range ledgerWriters {
		l.writers = append(l.writers, &ledgerWriter{id: id})
	}
	return l
}

// shift is the time in which the writers write to one machine.
type shift struct {
	over  atomic.Bool // the machine is about to go; errors are expected from now on
	done  sync.WaitGroup
	mu    sync.Mutex
	fault error // the first error before that
}

// begin lets all writers write, and saves and rewrites begin now and then, until the
// connection fails.
func (l *ledger) begin(c *redis.Client, seed uint64) *shift {
	s := &shift{}
	for _, w := range l.writers {
		rng := rand.New(rand.NewPCG(seed, uint64(w.id)))
		s.done.Go(func() {
			s.loop(func() error {
				err := w.write(context.Background(), c, rng)
				if err == nil {
					l.acked.Add(1)
				}
				return err
			})
		})
	}
	rng := rand.New(rand.NewPCG(seed, ledgerWriters))
	s.done.Go(func() { s.loop(func() error { return saveNowAndThen(c, rng) }) })
	return s
}

// loop repeats a step until it fails.
func (s *shift) loop(step func() error) {
	for {
		err := step()
		if err == nil {
			continue
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.fault == nil && !s.over.Load() {
			s.fault = err
		}
		return
	}
}

// end waits for the writers, whose machine is gone, and returns what went wrong before.
func (s *shift) end() error {
	s.done.Wait()
	return s.fault
}

func saveNowAndThen(c *redis.Client, rng *rand.Rand) error {
	time.Sleep(time.Duration(rng.IntN(700)) * time.Millisecond)
	save := c.BgSave
	if rng.IntN(2) == 0 {
		save = c.BgRewriteAOF
	}
	err := save(context.Background()).Err()
	if err != nil && (strings.Contains(err.Error(), "in progress") || strings.Contains(err.Error(), "child process is active")) {
		return nil
	}
	return err
}

// write makes one write, and counts it when it is acknowledged.
func (w *ledgerWriter) write(ctx context.Context, c *redis.Client, rng *rand.Rand) error {
	switch n := rng.IntN(10); {
	case n < 3:
		return w.counter.count(func(number int) error {
			return expectReply(c.Incr(ctx, w.key("counter")), int64(number))
		})
	case n < 6:
		return w.list.count(func(number int) error {
			return expectReply(c.RPush(ctx, w.key("list"), number-1), int64(number))
		})
	case n < 9:
		from, to, amount := rng.IntN(ledgerAccounts), rng.IntN(ledgerAccounts), rng.Int64N(1000)
		return w.moves.count(func(number int) error {
			_, err := c.TxPipelined(ctx, func(p redis.Pipeliner) error {
				p.DecrBy(ctx, account(from), amount)
				p.Set(ctx, w.key("moves"), number, 0)
				p.IncrBy(ctx, account(to), amount)
				return nil
			})
			return err
		})
	default:
		return w.blob.count(func(number int) error {
			return c.Set(ctx, w.key("blob"), w.blobOf(number), 0).Err()
		})
	}
}

// count makes a write, whose number it is told.
func (p *promise) count(write func(number int) error) error {
	p.sent++
	if err := write(p.sent); err != nil {
		return err
	}
	p.acked = p.sent
	return nil
}

func expectReply(reply *redis.IntCmd, want int64) error {
	got, err := reply.Result()
	if err == nil && got != want {
		return fmt.Errorf("%v: want %d", reply, want)
	}
	return err
}

func (w *ledgerWriter) key(name string) string { return name + ":" + strconv.Itoa(w.id) }

func account(n int) string { return "account:" + strconv.Itoa(n) }

// blobOf returns the blob of a number: the number, and what follows from it.
func (w *ledgerWriter) blobOf(number int) string {
	if number == 0 {
		return ""
	}
	rng, random := rand.New(rand.NewPCG(uint64(w.id), uint64(number))), make([]byte, 5<<10)
	for i := range random {
		random[i] = byte(rng.Uint32())
	}
	return strconv.Itoa(number) + ":" + hex.EncodeToString(random)
}

// audit reads all that the ledger is about, and tells how many acknowledged writes are
// lost, and what else is wrong. It takes what is there as the new beginning.
func (l *ledger) audit(ctx context.Context, c *redis.Client) (lost int, wrong []string, err error) {
	for _, w := range l.writers {
		found, err := w.read(ctx, c)
		if err != nil {
			return 0, nil, err
		}
		wrong = append(wrong, found.wrong...)
		for _, k := range []struct {
			name    string
			promise *promise
			got     int
		}{
			{"counter", &w.counter, found.counter}, {"list", &w.list, found.list},
			{"moves", &w.moves, found.moves}, {"blob", &w.blob, found.blob},
		} {
			if k.got < k.promise.acked || k.got > k.promise.sent {
				wrong = append(wrong, fmt.Sprintf("%s holds %d writes, of %d acknowledged and %d sent",
					w.key(k.name), k.got, k.promise.acked, k.promise.sent))
			}
			lost += max(0, k.promise.acked-k.got)
			*k.promise = promise{k.got, k.got}
		}
	}
	sum := int64(0)
	for i := range ledgerAccounts {
		n, err := number(c.Get(ctx, account(i)))
		if err != nil {
			return 0, nil, err
		}
		sum += int64(n)
	}
	if sum != 0 {
		wrong = append(wrong, fmt.Sprintf("the sum of the accounts is %d", sum))
	}
	return lost, wrong, nil
}

// holdings are how many of a writer's writes its keys hold.
type holdings struct {
	counter, list, moves, blob int
	wrong                      []string
}

func (w *ledgerWriter) read(ctx context.Context, c *redis.Client) (h holdings, err error) {
	if h.counter, err = number(c.Get(ctx, w.key("counter"))); err != nil {
		return h, err
	}
	if h.moves, err = number(c.Get(ctx, w.key("moves"))); err != nil {
		return h, err
	}
	elements, err := c.LRange(ctx, w.key("list"), 0, -1).Result()
	if err != nil {
		return h, err
	}
	h.list = len(elements)
	for i, e := range elements {
		if e != strconv.Itoa(i) {
			h.wrong = append(h.wrong, fmt.Sprintf("%s has %q at %d", w.key("list"), e, i))
			break
		}
	}
	blob, err := c.Get(ctx, w.key("blob")).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return h, err
	}
	digits, _, _ := strings.Cut(blob, ":")
	h.blob, _ = strconv.Atoi(digits) // a blob without a number is none that was written
	if blob != w.blobOf(h.blob) {
		h.wrong = append(h.wrong, fmt.Sprintf("%s is damaged: %d bytes, %.20q…", w.key("blob"), len(blob), blob))
	}
	return h, nil
}

// number is the value of a key, 0 if there is none.
func number(reply *redis.StringCmd) (int, error) {
	n, err := reply.Int()
	if errors.Is(err, redis.Nil) {
		return 0, nil
	}
	return n, err
}
