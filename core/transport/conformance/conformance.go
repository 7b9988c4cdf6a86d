// Package conformance tests that a back end of package transport keeps its
// rules. Each back end's own test calls Run.
package conformance

import (
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/transport"
)

// wait bounds everything that has to happen at some time; no test depends on
// how soon it does.
const wait = 20 * time.Second

// New makes the server to be tested.
type New func(transport.Config) (transport.Server, error)

// Run runs all tests.
func Run(t *testing.T, newServer New) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, New)
	}{
		{"echo", testEcho}, {"pieces", testPieces}, {"huge input", testHuge},
		{"half close", testHalfClose}, {"hold", testHold}, {"held peer closes", testHeldClose},
		{"again", testAgain}, {"post", testPost}, {"slow reader", testSlowReader}, {"share", testShare},
		{"short connections", testShort}, {"unix", testUnix}, {"refuse", testRefuse},
		{"close after reply", testCloseAfterReply}, {"timers", testTimers},
		{"turn hook", testTurn}, {"turn within a handler", testInnerTurn}, {"dropped turn", testTurnDropped}, {"server close", testServerClose}, {"bind errors", testBind},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newServer) })
	}
}

// maxTurn is more than any back end gives a Handler in one turn, and than it
// keeps room for before it has arrived.
const maxTurn = 4 << 20

// handler is a Handler of functions, which checks the rules that hold in every
// test.
type handler struct {
	t      *testing.T
	c      *transport.Conn
	data   func(h *handler, in []byte) int
	inside atomic.Bool
	gone   chan struct{}
	left   int   // bytes of the last input that were not consumed
	err    error // valid once gone is closed
}

func (h *handler) Data(in []byte) int {
	if !h.inside.CompareAndSwap(false, true) {
		h.t.Error("transport R1: Data called while another method runs")
	}
	defer h.inside.Store(false)
	select {
	case <-h.gone:
		h.t.Error("transport R3: Data called after Closed")
	default:
	}
	switch {
	case len(in) < h.left:
		h.t.Errorf("transport R2: %d bytes, %d were left last time", len(in), h.left)
	case len(in)-h.left > maxTurn:
		h.t.Errorf("transport R5: %d new bytes in one turn", len(in)-h.left)
	case cap(in) > 4*len(in)+maxTurn:
		h.t.Errorf("transport R4: room for %d bytes where %d came", cap(in), len(in))
	}
	n := h.data(h, in)
	h.left = len(in) - n
	return n
}

func (h *handler) Closed(err error) {
	if h.inside.Load() {
		h.t.Error("transport R3: Closed called within Data")
	}
	h.err = err
	close(h.gone) // panics on a second call
}

// echo answers with what it got.
func echo(h *handler, in []byte) int {
	h.c.Out = append(h.c.Out, in...)
	return len(in)
}

// rig is a running server and the handlers of its connections in order.
type rig struct {
	t     *testing.T
	s     transport.Server
	addr  net.Addr
	conns chan *handler
	done  chan error
}

func start(t *testing.T, newServer New, data func(*handler, []byte) int) *rig {
	return startWith(t, newServer, transport.Config{Loops: 2}, data)
}

func startWith(t *testing.T, newServer New, config transport.Config, data func(*handler, []byte) int) *rig {
	t.Helper()
	r := &rig{t: t, conns: make(chan *handler, 4096), done: make(chan error, 1)}
	if config.Accept == nil {
		config.Accept = func(c *transport.Conn) transport.Handler {
			h := &handler{t: t, c: c, data: data, gone: make(chan struct{})}
			r.conns <- h
			return h
		}
	}
	s, err := newServer(config)
	if err != nil {
		t.Fatal(err)
	}
	r.s = s
	ls, err := s.Listen(transport.Listen{Network: "tcp", Address: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	r.addr = ls.Addr()
	go func() { r.done <- s.Serve() }()
	t.Cleanup(func() {
		s.Close()
		select {
		case err := <-r.done:
			if err != nil {
				t.Errorf("Serve: %v", err)
			}
		case <-time.After(wait):
			t.Error("Serve does not return after Close")
		}
		if n := s.Connections(); n != 0 {
			t.Errorf("%d connections left after Close", n)
		}
	})
	return r
}

func (r *rig) dial() net.Conn { return dial(r.t, r.addr) }

func dial(t *testing.T, addr net.Addr) net.Conn {
	t.Helper()
	nc, err := net.Dial(addr.Network(), addr.String())
	if err != nil {
		t.Fatal(err)
	}
	nc.SetDeadline(time.Now().Add(wait))
	t.Cleanup(func() { nc.Close() })
	return nc
}

func (r *rig) conn() *handler { r.t.Helper(); return receive(r.t, r.conns) }

func receive[T any](t *testing.T, ch <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-ch:
	case <-time.After(wait):
		t.Fatal("timeout")
	}
	return v
}

func expect(t *testing.T, nc net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(nc, got); err != nil || string(got) != want {
		t.Fatalf("got %.60q, %v; want %.60q", got[:n], err, want)
	}
}

func send(t *testing.T, nc net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(nc, text); err != nil {
		t.Fatal(err)
	}
}

func expectEOF(t *testing.T, nc net.Conn) {
	t.Helper()
	if n, err := nc.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Fatalf("got %d bytes, %v; want the end", n, err)
	}
}

