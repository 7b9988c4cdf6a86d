package session_test

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/transport"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// waitRows are commands that block, for strings as queues of single bytes:
//
//	push key bytes …           appends
//	take key … timeout         takes the first byte (BLPOP)
//	hand from to timeout       moves the first byte to the end of another (BLMOVE);
//	                           a destination that is "?" is of the wrong type
//	gone key timeout           takes nothing, learns that the key is no more
func waitRows() []command.Row {
	keys := func(first, last int) []command.KeySpec {
		return []command.KeySpec{{Flags: []string{"RW"}, Index: first, LastKey: last, Step: 1}}
	}
	return []command.Row{
		{Name: "push", Arity: 3, Flags: command.Write, Keys: keys(1, 0), Handler: func(c *command.Call) {
			n := c.DB.Append(c.Args[1], c.Args[2])
			c.Changed(keyspace.EventString, "append", c.Args[1], 1)
			c.Out.Int(n)
		}},
		{Name: "del", Arity: 2, Flags: command.Write, Keys: keys(1, 0), Handler: func(c *command.Call) {
			if c.DB.Delete(c.Args[1]) {
				c.Changed(keyspace.EventGeneric, "del", c.Args[1], 1)
			}
			c.Out.OK()
		}},
		{Name: "expire", Arity: 3, Flags: command.Write, Keys: keys(1, 0), Handler: func(c *command.Call) {
			ms, _ := c.Int(2)
			c.DB.SetDue(c.Args[1], c.Now+ms)
			c.Changed(keyspace.EventGeneric, "expire", c.Args[1], 1)
			c.Out.OK()
		}},
		{Name: "swap", Arity: 3, Flags: command.Write | command.WholeKeyspace, Handler: func(c *command.Call) {
			a, _ := c.Int(1)
			b, _ := c.Int(2)
			c.Tx.Swap(int(a), int(b))
			c.Out.OK()
		}},
		{Name: "take", Arity: -3, Flags: command.Write, Keys: keys(1, -2), Handler: take},
		{Name: "hand", Arity: 4, Flags: command.Write, Keys: keys(1, 1), Handler: hand},
		{Name: "gone", Arity: 3, Flags: command.Write, Keys: keys(1, 0), Handler: func(c *command.Call) {
			ms, _ := c.TimeoutSeconds(2)
			c.Block(command.Block{Keys: c.Args[1:2], Type: value.TypeString, Gone: true, Timeout: ms,
				Serve: func(c *command.Call, key []byte) bool {
					if c.DB.Exists(key) {
						return false
					}
					c.Out.Error("UNBLOCKED gone")
					return true
				}})
		}},
	}
}

func take(c *command.Call) {
	ms, ok := c.TimeoutSeconds(len(c.Args) - 1)
	if !ok {
		return
	}
	keys := c.Args[1 : len(c.Args)-1]
	for _, key := range keys {
		if takeFrom(c, key) {
			return
		}
	}
	c.Block(command.Block{Keys: keys, Type: value.TypeString, Timeout: ms, Serve: takeFrom})
}

func takeFrom(c *command.Call, key []byte) bool {
	b, ok := shift(c, key)
	if ok {
		c.Out.Array(2)
		c.Out.Bulk(key)
		c.Out.Bulk(b)
	}
	return ok
}

// shift takes the first byte of key.
func shift(c *command.Call, key []byte) (first []byte, ok bool) {
	e, ok := c.DB.Find(key, keyspace.ForWrite)
	if !ok {
		return nil, false
	}
	all := e.String().AppendTo(nil)
	if len(all) > 1 {
		c.DB.SetRaw(key, all[1:], keyspace.KeepTTL)
		c.Changed(keyspace.EventString, "lpop", key, 1)
	} else {
		c.DB.Delete(key)
		c.Changed(keyspace.EventString, "lpop", key, 1)
		c.Changed(keyspace.EventGeneric, "del", key, 0)
	}
	return all[:1], true
}

func hand(c *command.Call) {
	ms, ok := c.TimeoutSeconds(3)
	if ok && !handFrom(c, c.Args[1]) {
		c.Block(command.Block{Keys: c.Args[1:2], Also: c.Args[2:3], Type: value.TypeString, Timeout: ms,
			Serve: handFrom})
	}
}

