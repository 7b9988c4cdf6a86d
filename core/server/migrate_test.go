package server_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// fakeTarget is a server that says to MIGRATE what the test wants.
type fakeTarget struct {
	t        *testing.T
	listener net.Listener
	requests chan []string // as they come, of all connections
	replies  chan string   // one for each request; "" closes the connection
}

func newFakeTarget(t *testing.T) *fakeTarget {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeTarget{t: t, listener: l, requests: make(chan []string, 100), replies: make(chan string, 100)}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go f.serve(conn)
		}
	}()
	return f
}

func (f *fakeTarget) port() int { return f.listener.Addr().(*net.TCPAddr).Port }

func (f *fakeTarget) serve(conn net.Conn) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	for {
		request, err := readRequest(r)
		if err != nil {
			return
		}
		f.requests <- request
		reply := <-f.replies
		if reply == "" {
			return
		}
		io.WriteString(conn, reply+"\r\n")
	}
}

func readRequest(r *bufio.Reader) (words []string, err error) {
	count := func(kind byte) (n int, err error) {
		line, err := r.ReadString('\n')
		if err != nil || line[0] != kind {
			return 0, fmt.Errorf("%q, %v", line, err)
		}
		return strconv.Atoi(strings.TrimSpace(line[1:]))
	}
	n, err := count('*')
	for ; err == nil && n > 0; n-- {
		size, err := count('$')
		if err != nil {
			return nil, err
		}
		b := make([]byte, size+2)
		if _, err := io.ReadFull(r, b); err != nil {
			return nil, err
		}
		words = append(words, string(b[:size]))
	}
	return words, err
}

// got returns the next request, without payloads.
func (f *fakeTarget) got() string {
	f.t.Helper()
	select {
	case r := <-f.requests:
		if r[0] == "RESTORE" {
			r[3] = "…"
		}
		return strings.Join(r, " ")
	case <-time.After(20 * time.Second):
		f.t.Fatal("no request comes")
		return ""
	}
}

func (f *fakeTarget) expect(want string) {
	f.t.Helper()
	if got := f.got(); got != want {
		f.t.Errorf("the target got %q, want %q", got, want)
	}
}

// reply waits for the requests and answers them.
func (f *fakeTarget) reply(requestsAndReplies ...string) {
	f.t.Helper()
	for i := 0; i < len(requestsAndReplies); i += 2 {
		f.expect(requestsAndReplies[i])
		f.replies <- requestsAndReplies[i+1]
	}
}

func receive(t *testing.T, c *redistest.Client, want any) {
	t.Helper()
	if got, err := c.Receive(); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("received %v, %v; want %v", got, err, want)
	}
}

// TestMigrateHoldsKeysBack: while a key moves, requests that name it wait, in plain
// and within EXEC, and others do not.
func TestMigrateHoldsKeysBack(t *testing.T) {
	ours, target := start(t, t.TempDir(), "--save", ""), newFakeTarget(t)
	c, mover, reader, writer, exec := ours.dial(), ours.dial(), ours.dial(), ours.dial(), ours.dial()
	c.Must(t, "MSET", "k", "v", "other", "1")
	mover.Send("MIGRATE", "127.0.0.1", target.port(), "k", 0, 60000)
	target.reply("SELECT 0", "+OK")
	target.expect("RESTORE k 0 …")
	exec.Must(t, "MULTI")
	exec.Must(t, "APPEND", "k", "w")
	reader.Send("GET", "k")
	writer.Send("APPEND", "k", "xyz")
	exec.Send("EXEC")
	for range 50 { // long enough for them to be executed, if they were
		expect(t, c, "OK", "SET", "other", "2")
	}
	expect(t, c, int64(2), "EXISTS", "other", "other")
	expect(t, c, int64(2), "DBSIZE")
	target.replies <- "+OK"
	receive(t, mover, "OK")
	if got, _ := reader.Receive(); got != nil && got == "v" {
		t.Errorf("a key was read while it moved: %v", got)
	}
	sum := 0
	got, _ := writer.Receive()
	sum += int(got.(int64))
	got, _ = exec.Receive()
	sum += int(got.([]any)[0].(int64))
	if sum != 1+4 && sum != 3+4 { // one of them came first, on an empty key
		t.Errorf("APPEND to what has moved: %d", sum)
	}
}

