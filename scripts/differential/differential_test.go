package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

func testOptions(t *testing.T) options {
	return options{redis: redistest.Path(t, "redis-server"), n: 20000, rounds: 1, shrink: 30 * time.Second,
		log: filepath.Join(t.TempDir(), "differential.ops")}
}

func mustEngine(t *testing.T, o options) *engine {
	t.Helper()
	e, stop, err := o.engine()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return e
}

// TestRedisAgainstItself: whatever differs here is a fault of the normalisers
// or of the grammar.
func TestRedisAgainstItself(t *testing.T) {
	o := testOptions(t)
	o.ours, o.n = o.redis, 3000
	e := mustEngine(t, o)
	for _, seed := range []uint64{1, 2} {
		o.seed = seed
		var out bytes.Buffer
		if err := o.random(e, &out); err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
	}
}

// buildRedoubt builds the server of this repository.
func buildRedoubt(t *testing.T) string {
	t.Helper()
	if _, err := os.Stat("../../cmd/redoubt-server"); err != nil {
		t.Skip("cmd/redoubt-server is not there")
	}
	binary := filepath.Join(t.TempDir(), "redoubt-server")
	cmd := exec.Command("go", "build", "-o", binary, "./cmd/redoubt-server")
	cmd.Dir = "../.."
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build redoubt-server: %v\n%s", err, out)
	}
	return binary
}

// TestRedoubtAgainstRedis is the short run, always the same; scripts/differential
// is the long one, with seeds of its own (make test-long).
func TestRedoubtAgainstRedis(t *testing.T) {
	binary := buildRedoubt(t)
	for _, c := range []struct {
		flags           string
		saving, restart bool
	}{
		{flags: ""},
		{flags: "--shards 1", saving: true},
		{flags: "--shards 64", restart: true},
		{flags: "--transport portable", restart: true, saving: true},
	} {
		t.Run(fmt.Sprintf("%s saving=%v restart=%v", c.flags, c.saving, c.restart), func(t *testing.T) {
			o := testOptions(t)
			o.ours, o.n, o.saving, o.restart = binary+" "+c.flags, 4000, c.saving, c.restart
			e := mustEngine(t, o)
			for _, seed := range []uint64{2, 3} {
				o.seed = seed
				var out bytes.Buffer
				if err := o.random(e, &out); err != nil {
					t.Errorf("%v\n%s", err, out.String())
				}
			}
		})
	}
}

// TestFound repeats the divergences that were found once (found.ops).
func TestFound(t *testing.T) {
	f, err := os.Open("found.ops")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ops, err := readOps(f)
	if err != nil {
		t.Fatal(err)
	}
	o := testOptions(t)
	o.ours = buildRedoubt(t)
	e := mustEngine(t, o)
	if d, err := e.play(ops); err != nil || d != nil {
		t.Errorf("%v, %v", d, err)
	}
}

// corruptor is a proxy before a redis-server that spoils one kind of reply.
func corruptor(t *testing.T, target string, from, to string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", target)
			if err != nil {
				client.Close()
				continue
			}
			go pipe(server, client, "", "")
			go pipe(client, server, from, to)
		}
	}()
	return l.Addr().String()
}

