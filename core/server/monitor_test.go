package server_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

var (
	monitorHead = regexp.MustCompile(`\+\d+\.\d{6} \[(\d+) ([^\]]*?)(:\d+)?\]`)
	quietWords  = regexp.MustCompile(`(?i)"(info|ping)"`)
)

// TestMonitorLikeRedis compares the lines of MONITOR, but for times and ports.
func TestMonitorLikeRedis(t *testing.T) {
	r := start(t, t.TempDir(), "--save", "", "--loops", "2")
	oracle := redistest.Start(t)
	var lines [2]string
	for side, addr := range []string{address(r.port), oracle.Addr} {
		monitor, c := dialWire(t, addr), dialWire(t, addr)
		monitor.send("MONITOR")
		monitor.until("+OK")
		for _, args := range [][]string{
			{"set", "k", "v\r\n\t\a\b\\\"\x00\xff é"}, {"SELECT", "3"}, {"GET", "k"}, {"SELECT", "0"},
			{"GET"}, {"nonsense", "x"}, {"CONFIG", "GET", "maxmemory"}, {"CONFIG", "SET", "requirepass", ""},
			{"AUTH", "secret"}, {"AUTH", "user", "secret"}, {"HELLO", "3", "AUTH", "user", "secret"}, {"HELLO", "2"},
			{"MULTI"}, {"SET", "a", "1"}, {"INCR", "a"}, {"EXEC"}, {"MULTI"}, {"SET", "a"}, {"EXEC"}, {"MULTI"}, {"GET", "a"}, {"DISCARD"},
			{"EVAL", "redis.call('set', KEYS[1], ARGV[1]) return redis.pcall('incr', KEYS[1])", "1", "s", "x"},
			{"EVAL", "return 1", "x"}, {"EVALSHA", "0000000000000000000000000000000000000000", "0"}, {"SCRIPT", "EXISTS", "x"},
			{"SLOWLOG", "GET"}, {"CLIENT", "INFO"}, {"CLIENT", "SETNAME", "me"}, {"PUBLISH", "c", "m"}, {"SUBSCRIBE", "c"}, {"UNSUBSCRIBE"},
			{"BLPOP", "none", "0.01"}, {"WATCH", "k"}, {"MULTI"}, {"EXEC"}, {"COMMAND", "COUNT"}, {"FLUSHALL"}, {"RESET"},
			{"ECHO", "the end"},
		} {
			c.send(args...)
		}
		var got []string
		for {
			line, err := monitor.r.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			if !quietWords.MatchString(line) {
				got = append(got, monitorHead.ReplaceAllString(line, "[$1 $2]"))
			}
			if strings.Contains(line, "the end") {
				break
			}
		}
		lines[side] = strings.Join(got, "")
	}
	if ours, theirs := strings.Split(lines[0], "\r\n"), strings.Split(lines[1], "\r\n"); !slices.Equal(ours, theirs) {
		t.Errorf(" got\n%s\nwant\n%s", lines[0], lines[1])
	}
}

// TestMonitorsSeeOneOrder: two monitors on different loops see what clients of all loops
// do in one order, which is that of the changes.
func TestMonitorsSeeOneOrder(t *testing.T) {
	r := start(t, t.TempDir(), "--save", "", "--loops", "2")
	var monitors []*wire
	for range 2 {
		w := dialWire(t, address(r.port))
		w.send("MONITOR")
		w.until("+OK")
		monitors = append(monitors, w)
	}
	done := make(chan bool)
	for range 4 {
		c := r.dial()
		go func() {
			for range 200 {
				c.Do("INCR", "n")
			}
			done <- true
		}()
	}
	for range 4 {
		<-done
	}
	r.dial().Must(t, "ECHO", "the end")
	var seen [2]string
	for i, w := range monitors {
		for !strings.Contains(seen[i], "the end") {
			line, err := w.r.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			if !quietWords.MatchString(line) {
				seen[i] += line
			}
		}
	}
	if seen[0] != seen[1] || strings.Count(seen[0], `"INCR"`) != 800 {
		t.Errorf("the monitors saw\n%.2000s\nand\n%.2000s", seen[0], seen[1])
	}
}
