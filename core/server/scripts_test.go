package server_test

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// isBusy tells whether c is told that a script is busy.
func isBusy(c *redistest.Client) bool {
	return strings.HasPrefix(said(c, "PING"), "BUSY")
}

// said is a command's reply as text.
func said(c *redistest.Client, args ...any) string {
	reply, err := c.Do(args...)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(reply)
}

// heard is the next reply as text.
func heard(c *redistest.Client) string {
	reply, err := c.Receive()
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(reply)
}

// TestBusyScript runs endless scripts and looks that clients of each loop are told,
// may end the script, and go on.
func TestBusyScript(t *testing.T) {
	for _, loops := range []string{"1", "3"} {
		t.Run(loops+" loops", func(t *testing.T) { busyScripts(t, loops) })
	}
}

func busyScripts(t *testing.T, loops string) {
	s := start(t, t.TempDir(), "--save", "", "--loops", loops, "--appendonly", "yes", "--busy-reply-threshold", "20")
	control := s.dial()
	var others []*redistest.Client
	for range 6 {
		others = append(others, s.dial())
	}
	for _, c := range []struct {
		name    string
		request []any
		reply   string
	}{
		{"loop", []any{"EVAL", "while true do end", 0}, "killed by user"},
		{"pcall", []any{"EVAL", "while true do pcall(function() while true do end end) end", 0}, "killed by user"},
		{"coroutine", []any{"EVAL", "coroutine.wrap(function() while true do end end)()", 0}, "killed by user"},
		{"commands", []any{"EVAL", "while true do redis.call('get', KEYS[1]) end", 1, "k"}, "killed by user"},
		{"sort", []any{"EVAL", "table.sort({1, 2, 3}, function() while true do end end)", 0}, "killed by user"},
	} {
		t.Run(c.name, func(t *testing.T) {
			runner, waiting := s.dial(), s.dial()
			if err := runner.Send(c.request...); err != nil {
				t.Fatal(err)
			}
			// This one may be waiting for its lock already when the script is busy.
			if err := waiting.Send("INCR", "waited"); err != nil {
				t.Fatal(err)
			}
			s.eventually("BUSY", func() bool { return isBusy(control) })
			for _, o := range others {
				if !isBusy(o) {
					t.Error("a client is not told that a script is busy")
				}
			}
			if reply := said(others[0], "SHUTDOWN"); !strings.HasPrefix(reply, "BUSY") {
				t.Errorf("SHUTDOWN while a script is busy: %s", reply)
			}
			watcher := s.dial()
			if reply := said(watcher, "WATCH", "k"); !strings.HasPrefix(reply, "BUSY") {
				t.Errorf("WATCH while a script is busy: %s", reply)
			}
			watcher.Close()
			if reply := said(others[len(others)-1], "SCRIPT", "KILL"); reply != "OK" {
				t.Fatalf("SCRIPT KILL: %s", reply)
			}
			if reply := heard(runner); !strings.Contains(reply, c.reply) {
				t.Errorf("the script ended with %s", reply)
			}
			s.eventually("the end of BUSY", func() bool { return !isBusy(control) })
			reply := heard(waiting)
			if _, err := strconv.Atoi(reply); err != nil && !strings.HasPrefix(reply, "BUSY") {
				t.Errorf("INCR meanwhile: %q", reply)
			}
			for _, o := range others {
				o.Must(t, "INCR", "after")
			}
		})
	}
}

// TestBusyTransaction has EXEC run a script that takes long, with clients that go away
// meanwhile while they watch, wait and have a transaction open.
func TestBusyTransaction(t *testing.T) {
	s := start(t, t.TempDir(), "--save", "", "--loops", "2", "--busy-reply-threshold", "10")
	control, runner := s.dial(), s.dial()
	var leaving []*redistest.Client
	for i := range 8 {
		c := s.dial()
		switch i % 3 {
		case 0:
			c.Must(t, "WATCH", "k")
		case 1:
			if err := c.Send("BLPOP", "list", 0); err != nil {
				t.Fatal(err)
			}
		case 2:
			c.Must(t, "WATCH", "k")
			c.Must(t, "MULTI")
		}
		leaving = append(leaving, c)
	}
	runner.Must(t, "MULTI")
	runner.Must(t, "SET", "k", "1")
	runner.Must(t, "EVAL", "while redis.call('get', 'no') == false do end", 0)
	if err := runner.Send("EXEC"); err != nil {
		t.Fatal(err)
	}
	s.eventually("BUSY", func() bool { return isBusy(control) })
	for _, c := range leaving {
		c.Close()
	}
	if reply := said(control, "SCRIPT", "KILL"); reply != "OK" {
		t.Errorf("SCRIPT KILL: %s", reply)
	}
	s.eventually("the end of BUSY", func() bool { return !isBusy(control) })
	reply, err := runner.Receive()
	if err != nil {
		t.Fatal(err)
	}
	if list, ok := reply.([]any); !ok || len(list) != 2 || list[0] != "OK" {
		t.Errorf("EXEC replied %v", reply)
	}
	s.eventually("the others to be gone", func() bool {
		return strings.Count(fmt.Sprint(control.Must(t, "CLIENT", "LIST")), "id=") == 2
	})
	control.Must(t, "LPUSH", "list", "x")
	if n := control.Must(t, "LLEN", "list"); n != int64(1) {
		t.Errorf("LLEN %v: somebody who is gone was served", n)
	}
}