// TestMigrateChangedMeanwhile: a key that changes although it is held back goes
// again.
func TestMigrateChangedMeanwhile(t *testing.T) {
	ours, target := start(t, t.TempDir(), "--save", ""), newFakeTarget(t)
	c, mover, waiter := ours.dial(), ours.dial(), ours.dial()
	c.Must(t, "RPUSH", "list", "a")
	c.Must(t, "SET", "same", "v")
	waiter.Send("BLMOVE", "source", "list", "LEFT", "RIGHT", 0)
	ours.eventually("a client waits", func() bool {
		return strings.Contains(c.Must(t, "INFO", "clients").(string), "blocked_clients:1")
	})
	mover.Send("MIGRATE", "127.0.0.1", target.port(), "", 0, 60000, "KEYS", "list", "same")
	target.reply("SELECT 0", "+OK", "RESTORE list 0 …", "+OK")
	target.expect("RESTORE same 0 …")
	c.Must(t, "RPUSH", "source", "b")
	receive(t, waiter, "b")
	target.replies <- "+OK"
	target.reply("RESTORE list 0 … REPLACE", "+OK")
	receive(t, mover, "OK")
	expect(t, c, int64(0), "DBSIZE")
}

// TestMigratePartly: only what was acknowledged is deleted, and recorded as deleted.
func TestMigratePartly(t *testing.T) {
	dir := t.TempDir()
	ours, target := start(t, dir, "--save", "", "--appendonly", "yes"), newFakeTarget(t)
	c := ours.dial()
	c.Must(t, "MSET", "a", "1", "b", "2", "c", "3", "d", "4")
	c.Send("MIGRATE", "127.0.0.1", target.port(), "", 7, 60000, "AUTH2", "u", "p", "KEYS", "a", "none", "b", "c", "d")
	target.reply("AUTH u p", "+OK", "SELECT 7", "+OK", "RESTORE a 0 …", "+OK", "RESTORE b 0 …", "-BUSYKEY no", "RESTORE c 0 …", "+OK", "RESTORE d 0 …", "")
	receive(t, c, "ERR Target instance replied with error: BUSYKEY no")
	expect(t, c, []any{nil, "2", nil, "4"}, "MGET", "a", "b", "c", "d")
	expect(t, c, "[1 0]", "WAITAOF", 1, 0, 0)
	files, _ := filepath.Glob(filepath.Join(dir, "appendonlydir", "*.incr.aof"))
	b, err := os.ReadFile(files[0])
	if err != nil || !strings.HasSuffix(string(b), "*3\r\n$3\r\nDEL\r\n$1\r\na\r\n$1\r\nc\r\n") {
		t.Errorf("recorded: %q, %v", b, err)
	}
	// The first reply is missing: one more try, with what was kept of a connection or not.
	c.Send("MIGRATE", "127.0.0.1", target.port(), "b", 7, 60000)
	target.reply("SELECT 7", "+OK", "RESTORE b 0 …", "", "SELECT 7", "+OK", "RESTORE b 0 …", "+OK")
	receive(t, c, "OK")
	c.Send("MIGRATE", "127.0.0.1", target.port(), "d", 7, 60000)
	target.reply("RESTORE d 0 …", "", "SELECT 7", "+OK", "RESTORE d 0 …", "")
	receive(t, c, "IOERR error or timeout reading to target instance")
	expect(t, c, "4", "GET", "d")
}

// TestMigrateWithoutClient: what a client began who has gone is brought to its end.
func TestMigrateWithoutClient(t *testing.T) {
	ours, target := start(t, t.TempDir(), "--save", ""), newFakeTarget(t)
	c, mover := ours.dial(), ours.dial()
	c.Must(t, "SET", "k", "v")
	id := mover.Must(t, "CLIENT", "ID").(int64)
	mover.Send("MIGRATE", "127.0.0.1", target.port(), "k", 0, 60000)
	target.reply("SELECT 0", "+OK")
	target.expect("RESTORE k 0 …")
	expect(t, c, int64(0), "CLIENT", "UNBLOCK", id)
	expect(t, c, int64(1), "CLIENT", "KILL", "ID", id)
	target.replies <- "+OK"
	expect(t, c, nil, "GET", "k") // waits
}

