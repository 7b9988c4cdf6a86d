package server_test

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/server"
	"github.com/redoubt-kv/redoubt/core/vfs"
	"github.com/redoubt-kv/redoubt/core/vfs/memfs"
	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// onDisk is a server with appendonly yes and appendfsync always whose data lie on a
// file system of the test.
type onDisk struct {
	t      *testing.T
	socket string
	log    *text
	code   chan int
	ended  bool
	c      *redistest.Client // nil: the server has closed it
}

// startOnDisk starts a server and waits until it answers, or has ended by itself.
func startOnDisk(t *testing.T, disk vfs.FS, dir string) *onDisk {
	t.Helper()
	d := &onDisk{t: t, socket: filepath.Join(t.TempDir(), "s"), log: &text{}, code: make(chan int, 1)}
	args := []string{"--port", "0", "--unixsocket", d.socket, "--dir", dir, "--loops", "1", "--save", "",
		"--appendonly", "yes", "--appendfsync", "always", "--auto-aof-rewrite-percentage", "0"}
	go func() { d.code <- server.RunOn(context.Background(), disk, args, strings.NewReader(""), d.log, d.log) }()
	d.until("the server answers", func() bool {
		if d.ended = d.ended || len(d.code) > 0; d.ended {
			return true
		}
		reply, err := d.do("PING")
		return err == nil && reply == "PONG"
	})
	return d
}

func (d *onDisk) until(what string, ok func() bool) {
	d.t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			d.t.Fatalf("not reached: %s\n%s", what, d.log)
		}
	}
}

// do sends a command over a connection that is opened when there is none.
func (d *onDisk) do(args ...any) (any, error) {
	if d.c == nil {
		conn, err := net.Dial("unix", d.socket)
		if err != nil {
			return nil, err
		}
		d.c = redistest.NewClient(conn)
	}
	reply, err := d.c.Do(args...)
	if err != nil {
		d.c.Close()
		d.c = nil
	}
	return reply, err
}

// idle waits until no background job runs or is about to.
func (d *onDisk) idle() {
	d.t.Helper()
	d.until("no background job", func() bool {
		info, err := d.do("INFO", "persistence")
		text := fmt.Sprint(info)
		return err == nil && strings.Contains(text, "rdb_bgsave_in_progress:0") && strings.Contains(text, "aof_rewrite_in_progress:0")
	})
}

func (d *onDisk) enabled() bool {
	info, _ := d.do("INFO", "persistence")
	return strings.Contains(fmt.Sprint(info), "aof_enabled:1")
}

// stop ends the server, saving nothing.
func (d *onDisk) stop() {
	d.t.Helper()
	if !d.ended {
		d.do("SHUTDOWN", "NOSAVE", "NOW", "FORCE")
		select {
		case <-d.code:
		case <-time.After(30 * time.Second):
			d.t.Fatalf("SHUTDOWN FORCE does not end the server\n%s", d.log)
		}
	}
	if d.c != nil {
		d.c.Close()
	}
}

// outcome is what is known of a write: acknowledged; refused with an error; or
// nothing, because the connection was closed instead of a reply.
type outcome byte

const (
	unknown outcome = iota
	acknowledged
	refused
)

// history is the writes in their order. The number of each is pushed onto a list;
// each third one in a transaction that sets a key to it, too.
type history struct {
	mu     sync.Mutex
	writes []outcome
}

func (h *history) copy() *history {
	h.mu.Lock()
	defer h.mu.Unlock()
	return &history{writes: slices.Clone(h.writes)}
}