// pipe copies from src to dst until either closes, replacing from by to.
func pipe(dst, src net.Conn, from, to string) {
	defer dst.Close()
	defer src.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := src.Read(buf)
		if n > 0 {
			b := buf[:n]
			if from != "" {
				b = bytes.ReplaceAll(b, []byte(from), []byte(to))
			}
			if _, err := dst.Write(b); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// TestCanary: a server with one wrong reply is found, and shrunk to few
// commands.
func TestCanary(t *testing.T) {
	for _, c := range []struct{ name, from, to, command string }{
		{"error text", "bit offset is not an integer", "bit offset is no integer", ""},
		{"HLL encoding", "+sparse", "+dense!", "PFDEBUG"},
		{"object encoding", "embstr", "embtsr", "OBJECT"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := testOptions(t)
			fake := redistest.Start(t, "--enable-debug-command", "yes")
			o.oursAddr, o.seed, o.n = corruptor(t, fake.Addr, c.from, c.to), 7, 10000
			e := mustEngine(t, o)
			var out bytes.Buffer
			err := o.random(e, &out)
			if err == nil {
				t.Fatal("the planted fault was not found")
			}
			if c.command != "" && !strings.Contains(out.String(), c.command) {
				t.Errorf("the report does not name %s:\n%s", c.command, out.String())
			}
			var n int
			if _, rest, ok := strings.Cut(out.String(), "commands found ("); ok {
				fmt.Sscanf(rest, "%d", &n)
			}
			if n < 1 || n > 4 {
				t.Errorf("shrunk to %d commands:\n%s", n, out.String())
			}
			f, err := os.Open(o.log)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			ops, err := readOps(f)
			if err != nil {
				t.Fatal(err)
			}
			if d, err := e.play(ops); err != nil || d == nil || d.index != len(ops)-1 {
				t.Errorf("the log does not repeat the divergence: %v, %v", d, err)
			}
		})
	}
}

func TestOpsLogRoundTrip(t *testing.T) {
	ops := newGen(3, groups).ops(2000)
	var b bytes.Buffer
	if err := writeOps(&b, ops); err != nil {
		t.Fatal(err)
	}
	back, err := readOps(&b)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.EqualFunc(ops, back, func(x, y op) bool { return x.String() == y.String() }) {
		t.Fatal("the log does not give the operations back")
	}
	for _, bad := range []string{"c7 \"GET\"", "c0", "c0 GET", "x \"GET\"", "c0 \"GET"} {
		if _, err := readOps(strings.NewReader(bad)); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

// TestCommandTable compares what COMMAND INFO and COMMAND DOCS say of the
// commands that both servers know.
// What 7.4 changed in a row of 7.0 is named in rowsChanged.
func TestCommandTable(t *testing.T) {
	o := testOptions(t)
	o.ours = buildRedoubt(t)
	e := mustEngine(t, o)
	theirs, ours := commandRows(t, e.a.addr), commandRows(t, e.b.addr)
	both := 0
	for name, row := range ours {
		want, ok := theirs[name]
		if !ok {
			continue
		}
		both++
		if reason := rowsChanged[name]; reason == "" && row != want {
			t.Errorf("COMMAND INFO %s:\n  redis: %s\n  ours:  %s", name, want, row)
		}
	}
	if both == 0 {
		t.Error("the two servers have no command in common")
	}
}

// rowsChanged maps a command to what later versions changed in its row.
var rowsChanged = map[string]string{
	"zrank":                   "7.2 added WITHSCORE",
	"zrank docs arguments":    "7.2 added WITHSCORE",
	"zrevrank":                "7.2 added WITHSCORE",
	"zrevrank docs arguments": "7.2 added WITHSCORE",
}

// commandRows renders each row of COMMAND and of its subcommands (name, arity,
// flags, keys, categories, tips, key specs; sets sorted), and what COMMAND DOCS
// says of it.
func commandRows(t *testing.T, addr string) map[string]string {
	t.Helper()
	c, err := dial(addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	rows := map[string]string{}
	for _, sub := range []string{"INFO", "DOCS"} {
		v, err := c.do("COMMAND", sub)
		if err != nil {
			t.Fatal(err)
		}
		if sub == "DOCS" {
			addDocs(rows, v)
			continue
		}
		for _, r := range v.elems {
			addRow(t, rows, r)
		}
	}
	return rows
}

func addRow(t *testing.T, rows map[string]string, r reply) {
	t.Helper()
	if len(r.elems) < 10 {
		t.Fatalf("row of COMMAND: %.200q", r.raw)
	}
	var b strings.Builder
	for i, f := range r.elems[:8] {
		if i == 2 || i >= 6 {
			fmt.Fprintf(&b, "%q ", sortedElems(f))
		} else {
			fmt.Fprintf(&b, "%s ", f.text)
		}
	}
	fmt.Fprintf(&b, "key specs %q", r.elems[8].raw)
	rows[string(r.elems[0].text)] = b.String()
	for _, sub := range r.elems[9].elems {
		addRow(t, rows, sub)
	}
}

// addDocs adds to rows a map of names and their documentation.
func addDocs(rows map[string]string, docs reply) {
	for i := 0; i+1 < len(docs.elems); i += 2 {
		name, fields := string(docs.elems[i].text), docs.elems[i+1].elems
		for j := 0; j+1 < len(fields); j += 2 {
			if string(fields[j].text) == "subcommands" {
				addDocs(rows, fields[j+1])
				continue
			}
			rows[name+" docs "+string(fields[j].text)] = string(fields[j+1].raw)
		}
	}
}
