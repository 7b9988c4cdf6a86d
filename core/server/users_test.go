package server_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/core/server"
	"github.com/redoubt-kv/redoubt/internal/redistest"
)

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// refusal runs a server that does not start, and returns what it says.
func refusal(t *testing.T, args ...string) string {
	t.Helper()
	var log text
	port, err := redistest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	args = append([]string{"--port", fmt.Sprint(port), "--bind", "127.0.0.1", "--save", ""}, args...)
	if code := server.Run(context.Background(), args, strings.NewReader(""), &log, &log); code == 0 {
		t.Errorf("%q: it has started", args)
	}
	return log.String()
}

// TestUsersOfTheConfiguration: user lines make users, and CONFIG REWRITE writes those
// that there are, so that the next start has the same.
func TestUsersOfTheConfiguration(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "redis.conf")
	write(t, file, "save \"\"\nuser alice on >secret ~a* +@read (~b +set)\n# users\nuser default on nopass ~* &* +@all -flushall\n")
	r := start(t, dir, file)
	c := r.dial()
	expect(t, c, "NOPERM this user has no permissions to run the 'flushall' command", "FLUSHALL")
	expect(t, c, "OK", "ACL", "SETUSER", "bob", "on", "~x\"y", "(~'z +get)")
	before := fmt.Sprint(c.Must(t, "ACL", "LIST"))
	expect(t, c, "OK", "CONFIG", "REWRITE")
	r.end()
	r.exit(0)
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), "secret") || strings.Count(string(b), "\nuser ") != 3 {
		t.Errorf("the file:\n%s", b)
	}
	c = start(t, dir, file).dial()
	expect(t, c, before, "ACL", "LIST")
	expect(t, c, "OK", "AUTH", "alice", "secret")
	expect(t, c, "OK", "SET", "b", "1")
	expect(t, c, "NOPERM this user has no permissions to access one of the keys used as arguments", "GET", "b")
}

func TestWrongUsersOfTheConfiguration(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "users.acl")
	write(t, file, "user a on +nosuch\nuser b #x\n")
	for _, c := range []struct{ args, want string }{
		{"--user a on --user a off", "Duplicate user found"},
		{"--user a ~* ~b", "Adding a pattern after the * pattern"},
		{"--user a (+get", "Unmatched parenthesis"},
		{"--user a +nosuch", "Error loading ACL rule '+nosuch' for the user named 'a': Unknown command or category name in ACL"},
		{"--user a on --aclfile users.acl", "please define either an ACL file or declare users directly"},
		{"--aclfile nosuch.acl", "opening file 'nosuch.acl': No such file or directory"},
		{"--aclfile users.acl", "users.acl:1: Error in applying operation '+nosuch': Unknown command or category name in ACL. users.acl:2: The password hash must be exactly"},
	} {
		if log := refusal(t, append([]string{"--dir", dir}, strings.Fields(c.args)...)...); !strings.Contains(log, c.want) {
			t.Errorf("%s:\n%s", c.args, log)
		}
	}
}

// TestACLFile: ACL SAVE and LOAD, whose clients go.
func TestACLFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "users.acl")
	write(t, file, "user alice on nopass +@all ~* &*\n")
	r := start(t, dir, "--save", "", "--aclfile", "users.acl")
	c, alice, other := r.dial(), r.dial(), r.dial()
	expect(t, alice, "OK", "AUTH", "alice", "x")
	expect(t, other, "OK", "AUTH", "alice", "x")
	expect(t, c, "OK", "ACL", "SETUSER", "bob", "on", ">p", "+get", "~k")
	expect(t, c, "OK", "ACL", "SAVE")
	saved, err := os.ReadFile(file)
	if err != nil || !strings.HasPrefix(string(saved), "user alice on nopass ~* &* +@all\nuser bob on #") {
		t.Errorf("%s, %v", saved, err)
	}
	if names, _ := filepath.Glob(filepath.Join(dir, "*.tmp-*")); len(names) > 0 {
		t.Errorf("left over: %v", names)
	}
	write(t, file, "user alice on\nuser alice off\n")
	expect(t, c, "ERR WARNING: Duplicate user 'alice' found on line 2. WARNING: ACL errors detected, no change to the previously active ACL rules was performed", "ACL", "LOAD")
	expect(t, other, "PONG", "PING")
	write(t, file, string(saved))
	expect(t, alice, "OK", "ACL", "LOAD") // it is told, and then goes
	for _, gone := range []*redistest.Client{alice, other} {
		if reply, err := gone.Do("PING"); err == nil {
			t.Errorf("a client of a user who was loaded anew is told %v", reply)
		}
	}
	expect(t, c, "PONG", "PING")
	expect(t, c, "[alice bob default]", "ACL", "USERS")
	r.end()
	r.exit(0)
}

