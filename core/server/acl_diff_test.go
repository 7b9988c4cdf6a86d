package server_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// aclTwins are a server of ours and redis-server with the same users.
type aclTwins struct {
	*twins
	rnd    *rand.Rand
	names  []string       // of commands that both have
	arity  map[string]int // of them
	groups []string       // ACL categories
}

func newACLTwins(t *testing.T, seed uint64) *aclTwins {
	w := &aclTwins{twins: newTwins(t), rnd: rand.New(rand.NewPCG(seed, 5)), arity: map[string]int{}}
	ours := w.pairs[0][0].Must(t, "COMMAND", "LIST").([]any)
	for _, name := range w.pairs[0][1].Must(t, "COMMAND", "LIST").([]any) {
		if slices.Contains(ours, name) {
			w.names = append(w.names, name.(string))
		}
	}
	for _, name := range w.names {
		info := w.pairs[0][1].Must(t, "COMMAND", "INFO", name).([]any)[0].([]any)
		w.arity[name] = int(info[1].(int64))
	}
	slices.Sort(w.names)
	for _, name := range w.pairs[0][1].Must(t, "ACL", "CAT").([]any) {
		w.groups = append(w.groups, name.(string))
	}
	return w
}

func (w *aclTwins) one(words ...string) string { return words[w.rnd.IntN(len(words))] }

var aclKeys = []string{"k1", "k2", "x:1", "x:2", "y:1", "zset", "", "*", "a[b]"}

// modifier is a random one, now and then a wrong one.
func (w *aclTwins) modifier() string {
	pattern := w.one("k1", "k*", "x:*", "*", "?", "[xy]:1", "zset", "", `a\[b]`, "k2")
	switch w.rnd.IntN(18) {
	case 0:
		return w.one("on", "off", "nopass", "resetpass", "reset", "clearselectors", "sanitize-payload", "skip-sanitize-payload", "ON", "")
	case 1:
		return w.one(">", "<", ">p1", "<p1", ">p2", "#"+strings.Repeat("a0", 32), "!"+strings.Repeat("a0", 32), "#"+strings.Repeat("A0", 32), "#x", "!")
	case 2:
		return w.one("allkeys", "resetkeys", "allchannels", "resetchannels", "~*", "&*")
	case 3, 4:
		return "~" + pattern
	case 5:
		return w.one("%R~", "%W~", "%RW~", "%wr~", "%~", "%RR~", "%", "%X~", "%R", "%rw") + pattern
	case 6:
		return "&" + pattern
	case 7:
		return w.one("allcommands", "nocommands", "+@all", "-@all", "+@ALL")
	case 8, 9:
		return w.one("+@", "-@") + w.one(w.groups...)
	case 10:
		return w.one("+", "-", "+@", "+nosuch", "-nosuch|x", "+@nosuch", "+config|nosuch", "+config|", "+config|get|x", "+select|", "-select|0", "+get|a|b", "x", "@", "()", "( )", "(+get", "~a b", "&\t", "(~a", ")", "(", "+select", "%R~a\x00")
	case 11:
		return "+" + w.one("select|0", "debug|object", "get|k1", "GET|K1", "sort|x:1", "set|k1")
	case 12:
		return w.selector()
	default:
		return w.one("+", "-") + w.one(w.names...)
	}
}

func (w *aclTwins) selector() string {
	var words []string
	for range 1 + w.rnd.IntN(4) {
		m := w.modifier()
		for m == "" || strings.ContainsAny(m, "() \t\x00") || w.rnd.IntN(20) > 0 && strings.IndexByte("+-~%&", m[0]) < 0 {
			m = w.modifier()
		}
		words = append(words, m)
	}
	return "(" + strings.Join(words, " ") + ")"
}

// request is a random one that fits its command's arity, nearly always.
func (w *aclTwins) request() []any {
	name := w.one(w.names...)
	if w.rnd.IntN(3) == 0 { // those whose keys are harder to tell
		name = w.one("sort", "sort_ro", "set", "bitfield", "xread", "xreadgroup", "zunionstore", "georadius", "georadiusbymember",
			"eval", "lmpop", "migrate", "blmpop", "sintercard", "copy", "bitop", "mset", "object|freq", "publish", "subscribe", "psubscribe", "spublish", "memory|usage", "xgroup|create", "getex")
	}
	if w.arity[name] == 0 {
		name = "get"
	}
	words := strings.Split(name, "|")
	n := w.arity[name]
	if n < 0 {
		n = -n + w.rnd.IntN(5)
	}
	for len(words) < n {
		words = append(words, w.one(append(aclKeys, "0", "1", "2", "3", "STREAMS", "STORE", "GET", "BY", "x:*", "SET", "KEYS", "COUNT", "GROUP", "STOREDIST", "u8", "LIMIT", "object")...))
	}
	if last := len(words) - 1; name == "migrate" && words[last] == "KEYS" {
		words[last] = "COPY" // by its key specs Redis sees a key where the command sees an error
	}
	var args []any
	for _, word := range words {
		args = append(args, word)
	}
	return args
}

// setUser changes a user on both servers, and compares what comes of it.
func (w *aclTwins) setUser(name string) {
	args := []any{"ACL", "SETUSER", name}
	for range 1 + w.rnd.IntN(5) {
		args = append(args, w.modifier())
	}
	w.same(0, args...)
	var shown [2][]any
	for side, c := range w.pairs[0] {
		shown[side], _ = c.Must(w.t, "ACL", "GETUSER", name).([]any)
	}
	if !slices.Equal(maskCommands(shown[0]), maskCommands(shown[1])) {
		w.t.Fatalf("after %q:\n ours %q\n want %q", args, shown[0], shown[1])
	}
}