// write does the next write and tells whether it was acknowledged.
func (h *history) write(d *onDisk) bool {
	h.mu.Lock()
	n := len(h.writes)
	h.writes = append(h.writes, unknown)
	h.mu.Unlock()
	var reply any
	var err error
	if n%3 == 0 {
		for _, line := range [][]any{{"MULTI"}, {"RPUSH", "log", n}, {"SET", "pair", n}, {"EXEC"}} {
			if reply, err = d.do(line...); err != nil {
				break
			}
		}
	} else {
		reply, err = d.do("RPUSH", "log", n)
	}
	is := acknowledged
	e, isError := reply.(redistest.Error)
	switch {
	case err != nil:
		is = unknown
	case isError && (strings.HasPrefix(string(e), "MISCONF") || strings.HasPrefix(string(e), "EXECABORT")):
		is = refused
	case isError:
		d.t.Errorf("write %d: %v", n, e)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.writes[n] = is
	return is == acknowledged
}

// verify starts a server on what a crash has left and looks whether all is there that
// was acknowledged, nothing that was refused, and no gap.
func (h *history) verify(t *testing.T, what string, disk *memfs.FS, dir string) {
	t.Helper()
	d := startOnDisk(t, disk, dir)
	defer d.stop()
	if d.ended {
		t.Errorf("%s: the restart failed\n%s", what, d.log)
		return
	}
	must, may := 0, []int{}
	for n, is := range h.writes {
		if is != refused {
			may = append(may, n)
		}
		if is == acknowledged {
			must = len(may)
		}
	}
	reply, err := d.do("LRANGE", "log", 0, -1)
	got, ok := reply.([]any)
	if err != nil || !ok {
		t.Errorf("%s: LRANGE: %v, %v", what, reply, err)
		return
	}
	pair := "<nil>"
	for i, n := range got {
		if i >= len(may) || n != fmt.Sprint(may[i]) {
			t.Errorf("%s: the list has %v, expected a prefix of %v (outcomes %v)", what, got, may, h.writes)
			return
		}
		if may[i]%3 == 0 {
			pair = fmt.Sprint(n)
		}
	}
	if len(got) < must {
		t.Errorf("%s: ACKNOWLEDGED WRITES ARE LOST: the list has %v, expected at least %v\n%s", what, got, may[:must], d.log)
	}
	if is, err := d.do("GET", "pair"); err != nil || fmt.Sprint(is) != pair {
		t.Errorf("%s: transactions are there in part: pair is %v, expected %s, the list has %v", what, is, pair, got)
	}
	if reply, err := d.do("INCR", "another"); err != nil || reply != int64(1) {
		t.Errorf("%s: no write is possible: %v, %v", what, reply, err)
	}
}

// newDisk is a file system with the directory dir, durable.
func newDisk(t *testing.T, dir string) *memfs.FS {
	m := memfs.New()
	if err := m.MkdirAll(dir); err != nil {
		t.Fatal(err)
	}
	for d := dir; ; d = filepath.Dir(d) {
		if err := m.SyncDir(d); err != nil {
			t.Fatal(err)
		}
		if d == filepath.Dir(d) {
			return m
		}
	}
}

// work writes between everything that works on files: rewrites, saves, switching the
// append-only file off and on.
func (h *history) work(d *onDisk) {
	some := func(n int) {
		for range n {
			h.write(d)
		}
	}
	some(4)
	d.do("BGREWRITEAOF")
	some(3)
	d.idle()
	some(3)
	d.do("BGSAVE")
	some(2)
	d.idle()
	d.do("BGREWRITEAOF")
	d.do("CONFIG", "SET", "appendonly", "no")
	d.do("CONFIG", "SET", "appendonly", "yes")
	if d.complete(500 * time.Millisecond) { // nothing is promised before it has its base
		some(3)
	}
}

// complete waits for some time until the append-only file that was turned on has its
// base, and tells whether it has.
func (d *onDisk) complete(most time.Duration) bool {
	for end := time.Now().Add(most); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		info, err := d.do("INFO", "persistence")
		yes := err == nil
		for _, field := range []string{"aof_enabled:1", "aof_rewrite_in_progress:0", "aof_rewrite_scheduled:0", "aof_last_bgrewrite_status:ok"} {
			yes = yes && strings.Contains(fmt.Sprint(info), field)
		}
		if yes {
			return true
		}
	}
	return false
}