// TestUsersLoseClients: who has gone, or lost channels, is disconnected, and what the
// user may not do any more fails at once.
func TestUsersLoseClients(t *testing.T) {
	r := start(t, t.TempDir(), "--save", "")
	c := r.dial()
	login := func() *redistest.Client {
		cl := r.dial()
		expect(t, cl, "OK", "AUTH", "u", "x")
		return cl
	}
	expect(t, c, "OK", "ACL", "SETUSER", "u", "on", "nopass", "+@all", "~*", "&a", "&b*")
	idle, blocked, subscribed, patterned := login(), login(), login(), login()
	if err := blocked.Send("BLPOP", "list", "0"); err != nil {
		t.Fatal(err)
	}
	expect(t, subscribed, "[subscribe a 1]", "SUBSCRIBE", "a")
	expect(t, patterned, "[psubscribe b* 1]", "PSUBSCRIBE", "b*")
	expect(t, c, "OK", "ACL", "SETUSER", "u", "-ping", "resetchannels", "&b*", "&c")
	if reply, err := subscribed.Receive(); err == nil {
		t.Errorf("the subscriber of a lost channel is told %v", reply)
	}
	if list := fmt.Sprint(c.Must(t, "CLIENT", "LIST")); strings.Contains(list, "sub=1 psub=0") || !strings.Contains(list, "psub=1") {
		t.Errorf("clients:\n%s", list)
	}
	expect(t, idle, "NOPERM this user has no permissions to run the 'ping' command", "PING")
	expect(t, c, 1, "CLIENT", "KILL", "USER", "u", "TYPE", "pubsub")
	expect(t, c, "ERR No such user 'nosuch'", "CLIENT", "KILL", "USER", "nosuch")
	expect(t, c, 1, "ACL", "DELUSER", "u", "nosuch")
	for _, gone := range []*redistest.Client{idle, blocked} {
		if reply, err := gone.Receive(); err == nil {
			t.Errorf("a client of a removed user is told %v", reply)
		}
	}
	expect(t, c, 1, "LPUSH", "list", "x") // nobody waits for it any more
	expect(t, c, 1, "LLEN", "list")
	r.end()
	r.exit(0)
}

// TestProtectedUser: that the default user has a password or none, whatever has set it.
func TestPasswordOfTheDefaultUser(t *testing.T) {
	r := start(t, t.TempDir(), "--save", "", "--requirepass", "one")
	c := r.dial()
	expect(t, c, "NOAUTH Authentication required.", "PING")
	expect(t, c, "OK", "AUTH", "one")
	expect(t, c, "OK", "ACL", "SETUSER", "default", ">two")
	expect(t, r.dial(), "OK", "AUTH", "default", "two")
	expect(t, c, "OK", "CONFIG", "SET", "requirepass", "three")
	for password, want := range map[string]string{"one": wrongPass, "two": wrongPass, "three": "OK"} {
		expect(t, r.dial(), want, "AUTH", password)
	}
	expect(t, c, "OK", "CONFIG", "SET", "requirepass", "")
	expect(t, r.dial(), "PONG", "PING")
	expect(t, r.dial(), "OK", "AUTH", "default", "anything")
	expect(t, c, "OK", "ACL", "SETUSER", "default", "off")
	expect(t, r.dial(), "NOAUTH Authentication required.", "PING")
	expect(t, c, "PONG", "PING")
	r.end()
	r.exit(0)
}

const wrongPass = "WRONGPASS invalid username-password pair or user is disabled."

// TestDenialsAreCounted: INFO has how many, by reason.
func TestDenialsAreCounted(t *testing.T) {
	r := start(t, t.TempDir(), "--save", "")
	c := r.dial()
	expect(t, c, "OK", "ACL", "SETUSER", "u", "on", ">p", "+get", "+publish", "+auth")
	expect(t, c, wrongPass, "AUTH", "u", "q")
	expect(t, c, "OK", "AUTH", "u", "p")
	for _, request := range [][]any{{"GET", "k"}, {"GET", "l"}, {"PUBLISH", "c", "x"}, {"SET", "k", "v"}, {"DEL", "x"}, {"PING"}} {
		if reply, _ := c.Do(request...); !strings.HasPrefix(fmt.Sprint(reply), "NOPERM") {
			t.Errorf("%v: %v", request, reply)
		}
	}
	expect(t, c, "OK", "AUTH", "default", "")
	info := fmt.Sprint(c.Must(t, "INFO", "stats", "errorstats"))
	for _, want := range []string{"denied_auth:1", "denied_cmd:3", "denied_key:2", "denied_channel:1", "errorstat_NOPERM:count=6", "errorstat_WRONGPASS:count=1"} {
		if !strings.Contains(info, want+"\r\n") {
			t.Errorf("no %s in\n%s", want, info)
		}
	}
	r.end()
	r.exit(0)
}

// TestEveryKeyIsKnown: no command of the table has keys that nobody can tell.
func TestEveryKeyIsKnown(t *testing.T) {
	r := start(t, t.TempDir(), "--save", "")
	c := r.dial()
	expect(t, c, "OK", "ACL", "SETUSER", "u", "+@all", "~none")
	for _, words := range [][]any{
		{"SORT", "k"}, {"SORT_RO", "k"}, {"MIGRATE", "h", "1", "k", "0", "1"}, {"MIGRATE", "h", "1", "", "0", "1", "KEYS", "k"}, {"XREAD", "STREAMS", "k", "0"},
		{"EVAL", "", "1", "k"}, {"SET", "k", "v"}, {"BITFIELD", "k"}, {"LMPOP", "1", "k", "LEFT"}, {"GEORADIUS", "none", "1", "1", "1", "m", "STORE", "k", "STORE", "none"},
		{"OBJECT", "ENCODING", "k"}, {"MEMORY", "USAGE", "k"}, {"XINFO", "STREAM", "k"},
	} {
		expect(t, c, "This user has no permissions to access the 'k' key", append([]any{"ACL", "DRYRUN", "u"}, words...)...)
	}
	r.end()
	r.exit(0)
}