// pattern is n bytes that do not repeat soon.
func pattern(n int) []byte {
	b := make([]byte, n)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

func testEcho(t *testing.T, newServer New) {
	r := start(t, newServer, echo)
	var wg sync.WaitGroup
	for range 8 {
		nc := r.dial()
		wg.Go(func() { exchange(t, nc, pattern(1<<20)) })
	}
	wg.Wait()
	h := r.conn()
	if h.c.RemoteAddr() == "" || h.c.LocalAddr() != r.addr.String() || h.c.Unix() {
		t.Errorf("addresses %q %q", h.c.RemoteAddr(), h.c.LocalAddr())
	}
}

// exchange sends and receives data at the same time.
func exchange(t *testing.T, nc net.Conn, data []byte) {
	go nc.Write(data)
	got := make([]byte, len(data))
	if _, err := io.ReadFull(nc, got); err != nil || !bytes.Equal(got, data) {
		t.Errorf("echo differs, or %v", err)
	}
}

// lines echoes whole lines only, so that the transport has to keep the rest.
func lines(h *handler, in []byte) int {
	n := bytes.LastIndexByte(in, '\n') + 1
	h.c.Out = append(h.c.Out, in[:n]...)
	return n
}

func testPieces(t *testing.T, newServer New) {
	r := start(t, newServer, lines)
	nc := r.dial()
	text := "one\ntwo\nthree and something\n\nlast\n"
	for i := range len(text) {
		send(t, nc, text[i:i+1])
		if text[i] == '\n' && i%2 == 0 {
			time.Sleep(time.Millisecond)
		}
	}
	expect(t, nc, text)
	h := r.conn()
	send(t, nc, "rest")
	eventually(t, "4 bytes buffered", func() bool { return h.c.BufferedInput() == 4 })
	send(t, nc, "\n")
	expect(t, nc, "rest\n")
	eventually(t, "nothing buffered", func() bool { return h.c.BufferedInput() == 0 })
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(wait); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not reached: %s", what)
		}
	}
}

func testHuge(t *testing.T, newServer New) {
	const size = 24 << 20
	want := pattern(size)
	r := start(t, newServer, func(h *handler, in []byte) int {
		if len(in) < size {
			return 0
		}
		if !bytes.Equal(in[:size], want) {
			h.t.Error("input differs")
		}
		h.c.Out = append(h.c.Out, "done"...)
		return size
	})
	nc := r.dial()
	for range 2 {
		if _, err := nc.Write(want); err != nil {
			t.Fatal(err)
		}
		expect(t, nc, "done")
	}
}

func testHalfClose(t *testing.T, newServer New) {
	r := start(t, newServer, echo)
	nc := r.dial()
	data := pattern(3 << 20)
	go func() {
		nc.Write(data)
		nc.(*net.TCPConn).CloseWrite()
	}()
	got, err := io.ReadAll(nc)
	if err != nil || !bytes.Equal(got, data) {
		t.Fatalf("got %d of %d bytes, %v", len(got), len(data), err)
	}
	h := r.conn()
	receive(t, h.gone)
	if h.err != io.EOF {
		t.Errorf("Closed(%v)", h.err)
	}
}

// holder holds the connection at each '!', which it consumes.
func holder(h *handler, in []byte) int {
	for i, b := range in {
		h.c.Out = append(h.c.Out, b)
		if b == '!' {
			h.c.Hold()
			return i + 1
		}
	}
	return len(in)
}

func testHold(t *testing.T, newServer New) {
	r := start(t, newServer, holder)
	nc := r.dial()
	send(t, nc, "a!b")
	expect(t, nc, "a!")
	h := r.conn()
	send(t, nc, "c")
	quiet(t, nc)
	h.c.Resume()
	expect(t, nc, "bc")
	// Held with nothing left over; input comes before and after Resume.
	send(t, nc, "!")
	expect(t, nc, "!")
	send(t, nc, "more")
	quiet(t, nc)
	h.c.Resume()
	expect(t, nc, "more")
	// More than any buffer of a held connection.
	big := bytes.Repeat([]byte("x"), 2<<20)
	send(t, nc, "!")
	expect(t, nc, "!")
	go nc.Write(big)
	quiet(t, nc)
	h.c.Resume()
	expect(t, nc, string(big))
}

