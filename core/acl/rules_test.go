package acl

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/core/command"
)

var setFlags = [][]string{{"OW", "update"}, {"RW", "access", "update"}}

func nothing(*command.Call) {}

// testRows are a few commands of several kinds.
func testRows() []command.Row {
	key := []command.KeySpec{{Index: 1, Step: 1, Flags: []string{"RO", "access"}}}
	return []command.Row{
		{Name: "get", Arity: 2, Flags: command.ReadOnly | command.Fast, Group: "string", Keys: key, Handler: nothing},
		{Name: "set", Arity: -3, Flags: command.Write, Group: "string", Handler: nothing,
			Keys: []command.KeySpec{{Index: 1, Step: 1, Flags: []string{"RW", "access", "update", "variable_flags"}}},
			KeyFlags: func(args [][]byte) []string {
				return setFlags[min(1, len(args)-3)]
			}},
		{Name: "strlen", Arity: 2, Flags: command.ReadOnly, Group: "string", Handler: nothing, Keys: []command.KeySpec{{Index: 1, Step: 1, Flags: []string{"RO"}}}},
		{Name: "del", Arity: -2, Flags: command.Write, Group: "generic", Handler: nothing,
			Keys: []command.KeySpec{{Index: 1, LastKey: -1, Step: 1, Flags: []string{"RM", "delete"}}}},
		{Name: "georadius", Arity: -6, Flags: command.Write, Group: "geo", Handler: nothing, Keys: []command.KeySpec{
			key[0], {Keyword: "STORE", From: 2, Step: 1, Flags: []string{"OW", "update"}},
		}},
		{Name: "select", Arity: 2, Flags: command.Fast, Group: "connection", Handler: nothing},
		{Name: "auth", Arity: -2, Flags: command.Fast | command.NoAuth, Group: "connection", Handler: nothing},
		{Name: "subscribe", Arity: -2, Flags: command.PubSub, Group: "pubsub", Handler: nothing},
		{Name: "psubscribe", Arity: -2, Flags: command.PubSub, Group: "pubsub", Handler: nothing},
		{Name: "publish", Arity: 3, Flags: command.PubSub | command.Fast, Group: "pubsub", Handler: nothing},
		{Name: "config", Arity: -2, Group: "server", Subcommands: []command.Row{
			{Name: "get", Arity: -3, Flags: command.Admin, Group: "server", Handler: nothing},
			{Name: "set", Arity: -4, Flags: command.Admin, Group: "server", Handler: nothing},
		}},
		{Name: "configure", Arity: 1, Flags: command.Fast, Group: "server", Handler: nothing},
	}
}

