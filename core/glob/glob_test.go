package glob

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

func TestMatch(t *testing.T) {
	cases := []struct {
		pattern, s string
		want       bool
	}{
		{"", "", true},
		{"", "a", false},
		{"*", "", false}, // as Redis
		{"*", "a", true},
		{"a*", "a", true},
		{"a**c", "abbc", true},
		{"a*c", "abbd", false},
		{"h?llo", "hello", true},
		{"h?llo", "hllo", false},
		{"h[ae]llo", "hallo", true},
		{"h[^e]llo", "hello", false},
		{"h[a-b]llo", "hbllo", true},
		{"h[b-a]llo", "hallo", true},
		{`h\*llo`, "h*llo", true},
		{`h\*llo`, "hello", false},
		{`a\`, `a\`, true},
		{"[abc", "c", true},
		{"[", "[", false},
		{"[^", "x", true},
		{`[\]]`, "]", true},
		{"*?", "a", true},
		{"*a*b*c", "xxaxxbxxc", true},
	}
	for _, c := range cases {
		if got := Match(c.pattern, []byte(c.s)); got != c.want {
			t.Errorf("Match(%q, %q) = %v", c.pattern, c.s, got)
		}
	}
	if !MatchFold("HeL[K-M]o", "hello") || Match("HeLLo", "hello") {
		t.Error("case")
	}
}

// TestAbusive would run for ages if every star backtracked.
func TestAbusive(t *testing.T) {
	start := time.Now()
	if Match(strings.Repeat("a*", 500)+"b", strings.Repeat("a", 20000)) {
		t.Error("matched")
	}
	if d := time.Since(start); d > 10*time.Second {
		t.Errorf("took %v", d)
	}
	if Match(strings.Repeat("a*", 1001)+"a", strings.Repeat("a", 3000)) {
		t.Error("more stars than Redis follows matched")
	}
	if !Match(strings.Repeat("a*", 1000)+"a", strings.Repeat("a", 3000)) {
		t.Error("as many stars as Redis follows did not match")
	}
}

// naive is the definition, star by star, with every possibility tried.
func naive(p, s string, fold bool) bool {
	for p != "" && s != "" {
		if p[0] == '*' {
			p = strings.TrimLeft(p, "*")
			if p == "" {
				return true
			}
			for ; s != ""; s = s[1:] {
				if naive(p, s, fold) {
					return true
				}
			}
			return false
		}
		next, ok := matchOne(p, 0, s[0], fold)
		if !ok {
			return false
		}
		p, s = p[next:], s[1:]
		if s == "" {
			p = strings.TrimLeft(p, "*")
		}
	}
	return p == "" && s == ""
}

func FuzzMatch(f *testing.F) {
	f.Add("a*b?[c-e]", "axxbyd", false)
	f.Add("*a*a*a*b", "aaaaaaaac", true)
	f.Add(`[^\]x-`, "]", false)
	f.Fuzz(func(t *testing.T, pattern, s string, fold bool) {
		if len(s) > 24 || strings.Count(pattern, "*") > 6 {
			return // the reference is exponential
		}
		if got, want := match(pattern, s, fold), naive(pattern, s, fold); got != want {
			t.Errorf("match(%q, %q, %v) = %v", pattern, s, fold, got)
		}
	})
}

func random(r *rand.Rand, alphabet string, most int) string {
	b := make([]byte, r.Intn(most+1))
	for i := range b {
		b[i] = alphabet[r.Intn(len(alphabet))]
	}
	return string(b)
}

// TestOracle asks KEYS for the keys that random patterns match, and the
// PATTERN filter of COMMAND LIST for matches without case.
func TestOracle(t *testing.T) {
	s := redistest.Start(t)
	seed := time.Now().UnixNano()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewSource(seed))
	var keys []string
	for range 300 {
		k := random(r, "ab^]-[\\*?\x80\xffB", 5)
		keys = append(keys, k)
		s.Must(t, "SET", k, "1")
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	for range 3000 {
		p := random(r, "ab^]-[\\*?*[\x80\xffB", 8)
		if p == "*" {
			continue // KEYS answers all keys without matching them
		}
		var want, got []string
		for _, k := range s.Must(t, "KEYS", p).([]any) {
			want = append(want, k.(string))
		}
		slices.Sort(want)
		for _, k := range keys {
			if Match(p, k) {
				got = append(got, k)
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("pattern %q: got %q, want %q", p, got, want)
		}
	}
	testOracleFold(t, s, r)
}

func testOracleFold(t *testing.T, s *redistest.Server, r *rand.Rand) {
	var names []string
	for _, n := range s.Must(t, "COMMAND", "LIST").([]any) {
		names = append(names, n.(string))
	}
	for range 300 {
		p := random(r, "GgEeTt[]-^*?*\\aZ", 7)
		want := fmt.Sprint(len(s.Must(t, "COMMAND", "LIST", "FILTERBY", "PATTERN", p).([]any)))
		n := 0
		for _, name := range names {
			if MatchFold(p, name) {
				n++
			}
		}
		if got := fmt.Sprint(n); got != want {
			t.Fatalf("pattern %q without case: %s commands, want %s", p, got, want)
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	s := []byte("user:1000:profile")
	for b.Loop() {
		Match("user:*:profile", s)
	}
}
