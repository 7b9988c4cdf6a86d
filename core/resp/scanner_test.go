package resp

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand"
	"strconv"
	"strings"
	"testing"
)

// scanAll feeds input to a Scanner in the pieces that end at cuts, and returns
// what it found as text.
func scanAll(s *Scanner, input []byte, cuts []int) string {
	var out strings.Builder
	var buf []byte
	from := 0
	for _, to := range append(cuts, len(input)) {
		// A new buffer each time: the Scanner may keep offsets only.
		buf = append(bytes.Clone(buf), input[from:to]...)
		from = to
		for {
			args, n, err := s.Next(buf)
			buf = buf[n:]
			if err != nil {
				fmt.Fprintf(&out, "error %v", err)
				return out.String()
			}
			if args == nil {
				break
			}
			fmt.Fprintf(&out, "%q\n", args)
		}
		if s.Need(len(buf)) < 1 {
			return "Need is not positive"
		}
	}
	return out.String()
}

// reference is a parser that starts from the first byte each time, knows whole
// inputs only and uses the standard library.
func reference(in string, auth bool, maxBulk int64, maxInline int) string {
	var out strings.Builder
	line := func(end byte, what string) (l string, ok bool) {
		i := strings.IndexByte(in, end)
		if i > maxInline || i < 0 && len(in) > maxInline {
			fmt.Fprintf(&out, "error Protocol error: %s", what)
			return "", false
		}
		if i < 0 || end == '\r' && i+1 >= len(in) {
			return "", false
		}
		l = in[:i]
		in = in[i+1:]
		if end == '\r' {
			in = in[1:]
		}
		return l, true
	}
	number := func(s string) (int64, bool) {
		v, err := strconv.ParseInt(s, 10, 64)
		return v, err == nil && strconv.FormatInt(v, 10) == s
	}
	fail := func(text string) string { return out.String() + "error Protocol error: " + text }
	for len(in) > 0 {
		if in[0] != '*' {
			l, ok := line('\n', "too big inline request")
			if !ok {
				return out.String()
			}
			words, ok := SplitWords([]byte(strings.TrimSuffix(l, "\r")))
			if !ok {
				return fail("unbalanced quotes in request")
			}
			if len(words) > 0 {
				fmt.Fprintf(&out, "%q\n", words)
			}
			continue
		}
		l, ok := line('\r', "too big mbulk count string")
		if !ok {
			return out.String()
		}
		count, ok := number(l[1:])
		if !ok || count > DefaultMaxMultibulk {
			return fail("invalid multibulk length")
		}
		if count > 10 && !auth {
			return fail("unauthenticated multibulk length")
		}
		var args []string
		for range count {
			l, ok := line('\r', "too big bulk count string")
			if !ok {
				return out.String()
			}
			if l == "" || l[0] != '$' {
				return fail("expected '$', got '" + (l + "\r")[:1] + "'")
			}
			n, ok := number(l[1:])
			if !ok || n < 0 || n > maxBulk {
				return fail("invalid bulk length")
			}
			if n > 16384 && !auth {
				return fail("unauthenticated bulk length")
			}
			if int64(len(in)) < n+2 {
				return out.String()
			}
			args = append(args, in[:n])
			in = in[n+2:]
		}
		if count > 0 {
			fmt.Fprintf(&out, "%q\n", args)
		}
	}
	return out.String()
}

// check compares the Scanner, fed whole, byte by byte and in random pieces,
// with the reference.
func check(t *testing.T, input []byte, seed int64) {
	t.Helper()
	rnd := rand.New(rand.NewSource(seed))
	auth, maxBulk, maxInline := seed&1 == 0, int64(DefaultMaxBulk), DefaultMaxInline
	if seed&2 != 0 {
		maxBulk, maxInline = 20, 12
	}
	want := reference(string(input), auth, maxBulk, maxInline)
	var random, single []int
	for i := 1; i < len(input); i++ {
		single = append(single, i)
		if rnd.Intn(4) == 0 {
			random = append(random, i)
		}
	}
	for _, cuts := range [][]int{nil, single, random} {
		if len(cuts) > 5000 {
			continue
		}
		s := &Scanner{Authenticated: auth, MaxBulk: maxBulk, MaxInline: maxInline}
		if got := scanAll(s, input, cuts); got != want {
			t.Fatalf("input %.200q in pieces %v: got\n%s\nwant\n%s", input, cuts, got, want)
		}
	}
}