func testTable(t testing.TB) *command.Table {
	t.Helper()
	table, err := command.NewTable(testRows())
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func testUsers(t testing.TB) *Users {
	t.Helper()
	table := testTable(t)
	quiet := func(string, ...any) {}
	return New(Options{Table: func() *command.Table { return table }, Warn: quiet, Notice: quiet, LogLen: func() int64 { return 3 }})
}

// line is what ACL LIST shows after the modifiers, without "user u ".
func (us *Users) line(t *testing.T, modifiers ...string) string {
	t.Helper()
	us.Delete("u")
	if _, err := us.Set("u", modifiers); err != nil {
		return err.Error()
	}
	return strings.TrimPrefix(us.Line(us.Get("u")), "user u ")
}

// TestLines: the form in which rules are shown.
func TestLines(t *testing.T) {
	us := testUsers(t)
	digest := "#" + strings.Repeat("0a", 32)
	for _, c := range [][2]string{
		{"", "off resetchannels -@all"},
		{"on nopass ~* &* +@all", "on nopass ~* &* +@all"},
		{"reset", "off sanitize-payload resetchannels -@all"},
		{"nopass " + digest, "off " + digest + " resetchannels -@all"},
		{digest + " nopass", "off nopass resetchannels -@all"},
		{digest + " " + digest + " !" + digest[1:], "off resetchannels -@all"},
		{"%R~a %W~a %W~b %rw~c %R", "off ~a %W~b ~c %R~ resetchannels -@all"},
		{"%RW~* ~a", "off %RW~* ~a resetchannels -@all"},
		{"~a %RW~*", "off ~a ~* resetchannels -@all"},
		{"&a &b &a", "off resetchannels &a &b -@all"},
		{"+get +set +strlen", "off resetchannels -@all +@string"},
		{"+@all -@string", "off resetchannels +@all -@string"},
		{"+@string -set", "off resetchannels -@all +@read"},
		{"+config", "off resetchannels -@all +@admin +config"},
		{"+config -config|set", "off resetchannels -@all +config -config|set"},
		{"+config|get", "off resetchannels -@all +config|get"},
		{"+@all -config +config|get", "off resetchannels +@all -config +config|get"},
		{"+select|0 +SELECT|1 +select|0", "off resetchannels -@all +select|0 +select|1"},
		{"+select|0 +select", "off resetchannels -@all +select"},
		{"+@all -@all +select|1 +@all", "off resetchannels +@all"},
		{"(~a +get) (%W~b", "Unmatched parenthesis in acl selector starting at '(%W~b'."},
		{"(~a +get) (%W~b &c +del)", "off resetchannels -@all (~a resetchannels -@all +get) (%W~b resetchannels &c -@all +@keyspace)"},
		{"() clearselectors", "off resetchannels -@all"},
		{"~* ~a", "Error in ACL SETUSER modifier '~a': " + errAllKeys.Error()},
		{"&* &a", "Error in ACL SETUSER modifier '&a': " + errAllChans.Error()},
		{"+nosuch", "Error in ACL SETUSER modifier '+nosuch': " + errUnknown.Error()},
		{"+config|nosuch", "Error in ACL SETUSER modifier '+config|nosuch': " + errUnknown.Error()},
		{"+config|get|x", "Error in ACL SETUSER modifier '+config|get|x': " + errSubArg.Error()},
		{"+select|", "Error in ACL SETUSER modifier '+select|': " + errSyntax.Error()},
		{"#0", "Error in ACL SETUSER modifier '#0': " + errHash.Error()},
		{"#" + strings.Repeat("0A", 32), "Error in ACL SETUSER modifier '#" + strings.Repeat("0A", 32) + "': " + errHash.Error()},
		{"<x", "Error in ACL SETUSER modifier '<x': " + errNoPass.Error()},
		{"%~a", "Error in ACL SETUSER modifier '%~a': " + errSyntax.Error()},
	} {
		if got := us.line(t, strings.Fields(c[0])...); got != c[1] {
			t.Errorf("%q:\n have %s\n want %s", c[0], got, c[1])
		}
	}
	if got, want := us.line(t, `(~a) "~b\"c" +get)`), `off resetchannels -@all ("~a)" "~b\"c" resetchannels -@all +get)`; got != want {
		t.Errorf("a selector with parentheses and quotes: %s, want %s", got, want)
	}
	if _, err := us.Set("u", []string{"~a b"}); err == nil {
		t.Error("a pattern with a blank is accepted")
	}
	if _, err := us.Set("u", []string{"+select|a b"}); err == nil {
		t.Error("a first argument with a blank is accepted")
	}
}

// TestRefusedChangesNothing: with one wrong modifier none has an effect.
func TestRefusedChangesNothing(t *testing.T) {
	us := testUsers(t)
	us.Set("u", []string{"on", "+get", "~a"})
	before := us.Line(us.Get("u"))
	if _, err := us.Set("u", []string{"+del", "allkeys", "(+set)", ">p", "+nosuch"}); err == nil {
		t.Fatal("accepted")
	}
	if after := us.Line(us.Get("u")); after != before {
		t.Errorf("%s, was %s", after, before)
	}
	if _, err := us.Set("new", []string{"+nosuch"}); err == nil || us.Get("new") != nil {
		t.Error("a user was made of wrong rules")
	}
}

// alike compares what two users may do, bit by bit, and how they log in.
func alike(a, b *Rules) string {
	if a.Enabled != b.Enabled || a.NoPass != b.NoPass || !slices.Equal(a.passwords, b.passwords) || a.sanitize != b.sanitize {
		return "state"
	}
	if len(a.selectors) != len(b.selectors) {
		return fmt.Sprintf("%d and %d selectors", len(a.selectors), len(b.selectors))
	}
	for i := range a.selectors {
		s, o := &a.selectors[i], &b.selectors[i]
		if s.commands.future != o.commands.future || !slices.Equal(visible(s), visible(o)) {
			return fmt.Sprint("commands of ", i)
		}
		all := []keyPattern{{"*", reads | writes}}
		if !slices.Equal(s.keys, o.keys) && !(o.allKeys && slices.Contains(s.keys, all[0])) || s.allKeys && !o.allKeys {
			return fmt.Sprint("keys of ", i)
		}
		if s.allChannels != o.allChannels || !slices.Equal(s.channels, o.channels) {
			return fmt.Sprint("channels of ", i)
		}
		for id, args := range s.firstArgs {
			if !s.commands.has(id) && !reflect.DeepEqual(args, o.firstArgs[id]) {
				return fmt.Sprint("first arguments of ", i)
			}
		}
	}
	return ""
}

// visible are the IDs of the commands that s allows.
func visible(s *selector) (ids []int) {
	for id := range len(testRows()) + 2 {
		if s.commands.has(id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// FuzzRules makes users by random modifiers; what is written of them makes the same
// users, by way of an ACL file as well as of SETUSER.
func FuzzRules(f *testing.F) {
	us := testUsers(f)
	for _, seed := range []string{
		"on >p +@all -@string ~a*", "+config -config|set (~a +get %R~b) &x", "+select|0 +select|\"x nopass %RW~* ~a",
		"(~\"a\" ~') +del) ( ) reset -@all +@admin", "(~a) (~b)) (+select|))", "+@slow -config|get -get", "+@all -@slow +config|get",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<12 {
			return
		}
		us.Load("f", "")
		for _, m := range strings.Split(text, " ") {
			us.Set("u", []string{m}) // those that are right have an effect
		}
		u := us.Get("u")
		if u == nil {
			return
		}
		line := us.Line(u)
		words := strings.Split(line, " ")
		if _, err := us.Set("again", append([]string{"reset"}, words[2:]...)); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		want, again := u.Rules(), us.Get("again").Rules().clone()
		again.sanitize = want.sanitize // "reset" says something of it
		if why := alike(want, again); why != "" {
			t.Errorf("%q: %s differ", line, why)
		}
		if _, err := us.Load("f", us.Text()); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if why := alike(want, us.Get("u").Rules()); why != "" {
			t.Errorf("a file with %q: %s differ", line, why)
		}
		if second := us.Line(us.Get("u")); second != line && !strings.Contains(line, "~*") {
			t.Errorf("%q becomes %q", line, second)
		}
	})
}
