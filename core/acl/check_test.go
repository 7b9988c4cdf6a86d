package acl

import (
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/core/command"
)

// check tells what the rules say to a request: "", or the word for what is denied.
func (us *Users) check(t *testing.T, rules, request string) string {
	t.Helper()
	us.Delete("u")
	if _, err := us.Set("u", strings.Fields(rules)); err != nil {
		t.Fatal(err)
	}
	var args [][]byte
	for _, w := range strings.Fields(request) {
		args = append(args, []byte(w))
	}
	row := us.index().table.Lookup(args[0])
	if len(row.Subcommands) > 0 {
		row = row.Sub(args[1])
	}
	reason, at := us.Get("u").Rules().Check(row, args)
	switch reason {
	case Allowed:
		return ""
	case DeniedCommand:
		return reason.String() + " " + row.FullName
	}
	return reason.String() + " " + string(args[at])
}

func TestCheck(t *testing.T) {
	us := testUsers(t)
	for _, c := range []struct{ rules, request, want string }{
		{"", "get a", "command get"},
		{"", "auth x", ""},
		{"+get", "get a", "key a"},
		{"+get ~b*", "get a", "key a"},
		{"+get ~b*", "get bc", ""},
		{"+get %W~b", "get b", "key b"},
		{"+get %R~b", "get b", ""},
		{"+set %R~b", "set b 1", "key b"},
		{"+set %W~b", "set b 1", ""},
		{"+set %W~b", "set b 1 get", "key b"},
		{"+set %W~b %R~b*", "set b 1 get", "key b"}, // one pattern has to allow both
		{"+strlen %W~b", "strlen b", ""},            // which looks at no data
		{"+del ~a ~b", "del a b c", "key c"},
		{"+@all allkeys", "del a", ""},
		{"+config|get", "config get x", ""},
		{"+config|get", "config set x y", "command config|set"},
		{"+@all -config|set", "config set x y", "command config|set"},
		{"+select|0", "select 0", ""},
		{"+select|0", "select 1", "command select"},
		{"+georadius ~a", "georadius a 1 2 3 m", ""},
		{"+georadius ~a", "georadius a 1 2 3 m store b", "key b"},
		{"+georadius ~a ~b", "georadius a 1 2 3 m store b store c", "key c"}, // the last one counts
		{"+@pubsub", "publish a x", "channel a"},
		{"+@pubsub &a*", "publish abc x", ""},
		{"+@pubsub &a*", "subscribe abc b", "channel b"},
		{"+@pubsub &a*", "psubscribe abc", "channel abc"}, // a pattern is taken literally
		{"+@pubsub &a*", "psubscribe a*", ""},
		{"+get ~a (+set ~b)", "set b 1", ""},
		{"+get ~a (+set ~b)", "set a 1", "key a"},
		{"+get ~a (+set ~b)", "get b", "key b"},
		{"+get ~a (+set ~b)", "del b", "command del"},
		{"+del ~a (+del ~b)", "del a b", "key b"}, // one selector has to allow it all
	} {
		if got := us.check(t, c.rules, c.request); got != c.want {
			t.Errorf("%q, %q: %q, want %q", c.rules, c.request, got, c.want)
		}
	}
}

func TestReadsAll(t *testing.T) {
	us := testUsers(t)
	row, args := us.index().table.Lookup([]byte("get")), [][]byte{[]byte("get"), []byte("a")}
	for rules, want := range map[string]bool{
		"+@all ~*": true, "+get ~a": false, "+get %R~* %W~a": true, "+get ~a (+get %R~*)": true, "+get ~a (+del %R~*)": false, "+get %W~*": false,
	} {
		us.check(t, rules, "get a")
		if got := us.Get("u").Rules().ReadsAll(row, args); got != want {
			t.Errorf("%q: %v", rules, got)
		}
	}
}