var samples = []string{
	"", "\n", "\r\n", "PING\r\n", "PING\n", " set  a\t'b c' \"d\\x41\\n\\q\"\r\n", "*0\r\n*-1\r\n*-5\r\n*1\r\n$4\r\nPING\r\n",
	"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$10\r\n0123456789\r\n*1\r\n$0\r\n\r\n", "*2\r\n$4\r\nPINGxx$1\r\nabc", "*1\r\nx", "*1\r\nx\r\n",
	"*1\r\n\r\n", "*a\r\n", "*01\r\n", "*-0\r\n", "*+1\r\n", "*\r\n", "*2147483648\r\n", "*99999999999999999999999\r\n", "*9223372036854775807\r\n",
	"*-9223372036854775808\r\n*-9223372036854775809\r\n", "*11\r\n", "*1\r\n$-1\r\n", "*1\r\n$-5\r\nx", "*1\r\n$536870913\r\n", "*1\r\n$9223372036854775807\r\n", "*1\r\n$16385\r\n",
	"*1\r\n$100\r\n" + strings.Repeat("y", 100) + "\r\n", "\"a\"b\n", "'a\n", "\"a\\\n", "a\"b c\"\n", "'it\\'s'\n", "a\vb\f c\n", "''\n", "*1\rx$4\rxPINGxx", "\x00*\n",
	"*1\r\n$21\r\n" + strings.Repeat("y", 21) + "\r\n", "*1\r\n$007\r\n", "*111111111111111\r\n",
}

func TestScanner(t *testing.T) {
	for _, s := range samples {
		for seed := range int64(4) {
			check(t, []byte(s), seed)
		}
	}
	for seed := range int64(2000) {
		rnd := rand.New(rand.NewSource(seed))
		var in []byte
		for range rnd.Intn(6) {
			in = append(in, samples[rnd.Intn(len(samples))]...)
		}
		if len(in) > 0 && rnd.Intn(2) == 0 {
			in[rnd.Intn(len(in))] = byte(rnd.Intn(256))
		}
		check(t, in, seed)
	}
}

func FuzzScanner(f *testing.F) {
	for i, s := range samples {
		f.Add([]byte(s), int64(i))
	}
	f.Fuzz(check)
}

// The texts are redis-server 7.0.15's, asked over a socket.
func TestErrorTexts(t *testing.T) {
	long := strings.Repeat("1", DefaultMaxInline+1)
	for _, test := range []struct {
		in, want string
		auth     bool
	}{
		{"*x\r\n", "Protocol error: invalid multibulk length", true},
		{"*2147483648\r\n", "Protocol error: invalid multibulk length", true},
		{"*11\r\n", "Protocol error: unauthenticated multibulk length", false},
		{"*" + long, "Protocol error: too big mbulk count string", true},
		{"*1\r\nx\r\n", "Protocol error: expected '$', got 'x'", true},
		{"*1\r\n$-1\r\n", "Protocol error: invalid bulk length", true},
		{"*1\r\n$536870913\r\n", "Protocol error: invalid bulk length", true},
		{"*1\r\n$16385\r\n", "Protocol error: unauthenticated bulk length", false},
		{"*1\r\n$" + long, "Protocol error: too big bulk count string", true},
		{long, "Protocol error: too big inline request", true},
		{"set 'a\r\n", "Protocol error: unbalanced quotes in request", true},
	} {
		s := Scanner{Authenticated: test.auth}
		args, _, err := s.Next([]byte(test.in))
		var protocol ProtocolError
		if args != nil || !errors.As(err, &protocol) || err.Error() != test.want {
			t.Errorf("%.30q: %q, %v; want %s", test.in, args, err, test.want)
		}
	}
}

func TestScannerAllocatesNothingAnnounced(t *testing.T) {
	s := Scanner{Authenticated: true}
	in := []byte("*2147483647\r\n$536870912\r\nabc")
	_, n, _ := s.Next(in)
	if got := s.Need(len(in) - n); got != 536870912+2-3 {
		t.Errorf("Need = %d", got)
	}
	s.Reset()
	if n := testing.AllocsPerRun(100, func() { s.Reset(); s.Next(in) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkScannerSet(b *testing.B) {
	one := "*3\r\n$3\r\nSET\r\n$16\r\nkey:000000012345\r\n$32\r\n" + strings.Repeat("x", 32) + "\r\n"
	in := []byte(strings.Repeat(one, 64))
	s := Scanner{Authenticated: true}
	b.ReportAllocs()
	for i := 0; i < b.N; i += 64 {
		for buf := in; len(buf) > 0; {
			_, n, err := s.Next(buf)
			if err != nil || n == 0 {
				b.Fatal(err)
			}
			buf = buf[n:]
		}
	}
}
