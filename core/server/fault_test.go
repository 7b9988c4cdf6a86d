package server_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/server"
	"github.com/redoubt-kv/redoubt/core/vfs"
	"github.com/redoubt-kv/redoubt/core/vfs/faultfs"
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

// A way in which a disk fails.
type failing struct {
	name  string
	fault faultfs.Fault
}

var failings = []failing{
	{"EIO once", faultfs.Fault{}},
	{"EIO from then on", faultfs.Fault{Persistent: true}},
	{"full once, after half a write", faultfs.Fault{ShortWrite: true, Err: syscall.ENOSPC, Only: takesSpace}},
	{"full from then on, after half a write", faultfs.Fault{Persistent: true, ShortWrite: true, Err: syscall.ENOSPC, Only: takesSpace}},
	{"read-only from then on", faultfs.Fault{Persistent: true, Err: syscall.EROFS, Only: changes}},
}

func takesSpace(op string) bool {
	word, _, _ := strings.Cut(op, " ")
	return slices.Contains([]string{"write", "create", "openappend", "mkdirall", "sync", "datasync"}, word)
}

func changes(op string) bool {
	word, _, _ := strings.Cut(op, " ")
	return takesSpace(op) || slices.Contains([]string{"rename", "remove", "truncate", "syncdir"}, word)
}

// failAt has the nth file operation fail in one way and crashes during the failure and
// after it. It tells whether there was an nth operation.
func failAt(t *testing.T, base *memfs.FS, written *history, dir string, f failing, n int) (fired bool) {
	t.Helper()
	what := fmt.Sprintf("%s, operation %d", f.name, n)
	m := base.CrashClone(nil)
	fault := f.fault
	fault.At = n
	disk := faultfs.New(m, fault)
	h := written.copy()
	d := startOnDisk(t, disk, dir)
	defer d.stop()
	if !d.ended {
		h.work(d)
	}
	if trace := disk.Trace(); disk.Fired() {
		if i := slices.IndexFunc(trace, func(op string) bool { return strings.HasSuffix(op, "!") }); i >= 0 {
			what += " (" + trace[i] + ")"
		}
	}
	r := rand.New(rand.NewPCG(uint64(n), 1))
	h.verify(t, what+", crash while it fails", m.CrashClone(nil), dir)
	h.verify(t, what+", crash that keeps more", m.CrashPrefix(r), dir)
	fired = disk.Fired()
	if d.ended {
		if !fired {
			t.Errorf("%s: the server ended by itself\n%s", what, d.log)
		}
		return fired
	}
	disk.Clear()
	h.recover(what, d)
	h.write(d)
	h.verify(t, what+", crash after it", m.CrashClone(nil), dir)
	return fired
}

// recover wants writes to be possible again after the disk has stopped failing. A
// rewrite is asked for, since those that begin by themselves wait for minutes after
// many failures.
func (h *history) recover(what string, d *onDisk) {
	d.t.Helper()
	if !d.enabled() {
		if reply, err := d.do("CONFIG", "SET", "appendonly", "yes"); err != nil || reply != "OK" {
			d.t.Errorf("%s: the append-only file cannot be turned on again: %v, %v\n%s", what, reply, err, d.log)
		}
	}
	d.idle()
	if reply, err := d.do("BGREWRITEAOF"); err != nil || !strings.HasPrefix(fmt.Sprint(reply), "Background append only file rewriting") {
		d.t.Errorf("%s: BGREWRITEAOF: %v, %v", what, reply, err)
	}
	const most = 15 * time.Second
	for end := time.Now().Add(most); !d.complete(most) || !h.write(d); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			d.t.Errorf("%s: no write is possible after the disk is well again\n%s", what, d.log)
			return
		}
	}
}

// Environment of the child processes of the tests below: which way of failing, and
// which operations. A server reserves a terabyte of address space for good, so that
// one process can run a hundred of them only.
const (
	failEnv = "REDOUBT_DISK_FAILS"
	// failAllEnv has every operation fail in turn, which takes minutes (make crash).
	failAllEnv = "REDOUBT_DISK_FAILS_ALL"
	perChild   = 20
)

// TestDiskFailsChild is the child.
func TestDiskFailsChild(t *testing.T) {
	var way, from, step int
	if n, err := fmt.Sscanf(os.Getenv(failEnv), "%d %d %d", &way, &from, &step); n != 3 || err != nil {
		t.Skip("for TestEveryFileOperationFails")
	}
	dir := t.TempDir()
	m := newDisk(t, dir)
	h := &history{}
	d := startOnDisk(t, m, dir)
	for range 5 {
		h.write(d)
	}
	d.stop()
	for i := range perChild {
		if !failAt(t, m, h, dir, failings[way], from+i*step) {
			fmt.Println("no more operations")
			return
		}
	}
}

