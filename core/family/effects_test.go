package family_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/internal/familytest"
	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// An effect is what a command leaves in the append-only file. These tests run
// scripts here and on redis-server and compare its file with the journal,
// command for command.
//
// A script has a command on each line; its words are separated by spaces. «»
// is the empty word, $dump(k) the DUMP of key k on redis-server. Before the
// command may stand
//
//	2:     it is client 2's; else it is client 1's
//	2!:    it is client 2's and will wait
//	sleep  for 20 ms, in which times to live of up to 10 ms end
//	lazy   expire|user-del|user-flush yes|no: the directive lazyfree-lazy-…
type effectCase struct {
	name, script string
	// want is what the journal is to have, for commands that 7.0 has not: a
	// command a line, in which +N stands for the time N ms from now.
	want string
	// random are commands of which only name and number of arguments are compared.
	random string
}

// clockToleranceMs is by how much times in the two logs may differ.
const clockToleranceMs = 30_000

// oracle is a redis-server whose append-only file is read.
type oracle struct {
	t      *testing.T
	server *redistest.Server
	file   string
}

func startOracle(t *testing.T) *oracle {
	t.Helper()
	s := redistest.Start(t, "--appendonly", "yes", "--appendfsync", "no", "--aof-use-rdb-preamble", "no",
		"--auto-aof-rewrite-percentage", "0", "--enable-debug-command", "yes")
	files, err := filepath.Glob(filepath.Join(s.Dir, "appendonlydir", "*.incr.aof"))
	if err != nil || len(files) != 1 {
		t.Fatalf("files of the AOF: %v, %v", files, err)
	}
	s.Must(t, "DEBUG", "SET-ACTIVE-EXPIRE", 0)
	return &oracle{t: t, server: s, file: files[0]}
}

// log is what the file has from offset on. A reply comes after the write of what
// it depends on.
func (o *oracle) log(offset int) []byte {
	o.t.Helper()
	b, err := os.ReadFile(o.file)
	if err != nil {
		o.t.Fatal(err)
	}
	return b[offset:]
}

// blocked is how many clients wait.
func (o *oracle) blocked() (n int) {
	o.t.Helper()
	_, rest, _ := strings.Cut(fmt.Sprint(o.server.Must(o.t, "INFO", "clients")), "blocked_clients:")
	if _, err := fmt.Sscan(rest, &n); err != nil {
		o.t.Fatal(err)
	}
	return n
}

// awaitBlocked waits until n clients wait.
func (o *oracle) awaitBlocked(n int) {
	o.t.Helper()
	for try := 0; o.blocked() != n; try++ {
		if try == 5000 {
			o.t.Fatalf("%d clients wait, not %d", o.blocked(), n)
		}
		time.Sleep(time.Millisecond)
	}
}

// run runs a script and returns what it left in the file.
func (o *oracle) run(script []step) []byte {
	o.t.Helper()
	o.awaitBlocked(0) // those of the last script are gone
	o.server.Must(o.t, "FLUSHALL")
	start := len(o.log(0))
	clients, waiting := map[int]*redistest.Client{}, map[int]bool{}
	for _, s := range script {
		if s.local(func() {
			o.server.Must(o.t, "CONFIG", "SET", "lazyfree-lazy-"+s.args[1], s.args[2])
		}) {
			continue
		}
		c := clients[s.client]
		if c == nil {
			c = redistest.MustDial(o.t, o.server.Addr)
			clients[s.client] = c
			defer c.Close()
		}
		if waiting[s.client] {
			if _, err := c.Receive(); err != nil {
				o.t.Fatal(err)
			}
			delete(waiting, s.client)
		}
		before := 0
		if s.waits {
			before = o.blocked()
		}
		if err := c.Send(s.words()...); err != nil {
			o.t.Fatal(err)
		}
		if s.waits {
			waiting[s.client] = true
			o.awaitBlocked(before + 1)
		} else if _, err := c.Receive(); err != nil {
			o.t.Fatalf("%s: %v", s, err)
		}
	}
	return o.log(start)
}

// step is a line of a script.
type step struct {
	client int
	waits  bool
	args   []string
}

func (s step) String() string { return fmt.Sprintf("%d: %.200q", s.client, s.args) }

func (s step) words() (list []any) {
	for _, w := range s.args {
		list = append(list, w)
	}
	return list
}

// local does a step that is no command; set sets the directive of "lazy".
func (s step) local(set func()) bool {
	switch s.args[0] {
	case "sleep":
		time.Sleep(20 * time.Millisecond)
	case "lazy":
		set()
	default:
		return false
	}
	return true
}

func parseScript(text string) (script []step) {
	for _, line := range strings.Split(text, "\n") {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		s := step{client: 1}
		if who, ok := strings.CutSuffix(words[0], ":"); ok {
			who, s.waits = strings.CutSuffix(who, "!")
			s.client, _ = strconv.Atoi(who)
			words = words[1:]
		}
		for _, w := range words {
			s.args = append(s.args, strings.ReplaceAll(w, "«»", ""))
		}
		script = append(script, s)
	}
	return script
}

// dumps puts the payloads for $dump(key) into a script: of keys that another
// script has made on the oracle.
func (o *oracle) dumps(script []step) {
	for _, s := range script {
		for i, w := range s.args {
			if key, ok := strings.CutPrefix(w, "$dump("); ok {
				o.server.Must(o.t, "FLUSHALL")
				o.server.Must(o.t, "RPUSH", strings.TrimSuffix(key, ")"), "a", "b")
				s.args[i] = fmt.Sprint(o.server.Must(o.t, "DUMP", strings.TrimSuffix(key, ")")))
			}
		}
	}
}