// TestMigrateAsRedis: the replies are redis-server's, with redis-server and with
// ours as targets, and so is what is left.
func TestMigrateAsRedis(t *testing.T) {
	type pair struct{ source, target *redistest.Client }
	dir := t.TempDir()
	oracle, oracleTarget, targetOfOurs := redistest.Start(t), redistest.Start(t), redistest.Start(t)
	ours, oursTarget := start(t, dir, "--save", ""), start(t, t.TempDir(), "--save", "")
	pairs := []pair{
		{redistest.MustDial(t, oracle.Addr), redistest.MustDial(t, oracleTarget.Addr)},
		{ours.dial(), redistest.MustDial(t, targetOfOurs.Addr)},
		{ours.dial(), oursTarget.dial()},
		{redistest.MustDial(t, oracle.Addr), oursTarget.dial()},
	}
	ports := []int{oracleTarget.Port, targetOfOurs.Port, oursTarget.port, oursTarget.port}
	unused, err := redistest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	run := func(p pair, port int) (out []string) {
		do := func(c *redistest.Client, words ...any) {
			for i, w := range words {
				switch w {
				case "PORT":
					words[i] = port
				case "UNUSED":
					words[i] = unused
				}
			}
			reply, err := c.Do(words...)
			out = append(out, strings.ReplaceAll(fmt.Sprint(words, " → ", reply, err), strconv.Itoa(port), "PORT"))
		}
		src := func(line string) { do(p.source, fields(line)...) }
		dst := func(line string) { do(p.target, fields(line)...) }
		for _, line := range []string{
			"FLUSHALL", "SET s v", "RPUSH l a b c", "HSET h f v g w", "ZADD z 1 a 2 b", "SADD t a b", "XADD x 1-1 f v", "PEXPIRE s 100000",
			"MIGRATE 127.0.0.1 PORT none 0 100", "MIGRATE 127.0.0.1 PORT '' 0 100 KEYS none no", "MIGRATE 127.0.0.1 PORT k 0 100 KEYS s",
			"MIGRATE 127.0.0.1 PORT s 0 100 COPY AUTH", "MIGRATE 127.0.0.1 PORT s 0 100 AUTH2 a", "MIGRATE 127.0.0.1 PORT s 0 100 NONE",
			"MIGRATE 127.0.0.1 PORT s x 100", "MIGRATE 127.0.0.1 PORT s 0 x", "MIGRATE 127.0.0.1 PORT s x y", "MIGRATE 127.0.0.1 PORT none x y",
			"MIGRATE 127.0.0.1 PORT '' 0 100 KEYS", "MIGRATE 127.0.0.1 UNUSED s 0 1000", "MIGRATE 127.0.0.1 PORT s 99 1000",
			"MIGRATE 127.0.0.1 PORT s 0 5000 AUTH2 nobody x", "MIGRATE 127.0.0.1 PORT s 3 5000 COPY", "MIGRATE 127.0.0.1 PORT s 3 5000 COPY",
			"MIGRATE 127.0.0.1 PORT s 3 5000 COPY REPLACE", "MIGRATE 127.0.0.1 PORT '' 3 5000 KEYS s l h z t x none s",
			"DBSIZE", "MIGRATE 127.0.0.1 PORT '' 4 5000 REPLACE KEYS l h z t x none s l", "DBSIZE",
			"SET a 1", "MULTI", "APPEND a 2", "MIGRATE 127.0.0.1 PORT a 5 5000", "EXISTS a", "EXEC",
			"COMMAND GETKEYS MIGRATE h 1 k 0 0 COPY AUTH keys", "COMMAND GETKEYS MIGRATE h 1 '' 0 0 AUTH2 keys keys KEYS a b", "COMMAND GETKEYS MIGRATE h 1 k 0 0 KEYS a",
			"COMMAND GETKEYSANDFLAGS MIGRATE h 1 k 0 0",
			"WAIT 0 0", "WAIT 1 1", "WAIT x 1", "WAIT 1 x", "WAIT 1 -1", "WAIT -1 0", "MULTI", "WAIT 1 0", "EXEC",
		} {
			src(line)
		}
		for _, line := range []string{"SELECT 3", "DBSIZE", "GET s", "SELECT 4", "LRANGE l 0 -1", "HGETALL h", "ZRANGE z 0 -1 WITHSCORES", "XRANGE x - +", "SELECT 5", "GET a", "FLUSHALL"} {
			dst(line)
		}
		return out
	}
	want := run(pairs[0], ports[0])
	for i := 1; i < len(pairs); i++ {
		got := run(pairs[i], ports[i])
		for j := range want {
			if got[j] != want[j] {
				t.Errorf("pair %d:\n have %s\n want %s", i, got[j], want[j])
			}
		}
	}
}