// TestEveryFileOperationFails has the Nth operation on files fail, for all N or by
// default some, in several ways, and crashes the machine during that and afterwards.
func TestEveryFileOperationFails(t *testing.T) {
	all := os.Getenv(failAllEnv) != ""
	for way, f := range failings {
		t.Run(f.name, func(t *testing.T) {
			step := 1
			if !all {
				step = 17 - 2*way // each way hits others
			}
			for from := 1 + way; ; from += perChild * step {
				if !all && from > 1+way {
					return
				}
				cmd := exec.Command(os.Args[0], "-test.run", "^TestDiskFailsChild$", "-test.timeout", "20m")
				cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %d %d", failEnv, way, from, step))
				out, err := cmd.CombinedOutput()
				if err != nil {
					t.Fatalf("from operation %d on: %v\n%s", from, err, out)
				}
				if strings.Contains(string(out), "no more operations") {
					return
				}
			}
		})
	}
}

// instant is what a crash just before a file operation would have left, and what was
// known of the writes at that moment.
type instant struct {
	op     string
	disk   *memfs.FS
	known  *history
	prefix bool
}

// TestCrashAtEveryFileOperation has the machine lose power before each file operation
// of a server that writes, rewrites and saves, and starts another one on what is left.
func TestCrashAtEveryFileOperation(t *testing.T) {
	if spec := os.Getenv(failEnv); spec != "" {
		crashes(t, spec)
		return
	}
	for from := 0; ; from += 4 * perChild {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestCrashAtEveryFileOperation$", "-test.timeout", "20m")
		cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", failEnv, from))
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("from operation %d on: %v\n%s", from, err, out)
		}
		if strings.Contains(string(out), "no more operations") || os.Getenv(failAllEnv) == "" {
			return
		}
	}
}

// crashes plays a part of the instants: all from one on, or by default every fourth.
func crashes(t *testing.T, spec string) {
	var from int
	if _, err := fmt.Sscan(spec, &from); err != nil {
		t.Fatal(err)
	}
	step := 4
	if os.Getenv(failAllEnv) != "" {
		step = 1
	}
	dir := t.TempDir()
	m := newDisk(t, dir)
	h := &history{}
	r := rand.New(rand.NewPCG(uint64(from), 2))
	var mu sync.Mutex
	var all []instant
	disk := faultfs.New(m, faultfs.Fault{Before: func(op string) {
		known := h.copy()
		mu.Lock()
		defer mu.Unlock()
		i := instant{op: op, known: known, prefix: len(all)%2 == 1}
		if i.prefix {
			i.disk = m.CrashPrefix(r)
		} else {
			i.disk = m.CrashClone(nil)
		}
		all = append(all, i)
	}})
	var used vfs.FS = disk
	if os.Getenv(lieEnv) != "" {
		used = lying{disk}
	}
	d := startOnDisk(t, used, dir)
	h.work(d)
	d.stop()
	mu.Lock()
	defer mu.Unlock()
	for n := from; n < from+4*perChild; n += step {
		if n >= len(all) {
			fmt.Println("no more operations")
			return
		}
		i := all[n]
		i.known.writes = append(i.known.writes, make([]outcome, len(h.writes)-len(i.known.writes))...)
		i.known.verify(t, fmt.Sprintf("power lost before operation %d (%s), more than was synced kept: %v", n, i.op, i.prefix), i.disk, dir)
	}
}

// lying is a disk whose files say that they are durable when they are not.
type lying struct{ vfs.FS }

type lyingFile struct{ vfs.File }

func (lyingFile) DataSync() error { return nil }

// OpenAppend implements vfs.FS.
func (l lying) OpenAppend(name string) (vfs.File, error) {
	f, err := l.FS.OpenAppend(name)
	if err != nil {
		return nil, err
	}
	return lyingFile{f}, nil
}

// TestLostWritesAreNoticed: on a disk that lies, acknowledged writes are lost, and
// the test above says so.
func TestLostWritesAreNoticed(t *testing.T) {
	cmd := exec.Command(os.Args[0], "-test.run", "^TestCrashAtEveryFileOperation$")
	cmd.Env = append(os.Environ(), failEnv+"=0", lieEnv+"=1")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "ACKNOWLEDGED WRITES ARE LOST") {
		t.Fatalf("a disk that syncs nothing was not noticed: %v\n%s", err, out)
	}
}
