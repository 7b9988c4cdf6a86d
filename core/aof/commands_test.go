package aof

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/rdb"
	"github.com/redoubt-kv/redoubt/core/resp"
	"github.com/redoubt-kv/redoubt/core/value/hash"
	"github.com/redoubt-kv/redoubt/core/vfs"
	"github.com/redoubt-kv/redoubt/internal/redistest"
)

func newStore(t testing.TB) *keyspace.Store {
	t.Helper()
	s, err := keyspace.New(keyspace.Options{Shards: 4, Databases: 16, Seed: 7, Now: func() int64 { return time.Now().UnixMilli() }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// fill gives the oracle values of all types, small and large.
func fill(t *testing.T, s *redistest.Server) {
	must := func(args ...any) { s.Must(t, args...) }
	long := strings.Repeat("long", 500)
	huge := strings.Repeat("0123456789abcdef", 1<<17) // 2 MiB
	for _, n := range []int{1, 63, 64, 65, 300} {
		for i := range n {
			must("RPUSH", fmt.Sprint("list", n), i, fmt.Sprint("e", i))
			must("SADD", fmt.Sprint("ints", n), i-20)
			must("SADD", fmt.Sprint("set", n), fmt.Sprint("m", i))
			must("HSET", fmt.Sprint("hash", n), fmt.Sprint("f", i), i, i, "text")
			must("ZADD", fmt.Sprint("zset", n), float64(i)/3, fmt.Sprint("m", i))
			must("XADD", fmt.Sprint("stream", n), fmt.Sprint(i+1, "-1"), "field", i, "other", long[:i])
		}
	}
	must("SET", "empty", "")
	must("SET", "int", "-12345678901")
	must("SET", "raw", "a\r\nb\x00c")
	must("SET", "long", long)
	must("SET", "huge", huge, "PXAT", "4102444800123")
	must("RPUSH", "hugelist", "a", huge, "b")
	must("SADD", "hugeset", "a", huge, "b")
	must("HSET", "hugehash", "f", "1", "huge", huge, "g", "2")
	must("ZADD", "scores", "inf", "a", "-inf", "b", "1e300", "c", "-0", "d", "0.1", "e")
	must("PEXPIREAT", "zset64", "4102444800123")
	must("XGROUP", "CREATE", "emptystream", "g", "$", "MKSTREAM")
	must("XGROUP", "CREATE", "stream300", "g", "5-1", "ENTRIESREAD", 5)
	must("XGROUP", "CREATE", "stream300", "h", "0")
	must("XGROUP", "CREATECONSUMER", "stream300", "h", "idle")
	must("XREADGROUP", "GROUP", "h", "alice", "COUNT", 100, "STREAMS", "stream300", ">")
	must("XREADGROUP", "GROUP", "h", "bob", "COUNT", 3, "STREAMS", "stream300", ">")
	must("XACK", "stream300", "h", "7-1")
	must("XDEL", "stream300", "200-1", "300-1")
	must("SELECT", 9)
	must("SET", "k", "in nine")
	must("SELECT", 0)
}

// load reads the oracle's data into a store of ours.
func loadFrom(t *testing.T, s *redistest.Server) *keyspace.Store {
	s.Must(t, "SAVE")
	store := newStore(t)
	visitor, _ := rdb.NewLoader(store, rdb.LoadOptions{NowMs: time.Now().UnixMilli()})
	if err := rdb.LoadFile(vfs.OS, filepath.Join(s.Dir, "dump.rdb"), rdb.DecoderOptions{}, visitor); err != nil {
		t.Fatal(err)
	}
	return store
}

func commandsOf(t *testing.T, store *keyspace.Store, o CommandsOptions) []byte {
	var out bytes.Buffer
	n := store.Snapshot(nil)
	defer n.Release()
	if err := WriteCommands(&out, n, o); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// What a redis-server loads of our commands is what another had in the first
// place.
func TestRedisLoadsOurCommands(t *testing.T) {
	a := redistest.Start(t, "--enable-debug-command", "yes")
	fill(t, a)
	commands := commandsOf(t, loadFrom(t, a), CommandsOptions{StampSec: 1_700_000_000})
	if !bytes.HasPrefix(commands, []byte("#TS:1700000000\r\n*2\r\n$6\r\nSELECT\r\n")) {
		t.Fatalf("%.60q", commands)
	}
	dir := t.TempDir()
	files := map[string][]byte{
		"appendonly.aof.manifest":   []byte("file appendonly.aof.1.base.aof seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n"),
		"appendonly.aof.1.base.aof": commands,
		"appendonly.aof.1.incr.aof": nil,
	}
	os.Mkdir(filepath.Join(dir, "appendonlydir"), 0o755)
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, "appendonlydir", name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b := redistest.StartIn(t, dir, "--appendonly", "yes", "--enable-debug-command", "yes")
	if x, y := a.Must(t, "DEBUG", "DIGEST"), b.Must(t, "DEBUG", "DIGEST"); x != y {
		t.Errorf("digest %v, want %v", y, x)
	}
	for _, ask := range [][]any{
		{"PEXPIRETIME", "huge"}, {"PEXPIRETIME", "zset64"}, {"DBSIZE"},
		{"XINFO", "STREAM", "emptystream"}, {"XINFO", "GROUPS", "stream300"},
		{"XPENDING", "stream300", "h", "-", "+", 1000}, {"XINFO", "STREAM", "stream300"},
	} {
		x, y := fmt.Sprint(a.Must(t, ask...)), fmt.Sprint(b.Must(t, ask...))
		if ask[0] == "XPENDING" { // idle times differ
			x, y = withoutIdle(a.Must(t, ask...)), withoutIdle(b.Must(t, ask...))
		}
		if x != y {
			t.Errorf("%v: %s\nwant %s", ask, y, x)
		}
	}
}

func withoutIdle(pending any) (s string) {
	for _, p := range pending.([]any) {
		p := p.([]any)
		s += fmt.Sprint(p[0], p[1], p[3], "\n")
	}
	return s
}

// Commands have at most 64 elements, as Redis's do.
func TestElementsPerCommand(t *testing.T) {
	a := redistest.Start(t, "--enable-debug-command", "yes")
	fill(t, a)
	commands := commandsOf(t, loadFrom(t, a), CommandsOptions{})
	count := map[string]int{}
	scanner := resp.Scanner{Authenticated: true}
	for len(commands) > 0 {
		args, n, err := scanner.Next(commands)
		if err != nil || n == 0 {
			t.Fatal(err, n)
		}
		commands = commands[n:]
		elements := 0
		switch string(args[0]) {
		case "RPUSH", "SADD":
			elements = len(args) - 2
		case "HMSET", "ZADD":
			elements = (len(args) - 2) / 2
		}
		if elements > 64 {
			t.Fatalf("%q has %d elements", args[:3], elements)
		}
		count[string(args[0])+" "+string(args[1])]++
	}
	for command, want := range map[string]int{
		"SADD ints64": 1, "SADD set65": 2, "RPUSH list1": 1, "RPUSH list63": 2, "HMSET hash300": 10, "ZADD zset300": 5, "XADD stream65": 65,
	} {
		if count[command] != want {
			t.Errorf("%s: %d commands, want %d", command, count[command], want)
		}
	}
}

// Redis 7.0 knows no fields that expire: what we write is what 7.4 writes.
func TestFieldsThatExpire(t *testing.T) {
	s := newStore(t)
	tx := s.NewTx()
	key, now := []byte("h"), time.Now().UnixMilli()
	tx.LockKey(key, now)
	c := tx.DB(0).New(key)
	hash.New(c)
	e := hash.Edit(c, now, 100)
	e.Set([]byte("a"), []byte("1"), hash.NoDue)
	e.Set([]byte("b"), []byte("2"), hash.NoDue)
	e.SetDue([]byte("b"), now+100_000)
	e.Close()
	tx.DB(0).Commit(c)
	tx.Unlock()
	got := string(commandsOf(t, s, CommandsOptions{}))
	due := fmt.Sprint(now + 100_000)
	want := fmt.Sprintf("*6\r\n$10\r\nHPEXPIREAT\r\n$1\r\nh\r\n$%d\r\n%s\r\n$6\r\nFIELDS\r\n$1\r\n1\r\n$1\r\nb\r\n", len(due), due)
	if !strings.HasSuffix(got, want) || !strings.Contains(got, "*6\r\n$5\r\nHMSET\r\n$1\r\nh\r\n") {
		t.Fatalf("%q", got)
	}
}

func TestCommandsStopAtErrors(t *testing.T) {
	s := newStore(t)
	tx := s.NewTx()
	for i := range 100 {
		key := fmt.Appendf(nil, "k%d", i)
		tx.LockKey(key, 0)
		tx.DB(0).SetString(key, bytes.Repeat([]byte("v"), 10000), keyspace.NoTTL)
		tx.Unlock()
	}
	stop := errors.New("stop")
	calls := 0
	again := func() error {
		if calls++; calls == 3 {
			return stop
		}
		return nil
	}
	for name, o := range map[string]CommandsOptions{"block": {Block: again}, "progress": {Progress: again}} {
		calls = 0
		n := s.Snapshot(nil)
		if err := WriteCommands(io.Discard, n, o); err != stop || calls != 3 {
			t.Errorf("%s: %v after %d calls", name, err, calls)
		}
		n.Release()
	}
	n := s.Snapshot(nil)
	defer n.Release()
	if err := WriteCommands(failing{}, n, CommandsOptions{}); err != io.ErrShortWrite {
		t.Error(err)
	}
}

type failing struct{}

func (failing) Write(p []byte) (int, error) { return 0, io.ErrShortWrite }

// Values that writers change while they are written come out as they were at the
// cut, and each command whole, also where others are visited in their midst.
func TestCommandsUnderWrites(t *testing.T) {
	s := newStore(t)
	tx := s.NewTx()
	const hashes, fields, strs = 3, 3000, 500
	pad := strings.Repeat(".", 300) // many blocks
	set := func(k, f, round int) {
		key, now := fmt.Appendf(nil, "h%d", k), time.Now().UnixMilli()
		tx.LockKey(key, now)
		defer tx.Unlock()
		c, ok := tx.DB(k).Change(key, 0)
		if !ok {
			c = tx.DB(k).New(key)
			hash.New(c)
		}
		e := hash.Edit(c, now, 100)
		e.Set(fmt.Appendf(nil, "f%d", f), fmt.Appendf(nil, "%d:%d%s", f, round, pad), hash.NoDue)
		e.Close()
		tx.DB(k).Commit(c)
	}
	str := func(i, round int) {
		key := fmt.Appendf(nil, "s%d", i)
		tx.LockKey(key, time.Now().UnixMilli())
		tx.DB(i%3).SetString(key, fmt.Appendf(nil, "%d:%d", i, round), keyspace.NoTTL)
		tx.Unlock()
	}
	for f := range fields {
		for k := range hashes {
			set(k, f, 0)
		}
	}
	for i := range strs {
		str(i, 0)
	}
	n := s.Snapshot(nil)
	defer n.Release()
	var out bytes.Buffer
	calls := 0
	err := WriteCommands(writerFunc(func(p []byte) (int, error) {
		for i := range 40 { // writers come in wherever a block is full
			set(calls%hashes, (calls*40+i*97)%fields, 1)
			str((calls*40+i)%strs, 1)
		}
		calls++
		return out.Write(p)
	}), n, CommandsOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got, db := map[string]string{}, ""
	scanner, commands := resp.Scanner{Authenticated: true}, out.Bytes()
	for len(commands) > 0 {
		args, size, err := scanner.Next(commands)
		if err != nil || size == 0 {
			t.Fatal(err, size)
		}
		commands = commands[size:]
		switch string(args[0]) {
		case "SELECT":
			db = string(args[1])
		case "SET":
			got[db+" "+string(args[1])] = string(args[2])
		case "HMSET":
			for i := 2; i < len(args); i += 2 {
				got[db+" "+string(args[1])+" "+string(args[i])] = string(args[i+1])
			}
		}
	}
	if calls < 8 {
		t.Fatalf("%d blocks", calls)
	}
	if len(got) != hashes*fields+strs {
		t.Fatalf("%d values", len(got))
	}
	for k := range hashes {
		for f := range fields {
			if v := got[fmt.Sprintf("%d h%d f%d", k, k, f)]; v != fmt.Sprintf("%d:0%s", f, pad) {
				t.Fatalf("hash %d field %d: %q", k, f, v)
			}
		}
	}
	for i := range strs {
		if v := got[fmt.Sprintf("%d s%d", i%3, i)]; v != fmt.Sprintf("%d:0", i) {
			t.Fatalf("string %d: %q", i, v)
		}
	}
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
