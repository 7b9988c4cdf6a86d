package script_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/server"
	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// sides are redis-server and Redoubt, which get the same scripts.
type sides struct {
	redis, own *redistest.Client
	protocol   int
}

// hello sets the protocol of both.
func (s *sides) hello(t testing.TB, protocol int) {
	s.protocol = protocol
	s.redis.Must(t, "HELLO", protocol)
	s.own.Must(t, "HELLO", protocol)
}

func newSides(t testing.TB) *sides {
	t.Helper()
	oracle := redistest.Start(t)
	s := &sides{redis: redistest.MustDial(t, oracle.Addr), own: redistest.MustDial(t, startOwn(t))}
	s.hello(t, 2)
	return s
}

// log is what a server writes.
type log struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// startOwn runs Redoubt within the test and returns its address.
func startOwn(t testing.TB) string {
	t.Helper()
	port, err := redistest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	out, done := &log{}, make(chan int, 1)
	args := []string{"--port", fmt.Sprint(port), "--bind", "127.0.0.1", "--dir", t.TempDir(), "--save", "", "--loops", "1"}
	go func() { done <- server.Run(ctx, args, strings.NewReader(""), out, out) }()
	t.Cleanup(func() { cancel(); <-done })
	for end := time.Now().Add(20 * time.Second); !strings.Contains(out.String(), "Ready to accept"); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the server does not start:\n%s", out)
		}
	}
	return fmt.Sprintf("127.0.0.1:%d", port)
}

var (
	address = regexp.MustCompile(`0x[0-9a-f]+`)
	length  = regexp.MustCompile(`[$]\d+\r\n`)
)

// withoutAddresses is a reply without addresses, nor what their size changes.
func withoutAddresses(reply string) string {
	if !address.MatchString(reply) {
		return reply
	}
	return length.ReplaceAllString(address.ReplaceAllString(reply, "0x"), "$")
}

// crashed is what eval gives for the reply of a redis-server that ended.
const crashed = "redis-server ends"

// eval runs a script on both sides, on empty databases, and returns the
// replies as they came, without addresses.
func (s *sides) eval(t testing.TB, script string) (got, want string) {
	t.Helper()
	reply := func(c *redistest.Client) string {
		c.Must(t, "FLUSHALL")
		raw, err := c.Raw("EVAL", script, 1, "k", "a1", "2")
		if err != nil && c == s.redis {
			s.redis = redistest.MustDial(t, redistest.Start(t).Addr)
			s.redis.Must(t, "HELLO", s.protocol)
			return crashed
		}
		if err != nil {
			t.Fatalf("%q: %v", script, err)
		}
		return withoutAddresses(raw)
	}
	got = reply(s.own)
	return got, reply(s.redis)
}

// TestCorpus runs the scripts of testdata on redis-server and on Redoubt, in
// both protocols, and compares the replies byte for byte. Each line of a
// *.lines.lua is a script; what starts with "--:" is a comment.
func TestCorpus(t *testing.T) {
	files, err := filepath.Glob("testdata/*.lines.lua")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	s := newSides(t)
	count := 0
	for _, protocol := range []int{2, 3} {
		s.hello(t, protocol)
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for i, line := range strings.Split(string(text), "\n") {
				if strings.HasPrefix(line, "--:") || line == "" {
					continue
				}
				count++
				if got, want := s.eval(t, line); got != want {
					t.Errorf("%s:%d, RESP%d: %s\n got %.400q\nwant %.400q", file, i+1, protocol, line, got, want)
				}
			}
		}
	}
	if count < 400 {
		t.Errorf("only %d scripts were run", count)
	}
}
