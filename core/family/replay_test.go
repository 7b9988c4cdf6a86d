package family_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/hash"
	"github.com/redoubt-kv/redoubt/core/value/list"
	"github.com/redoubt-kv/redoubt/core/value/set"
	"github.com/redoubt-kv/redoubt/core/value/stream"
	"github.com/redoubt-kv/redoubt/core/value/zset"
	"github.com/redoubt-kv/redoubt/internal/familytest"
)

var (
	replaySeed = flag.Uint64("replay.seed", 1, "the first seed of TestReplay")
	replayRuns = flag.Uint64("replay.runs", 8, "for how many seeds TestReplay runs")
	replayOps  = flag.Int("replay.ops", 4000, "how many commands TestReplay draws for a seed")
)

// TestReplay: whatever commands do, also with keys and fields that expire, are
// evicted, or are waited for, the journal leads a fresh store to the same data:
// at another time, with another hash and other shards.
func TestReplay(t *testing.T) {
	for seed := *replaySeed; seed < *replaySeed+*replayRuns; seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { newReplayRun(t, seed).run(*replayOps) })
	}
}

// replayRun is random commands on a peer, with what became of them.
type replayRun struct {
	*testing.T
	seed    uint64
	now     int64
	gen     *replayGen
	peer    *familytest.Peer
	clients []*familytest.PeerClient
	done    []string // the commands, with the length of the log behind each
}

func newReplayRun(t *testing.T, seed uint64) *replayRun {
	r := &replayRun{T: t, seed: seed, now: 1_700_000_000_000}
	clock := func() int64 { return r.now }
	r.gen = newReplayGen(seed, clock)
	r.peer = newPeer(t, &lazy{}, 1<<(seed%4), clock)
	// Small thresholds, so that every form of a value occurs.
	limits := *value.DefaultLimits()
	limits.HashMaxListpackEntries, limits.SetMaxIntsetEntries, limits.ZSetMaxListpackEntries = 4, 4, 4
	limits.StreamNodeMaxEntries = 3
	r.peer.Store.SetLimits(&limits)
	for range 4 {
		r.clients = append(r.clients, r.peer.Client())
	}
	return r
}

func (r *replayRun) run(n int) {
	for i := range n {
		r.step()
		if (i+1)%(n/4) == 0 {
			r.compare()
		}
		if r.Failed() {
			return
		}
	}
}

// step lets time pass, or runs a command or a transaction of some client.
func (r *replayRun) step() {
	c := r.clients[r.gen.IntN(len(r.clients))]
	switch n := r.gen.IntN(100); {
	case n < 12:
		r.now += r.gen.Int64N(400)
	case n < 14:
		r.note("sweep")
		r.peer.Sweep()
	case n < 15:
		r.note("evict")
		r.peer.Store.Evict(keyspace.AllKeysRandom, 5, r.now)
	case n < 18:
		r.note("timeout of all")
		for _, c := range r.clients {
			c.Expire()
		}
	case c.Waits():
	case n < 24:
		r.transaction(c)
	case n == 24:
		r.restore(c)
	case n == 25 && r.gen.kind == "h" && r.gen.IntN(8) == 0:
		r.largeHash(c)
	default:
		r.do(c, r.gen.command())
	}
}

func (r *replayRun) note(text string) {
	r.done = append(r.done, fmt.Sprintf("at %d, now %d: %s", len(r.peer.Log.Bytes), r.now, text))
}

func (r *replayRun) do(c *familytest.PeerClient, args []string) string {
	reply := c.Do(args...)
	r.note(fmt.Sprintf("client %d in %d: %q -> %.60q", c.ID(), c.SelectedDB(), args, reply))
	return reply
}

func (r *replayRun) transaction(c *familytest.PeerClient) {
	if r.gen.IntN(3) == 0 {
		r.do(c, []string{"watch", r.gen.word("any")})
	}
	r.do(c, []string{"multi"})
	for range 1 + r.gen.IntN(5) {
		r.do(c, r.gen.command())
	}
	r.do(c, []string{"exec"})
}

// restore puts a copy of a value under another name by its DUMP.
func (r *replayRun) restore(c *familytest.PeerClient) {
	reply := c.Do("dump", r.gen.word("any"))
	if reply[0] != '$' || reply[1] == '-' {
		return
	}
	_, payload, _ := strings.Cut(reply, "\r\n")
	args := []string{"restore", r.gen.word("any"), r.gen.pick("0", "1000", "50"), strings.TrimSuffix(payload, "\r\n"), "replace"}
	if r.gen.IntN(2) == 0 {
		args[2] = fmt.Sprint(r.now + r.gen.Int64N(2000) - 500)
		args = append(args, "absttl")
	}
	r.do(c, args)
}