// fields cuts a line at blanks; ” is an empty word.
func fields(line string) (words []any) {
	for _, w := range strings.Fields(line) {
		words = append(words, strings.Trim(w, "'"))
	}
	return words
}

// TestMigrateMany: clients who change keys meanwhile lose nothing: all counts come
// to the target, or stay.
func TestMigrateMany(t *testing.T) {
	ours, target := start(t, t.TempDir(), "--save", ""), redistest.Start(t)
	const clients, rounds = 4, 200
	done := make(chan error, clients)
	for range clients {
		c := ours.dial()
		go func() {
			for i := range rounds {
				if reply, err := c.Do("INCR", fmt.Sprint("k", i%5)); err != nil {
					done <- fmt.Errorf("%v, %w", reply, err)
					return
				}
			}
			done <- nil
		}()
	}
	mover, at := ours.dial(), redistest.MustDial(t, target.Addr)
	sum := int64(0)
	for left := clients; left > 0; {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			left--
		default:
		}
		mover.Must(t, "MIGRATE", "127.0.0.1", target.Port, "", 0, 20000, "KEYS", "k0", "k1", "k2", "k3", "k4")
		sum += drain(t, at)
	}
	sum += drain(t, mover)
	if sum != clients*rounds {
		t.Errorf("%d increments arrived, want %d", sum, clients*rounds)
	}
}

// drain adds up the counters that a server has, and removes them.
func drain(t *testing.T, c *redistest.Client) (sum int64) {
	for i := range 5 {
		if v := c.Must(t, "GETDEL", fmt.Sprint("k", i)); v != nil {
			n, _ := strconv.ParseInt(v.(string), 10, 64)
			sum += n
		}
	}
	return sum
}

// TestWaitAOF follows Redis 7.2's documentation.
func TestWaitAOF(t *testing.T) {
	ours := start(t, t.TempDir(), "--save", "")
	c, other := ours.dial(), ours.dial()
	const off = "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled."
	expect(t, c, off, "WAITAOF", 1, 0, 0)
	expect(t, c, "[0 0]", "WAITAOF", 0, 0, 0)
	expect(t, c, "ERR value is out of range, value must between 0 and 1", "WAITAOF", 2, 0, 0)
	expect(t, c, "ERR value is out of range, must be positive", "WAITAOF", 1, -1, 0)
	expect(t, c, "ERR timeout is negative", "WAITAOF", 1, 0, -1)
	expect(t, c, "[0 0]", "WAITAOF", 0, 1, 1)
	c.Must(t, "SET", "before", "1")
	c.Must(t, "CONFIG", "SET", "appendonly", "yes")
	ours.eventually("the first base is written", func() bool {
		return strings.Contains(c.Must(t, "INFO", "persistence").(string), "aof_rewrite_in_progress:0")
	})
	for _, policy := range []string{"everysec", "always"} {
		c.Must(t, "CONFIG", "SET", "appendfsync", policy)
		c.Must(t, "INCR", "k")
		expect(t, c, "[1 0]", "WAITAOF", 1, 0, 0)
		expect(t, c, "[1 0]", "WAITAOF", 1, 1, 1)
	}
	c.Must(t, "CONFIG", "SET", "appendfsync", "no")
	c.Must(t, "INCR", "k")
	expect(t, c, "[0 0]", "WAITAOF", 1, 0, 10)
	expect(t, other, "[1 0]", "WAITAOF", 1, 0, 0) // it has written nothing
	c.Must(t, "MULTI")
	c.Must(t, "WAITAOF", 1, 0, 0)
	expect(t, c, "[[0 0]]", "EXEC")
	id := c.Must(t, "CLIENT", "ID").(int64)
	c.Send("WAITAOF", 1, 0, 0)
	ours.eventually("the wait is ended", func() bool { return other.Must(t, "CLIENT", "UNBLOCK", id, "ERROR") == int64(1) })
	receive(t, c, "UNBLOCKED client unblocked via CLIENT UNBLOCK")
	c.Send("WAITAOF", 1, 0, 0)
	ours.eventually("a client waits", func() bool {
		return strings.Contains(other.Must(t, "INFO", "clients").(string), "blocked_clients:1")
	})
	other.Must(t, "CONFIG", "SET", "appendonly", "no")
	receive(t, c, off)
}