// quiet checks that nothing comes for a moment.
func quiet(t *testing.T, nc net.Conn) {
	t.Helper()
	nc.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	if n, err := nc.Read(make([]byte, 1)); n != 0 || !os.IsTimeout(err) {
		t.Fatalf("%d bytes, %v, while held", n, err)
	}
	nc.SetReadDeadline(time.Now().Add(wait))
}

func testHeldClose(t *testing.T, newServer New) {
	r := start(t, newServer, holder)
	nc := r.dial()
	send(t, nc, "!rest")
	expect(t, nc, "!")
	nc.Close()
	h := r.conn()
	receive(t, h.gone)
	if h.err != io.EOF {
		t.Errorf("Closed(%v)", h.err)
	}
	if h.c.Post(func() {}) {
		t.Error("Post succeeds on a closed connection")
	}
}

func testAgain(t *testing.T, newServer New) {
	r := start(t, newServer, func(h *handler, in []byte) int {
		if len(in) == 0 {
			return 0
		}
		h.c.Out = append(h.c.Out, in[0])
		if len(in) > 1 {
			h.c.Again()
		}
		return 1
	})
	nc := r.dial()
	send(t, nc, "one byte a turn")
	expect(t, nc, "one byte a turn")
}

func testPost(t *testing.T, newServer New) {
	r := start(t, newServer, echo)
	nc := r.dial()
	h := r.conn()
	const senders, each = 4, 2000
	for range senders {
		go func() {
			for range each {
				h.c.Post(func() { h.c.Out = append(h.c.Out, 'p') })
			}
		}()
	}
	expect(t, nc, string(bytes.Repeat([]byte("p"), senders*each)))
	// Now while it closes: no crash, and false in the end.
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			for h.c.Post(func() { h.c.Out = append(h.c.Out, 'p') }) {
				time.Sleep(10 * time.Microsecond)
			}
		})
	}
	h.c.Post(h.c.Close)
	wg.Wait()
	receive(t, h.gone)
	if h.err != nil {
		t.Errorf("Closed(%v) after Close", h.err)
	}
	ran := make(chan struct{})
	if !r.s.Post(1, func() { close(ran) }) {
		t.Error("Server.Post refused")
	}
	receive(t, ran)
}

func testSlowReader(t *testing.T, newServer New) {
	const size, chunk = 100 << 20, 1 << 20
	data := pattern(chunk)
	r := start(t, newServer, func(h *handler, in []byte) int {
		if in[0] == 'x' { // small replies behind the large ones
			h.c.Out = append(h.c.Out, "end"...)
			return len(in)
		}
		for range size / chunk {
			h.c.Out = append(h.c.Out, data...)
			h.c.Flush()
		}
		return len(in)
	})
	nc := r.dial()
	send(t, nc, "go")
	h := r.conn()
	eventually(t, "much pending", func() bool { return h.c.Pending() > size/2 })
	// Others are served meanwhile, on both loops.
	for range 2 {
		other := r.dial()
		send(t, other, "x")
		expect(t, other, "end")
	}
	send(t, nc, "x")
	got := make([]byte, chunk)
	for range size / chunk {
		if _, err := io.ReadFull(nc, got); err != nil || !bytes.Equal(got, data) {
			t.Fatalf("reply differs, or %v", err)
		}
	}
	expect(t, nc, "end")
	eventually(t, "nothing pending", func() bool { return h.c.Pending() == 0 })
}