func handFrom(c *command.Call, key []byte) bool {
	to := c.Args[2]
	if !c.DB.Exists(key) {
		return false
	}
	if e, ok := c.DB.Find(to, keyspace.Peek); ok && string(e.String().AppendTo(nil)) == "?" {
		c.Out.Error(command.ErrWrongType)
		return true
	}
	b, _ := shift(c, key)
	c.DB.Append(to, b)
	c.Changed(keyspace.EventString, "rpush", to, 1)
	c.Out.Bulk(b)
	return true
}

// hall is clients on loops of their own, driven by the test.
type hall struct {
	*core
	clients map[string]*client
}

func newHall(t *testing.T) *hall {
	return &hall{newCore(t, defaultLimits), map[string]*client{}}
}

// do has client who send a line, and returns all replies: its own first, then
// those of clients that were waiting, as "name:reply".
func (h *hall) do(who, line string) string {
	c := h.clients[who]
	if c == nil {
		c = h.connect(h.newLoop())
		h.clients[who] = c
	}
	return strings.Join(append([]string{c.send(line + "\r\n")}, h.settle()...), " ")
}

// settle runs what was posted and returns the replies that came of it.
func (h *hall) settle() (replies []string) {
	names := make([]string, 0, len(h.clients))
	for name := range h.clients {
		names = append(names, name)
	}
	slices.Sort(names)
	for range 3 {
		for _, name := range names {
			c := h.clients[name]
			c.runPosts()
			if reply := c.send(""); reply != "" {
				replies = append(replies, name+":"+reply)
			}
		}
	}
	return replies
}

func (h *hall) expect(who, line, want string) {
	h.t.Helper()
	if got := strings.ReplaceAll(h.do(who, line), "\r\n", ","); strings.TrimRight(got, " ") != want {
		h.t.Errorf("%s: %s\n got %q\nwant %q", who, line, got, want)
	}
}

func TestWaitIsServedInOrderOfArrival(t *testing.T) {
	h := newHall(t)
	h.expect("a", "TAKE k 0", "")
	h.expect("b", "TAKE x k 0", "")
	h.expect("c", "TAKE k 0", "")
	if all, timed := h.core.clients.Blocked(); all != 3 || timed != 0 {
		t.Errorf("%d clients wait, %d not for ever", all, timed)
	}
	h.expect("p", "PUSH k 12", ":2, a:*2,$1,k,$1,1, b:*2,$1,k,$1,2,")
	h.expect("p", "PUSH x 1", ":1,") // b waits for it no more
	h.expect("p", "GET x", "$1,1,")
	h.expect("p", "PUSH k 3", ":1, c:*2,$1,k,$1,3,")
	h.expect("p", "GET k", "$-1,")
	if all, _ := h.core.clients.Blocked(); all != 0 {
		t.Errorf("%d clients wait", all)
	}
	if _, keys := h.store.Tended(); keys != 0 {
		t.Errorf("%d keys are waited for", keys)
	}
}

func TestWaitForOneKeyTwice(t *testing.T) {
	h := newHall(t)
	h.expect("a", "TAKE k k x k 0", "")
	h.expect("p", "PUSH k 12", ":2, a:*2,$1,k,$1,1,")
	h.expect("p", "GET k", "$1,2,")
	if _, keys := h.store.Tended(); keys != 0 {
		t.Errorf("%d keys are waited for", keys)
	}
}

func TestServedClientsMakeKeysReady(t *testing.T) {
	h := newHall(t)
	h.expect("c", "TAKE z 0", "")
	h.expect("b", "HAND y z 0", "")
	h.expect("a", "HAND x y 0", "")
	h.expect("p", "PUSH x 1", ":1, a:$1,1, b:$1,1, c:*2,$1,z,$1,1,")
	for _, key := range []string{"x", "y", "z"} {
		h.expect("p", "GET "+key, "$-1,")
	}
	h.expect("a", "HAND x y 0", "")
	h.expect("b", "HAND y x 0", "") // in a circle
	h.expect("p", "PUSH x 1", ":1, a:$1,1, b:$1,1,")
	h.expect("p", "GET x", "$1,1,")
	h.expect("a", "HAND s s 0", "")
	h.expect("p", "PUSH s 12", ":2, a:$1,1,")
	h.expect("p", "GET s", "$2,21,")
	h.expect("p", "SET bad ?", "+OK,")
	h.expect("a", "HAND q bad 0", "")
	h.expect("p", "PUSH q 1", ":1, a:-WRONGTYPE Operation against a key holding the wrong kind of value,")
	h.expect("p", "GET q", "$1,1,")
}