// runOwn runs a script on a peer and returns what it left in the journal, and the
// signature of the data.
func runOwn(t *testing.T, script []step, seen map[*command.Row]bool) (log []byte, digest string) {
	t.Helper()
	var l lazy
	p := newPeer(t, &l, 4, func() int64 { return time.Now().UnixMilli() })
	clients := map[int]*familytest.PeerClient{}
	p.Client().Do("FLUSHALL")
	start := len(p.Log.Bytes)
	for _, s := range script {
		if s.local(func() { l.set(p, s.args[1], s.args[2] == "yes") }) {
			continue
		}
		c := clients[s.client]
		if c == nil {
			c = p.Client()
			clients[s.client] = c
		}
		note(p, s, seen)
		if reply := c.Do(s.args...); (reply == "") != s.waits {
			t.Errorf("%s: reply %.200q", s, reply)
		}
	}
	return p.Log.Bytes[start:], digestOf(p)
}

// note marks the row of a step's command.
func note(p *familytest.Peer, s step, seen map[*command.Row]bool) {
	row := p.Table.Lookup([]byte(s.args[0]))
	if row == nil || seen == nil {
		return
	}
	if len(s.args) > 1 && row.Sub([]byte(s.args[1])) != nil {
		row = row.Sub([]byte(s.args[1]))
	}
	seen[row] = true
}

// diffLogs returns both logs as text if they differ.
func (e *effectCase) diff(t *testing.T, got, want []byte) string {
	ours, theirs := familytest.Requests(t, got), familytest.Requests(t, want)
	same := len(ours) == len(theirs)
	for i := 0; same && i < len(ours); i++ {
		same = e.sameRequest(ours[i], theirs[i])
	}
	if same {
		return ""
	}
	return fmt.Sprintf("journal:\n%sredis-server's file:\n%s", logText(ours), logText(theirs))
}

func logText(log [][][]byte) string {
	var b strings.Builder
	for _, args := range log {
		b.WriteString("   ")
		for _, a := range args {
			if text := fmt.Sprintf("%.60q", a); len(a) > 0 && text == `"`+string(a)+`"` && !bytes.ContainsAny(a, " ") {
				fmt.Fprintf(&b, " %s", a)
			} else {
				fmt.Fprintf(&b, " %s", text)
			}
		}
		b.WriteByte('\n')
	}
	if len(log) == 0 {
		return "    (nothing)\n"
	}
	return b.String()
}

func (e *effectCase) sameRequest(a, b [][]byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if i > 0 && e.random != "" && strings.Contains(e.random, string(a[0])) {
			break
		}
		if !bytes.Equal(a[i], b[i]) && !nearTimes(string(a[i]), string(b[i])) {
			return false
		}
	}
	return true
}

// nearTimes tells whether a and b are about the same time in ms, or IDs of
// streams that begin with one.
func nearTimes(a, b string) bool {
	a, _, isID := strings.Cut(a, "-") // the second part tells two within a ms apart
	b, _, isIDToo := strings.Cut(b, "-")
	if isID != isIDToo {
		return false
	}
	x, errX := strconv.ParseInt(a, 10, 64)
	y, errY := strconv.ParseInt(b, 10, 64)
	const year2001 = 1e12
	return errX == nil && errY == nil && x > year2001 && max(x-y, y-x) < clockToleranceMs
}

// wanted writes the lines of want as a log.
func (e *effectCase) wanted() (log []byte) {
	for _, s := range parseScript(e.want) {
		log = fmt.Appendf(log, "*%d\r\n", len(s.args))
		for _, w := range s.args {
			if ms, ok := strings.CutPrefix(w, "+"); ok {
				n, _ := strconv.ParseInt(ms, 10, 64)
				w = fmt.Sprint(time.Now().UnixMilli() + n)
			}
			log = fmt.Appendf(log, "$%d\r\n%s\r\n", len(w), w)
		}
	}
	return log
}

// TestEffects compares the journal with redis-server's append-only file.
func TestEffects(t *testing.T) {
	o, l := startOracle(t), startLoader(t)
	seen := map[*command.Row]bool{}
	names := map[string]bool{}
	for _, family := range effectCases {
		for _, e := range family {
			t.Run(strings.ReplaceAll(e.name, " ", "_"), func(t *testing.T) {
				script := parseScript(e.script)
				o.t = t
				o.dumps(script)
				want := e.wanted()
				if e.want == "" {
					want = o.run(script)
				}
				got, digest := runOwn(t, script, seen)
				if d := e.diff(t, got, want); d != "" {
					t.Errorf("%s\n%s", strings.TrimSpace(e.script), d)
				}
				if e.want == "" && !strings.Contains(e.script, "sleep") {
					l.exchange(t, o, want, got, digest)
				}
			})
			for row := range seen {
				names[row.FullName] = true
			}
			clear(seen)
		}
	}
	p := newPeer(t, &lazy{}, 1, func() int64 { return 0 })
	for _, row := range p.Table.Rows() {
		if row.Flags&(command.Write|command.MayReplicate) != 0 && row.Handler != nil && !names[row.FullName] {
			t.Errorf("%s writes, and no script has it", row.FullName)
		}
	}
}