// TestUnkillable has a script write before it takes long: only SHUTDOWN NOSAVE ends it.
func TestUnkillable(t *testing.T) {
	s := start(t, t.TempDir(), "--save", "", "--loops", "2", "--appendonly", "yes", "--busy-reply-threshold", "10")
	control, runner := s.dial(), s.dial()
	if err := runner.Send("EVAL", "redis.call('set', 'x', 'y') while true do end", 0); err != nil {
		t.Fatal(err)
	}
	s.eventually("BUSY", func() bool { return isBusy(control) })
	if reply := said(control, "SCRIPT", "KILL"); !strings.HasPrefix(reply, "UNKILLABLE") {
		t.Errorf("SCRIPT KILL: %s", reply)
	}
	if err := control.Send("SHUTDOWN", "NOSAVE"); err != nil {
		t.Fatal(err)
	}
	s.exit(0)
}

// TestScriptsBesideAll runs scripts from several loops while keys expire, saves and
// rewrites run, and others write: nothing may stall, and each script is one step.
func TestScriptsBesideAll(t *testing.T) {
	s := start(t, t.TempDir(), "--loops", "3", "--appendonly", "yes", "--save", "", "--busy-reply-threshold", "1")
	const script = `
		local sum = 0
		for i, key in ipairs(KEYS) do
			sum = sum + (redis.call('get', key) or 0)
		end
		redis.call('incr', KEYS[1]) redis.call('decr', KEYS[2])
		redis.call('psetex', 'gone' .. sum .. ARGV[1], 1, 'x')
		return sum`
	var wg sync.WaitGroup
	for n := range 4 {
		wg.Go(func() {
			c := s.dial()
			for i := range 150 {
				sum := said(c, "EVAL", script, 2, "a", "b", fmt.Sprint(n, ":", i))
				if sum != "0" && !strings.HasPrefix(sum, "BUSY") {
					t.Errorf("the sum is %s within a script", sum)
				}
			}
		})
	}
	wg.Go(func() {
		c := s.dial()
		for i := range 150 {
			if reply := said(c, "MSET", fmt.Sprint("k", i), i, "other", i); reply != "OK" && !strings.HasPrefix(reply, "BUSY") {
				t.Errorf("MSET: %s", reply)
			}
			if i%50 == 0 {
				// They may be refused for each other, or for a script.
				_, _ = c.Do("BGSAVE")
				_, _ = c.Do("BGREWRITEAOF")
			}
		}
	})
	wg.Wait()
	c := s.dial()
	if sum := c.Must(t, "EVAL", "return redis.call('get', 'a') + redis.call('get', 'b')", 0); sum != int64(0) {
		t.Errorf("at the end the sum is %v", sum)
	}
}

// TestGreedyScripts runs scripts that take all memory or stack they get: they end in
// errors, and the server goes on.
func TestGreedyScripts(t *testing.T) {
	s := start(t, t.TempDir(), "--save", "", "--maxmemory", "256mb") // and so for scripts
	c := s.dial()
	for _, script := range []string{
		"local s = 'x' while true do s = s .. s end",
		"local t = {} for i = 1, 1e9 do t[i] = {i} end",
		"local s = ('x'):rep(1e8) return table.concat({s, s, s, s, s, s, s, s, s, s}, s)",
		"local s = ('x'):rep(1e7) return s:gsub('x', s)",
		"local function f() return f() + 1 end return f()",
		"local function f() return pcall(f) + 1 end return f()",
		"return unpack({}, 1, 1e7)",
		"local t = {} t[2^25] = 1 t[2^26 - 1] = 1 return #t",
		"return loadstring('return ' .. ('('):rep(1e6))",
		"local t = {} t = setmetatable(t, {__index = function(t, k) return t[k + 1] end}) return t[1]",
		"local a = {} for i = 1, 50 do a = {a, a} end return a",
		"return cjson.encode({('x'):rep(1e8), ('\\1'):rep(1e8)})",
		"return string.format('%99999999999d', 1)",
	} {
		t.Logf("%.60q: %.60s", script, said(c, "EVAL", script, 0))
		if got := c.Must(t, "PING"); got != "PONG" {
			t.Fatalf("after %q: %v", script, got)
		}
	}
}