func TestInputOfOneThatWaits(t *testing.T) {
	h := newHall(t)
	h.expect("a", "SET n 1\r\nTAKE k 0\r\nGET n\r\nTAKE k 0\r\nGET n", "+OK,")
	h.expect("p", "PUSH k 1", ":1, a:*2,$1,k,$1,1, a:$1,1,")
	h.expect("p", "PUSH k 2", ":1, a:*2,$1,k,$1,2, a:$1,1,")
	h.expect("a", "CLIENT REPLY SKIP\r\nTAKE k 0\r\nGET n", "")
	h.expect("p", "PUSH k 2", ":1, a:$1,1,")
}

func TestOtherTypeAndGone(t *testing.T) {
	h := newHall(t)
	h.expect("a", "GONE k 0", "")
	h.expect("p", "PUSH k 1", ":1,")
	h.expect("p", "DEL k", "+OK, a:-UNBLOCKED gone,")
	h.expect("p", "PUSH k 1", ":1,")
	h.expect("a", "GONE k 0", "")
	h.expect("p", "EXPIRE k 1", "+OK,")
	time.Sleep(5 * time.Millisecond)
	for i := range h.store.Shards() {
		h.store.ExpireStep(i, time.Now().UnixMilli())
	}
	if got := strings.Join(h.settle(), ""); got != "a:-UNBLOCKED gone\r\n" {
		t.Errorf("after the key expired: %q", got)
	}
	h.expect("p", "SELECT 3", "+OK,")
	h.expect("p", "PUSH k 7", ":1,")
	h.expect("a", "TAKE k 0", "")
	h.expect("p", "SWAP 0 3", "+OK, a:*2,$1,k,$1,7,")
}

func TestTimeouts(t *testing.T) {
	h := newHall(t)
	h.expect("a", "TAKE k abc", "-ERR timeout is not a float or out of range,")
	for _, s := range []string{"-1", "inf", "1e30", "-inf"} {
		h.expect("a", "TAKE k "+s, "-ERR timeout is negative,")
	}
	start := time.Now()
	h.expect("a", "TAKE k 0.0301", "")
	if _, timed := h.core.clients.Blocked(); timed != 1 {
		t.Errorf("%d have a timer", timed)
	}
	for {
		if got := strings.Join(h.settle(), ""); got != "" {
			if took := time.Since(start); took < 31*time.Millisecond || got != "a:*-1\r\n" {
				t.Errorf("%q after %v", got, took)
			}
			break
		}
	}
	h.expect("p", "PUSH k 1", ":1,")
	h.expect("a", "GET k", "$1,1,")
	h.do("a", "HELLO 3")
	h.do("a", "TAKE none 0.001")
	for {
		if got := strings.Join(h.settle(), ""); got != "" {
			expect(t, got, "a:_\r\n")
			break
		}
	}
}

func TestClientUnblock(t *testing.T) {
	h := newHall(t)
	h.expect("a", "TAKE k 0", "")
	h.expect("p", "CLIENT UNBLOCK 1", ":1, a:*-1,")
	h.expect("p", "CLIENT UNBLOCK 1", ":0,")
	h.expect("a", "TAKE k 0\r\nGET k", "")
	h.expect("p", "CLIENT UNBLOCK 1 ERROR", ":1, a:-UNBLOCKED client unblocked via CLIENT UNBLOCK, a:$-1,")
	h.expect("p", "CLIENT UNBLOCK 99", ":0,")
	if list := h.exec.Errors.List(); len(list) != 1 || list[0].Code != "UNBLOCKED" {
		t.Errorf("errors %v", list)
	}
}

func TestThoseWhoGoAreNotServed(t *testing.T) {
	h := newHall(t)
	h.expect("a", "TAKE k 0", "")
	h.expect("b", "TAKE k x 0", "")
	h.expect("c", "TAKE k 0", "")
	if line := h.do("p", "CLIENT LIST ID 1"); !strings.Contains(line, "flags=b ") {
		t.Errorf("listed as %q", line)
	}
	h.clients["p"].send("CLIENT KILL ID 1\r\nPUSH k 1\r\n") // before the loop of a has heard of it
	h.clients["b"].s.Closed(nil)
	delete(h.clients, "b")
	h.expect("p", "PUSH k 23", ":2, c:*2,$1,k,$1,2,")
	h.expect("p", "GET k", "$1,3,")
	h.clients["a"].s.Closed(nil)
	if _, keys := h.store.Tended(); keys != 0 {
		t.Errorf("%d keys are waited for", keys)
	}
	if all, _ := h.core.clients.Blocked(); all != 0 {
		t.Errorf("%d clients wait", all)
	}
}

