package session_test

import (
	"fmt"
	"io"
	"math/rand"
	"strings"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/clock"
	"github.com/redoubt-kv/redoubt/core/invariant"
	"github.com/redoubt-kv/redoubt/core/session"
	"github.com/redoubt-kv/redoubt/core/stats"
)

func expect(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// logged tells whether a line of the log holds text.
func (k *core) logged(text string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return strings.Contains(strings.Join(k.log, "\n"), text)
}

func TestPiecesGiveTheSameReplies(t *testing.T) {
	in := "PING\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$5\r\nh\r\nlo\r\nGET a\n*1\r\n$6\r\nNOSUCH\r\nCLIENT REPLY SKIP\r\nPING\r\nGET a\r\n"
	k := newCore(t, defaultLimits)
	l := k.newLoop()
	want := k.connect(l).send(in)
	for seed := range int64(50) {
		rnd, c, got := rand.New(rand.NewSource(seed)), k.connect(l), ""
		for rest := in; rest != ""; {
			n := min(1+rnd.Intn(6), len(rest))
			got += c.send(rest[:n])
			rest = rest[n:]
		}
		if got != want {
			t.Fatalf("seed %d: got %q, want %q", seed, got, want)
		}
	}
}

func TestSilentErrorsClose(t *testing.T) {
	k := newCore(t, defaultLimits)
	for _, in := range []string{"CLIENT REPLY OFF\r\n*x\r\n", "CLIENT REPLY OFF\r\nPING\r\nQUIT\r\nPING\r\n"} {
		c := k.connect(k.newLoop())
		expect(t, c.send(in), "")
		if !c.finishing {
			t.Errorf("%q: the connection is not closed", in)
		}
	}
}

func TestQueryBufferLimit(t *testing.T) {
	limits := defaultLimits
	limits.QueryBuffer = 100
	k := newCore(t, limits)
	c := k.connect(k.newLoop())
	expect(t, c.send("*1\r\n$200\r\n"+strings.Repeat("x", 80)), "")
	if c.closed {
		t.Fatal("closed below the limit")
	}
	c.send(strings.Repeat("x", 20))
	if !c.closed || !k.logged("Closing client that reached max query buffer length: id=1 addr=127.0.0.1:5555 ") {
		t.Errorf("closed %v, log %q", c.closed, k.log)
	}
	c.loop.Cron(10) // publishes
	if n := k.stats.Totals()[stats.QueryLimit]; n != 1 {
		t.Errorf("counted %d", n)
	}
}

func TestMaxBulkFollowsLimits(t *testing.T) {
	k := newCore(t, defaultLimits)
	c := k.connect(k.newLoop())
	limits := defaultLimits
	limits.MaxBulk = 10
	k.clients.SetLimits(limits)
	expect(t, c.send("*1\r\n$11\r\n"), "-ERR Protocol error: invalid bulk length\r\n")
}

func TestHardOutputLimit(t *testing.T) {
	limits := defaultLimits
	limits.Output[session.Normal].HardBytes = 100_000
	k := newCore(t, limits)
	c := k.connect(k.newLoop())
	c.send("SET a " + strings.Repeat("v", 60_000) + "\r\n")
	if c.send("GET a\r\n"); c.closed {
		t.Fatal("closed below the limit")
	}
	c.send("GET a\r\nGET a\r\nSET b 1\r\n")
	if !c.closed || !k.logged("scheduled to be closed ASAP for overcoming of output buffer limits.") {
		t.Errorf("closed %v, log %q", c.closed, k.log)
	}
	c.s.Closed(nil)
	other := k.connect(c.loop)
	expect(t, other.send("GET b\r\n"), "$-1\r\n") // nothing ran after the limit
	other.pending = 200_000
	other.send("PING\r\n")
	if !other.closed {
		t.Error("what waits for the socket does not count")
	}
}

// TestReplyPastTheLimit: what makes a long reply learns that it will not be sent.
func TestReplyPastTheLimit(t *testing.T) {
	limits := defaultLimits
	limits.Output[session.Normal].HardBytes = 100_000
	k := newCore(t, limits)
	l := k.newLoop()
	c := k.connect(l)
	c.pending = 50_000
	if c.send("FILL lines\r\n"); !c.closed {
		t.Error("not closed")
	}
	c.s.Closed(nil)
	other := k.connect(l)
	expect(t, other.send("GET lines\r\n"), "$4\r\n6639\r\n") // 16 KB that are free and 50,000
	limits.Output[session.Normal].HardBytes = 0
	k.clients.SetLimits(limits)
	if got := len(other.send("FILL lines\r\n")); got != 10_000_000 {
		t.Errorf("%d bytes without a limit", got)
	}
}

func TestSoftOutputLimit(t *testing.T) {
	limits := defaultLimits
	limits.Output[session.Normal] = session.OutputLimit{SoftBytes: 50_000, SoftSeconds: 2}
	fake := clock.NewFake(1_000_000)
	k := newCoreAt(t, limits, fake)
	l := k.newLoop()
	c := k.connect(l)
	c.pending = 70_000
	for _, step := range []struct {
		after   time.Duration
		pending int64
		closed  bool
	}{
		{0, 70_000, false}, {2 * time.Second, 70_000, false}, {time.Second, 1000, false}, // below: starts anew
		{10 * time.Second, 70_000, false}, {2 * time.Second, 70_000, false}, {time.Second, 70_000, true},
	} {
		fake.Advance(step.after)
		c.pending = step.pending
		l.Cron(10)
		if c.closed != step.closed {
			t.Fatalf("%+v: closed %v", step, c.closed)
		}
	}
	if !k.logged("closed for overcoming of output buffer limits.") {
		t.Errorf("log %q", k.log)
	}
}

func TestUnauthenticatedOutput(t *testing.T) {
	k := newCore(t, defaultLimits)
	k.users.SetPassword("x")
	c := k.connect(k.newLoop())
	c.pending = 18_000
	if c.send("PING\r\n"); !c.closed {
		t.Error("a client that never reads collects replies before it authenticates")
	}
}

func TestIdleTimeout(t *testing.T) {
	limits := defaultLimits
	limits.Timeout = 5
	fake := clock.NewFake(1_000_000)
	k := newCoreAt(t, limits, fake)
	k.verbose = true
	l := k.newLoop()
	idle, busy := k.connect(l), k.connect(l)
	for range 6 {
		fake.Advance(time.Second)
		busy.send("PING\r\n")
		l.Cron(1)
	}
	if !idle.closed || busy.closed || !k.logged("Closing idle client id=1") {
		t.Errorf("idle closed %v, busy closed %v, log %q", idle.closed, busy.closed, k.log)
	}
}

// A client that reads what it asked for is not idle, however long it takes.
func TestReadingIsNotIdle(t *testing.T) {
	limits := defaultLimits
	limits.Timeout = 5
	fake := clock.NewFake(1_000_000)
	k := newCoreAt(t, limits, fake)
	l := k.newLoop()
	c := k.connect(l)
	for c.pending = 20; c.pending > 0; c.pending-- {
		fake.Advance(time.Second)
		if l.Cron(1); c.closed {
			t.Fatalf("closed with %d bytes to go", c.pending)
		}
	}
	for range 7 {
		fake.Advance(time.Second)
		l.Cron(1)
	}
	if !c.closed {
		t.Error("not closed")
	}
}

func TestMaxClients(t *testing.T) {
	limits := defaultLimits
	limits.MaxClients = 2
	k := newCore(t, limits)
	l := k.newLoop()
	first := k.connect(l)
	k.connect(l)
	third := k.connect(l)
	expect(t, string(third.out), "-ERR max number of clients reached\r\n")
	if !third.finishing || third.s.Data([]byte("PING\r\n")) != 6 || k.clients.Len() != 2 {
		t.Error("the client is not refused")
	}
	third.s.Closed(nil)
	first.s.Closed(io.EOF)
	if expect(t, k.connect(l).send("PING\r\n"), "+PONG\r\n"); k.clients.Len() != 2 {
		t.Errorf("%d clients", k.clients.Len())
	}
	l.Cron(10)
	if n := k.stats.Totals(); n[stats.Rejected] != 1 || n[stats.Connections] != 3 {
		t.Errorf("rejected %d, connections %d", n[stats.Rejected], n[stats.Connections])
	}
}

func TestProtectedMode(t *testing.T) {
	k := newCore(t, defaultLimits)
	l := k.newLoop()
	for remote, refused := range map[string]bool{"10.1.2.3:55": true, "[fe80::1%eth0]:5": true, "127.0.0.1:5": false, "[::1]:5": false} {
		c := k.connectFrom(l, remote)
		if got := strings.HasPrefix(string(c.out), "-DENIED Redis is running in protected mode"); got != refused {
			t.Errorf("%s: %q", remote, c.out)
		}
	}
	if n := k.clients.Len(); n != 2 {
		t.Errorf("%d clients", n)
	}
	k.users.SetPassword("x")
	expect(t, k.connectFrom(l, "10.1.2.3:55").send("PING\r\n"), "-NOAUTH Authentication required.\r\n")
}

func TestPassword(t *testing.T) {
	k := newCore(t, defaultLimits)
	l := k.newLoop()
	before := k.connect(l)
	k.users.SetPassword("pass")
	after := k.connect(l)
	expect(t, before.send("PING\r\n"), "+PONG\r\n")
	expect(t, after.send("PING\r\nAUTH nope\r\nAUTH pass\r\nPING\r\n"),
		"-NOAUTH Authentication required.\r\n-WRONGPASS invalid username-password pair or user is disabled.\r\n+OK\r\n+PONG\r\n")
	// RESET takes the authentication away, and with it the limits' relief.
	expect(t, before.send("RESET\r\n*11\r\n"), "+RESET\r\n-ERR Protocol error: unauthenticated multibulk length\r\n")
	third := k.connect(l)
	k.users.SetPassword("")
	expect(t, third.send("PING\r\n"), "+PONG\r\n")
	if n := k.stats.Totals()[stats.AuthFailures]; n != 1 {
		t.Errorf("%d failures", n)
	}
}

func TestKill(t *testing.T) {
	k := newCore(t, defaultLimits)
	l := k.newLoop()
	me, other, far := k.connect(l), k.connect(l), k.connectFrom(l, "127.0.0.1:7")
	expect(t, me.send("CLIENT KILL ADDR 127.0.0.1:7\r\n"), ":1\r\n")
	if k.clients.Len() != 2 {
		t.Error("a killed client is still listed")
	}
	if far.runPosts(); !far.closed {
		t.Error("not closed")
	}
	far.s.Closed(nil)
	expect(t, me.send("CLIENT KILL ID 3\r\nCLIENT KILL ID 2 MAXAGE 1000\r\nCLIENT KILL TYPE normal USER default ID 2\r\n"), ":0\r\n:0\r\n:1\r\n")
	other.runPosts()
	expect(t, other.send("PING\r\n"), "")
	other.s.Closed(nil)
	expect(t, me.send("CLIENT KILL SKIPME no LADDR 127.0.0.1:6379\r\nPING\r\n"), ":1\r\n")
	if !me.finishing || me.closed {
		t.Error("killing oneself does not wait for the reply")
	}
	me.s.Closed(nil)
	if n := k.clients.Len(); n != 0 {
		t.Errorf("%d clients left", n)
	}
}

func TestMaxAgeErrors(t *testing.T) {
	k := newCore(t, defaultLimits)
	c := k.connect(k.newLoop())
	expect(t, c.send("CLIENT KILL MAXAGE x\r\nCLIENT KILL MAXAGE 0\r\nCLIENT SETINFO x y\r\nCLIENT SETINFO lib-name \"a b\"\r\nCLIENT SETINFO LIB-VER \"\"\r\nCLIENT NO-TOUCH x\r\nCLIENT TRACKING ON\r\n"),
		"-ERR maxage is not an integer or out of range\r\n-ERR maxage should be greater than 0\r\n-ERR Unrecognized option 'x'\r\n"+
			"-ERR lib-name cannot contain spaces, newlines or special characters.\r\n+OK\r\n-ERR syntax error\r\n+OK\r\n")
}

func TestPause(t *testing.T) {
	k := newCore(t, defaultLimits)
	l := k.newLoop()
	admin, writer, reader := k.connect(l), k.connect(l), k.connect(l)
	expect(t, admin.send("CLIENT PAUSE 100000 WRITE\r\n"), "+OK\r\n")
	expect(t, writer.send("GET a\r\nNOSUCH\r\nSET a 1\r\nGET a\r\n"), "$-1\r\n-ERR unknown command 'NOSUCH', with args beginning with: \r\n")
	expect(t, reader.send("GET a\r\n"), "$-1\r\n")
	if !writer.held || k.clients.Held() != 1 || !strings.Contains(admin.send("CLIENT LIST ID 2\r\n"), " flags=b ") {
		t.Errorf("held %v, %d", writer.held, k.clients.Held())
	}
	if w, all := k.clients.Paused(); !w || all {
		t.Errorf("paused %v %v", w, all)
	}
	expect(t, admin.send("CLIENT UNPAUSE\r\n"), "+OK\r\n")
	writer.runPosts()
	expect(t, writer.send(""), "+OK\r\n$1\r\n1\r\n")

	// Of two pauses the stronger and the longer one hold.
	admin.send("CLIENT PAUSE 10 ALL\r\nCLIENT PAUSE 20 WRITE\r\n")
	expect(t, reader.send("GET a\r\n"), "")
	for deadline := time.Now().Add(20 * time.Second); reader.held && time.Now().Before(deadline); reader.runPosts() {
		time.Sleep(time.Millisecond)
	}
	expect(t, reader.send(""), "$1\r\n1\r\n")

	// A client that goes while it is held is forgotten.
	admin.send("CLIENT PAUSE 100000 ALL\r\n")
	reader.send("GET a\r\n")
	reader.s.Closed(io.EOF)
	if k.clients.Held() != 0 {
		t.Error("a client that is gone is still held")
	}
	k.clients.Unpause()
	if w, all := k.clients.Paused(); w || all {
		t.Error("still paused")
	}
}

// A client with many replies lets others of its loop have their turn.
func TestYield(t *testing.T) {
	k := newCore(t, defaultLimits)
	c := k.connect(k.newLoop())
	c.send("SET a " + strings.Repeat("v", 60_000) + "\r\n")
	in := []byte(strings.Repeat("GET a\r\n", 100))
	n := c.s.Data(in)
	if n == len(in) || !c.again || len(c.out) > 2<<20 {
		t.Errorf("took %d of %d bytes, again %v, %d bytes of replies", n, len(in), c.again, len(c.out))
	}
}

func TestNoAllocation(t *testing.T) {
	if invariant.Enabled {
		t.Skip("the checks of the invariants build allocate")
	}
	k := newCore(t, defaultLimits)
	c := k.connect(k.newLoop())
	in := []byte("*1\r\n$4\r\nPING\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$3\r\nabc\r\n*2\r\n$3\r\nGET\r\n$1\r\na\r\n")
	c.out = make([]byte, 0, 4096)
	if n := testing.AllocsPerRun(1000, func() {
		c.out = c.out[:0]
		c.s.Data(in)
	}); n != 0 {
		t.Errorf("%v allocations for three commands", n)
	}
}

func BenchmarkPipeline(b *testing.B) {
	for _, bench := range []struct{ name, request string }{
		{"PING", "*1\r\n$4\r\nPING\r\n"},
		{"GET", "*2\r\n$3\r\nGET\r\n$16\r\nkey:000000012345\r\n"},
		{"SET", "*3\r\n$3\r\nSET\r\n$16\r\nkey:000000012345\r\n$32\r\n" + strings.Repeat("x", 32) + "\r\n"},
	} {
		for _, depth := range []int{1, 16, 64} {
			b.Run(bench.name+"/"+string(rune('0'+depth/10))+string(rune('0'+depth%10)), func(b *testing.B) {
				k := newCore(b, defaultLimits)
				c := k.connect(k.newLoop())
				c.send("SET key:000000012345 " + strings.Repeat("x", 32) + "\r\n")
				in := []byte(strings.Repeat(bench.request, depth))
				c.out = make([]byte, 0, 64<<10)
				b.ReportAllocs()
				for i := 0; i < b.N; i += depth {
					c.out = c.out[:0]
					c.s.Data(in)
				}
			})
		}
	}
}

// FuzzData: however what a client sends is cut, the replies are the same.
func FuzzData(f *testing.F) {
	for _, script := range scripts {
		f.Add([]byte(script), uint8(3))
	}
	f.Fuzz(func(t *testing.T, in []byte, step uint8) {
		if strings.Contains(strings.ToLower(string(in)), "client") {
			return // CLIENT INFO tells how the bytes came, and a pause what time it is
		}
		a, b := newCore(t, defaultLimits), newCore(t, defaultLimits)
		want := a.connect(a.newLoop()).send(string(in))
		cut, got := b.connect(b.newLoop()), ""
		for rest := in; len(rest) > 0; {
			n := min(1+int(step), len(rest))
			got += cut.send(string(rest[:n]))
			rest = rest[n:]
		}
		if got != want {
			t.Errorf("in pieces of %d: %q, whole: %q", 1+int(step), got, want)
		}
	})
}

// tenSets are MULTI, ten SETs and EXEC.
func tenSets() []byte {
	in := []byte("*1\r\n$5\r\nMULTI\r\n")
	for i := range 10 {
		in = fmt.Appendf(in, "*3\r\n$3\r\nSET\r\n$16\r\nkey:%012d\r\n$32\r\n%s\r\n", i*1000, strings.Repeat("x", 32))
	}
	return append(in, "*1\r\n$4\r\nEXEC\r\n"...)
}

func TestTransactionsDoNotAllocate(t *testing.T) {
	if invariant.Enabled {
		t.Skip("the checks of the invariants build allocate")
	}
	k := newCore(t, defaultLimits)
	c := k.connect(k.newLoop())
	in := append(tenSets(), "MULTI\r\nSET a 1\r\nDISCARD\r\n"...)
	c.out = make([]byte, 0, 4096)
	if n := testing.AllocsPerRun(1000, func() {
		c.out = c.out[:0]
		c.s.Data(in)
	}); n != 0 {
		t.Errorf("%v allocations for two transactions", n)
	}
}

func BenchmarkTransaction(b *testing.B) {
	k := newCore(b, defaultLimits)
	c := k.connect(k.newLoop())
	in := tenSets()
	c.out = make([]byte, 0, 64<<10)
	b.ReportAllocs()
	for b.Loop() {
		c.out = c.out[:0]
		c.s.Data(in)
	}
}
