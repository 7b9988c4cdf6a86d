package load

import (
	"bufio"
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// fakeServer answers each command of three arguments with reply. One client
// in a time, it can be made to stall.
type fakeServer struct {
	addr     string
	reply    string
	stall    sync.RWMutex // held for writing while the server stalls
	commands atomic.Int64
}

func startFake(t *testing.T, reply string) *fakeServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	s := &fakeServer{addr: l.Addr().String(), reply: reply}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.serve(c)
		}
	}()
	return s
}

func (s *fakeServer) serve(c net.Conn) {
	defer c.Close()
	r, w := NewReader(c), bufio.NewWriter(c)
	for {
		if _, err := r.Read(); err != nil {
			return
		}
		s.stall.RLock()
		s.commands.Add(1)
		_, _ = w.WriteString(s.reply)
		s.stall.RUnlock()
		if r.br.Buffered() == 0 && w.Flush() != nil {
			return
		}
	}
}

func TestClosedCountsWhatTheServerSaw(t *testing.T) {
	s := startFake(t, "+OK\r\n")
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	res, err := Closed{Addr: s.addr, Conns: 3, Pipeline: 8, Command: Overwrite("key:", 100, 10)}.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if res.Requests == 0 || res.Requests != s.commands.Load() {
		t.Errorf("%d requests, the server saw %d", res.Requests, s.commands.Load())
	}
	if res.Batch.N*8 != res.Requests {
		t.Errorf("%d batches of 8 for %d requests", res.Batch.N, res.Requests)
	}
}

func TestLoadsEndAtAnErrorReply(t *testing.T) {
	s := startFake(t, "-OOM not now\r\n")
	_, err := Closed{Addr: s.addr, Conns: 2, Pipeline: 4, Command: Overwrite("key:", 100, 10)}.Run(context.Background())
	if want := ServerError("OOM not now"); !errors.Is(err, want) {
		t.Errorf("closed loop: %v", err)
	}
	run, err := Open{Addr: s.addr, Conns: 2, Rate: 1000, Command: Overwrite("key:", 100, 10)}.Start()
	if err != nil {
		t.Fatal(err)
	}
	<-run.done
	if _, err := run.Stop(); !errors.Is(err, ServerError("OOM not now")) {
		t.Errorf("open loop: %v", err)
	}
	if err := Fill(context.Background(), s.addr, "key:", 10, FixedValue(3)); !errors.Is(err, ServerError("OOM not now")) {
		t.Errorf("fill: %v", err)
	}
}

// TestOpenSeesTheStall is the test of coordinated omission: all requests that
// were due during a stall must be counted with their wait, not one of them.
func TestOpenSeesTheStall(t *testing.T) {
	const stall, rate = 300 * time.Millisecond, 1000
	s := startFake(t, "+OK\r\n")
	run, err := Open{Addr: s.addr, Conns: 2, Rate: rate, Command: Overwrite("key:", 100, 10)}.Start()
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
	s.stall.Lock()
	time.Sleep(stall)
	s.stall.Unlock()
	time.Sleep(50 * time.Millisecond)
	samples, err := run.Stop()
	if err != nil {
		t.Fatal(err)
	}
	if int64(len(samples)) != s.commands.Load() {
		t.Errorf("%d samples, the server saw %d", len(samples), s.commands.Load())
	}
	var waited int
	for _, x := range samples {
		if x.Latency > stall/2 {
			waited++
		}
	}
	// Half of the 300 that were due waited for more than half of the stall.
	if waited < 100 {
		t.Errorf("%d requests waited for more than %v, want about 150", waited, stall/2)
	}
}

// TestTimetable checks that requests are due in equal steps which do not drift.
func TestTimetable(t *testing.T) {
	for _, rate := range []float64{0.5, 3, 5000, 7777} {
		o := Open{Rate: rate}
		for i := range 1000 {
			step := o.due(i+1) - o.due(i)
			if want := time.Duration(float64(time.Second) / rate); (step - want).Abs() > 1 {
				t.Fatalf("rate %v: %v between requests %d and %d, want %v", rate, step, i, i+1, want)
			}
		}
		const hour = 3600
		if got := o.due(int(rate * hour)); (got - time.Duration(float64(int(rate*hour))/rate*1e9)).Abs() > time.Microsecond {
			t.Errorf("rate %v: an hour's requests are due after %v", rate, got)
		}
	}
}

// TestOpenKeepsTheTimetable checks that what is sent is what was due, though
// the server answers nothing in time.
func TestOpenKeepsTheTimetable(t *testing.T) {
	s := startFake(t, "+OK\r\n")
	o := Open{Addr: s.addr, Conns: 3, Rate: 2000, Command: Overwrite("key:", 100, 10)}
	s.stall.Lock()
	run, err := o.Start()
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	s.stall.Unlock()
	samples, err := run.Stop()
	if err != nil || len(samples) == 0 {
		t.Fatalf("%d samples, %v", len(samples), err)
	}
	seen := map[time.Duration]bool{}
	for _, x := range samples {
		seen[x.Intended] = true
		if x.Late < 0 || x.Latency < x.Late {
			t.Errorf("%+v: answered before it was sent, or sent before it was due", x)
		}
	}
	for i := range samples {
		if !seen[o.due(i)] {
			t.Fatalf("request %d of %d was not sent at its time", i, len(samples))
		}
	}
}

func TestFillMakesEachKeyOnce(t *testing.T) {
	s := startFake(t, "+OK\r\n")
	for _, n := range []uint64{1, 3, 64, 1001} {
		s.commands.Store(0)
		if err := Fill(context.Background(), s.addr, "key:", n, FixedValue(5)); err != nil {
			t.Fatal(err)
		}
		if got := s.commands.Load(); got != int64(n) {
			t.Errorf("%d commands for %d keys", got, n)
		}
	}
}

func TestKeysAndValues(t *testing.T) {
	if got := string(AppendKey([]byte("x"), "key:", 1234)); got != "xkey:000000001234" {
		t.Errorf("key %q", got)
	}
	for kind, size := range map[string]int{"0": 0, "8": 8, "100": 100, "int": 8} {
		v, err := ParseValue(kind)
		if err != nil {
			t.Fatal(err)
		}
		a, again, b := v(nil, 7), v(nil, 7), v(nil, 8)
		if len(a) != size || string(a) != string(again) || size > 0 && string(a) == string(b) {
			t.Errorf("kind %s: %q %q %q", kind, a, again, b)
		}
	}
	for _, bad := range []string{"", "-1", "x", "9999999999"} {
		if _, err := ParseValue(bad); err == nil {
			t.Errorf("value kind %q was taken", bad)
		}
	}
	cmd := Overwrite("key:", 5, 100)(nil, rand.New(rand.NewPCG(1, 1)))
	rep, err := NewReader(strings.NewReader(string(cmd))).Read()
	if err != nil || len(rep.Array) != 3 || len(rep.Array[1].Str) != 16 || len(rep.Array[2].Str) != 100 {
		t.Errorf("overwrite %q: %v", cmd, err)
	}
}