// Many clients on several loops push, take and hand on; others unblock, kill and
// leave them. Every byte that was pushed comes out once, or is still there.
func testWaitingTogether(t *testing.T, newServer func(transport.Config) (transport.Server, error)) {
	k := newCore(t, defaultLimits)
	addr := k.listen(newServer, 3)
	var pushed, taken atomic.Int64
	var all sync.WaitGroup
	stop := make(chan struct{})
	for n := range 8 {
		all.Add(1)
		go func() {
			defer all.Done()
			takeUntil(addr, n, stop, &taken)
		}()
	}
	var pushers sync.WaitGroup
	for n := range 4 {
		pushers.Add(1)
		go func() {
			defer pushers.Done()
			c := redistest.MustDial(t, addr)
			rnd := rand.New(rand.NewSource(int64(n)))
			for range 1500 {
				bytes := strings.Repeat("x", 1+rnd.Intn(3))
				key, other := fmt.Sprint("k", rnd.Intn(5)), fmt.Sprint("k", rnd.Intn(5))
				if rnd.Intn(4) == 0 {
					pushed.Add(pushTwice(t, c, key, other, bytes))
					continue
				}
				c.Must(t, "PUSH", key, bytes)
				pushed.Add(int64(len(bytes)))
				if rnd.Intn(10) == 0 {
					c.Must(t, "CLIENT", "UNBLOCK", 1+rnd.Intn(12), []string{"TIMEOUT", "ERROR"}[rnd.Intn(2)])
				}
			}
		}()
	}
	pushers.Wait()
	last := redistest.MustDial(t, addr)
	left := func() (n int64) {
		for i := range 5 {
			if s, ok := last.Must(t, "GET", fmt.Sprint("k", i)).(string); ok {
				n += int64(len(s))
			}
		}
		return n
	}
	for deadline := time.Now().Add(20 * time.Second); taken.Load()+left() != pushed.Load(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d pushed, %d taken, %d left", pushed.Load(), taken.Load(), left())
		}
	}
	close(stop)
	all.Wait()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		blocked, timed := k.clients.Blocked()
		watched, keys := k.store.Tended()
		if blocked == 0 && timed == 0 && keys == 0 && watched == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d clients wait, %d with timers, for %d keys", blocked, timed, keys)
		}
	}
}

// pushTwice pushes to two keys in a transaction, unless one of them changes before,
// and returns how many bytes it has pushed.
func pushTwice(t *testing.T, c *redistest.Client, key, other, bytes string) int64 {
	c.Must(t, "WATCH", key, other)
	c.Must(t, "MULTI")
	c.Must(t, "PUSH", key, bytes)
	c.Must(t, "TAKE", "none", 0)
	c.Must(t, "PUSH", other, bytes)
	if c.Must(t, "EXEC") == nil {
		return 0
	}
	return 2 * int64(len(bytes))
}

// takeUntil takes and hands on bytes until stop is closed.
func takeUntil(addr string, n int, stop chan struct{}, taken *atomic.Int64) {
	c, err := redistest.Dial(addr)
	if err != nil {
		return
	}
	defer c.Close()
	rnd := rand.New(rand.NewSource(int64(100 + n)))
	for {
		select {
		case <-stop:
			return
		default:
		}
		from, to := fmt.Sprint("k", rnd.Intn(5)), fmt.Sprint("k", rnd.Intn(5))
		if rnd.Intn(3) == 0 {
			c.Do("HAND", from, to, "0.005")
			continue
		}
		reply, err := c.Do("TAKE", from, to, from, "0.02")
		if err != nil {
			return
		}
		if pair, ok := reply.([]any); ok && len(pair) == 2 {
			taken.Add(1)
		}
	}
}

func TestWaitingTogetherPortable(t *testing.T) { testWaitingTogether(t, newPortable) }