// testShare: what is shared among connections comes in order with what is their own, to
// those who read and to those who do so late.
func testShare(t *testing.T, newServer New) {
	r := start(t, newServer, echo)
	const rounds = 200
	shared := pattern(30_000)
	var want []byte
	for n := range rounds {
		want = append(append(append(want, shared[:1+n*n%len(shared)]...), "own"...), shared...)
	}
	var peers []net.Conn
	var handlers []*handler
	for range 4 {
		peers = append(peers, r.dial())
		handlers = append(handlers, r.conn())
	}
	for n := range rounds {
		for _, h := range handlers {
			h.c.Post(func() {
				first := h.c.Share(shared[:1+n*n%len(shared)])
				h.c.Out = append(h.c.Out, "own"...)
				if second := h.c.Share(shared); first <= 0 || second < int64(3+len(shared)) {
					t.Errorf("%d bytes wait, then %d", first, second)
				}
				if n%2 == 0 {
					h.c.Flush()
				}
			})
		}
	}
	var reading sync.WaitGroup
	for i, nc := range peers {
		reading.Add(1)
		go func() {
			defer reading.Done()
			if i%2 == 1 {
				time.Sleep(50 * time.Millisecond) // whenever it reads, it gets all
			}
			got := make([]byte, len(want))
			if _, err := io.ReadFull(nc, got); err != nil || !bytes.Equal(got, want) {
				t.Errorf("connection %d: %v, or other bytes than were sent", i, err)
			}
		}()
	}
	reading.Wait()
	for _, h := range handlers {
		h.c.Post(func() {
			h.c.Share([]byte("last"))
			h.c.CloseAfterReply()
		})
	}
	for _, nc := range peers {
		expect(t, nc, "last")
		expectEOF(t, nc)
	}
}

func testShort(t *testing.T, newServer New) {
	r := start(t, newServer, echo)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 500 {
				nc, err := net.Dial("tcp", r.addr.String())
				if err != nil {
					t.Error(err)
					return
				}
				nc.SetDeadline(time.Now().Add(wait))
				var b [4]byte
				nc.Write([]byte("ping"))
				if _, err := io.ReadFull(nc, b[:]); err != nil {
					t.Error(err)
				}
				nc.Close()
			}
		})
	}
	wg.Wait()
	eventually(t, "all connections gone", func() bool { return r.s.Connections() == 0 })
}

func testUnix(t *testing.T, newServer New) {
	r := start(t, newServer, echo)
	path := filepath.Join(t.TempDir(), "s")
	for range 2 { // the second time over what the first left
		ls, err := r.s.Listen(transport.Listen{Network: "unix", Address: path, Perm: 0o700})
		if err != nil {
			t.Fatal(err)
		}
		if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o700 {
			t.Errorf("socket file: %v, %v", st, err)
		}
		nc := dial(t, ls.Addr())
		exchange(t, nc, pattern(1<<20))
		if h := r.conn(); !h.c.Unix() || h.c.RemoteAddr() != path+":0" || h.c.SetKeepAlive(5) != nil {
			t.Errorf("remote address %q", h.c.RemoteAddr())
		}
		if err := ls.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Lstat(path); !os.IsNotExist(err) {
			t.Errorf("socket file after Close: %v", err)
		}
		exchange(t, nc, pattern(1000)) // connections stay
	}
}

func testRefuse(t *testing.T, newServer New) {
	say := ""
	r := startWith(t, newServer, transport.Config{Accept: func(c *transport.Conn) transport.Handler {
		if say == "" {
			say = "-full\r\n"
			return nil
		}
		c.Out = append(c.Out, say...)
		c.CloseAfterReply()
		return &handler{t: t, c: c, gone: make(chan struct{}), data: echo}
	}}, nil)
	expectEOF(t, r.dial())
	nc := r.dial()
	expect(t, nc, "-full\r\n")
	expectEOF(t, nc)
}

func testCloseAfterReply(t *testing.T, newServer New) {
	big := pattern(8 << 20)
	r := start(t, newServer, func(h *handler, in []byte) int {
		h.c.Out = append(h.c.Out, big...)
		h.c.CloseAfterReply()
		return 1
	})
	nc := r.dial()
	send(t, nc, "quit and more")
	h := r.conn()
	expect(t, nc, string(big))
	expectEOF(t, nc)
	receive(t, h.gone)
	if h.err != nil {
		t.Errorf("Closed(%v)", h.err)
	}
}

func testTimers(t *testing.T, newServer New) {
	r := start(t, newServer, echo)
	nc := r.dial()
	h := r.conn()
	begin := time.Now()
	h.c.Post(func() {
		h.c.After(30*time.Millisecond, func() { h.c.Out = append(h.c.Out, '3') })
		h.c.After(10*time.Millisecond, func() { h.c.Out = append(h.c.Out, '1') })
		stopped := h.c.After(20*time.Millisecond, func() { h.c.Out = append(h.c.Out, '2') })
		stopped.Stop()
		stopped.Stop()
	})
	expect(t, nc, "13")
	if d := time.Since(begin); d < 30*time.Millisecond {
		t.Errorf("timer early: %v", d)
	}
	fired := make(chan struct{})
	r.s.Post(0, func() { r.s.After(0, time.Millisecond, func() { close(fired) }) })
	receive(t, fired)
}