// TestGone: whoever still is a user that was removed may do nothing.
func TestGone(t *testing.T) {
	us := testUsers(t)
	us.Set("u", []string{"on", "nopass", "+@all", "~*", "&*"})
	u := us.Get("u")
	if !u.Unrestricted() || us.Login("u", nil) != u {
		t.Fatal("not everything is allowed")
	}
	if us.Delete("u") != u || us.Delete("u") != nil || us.Delete(DefaultName) != nil {
		t.Error("Delete")
	}
	row := us.index().table.Lookup([]byte("select"))
	if reason, _ := u.Rules().Check(row, [][]byte{[]byte("select"), []byte("0")}); u.Unrestricted() || reason == Allowed || u.Rules().Subscribes("x", false) {
		t.Error("a removed user may do something")
	}
}

func TestLogin(t *testing.T) {
	us := testUsers(t)
	us.Set("u", []string{">p1", ">p2"})
	login := func(name, password string) bool { return us.Login(name, []byte(password)) != nil }
	if login("u", "p1") {
		t.Error("a disabled user logs in")
	}
	us.Set("u", []string{"on", "<p1"})
	if login("u", "p1") || !login("u", "p2") || login("u", "") || login("v", "p2") || !login(DefaultName, "x") {
		t.Error("wrong users log in")
	}
	us.SetPassword("x")
	if !us.LoginRequired() || !login(DefaultName, "x") || login(DefaultName, "y") {
		t.Error("requirepass")
	}
	us.SetPassword("")
	if us.LoginRequired() || !login(DefaultName, "y") {
		t.Error("no requirepass")
	}
	us.Set(DefaultName, []string{"off"})
	if !us.LoginRequired() {
		t.Error("the default user is off, and nobody has to log in")
	}
}

// TestLosesChannels: who is told that subscribers may have to go.
func TestLosesChannels(t *testing.T) {
	us := testUsers(t)
	us.Set("u", []string{"resetchannels", "&a", "(&b)"})
	for _, c := range []struct {
		modifier string
		lost     bool
	}{{"&c", false}, {"+get", false}, {"clearselectors", true}, {"allchannels", false}, {"resetchannels", true}, {"&a", false}} {
		revoked, err := us.Set("u", []string{c.modifier})
		if err != nil || (revoked != nil) != c.lost {
			t.Errorf("%s: %v, %v", c.modifier, revoked, err)
		}
	}
}

// TestPossibleKeys: arguments that do not fit the key specs do not hide keys.
func TestPossibleKeys(t *testing.T) {
	row := command.Row{Name: "x", Keys: []command.KeySpec{{Index: 1, Step: 1, Flags: []string{"RO"}}, {Keyword: "STORE", From: 2, Step: 1}}}
	for request, want := range map[string]int{"x a": 1, "x a store b": 2, "x a store b store c": 3, "x a store": 1} {
		var args [][]byte
		for _, w := range strings.Fields(request) {
			args = append(args, []byte(w))
		}
		if got := row.PossibleKeys(args, nil); len(got) != want {
			t.Errorf("%q: %v", request, got)
		}
	}
}

// TestChecksAllocateNothing: users with few rights are as frequent as requests.
func TestChecksAllocateNothing(t *testing.T) {
	us := testUsers(t)
	us.check(t, "+@read +set ~a* (%R~b &x)", "get a")
	r := us.Get("u").Rules()
	for _, request := range []string{"get abc", "set a 1", "get b", "del x", "publish x y"} {
		var args [][]byte
		for _, w := range strings.Fields(request) {
			args = append(args, []byte(w))
		}
		row := us.index().table.Lookup(args[0])
		if n := testing.AllocsPerRun(100, func() { r.Check(row, args) }); n > 0 {
			t.Errorf("%q: %v allocations", request, n)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	us := testUsers(b)
	us.Set("u", []string{"+@read", "~a*"})
	r, row, args := us.Get("u").Rules(), us.index().table.Lookup([]byte("get")), [][]byte{[]byte("get"), []byte("abc")}
	for b.Loop() {
		r.Check(row, args)
	}
}
