package server_test

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// wire is a connection whose bytes matter, also those that come out of turn.
type wire struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
}

func dialWire(t *testing.T, addr string) *wire {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(time.Minute))
	w := &wire{t, conn, bufio.NewReader(conn)}
	w.send("PING", "first") // clients are numbered in this order
	w.until("first")
	return w
}

func (w *wire) send(args ...string) {
	w.t.Helper()
	b := fmt.Appendf(nil, "*%d\r\n", len(args))
	for _, a := range args {
		b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(a), a)
	}
	if _, err := w.conn.Write(b); err != nil {
		w.t.Fatal(err)
	}
}

// until reads what comes up to a line, with it.
func (w *wire) until(last string) string {
	w.t.Helper()
	var b strings.Builder
	for {
		line, err := w.r.ReadString('\n')
		b.WriteString(line)
		if err != nil {
			w.t.Fatalf("waiting for %q: %v after %q", last, err, b.String())
		}
		if strings.TrimRight(line, "\r\n") == last {
			return b.String()
		}
	}
}

// chorus is clients of our server and of redis-server, in pairs.
type chorus struct {
	t     *testing.T
	pairs [][2]*wire
	mute  []bool // CLIENT REPLY is off
	multi []bool // what it sends may be queued
	n     int
	log   []string
}

func newChorus(t *testing.T, clients int, args ...string) *chorus {
	r := start(t, t.TempDir(), append([]string{"--save", ""}, args...)...)
	oracle := redistest.Start(t)
	c := &chorus{t: t, mute: make([]bool, clients), multi: make([]bool, clients)}
	for range clients {
		c.pairs = append(c.pairs, [2]*wire{dialWire(t, address(r.port)), dialWire(t, oracle.Addr)})
	}
	return c
}

// do sends a command over pair i, and compares what all clients have been sent by then.
func (c *chorus) do(i int, args ...string) {
	c.t.Helper()
	c.n++
	c.log = append(c.log, fmt.Sprint(i, ": ", args))
	token := fmt.Sprint("token", c.n)
	for side := range 2 {
		c.pairs[i][side].send(args...)
	}
	switch args[0] {
	case "MULTI":
		c.multi[i] = true
	case "EXEC", "DISCARD", "RESET":
		c.multi[i] = false
	}
	silent := func(i int) bool { return c.mute[i] || c.multi[i] }
	var got [2][]string
	for side := range 2 {
		// The reply to the command is sure to have come, and the messages that
		// it leads to are sure to be on their way.
		if !silent(i) {
			c.pairs[i][side].send("PING", token)
			got[side] = append(got[side], c.pairs[i][side].until(token))
		}
		for j := range c.pairs {
			if j != i && !silent(j) {
				c.pairs[j][side].send("PING", token)
				got[side] = append(got[side], c.pairs[j][side].until(token))
			}
		}
	}
	for k := range got[0] {
		if ours, theirs := canonical(got[0][k]), canonical(got[1][k]); ours != theirs {
			c.t.Fatalf("%s\n got %q\nwant %q", strings.Join(c.log[max(0, len(c.log)-40):], "\n"), ours, theirs)
		}
	}
}

var (
	patternMessages = regexp.MustCompile(`(?:[*>]4\r\n\$8\r\npmessage\r\n(?:\$\d+\r\n[^\r]*\r\n){3})+`)
	farewells       = regexp.MustCompile(`(?:[*>]3\r\n\$\d+\r\n[ps]?unsubscribe\r\n\$\d+\r\n[^\r]*\r\n:\d+\r\n)+`)
	channelLists    = regexp.MustCompile(`(?:\$\d+\r\nchannel\S+\r\n){2,}`)
	greetings       = regexp.MustCompile(`(?s)[%*]\d+\r\n\$6\r\nserver.*?modules\r\n\*0\r\n`)
	clientFigures   = regexp.MustCompile(`(?:\$\d+\r\n|=\d+\r\ntxt:)?id=\d+ [^\n]*? (flags=\S*) (db=\d+ sub=\d+ psub=\d+ ssub=\d+) [^\n]*? (cmd=\S+) [^\n]*`)
)

// canonical orders what Redis orders by its hash, and leaves the fields of CLIENT INFO
// that tell of subscriptions.
func canonical(raw string) string {
	sorted := func(unit string) func(string) string {
		frame := regexp.MustCompile(unit)
		return func(run string) string {
			list := frame.FindAllString(run, -1)
			slices.Sort(list)
			return strings.Join(list, "")
		}
	}
	raw = patternMessages.ReplaceAllStringFunc(raw, sorted(`(?s)[*>]4.*?pmessage\r\n(?:\$\d+\r\n[^\r]*\r\n){3}`))
	raw = farewells.ReplaceAllStringFunc(raw, func(run string) string {
		counts := regexp.MustCompile(`:\d+`).FindAllString(run, -1)
		names := sorted(`\$\d+\r\n[^\r]*\r\n:`)(run)
		return "farewell " + names + strings.Join(counts, "")
	})
	raw = channelLists.ReplaceAllStringFunc(raw, sorted(`\$\d+\r\n[^\r]*\r\n`))
	raw = greetings.ReplaceAllString(raw, "hello")
	return clientFigures.ReplaceAllString(raw, "$1 $2 $3")
}