// largeHash makes a hash of so many fields that expire at the same time that they
// are not removed at once, and changes it then.
func (r *replayRun) largeHash(c *familytest.PeerClient) {
	key, due := r.gen.word("h"), fmt.Sprint(r.now+1000)
	for from := 0; from < 3000; from += 500 {
		set, expire := []string{"hset", key}, []string{"hpexpireat", key, due, "fields", "500"}
		for i := range 500 {
			field := fmt.Sprint("f", from+i)
			set, expire = append(set, field, "1"), append(expire, field)
		}
		c.Do(set...)
		c.Do(expire...)
	}
	r.note(fmt.Sprintf("%q is large, until %s", key, due))
	r.now += 1000
	for range 10 {
		args := r.gen.command()
		for args[0][0] != 'h' || args[1][0] != 'h' {
			args = r.gen.command()
		}
		args[1] = key
		r.do(c, args)
	}
	r.compare()
}

// compare replays the journal and compares what comes of it.
func (r *replayRun) compare() {
	r.Helper()
	at := r.now + rand.Int64N(1_000_000)
	peer := familytest.NewPeer(r, familytest.PeerOptions{
		Shards: 4, Seed: rand.Uint64(), Now: func() int64 { return at }, Rows: allRows(&lazy{}),
	})
	peer.Replay(r.peer.Log.Bytes)
	if len(peer.Log.Bytes) > 0 {
		r.Errorf("the replay is recorded itself: %.200q", peer.Log.Bytes)
	}
	at = r.now
	want, got := data(r.peer), data(peer)
	for key := range want {
		if got[key] != want[key] {
			r.differs(key, got[key], want[key])
		}
	}
	for key := range got {
		if want[key] == "" {
			r.differs(key, got[key], "")
		}
	}
	if a, b := r.peer.Client().Do("DEBUG", "DIGEST"), peer.Client().Do("DEBUG", "DIGEST"); a != b && !r.Failed() {
		r.Errorf("DEBUG DIGEST is %s, after the replay %s", a, b)
	}
}

// differs reports a key with what was done to it lately.
func (r *replayRun) differs(key, got, want string) {
	r.Helper()
	name := key[strings.Index(key, " ")+1:]
	var about []string
	for _, line := range r.done {
		if strings.Contains(line, `"`+name+`"`) || strings.Contains(line, "select") || !strings.Contains(line, "client") {
			about = append(about, line)
		}
	}
	about = about[max(0, len(about)-25):]
	r.Errorf("seed %d: %s is after the replay\n  %s\nand was\n  %s\nits commands:\n  %s", r.seed, key, got, want, strings.Join(about, "\n  "))
}

// data is every key that has not expired, with all there is to know of it that a
// journal has to keep, by database and name.
func data(p *familytest.Peer) map[string]string {
	all := map[string]string{}
	p.Locked(func(tx *keyspace.Tx) {
		for db := range tx.Store().Databases() {
			tx.DB(db).Each(func(e keyspace.Entry) bool {
				all[fmt.Sprintf("%d %s", db, e.Key())] = fmt.Sprintf("due %d, %s", e.Due(), content(e, tx.DB(db).FieldTime()))
				return true
			})
		}
	})
	return all
}

func content(e keyspace.Entry, now int64) string {
	var parts []string
	sp, kind, b := e.Space(), e.Kind(), e.Value()
	sorted := true
	switch e.Type() {
	case value.TypeString:
		parts = append(parts, fmt.Sprintf("%q", e.String().Bytes(nil)))
	case value.TypeList:
		sorted = false
		l := list.Of(sp, kind, b)
		var it list.Iter
		for ok := it.Seek(&l, 0); ok; ok = it.Next() {
			parts = append(parts, fmt.Sprintf("%q", it.AppendElem(nil)))
		}
	case value.TypeSet:
		set.Of(sp, kind, b).Each(func(m set.Member) bool {
			parts = append(parts, fmt.Sprintf("%q", m.Bytes(nil)))
			return true
		})
	case value.TypeZSet:
		z := zset.Of(sp, kind, b)
		for at := z.At(0); at.Valid(); at.Next() {
			parts = append(parts, fmt.Sprintf("%q %v", at.Member(), at.Score()))
		}
	case value.TypeHash:
		h := hash.Of(sp, kind, b, now)
		h.Each(func(field, val hash.Item, due int64) bool {
			parts = append(parts, fmt.Sprintf("%q %q %d", field.Bytes(nil), val.Bytes(nil), due))
			return true
		})
	case value.TypeStream:
		parts = streamContent(stream.Of(sp, kind, b))
	}
	if sorted {
		sort.Strings(parts)
	}
	return fmt.Sprintf("%v %s", e.Type().Name(), strings.Join(parts, ", "))
}