// testTurn: no reply leaves before the hook of its turn has run.
func testTurn(t *testing.T, newServer New) {
	var asked, durable atomic.Int64 // one loop writes both
	r := startWith(t, newServer, transport.Config{OnTurn: func(int) bool {
		time.Sleep(100 * time.Microsecond)
		durable.Store(asked.Load())
		return true
	}}, func(h *handler, in []byte) int {
		asked.Add(int64(len(in)))
		return echo(h, in)
	})
	nc := r.dial()
	for i := range int64(50) {
		send(t, nc, "x")
		expect(t, nc, "x")
		if durable.Load() != i+1 {
			t.Fatalf("reply %d left before its turn ended", i)
		}
	}
}

// testInnerTurn: while a handler works for long and calls Turn, the other connections
// of its loop are served, new ones too; its own is left alone, and what was posted for
// it comes later.
func testInnerTurn(t *testing.T, newServer New) {
	var s atomic.Pointer[transport.Server]
	var end atomic.Bool
	var turns atomic.Int64
	posted := make(chan struct{})
	r := startWith(t, newServer, transport.Config{Loops: 1}, func(h *handler, in []byte) int {
		if in[0] != 'L' {
			return echo(h, in)
		}
		h.c.Out = append(h.c.Out, "begun "...)
		h.c.Post(func() { close(posted) })
		for !end.Load() {
			(*s.Load()).Turn(0, time.Millisecond)
			turns.Add(1)
			select {
			case <-posted:
				t.Error("a function posted for the connection ran within its Data")
			default:
			}
		}
		h.c.Out = append(h.c.Out, "done"...)
		return len(in)
	})
	s.Store(&r.s)
	busy, other, leaving := r.dial(), r.dial(), r.dial()
	for _, nc := range []net.Conn{busy, other, leaving} {
		send(t, nc, "x")
		expect(t, nc, "x")
	}
	send(t, busy, "L")
	for turns.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	send(t, busy, "more")
	for range 20 {
		send(t, other, "y")
		expect(t, other, "y")
	}
	late := r.dial()
	send(t, late, "z")
	expect(t, late, "z")
	leaving.Close()
	send(t, other, "y")
	expect(t, other, "y")
	end.Store(true)
	expect(t, busy, "begun donemore")
	receive(t, posted)
}

// testTurnDropped: a turn whose replies must not leave ends its connections, and
// those of the next one are served.
func testTurnDropped(t *testing.T, newServer New) {
	var refuse atomic.Bool
	r := startWith(t, newServer, transport.Config{OnTurn: func(int) bool { return !refuse.Load() }}, echo)
	idle, nc := r.dial(), r.dial()
	send(t, idle, "x")
	expect(t, idle, "x")
	first := r.conn()
	send(t, nc, "x")
	expect(t, nc, "x")
	second := r.conn()
	refuse.Store(true)
	send(t, nc, "secret")
	expectEOF(t, nc)
	receive(t, second.gone)
	if second.err != transport.ErrTurnDropped {
		t.Errorf("Closed(%v)", second.err)
	}
	refuse.Store(false)
	send(t, idle, "y")
	expect(t, idle, "y")
	select {
	case <-first.gone:
		t.Error("a connection without replies was closed")
	default:
	}
}

func testServerClose(t *testing.T, newServer New) {
	r := start(t, newServer, echo)
	nc := r.dial()
	send(t, nc, "x")
	expect(t, nc, "x")
	h := r.conn()
	h.c.Post(func() { h.c.Out = append(h.c.Out, "bye"...); r.s.Close() })
	expect(t, nc, "bye")
	receive(t, h.gone)
	if h.err != transport.ErrServerClosed {
		t.Errorf("Closed(%v)", h.err)
	}
	if r.s.Post(0, func() {}) && r.s.Post(0, func() {}) {
		eventually(t, "Post refused", func() bool { return !r.s.Post(0, func() {}) })
	}
	if _, err := r.s.Listen(transport.Listen{Network: "tcp", Address: "127.0.0.1:0"}); err == nil {
		t.Error("Listen after Close")
	}
}

func testBind(t *testing.T, newServer New) {
	r := start(t, newServer, echo)
	for _, spec := range []transport.Listen{
		{Network: "tcp", Address: r.addr.String()},
		{Network: "tcp", Address: "127.0.0.1:none"},
		{Network: "tcp", Address: "192.0.2.77:0"},
		{Network: "unix", Address: filepath.Join(t.TempDir(), "missing", "s")},
		{Network: "udp", Address: "127.0.0.1:0"},
	} {
		if _, err := r.s.Listen(spec); err == nil || !bytes.Contains([]byte(err.Error()), []byte(spec.Address)) {
			t.Errorf("%v: error %v does not name the address", spec, err)
		}
	}
}