// random returns a command that has to do with subscriptions.
func (c *chorus) random(i int, r *rand.Rand) []string {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	some := func(list ...string) (words []string) {
		for range 1 + r.IntN(3) {
			words = append(words, pick(list...))
		}
		return words
	}
	channels := []string{"channel.a", "channel.b", "channel.c", "x", ""}
	patterns := []string{"channel.*", "*", "?", "channel.[ab]", "x"}
	if c.mute[i] && r.IntN(3) == 0 {
		c.mute[i] = false
		return []string{"RESET"}
	}
	switch r.IntN(24) {
	case 0, 1:
		return append([]string{"SUBSCRIBE"}, some(channels...)...)
	case 2:
		return append([]string{"PSUBSCRIBE"}, some(patterns...)...)
	case 3:
		return append([]string{"SSUBSCRIBE"}, some(channels...)...)
	case 4:
		return append([]string{"UNSUBSCRIBE"}, some(channels...)...)
	case 5:
		return append([]string{"PUNSUBSCRIBE"}, some(patterns...)...)
	case 6:
		return append([]string{"SUNSUBSCRIBE"}, some(channels...)...)
	case 7:
		return []string{pick("UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE", "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "PUBLISH", "PUBSUB")}
	case 8, 9, 10, 11:
		return []string{"PUBLISH", pick(channels...), pick("message", "", "m2")}
	case 12, 13:
		return []string{"SPUBLISH", pick(channels...), "message"}
	case 14:
		return append([]string{"PUBSUB", pick("NUMSUB", "SHARDNUMSUB", "numsub")}, some(channels...)...)
	case 15:
		return []string{"PUBSUB", pick("CHANNELS", "SHARDCHANNELS"), pick("channel.*", "x", "none*")}
	case 16:
		return append([]string{"PUBSUB"}, some("NUMPAT", "NUMSUB", "HELP", "SHARDNUMSUB", "nonsense")...)
	case 17:
		return []string{"RESET"}
	case 18:
		return []string{"HELLO", pick("2", "3", "3", "3")}[:2]
	case 19:
		return []string{pick("MULTI", "MULTI", "EXEC", "DISCARD")}
	case 20:
		return []string{"EXEC"}
	case 21:
		return append([]string{"PING"}, some("a", "b")...)
	case 22:
		return [][]string{{"GET", "k"}, {"CLIENT", "INFO"}, {"CLIENT", "LIST", "TYPE", "pubsub"}, {"CONFIG", "GET", "nothing"}}[r.IntN(3)]
	}
	switch state := pick("OFF", "SKIP", "SKIP"); state {
	case "OFF":
		return []string{"CLIENT", "REPLY", "OFF"}
	default:
		return []string{"CLIENT", "REPLY", "SKIP"}
	}
}

// TestPubSubLikeRedis sends random commands over clients of both protocols and compares
// every byte that any of them gets, after each.
func TestPubSubLikeRedis(t *testing.T) {
	for _, transport := range []string{"epoll", "portable"} {
		t.Run(transport, func(t *testing.T) {
			for seed := range uint64(6) {
				c := newChorus(t, 4, "--transport", transport)
				r := rand.New(rand.NewPCG(seed, 5))
				c.do(0, "HELLO", "3")
				c.do(1, "HELLO", "3")
				for range 400 {
					i := r.IntN(len(c.pairs))
					args := c.random(i, r)
					if args[0] == "CLIENT" && args[1] == "REPLY" {
						continue // TestRepliesOffLikeRedis
					}
					c.do(i, args...)
				}
			}
		})
	}
}

// TestRepliesOffLikeRedis: what is pushed to a client, and what confirms its
// subscriptions, comes also while CLIENT REPLY keeps replies from it.
func TestRepliesOffLikeRedis(t *testing.T) {
	for _, script := range []string{
		"HELLO 3, SUBSCRIBE c, CLIENT REPLY OFF, PUBLISH c 1, SUBSCRIBE d, PING x, PUBLISH d 2, UNSUBSCRIBE c, PUBLISH c 3",
		"HELLO 3, PSUBSCRIBE c*, SUBSCRIBE c, CLIENT REPLY SKIP, PUBLISH c 1, PUBLISH c 2, PING x",
		"CLIENT REPLY OFF, SUBSCRIBE c, PING x, GET k, PUBLISH c 1",
		"HELLO 3, SUBSCRIBE c, MULTI, PUBLISH c 1, PING x, PUBLISH c 2, EXEC, PING y",
		"HELLO 3, SUBSCRIBE c, CLIENT REPLY OFF, MULTI, PUBLISH c 1, PUBLISH c 2, EXEC, PING y",
		"HELLO 3, SUBSCRIBE c, MULTI, PUBLISH c 1, CLIENT REPLY OFF, PUBLISH c 2, CLIENT REPLY ON, PUBLISH c 3, EXEC, PING y",
		"HELLO 3, SSUBSCRIBE c, SPUBLISH c 1, SUNSUBSCRIBE, SPUBLISH c 2, SUNSUBSCRIBE, UNSUBSCRIBE, PUNSUBSCRIBE",
		"MONITOR, PING x, SET k v, MONITOR, RESET, PING y",
		"SUBSCRIBE c, RESET, PUBLISH c 1, PING y",
		"SUBSCRIBE c, PING, PING x, QUIT now",
	} {
		c := newChorus(t, 1)
		var got [2]string
		for side, w := range c.pairs[0] {
			for _, line := range strings.Split(script, ", ") {
				w.send(strings.Fields(line)...)
			}
			if !strings.HasSuffix(script, "QUIT now") {
				w.send("RESET")
				w.send("CLIENT", "REPLY", "ON")
				w.send("PING", "the end")
				got[side] = w.until("the end")
			} else {
				b, _ := io.ReadAll(w.r)
				got[side] = string(b)
			}
			got[side] = monitorLines.ReplaceAllString(canonical(got[side]), "+TIME [0 ADDRESS]")
		}
		if got[0] != got[1] {
			t.Errorf("%s\n got %q\nwant %q", script, got[0], got[1])
		}
	}
}

var monitorLines = regexp.MustCompile(`\+\d+\.\d{6} \[0 [0-9.:]+\]`)