// streamContent leaves out when a consumer was last seen.
func streamContent(s stream.Stream) (parts []string) {
	parts = append(parts, fmt.Sprint("last ", s.LastID(), " added ", s.Added(), " deleted ", s.MaxDeletedID(), " first ", s.FirstID()))
	for it := s.Range(stream.ID{}, stream.MaxID); it.Next(); {
		words := []string{fmt.Sprint("entry ", it.ID())}
		for range 2 * it.Fields() {
			b, n, isInt := it.Elem()
			if isInt {
				b = fmt.Append(nil, n)
			}
			words = append(words, fmt.Sprintf("%q", b))
		}
		parts = append(parts, strings.Join(words, " "))
	}
	s.EachGroup(func(name []byte, g stream.Group) {
		parts = append(parts, fmt.Sprintf("group %s last %v read %d", name, g.LastID(), g.Read()))
		g.EachConsumer(func(c []byte, _ stream.Consumer) { parts = append(parts, fmt.Sprintf("consumer %s of %s", c, name)) })
		g.PendingFrom(stream.ID{}, func(p stream.Pending) bool {
			parts = append(parts, fmt.Sprintf("pending %v of %s for %s, at %d, %d times", p.ID, name, g.AppendName(nil, p.Consumer), p.Time, p.Count))
			return true
		})
	})
	return parts
}

// TestReplayOfManyLoops: clients of several loops, and the expiry cycle, write at
// the same time, and the journal has one order for them that leads to the data.
func TestReplayOfManyLoops(t *testing.T) {
	r := newReplayRun(t, 2)
	var now atomic.Int64
	now.Store(r.now)
	r.peer = newPeer(t, &lazy{}, 8, now.Load)
	var clients []*familytest.PeerClient
	for range 4 {
		clients = append(clients, r.peer.Client())
	}
	var writers, sweeper sync.WaitGroup
	for i, c := range clients {
		gen := newReplayGen(uint64(i), now.Load)
		writers.Go(func() {
			for range 6000 {
				args := gen.command()
				if slices.Contains(args, "block") || args[0][0] == 'b' && args[0] != "bitop" && args[0] != "bitfield" {
					continue // it may wait, and nobody looks after that here
				}
				line := make([][]byte, len(args))
				for i := range args {
					line[i] = []byte(args[i])
				}
				c.RunQuietly(line)
				now.Add(int64(gen.IntN(20)))
			}
		})
	}
	var done atomic.Bool
	sweeper.Go(func() {
		for !done.Load() {
			r.peer.Sweep()
		}
	})
	writers.Wait()
	done.Store(true)
	sweeper.Wait()
	r.now = now.Load()
	r.compare()
}

// TestReplayOfLongString: proto-max-bulk-len may have been lowered since.
func TestReplayOfLongString(t *testing.T) {
	p := newPeer(t, &lazy{}, 1, func() int64 { return 1_700_000_000_000 })
	p.Replay([]byte("*4\r\n$8\r\nSETRANGE\r\n$1\r\nk\r\n$10\r\n2147483648\r\n$1\r\nx\r\n" +
		"*4\r\n$6\r\nSETBIT\r\n$1\r\nb\r\n$11\r\n17179869184\r\n$1\r\n1\r\n" +
		"*4\r\n$8\r\nSETRANGE\r\n$1\r\nl\r\n$16\r\n9000000000000000\r\n$1\r\nx\r\n"))
	c := p.Client()
	for key, want := range map[string]string{"k": ":2147483649\r\n", "b": ":2147483649\r\n", "l": ":0\r\n"} {
		if got := c.Do("STRLEN", key); got != want {
			t.Errorf("STRLEN %s is %q, want %q", key, got, want)
		}
	}
}
