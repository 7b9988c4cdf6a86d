package epoll

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/transport"
	"github.com/redoubt-kv/redoubt/core/transport/conformance"
)

func TestConformanceBatched(t *testing.T) {
	skipWithoutRing(t)
	conformance.Run(t, func(c transport.Config) (transport.Server, error) { return NewBatched(c) })
}

func skipWithoutRing(t *testing.T) {
	t.Helper()
	b, err := newBatch()
	if err != nil {
		t.Skip(err)
	}
	b.ring.Close()
}

// crowd is a server of one loop and connections whose input comes at the same time.
type crowd struct {
	t     *testing.T
	s     *Server
	conns []net.Conn
	peers []*member // of conns
}

// member is the handler of one of a crowd.
type member struct {
	c    *transport.Conn
	do   func(in []byte) (consumed int) // instead of echoing; of the next Data
	got  []byte
	gone bool
}

func (m *member) Data(in []byte) int {
	if do := m.do; do != nil {
		m.do = nil
		return do(in)
	}
	m.got = append(m.got, in...)
	m.c.Out = append(m.c.Out, in...)
	return len(in)
}

func (m *member) Closed(error) { m.gone = true }

func newCrowd(t *testing.T, n int) *crowd {
	t.Helper()
	skipWithoutRing(t)
	opened := make(chan *member, 1)
	s, err := NewBatched(transport.Config{Loops: 1, Accept: func(c *transport.Conn) transport.Handler {
		m := &member{c: c}
		opened <- m
		return m
	}})
	if err != nil {
		t.Fatal(err)
	}
	ls, err := s.Listen(transport.Listen{Network: "tcp", Address: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() { s.Serve() })
	t.Cleanup(func() {
		s.Close()
		serving.Wait()
	})
	w := &crowd{t: t, s: s}
	for range n {
		nc, err := net.Dial("tcp", ls.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { nc.Close() })
		nc.SetDeadline(time.Now().Add(20 * time.Second))
		w.conns, w.peers = append(w.conns, nc), append(w.peers, <-opened)
	}
	return w
}

// onLoop runs fn there.
func (w *crowd) onLoop(fn func()) {
	w.t.Helper()
	done := make(chan struct{})
	if !w.s.Post(0, func() { fn(); close(done) }) {
		w.t.Fatal("the server is closed")
	}
	<-done
}

// atOnce has the loop find what each of the connections sends in one turn. prepare runs
// on the loop before.
func (w *crowd) atOnce(prepare func(), send func(i int) []byte) {
	w.t.Helper()
	w.onLoop(func() {
		prepare()
		for i, nc := range w.conns {
			if _, err := nc.Write(send(i)); err != nil { // the kernel has room for it
				w.t.Error(err)
			}
		}
	})
}

func (w *crowd) expect(i int, want []byte) {
	w.t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(w.conns[i], got); err != nil || !bytes.Equal(got, want) {
		w.t.Fatalf("connection %d: %.40q (%d bytes), %v; want %.40q (%d)", i, got, n, err, want, len(want))
	}
}

func number(i int) []byte { return fmt.Appendf(nil, "<%d>", i) }

// TestBatchSizes: input that is as long as a batch has room for, and around that; of more
// connections than one batch reads.
func TestBatchSizes(t *testing.T) {
	w := newCrowd(t, roomCount+9)
	text := func(i int) []byte {
		n := []int{1, 50, roomSize - 1, roomSize, roomSize + 1, 3*roomSize - 1, 20000}[i%7]
		return bytes.Repeat(number(i), n)[:n]
	}
	for range placeFrom + 3 { // with and without a place in the table of files
		w.atOnce(func() {}, text)
		for i := range w.conns {
			w.expect(i, text(i))
		}
	}
	seated := 0
	w.onLoop(func() {
		for _, s := range w.s.loops[0].slots {
			if s.conn != nil && s.conn.seated {
				seated++
			}
		}
	})
	if seated == 0 {
		t.Error("no connection is in the table of files")
	}
}

// TestReadAhead: what the handler of one connection does to others whose input has been
// read already.
func TestReadAhead(t *testing.T) {
	const n = 12
	for first := range n { // whose handler comes first is epoll's choice
		w := newCrowd(t, n)
		done := false
		meddle := func(m *member, in []byte) int {
			if !done {
				done = true
				for i, other := range w.peers {
					switch {
					case other == m:
					case i%4 == 1:
						other.c.Close()
					case i%4 == 2:
						other.c.Hold()
					case i%4 == 3:
						other.c.Out = append(other.c.Out, "bye"...)
						other.c.CloseAfterReply()
					}
				}
			}
			m.got, m.c.Out = append(m.got, in...), append(m.c.Out, in...)
			return len(in)
		}
		var who *member
		w.atOnce(func() {
			for _, m := range w.peers {
				m.do = func(in []byte) int {
					if who == nil {
						who = m
					}
					return meddle(m, in)
				}
			}
		}, number)
		w.onLoop(func() {})
		for i, m := range w.peers {
			switch {
			case m == who || i%4 == 0:
				w.expect(i, number(i))
			case i%4 == 2:
				w.onLoop(func() {
					if len(m.got) != 0 {
						t.Errorf("connection %d got %q while held", i, m.got)
					}
				})
				if _, err := w.conns[i].Write([]byte("more")); err != nil {
					t.Fatal(err)
				}
				m.c.Resume()
				w.expect(i, append(number(i), "more"...))
			default:
				if b, _ := io.ReadAll(w.conns[i]); i%4 == 3 && string(b) != "bye" || i%4 == 1 && len(b) != 0 {
					t.Errorf("connection %d: %q", i, b)
				}
				w.onLoop(func() {
					if len(m.got) != 0 || !m.gone {
						t.Errorf("connection %d got %q after it was closed; gone: %v", i, m.got, m.gone)
					}
				})
			}
		}
		if first > 1 && testing.Short() {
			break
		}
	}
}

// TestTurnReadAhead: a turn within a handler serves those that have been read already,
// and then reads anew, and leaves the handler's own input alone.
func TestTurnReadAhead(t *testing.T) {
	const n = 2 * roomCount
	w := newCrowd(t, n)
	nested := 0
	w.atOnce(func() {
		for i, m := range w.peers {
			m.do = func(in []byte) int {
				if nested == 0 {
					nested++
					before := bytes.Clone(in)
					for j, other := range w.peers {
						if other != m {
							w.conns[j].Write([]byte("again"))
						}
					}
					w.s.Turn(0, time.Second)
					w.s.Turn(0, 0)
					if !bytes.Equal(in, before) {
						t.Errorf("the input of connection %d was %q, is %q", i, before, in)
					}
				}
				m.c.Out = append(m.c.Out, in...)
				return len(in)
			}
		}
	}, number)
	for i := range w.conns {
		w.expect(i, number(i))
	}
}

// TestClosedWithPlace: a connection that is in the table of files is closed for its peer.
func TestClosedWithPlace(t *testing.T) {
	w := newCrowd(t, 4)
	for range placeFrom + 3 {
		w.atOnce(func() {}, number)
		for i := range w.conns {
			w.expect(i, number(i))
		}
	}
	w.onLoop(func() {
		for _, m := range w.peers {
			m.c.Close()
		}
	})
	for i, nc := range w.conns {
		if b, err := io.ReadAll(nc); len(b) != 0 || err != nil {
			t.Errorf("connection %d: %q, %v", i, b, err)
		}
	}
}

// TestWithoutRing: a loop whose ring another thread has taken serves all the same.
func TestWithoutRing(t *testing.T) {
	w := newCrowd(t, 0)
	w.s.Close()
	var told []error
	s, err := NewBatched(transport.Config{
		Accept: func(c *transport.Conn) transport.Handler { return &member{c: c} },
		Error:  func(err error) { told = append(told, err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.loops[0].batch.ring.Enable(); err != nil {
		t.Fatal(err)
	}
	ls, err := s.Listen(transport.Listen{Network: "tcp", Address: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() { s.Serve() })
	nc, err := net.Dial("tcp", ls.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	w.conns = []net.Conn{nc}
	nc.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := nc.Write(number(1)); err != nil {
		t.Fatal(err)
	}
	w.expect(0, number(1))
	s.Close()
	serving.Wait()
	if len(told) != 1 {
		t.Errorf("told %v", told)
	}
}
