package config

import (
	"slices"
	"strings"
	"testing"
)

func TestSplitArgs(t *testing.T) {
	for _, c := range []struct {
		line string
		want []string
		ok   bool
	}{
		{"", nil, true},
		{"  a\tb\v\r\n", []string{"a", "b\v"}, true},
		{`a "b c" 'd e'`, []string{"a", "b c", "d e"}, true},
		{`"\x41\n\r\t\b\a\q\"" '\'\n'`, []string{"A\n\r\t\b\aq\"", `'\n`}, true},
		{`x"y z"`, []string{"xy z"}, true},
		{`"a"b`, nil, false},
		{`'a`, nil, false},
		{`"a\`, nil, false},
		{`""`, []string{""}, true},
		{"a\x00 b", []string{"a"}, true},
		{`"\x4"`, []string{"x4"}, true},
	} {
		if got, ok := SplitArgs(c.line); ok != c.ok || !slices.Equal(got, c.want) {
			t.Errorf("SplitArgs(%q) = %q, %v", c.line, got, ok)
		}
	}
}

// FuzzSplitArgs: what was split can be quoted and split again; any string
// without a NUL survives quoting.
func FuzzSplitArgs(f *testing.F) {
	f.Add(`set "a b" '\'' \x41`)
	f.Add("\"\\x00\\xff\\a\" ''")
	f.Fuzz(func(t *testing.T, line string) {
		if got, ok := SplitArgs(Quote(line)); !ok || len(got) != 1 || got[0] != line {
			t.Fatalf("Quote(%q) splits into %q, %v", line, got, ok)
		}
		args, ok := SplitArgs(line)
		if !ok {
			return
		}
		var quoted []string
		for _, a := range args {
			quoted = append(quoted, Quote(a))
		}
		if again, ok := SplitArgs(strings.Join(quoted, " ")); !ok || !slices.Equal(again, args) {
			t.Fatalf("%q splits into %q, then %q", line, args, again)
		}
	})
}

// FuzzLoad: a text that loads can be rewritten; the new text loads, gives
// the same values, and rewriting it again changes nothing.
func FuzzLoad(f *testing.F) {
	f.Add("port 1\nold-port 2\nname \"x y\"\n# comment\nlist a b\nsignals save now")
	f.Add("mem 1gb\nshare 5%\nperm 17\nunknown\n\n\nsecret ''")
	f.Add("flag yes\nflag no\nlevel HIGH\rlimit 3")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(strings.ToLower(text), "include") {
			return // reads files
		}
		r, _ := newTest(t)
		if r.LoadString(text) != nil {
			return
		}
		before := r.Get([]string{"*", "secret"})
		if strings.Contains(strings.ToLower(text), "list") {
			return // the test's list is written without quotes
		}
		first := r.rewritten(text, false)
		r2, _ := newTest(t)
		if err := r2.LoadString(first); err != nil {
			t.Fatalf("%q became %q: %v", text, first, err)
		}
		if after := r2.Get([]string{"*", "secret"}); !slices.Equal(before, after) {
			t.Fatalf("%q became %q: values %q, were %q", text, first, after, before)
		}
		if second := r2.rewritten(first, false); second != first {
			t.Fatalf("%q, rewritten again, became %q", first, second)
		}
	})
}