// maskCommands is a reply of ACL GETUSER without the rules of commands: which
// categories fit best depends on which commands there are.
func maskCommands(reply []any) (lines []string) {
	for i := 0; i+1 < len(reply); i += 2 {
		switch value := reply[i+1]; reply[i] {
		case "commands":
		case "selectors":
			for _, s := range value.([]any) {
				lines = append(lines, maskCommands(s.([]any))...)
			}
		default:
			lines = append(lines, strings.ReplaceAll(fmt.Sprint(reply[i], ": ", value), "%RW~*", "~*"))
		}
	}
	return lines
}

// TestUsersAsRedis: users with random rules may do on both servers what they may do
// on the other, and are told the same when not.
func TestUsersAsRedis(t *testing.T) {
	for seed := range uint64(6) {
		w := newACLTwins(t, seed)
		for range 60 {
			user := w.one("u1", "u2", "u3")
			w.setUser(user)
			for range 25 {
				w.same(0, append([]any{"ACL", "DRYRUN", user}, w.request()...)...)
			}
		}
		understood := map[string]bool{"u1": true, "u2": true, "u3": true}
		// What one server says of its users is understood by both.
		for side, from := range w.pairs[0] {
			for _, line := range from.Must(t, "ACL", "LIST").([]any) {
				words := strings.Fields(line.(string))
				if words[1] == "default" {
					continue
				}
				args := []any{"ACL", "SETUSER", fmt.Sprint("copy", side, words[1]), "reset"}
				for _, word := range words[2:] {
					args = append(args, word)
				}
				reply, err := w.pairs[0][0].Do(args...)
				switch {
				case err != nil || reply != "OK" && side == 0:
					t.Fatalf("%q: %v, %v", args, reply, err)
				case reply != "OK": // Redis itself would not understand it
					understood[words[1]] = false
				}
			}
		}
		for range 300 {
			user, request := w.one("u1", "u2", "u3"), w.request()
			if !understood[user] {
				continue
			}
			var replies []any
			for _, name := range []string{user, "copy0" + user, "copy1" + user} {
				reply, err := w.pairs[0][0].Do(append([]any{"ACL", "DRYRUN", name}, request...)...)
				if err != nil {
					t.Fatal(err)
				}
				if reply == redistest.Error("ERR User '"+name+"' not found") {
					reply = nil
				}
				replies = append(replies, reply)
			}
			if replies[0] != replies[1] || replies[0] != replies[2] {
				t.Errorf("%q: %q; %q after our line, %q after Redis's", request, replies[0], replies[1], replies[2])
			}
		}
	}
}

// TestRequestsOfUsers: requests of users with random rules, within MULTI as well,
// while the rules change.
func TestRequestsOfUsers(t *testing.T) {
	for seed := range uint64(4) {
		w := newACLTwins(t, 100+seed)
		w.same(0, "ACL", "SETUSER", "u1", "on", "nopass")
		w.same(1, "AUTH", "u1", "x")
		for range 150 {
			w.setUser("u1")
			for range 12 {
				w.same(1, w.userRequest()...)
			}
			w.same(0, "ACL", "SETUSER", "u1", "+auth", "on", "nopass")
		}
		var logs [2][]any
		for side, c := range w.pairs[0] {
			logs[side] = c.Must(t, "ACL", "LOG", "100").([]any)
		}
		if len(logs[0]) < 20 || len(logs[0]) != len(logs[1]) {
			t.Errorf("%d entries in the log, want %d", len(logs[0]), len(logs[1]))
		}
		for i := range min(len(logs[0]), len(logs[1])) { // without times and client-info
			if got, want := fmt.Sprint(logs[0][i].([]any)[:10]), fmt.Sprint(logs[1][i].([]any)[:10]); got != want {
				t.Errorf("entry %d of the log: %s, want %s", i, got, want)
			}
		}
	}
}

// userRequest is a random request whose reply depends on nothing else.
func (w *aclTwins) userRequest() []any {
	k, l := w.one(aclKeys...), w.one(aclKeys...)
	requests := [][]any{
		{"GET", k}, {"SET", k, l}, {"SET", k, l, "GET"}, {"MGET", k, l}, {"MSET", k, "1", l, "2"}, {"DEL", k, l}, {"COPY", k, l}, {"RENAME", k, l},
		{"HSET", k, "f", "v"}, {"LPUSH", k, "e"}, {"SADD", k, "m"}, {"SORT", k, "BY", "x:*", "GET", "#"}, {"SORT", k, "STORE", l},
		{"ZADD", k, "1", "m"}, {"ZUNIONSTORE", k, "1", l}, {"BITFIELD", k, "GET", "u8", "0"}, {"BITFIELD", k, "SET", "u8", "0", "1"}, {"TYPE", k},
		{"CONFIG", "GET", "maxmemory"}, {"CLIENT", "GETNAME"}, {"SELECT", "0"}, {"SELECT", "1"}, {"SELECT", "0"}, {"DBSIZE"}, {"ACL", "WHOAMI"},
		{"MULTI"}, {"EXEC"}, {"EXEC"}, {"DISCARD"}, {"OBJECT", "ENCODING", k}, {"DEBUG", "OBJECT"}, {"STRLEN", k}, {"LCS", k, l}, {"EXISTS", k, l},
		{"TOUCH", k}, {"RESET", "x"}, {"PING"}, {"ECHO", k}, {"NOSUCH"}, {"GET"}, {"WATCH", k}, {"UNWATCH"}, {"SMOVE", k, l, "m"}, {"GETEX", k}, {"GETSET", k, l},
	}
	return requests[w.rnd.IntN(len(requests))]
}
