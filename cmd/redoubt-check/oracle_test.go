package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// outcome is what a run printed, its exit code, and the files afterwards.
type outcome struct {
	out   string
	code  int
	files map[string]string
}

// ours and theirs run redoubt-check, and the program of Redis with that name, in
// a directory with these files.
func ours(t testing.TB, program string, files map[string]string, stdin string, args ...string) outcome {
	t.Helper()
	dir := filled(t, files)
	chdir(t, dir)
	var out bytes.Buffer
	code := run(append([]string{program}, args...), strings.NewReader(stdin), &out, &out)
	return outcome{normal(out.String()), code, contents(t, dir)}
}

func theirs(t testing.TB, program string, files map[string]string, stdin string, args ...string) outcome {
	t.Helper()
	dir := filled(t, files)
	cmd := exec.Command(redistest.Path(t, program), args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	code := 0
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		code = 1 // where it runs out of memory, it is not 1
	} else if err != nil {
		t.Fatal(err)
	}
	return outcome{normal(string(out)), code, contents(t, dir)}
}

// chdir is t.Chdir for several times in one test.
func chdir(t testing.TB, dir string) {
	t.Helper()
	if err := os.Chdir(dir); err != nil {
		t.Fatal(err)
	}
}

func filled(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func contents(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(text)
	}
	return files
}

var (
	logPrefix = regexp.MustCompile(`(?m)^\d+:C \d.* # `)
	// What C reads behind a line's end is anything; lines are counted over all
	// files there, and in each here.
	unlike = regexp.MustCompile(`got: 00[0-9a-f]+|ok_up_to_line=\d+`)
)

func normal(out string) string {
	return unlike.ReplaceAllString(logPrefix.ReplaceAllString(out, ""), "…")
}

func cmd(argv ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(argv))
	for _, a := range argv {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(a), a)
	}
	return b.String()
}

var (
	set   = cmd("set", "foo", "hello")
	multi = cmd("multi")
	exe   = cmd("exec")
)

// smallRDB is an RDB file of redis-server.
func smallRDB(t testing.TB) string {
	t.Helper()
	s := redistest.Start(t)
	s.Must(t, "set", "k", "v")
	s.Must(t, "save")
	text, err := os.ReadFile(filepath.Join(s.Dir, "dump.rdb"))
	if err != nil {
		t.Fatal(err)
	}
	s.Stop()
	return string(text)
}

// TestAOFAgainstRedis has every kind of file, good and bad, for both programs.
func TestAOFAgainstRedis(t *testing.T) {
	preamble := smallRDB(t) + set
	stamped := "#TS:100\r\n" + set + "#TS:101\r\n" + set + "#TS:102\r\n#TS:103\r\n" + set + "#TS:104\r\n"
	const both = "file b seq 1 type b\nfile i seq 1 type i\n"
	const three = "file b seq 1 type b\nfile i seq 1 type i\nfile j seq 2 type i\n"
	one := func(text string) map[string]string { return map[string]string{"a": text} }
	for _, c := range []struct {
		name  string
		files map[string]string
		stdin string
		args  string
	}{
		{"no arguments", nil, "", ""},
		{"unknown option", one(set), "", "--mend a"},
		{"too many", one(set), "", "--fix a b c"},
		{"no such file", nil, "", "a"},
		{"no time", one(set), "", "--truncate-to-timestamp x a"},
		{"a time with more", one(set), "", "--truncate-to-timestamp 12x a"},
		{"good", one(set + set), "", "a"},
		{"good, to be mended", one(set), "", "--fix a"},
		{"empty", one(""), "", "a"},
		{"transaction", one(set + multi + set + exe + set), "", "a"},
		{"annotations", one(stamped + "#x\r\n"), "", "a"},
		{"short", one(set + set[:20]), "", "a"},
		{"short in a line", one(set + set[:2]), "", "a"},
		{"short in a length", one(set + set[:6]), "", "a"},
		{"one byte missing", one(set + set[:len(set)-1]), "", "a"},
		{"between arguments", one(set + set[:13]), "", "a"},
		{"no EXEC", one(set + multi + set), "", "a"},
		{"short in a transaction", one(set + multi + set[:13]), "", "a"},
		{"short in an argument of a transaction", one(set + multi + set[:20]), "", "a"},
		{"EXEC alone", one(set + exe), "", "a"},
		{"MULTI twice", one(set + multi + multi + exe), "", "a"},
		{"case", one(cmd("MuLtI") + cmd("EXEC")), "", "a"},
		{"rubbish", one(set + "!!!" + set), "", "a"},
		{"rubbish in a transaction", one(set + multi + "!!!"), "", "a"},
		{"rubbish alone", one("!!!\n"), "", "a"},
		{"zeros", one(set + "\x00\x00\x00"), "", "a"},
		{"wrong prefix", one("*1\r\n*3\r\nfoo\r\n"), "", "a"},
		{"no line end", one("*1\r\n$3\r\nfooxx\r\n"), "", "a"},
		{"line feed alone", one("*1\n$3\nfoo\n"), "", "a"},
		{"bytes from 128 up", one("*1\xff\xfe\r\n"), "", "a"},
		{"negative length", one("*1\r\n$-3\r\nfoo\r\n"), "", "a"},
		{"too long", one("*1\r\n$9223372036854775807\r\nfoo\r\n"), "", "a"},
		{"longer than the file", one("*1\r\n$10\r\nfoo\r\n"), "", "a"},
		{"not a number", one("*1\r\n$x\r\nfoo\r\n"), "", "a"},
		{"preamble", one(preamble), "", "a"},
		{"preamble and short", one(preamble + "*"), "", "a"},
		{"short preamble", one(preamble[:50]), "", "a"},
		{"mended", one(set + "!!!"), "y\n", "--fix a"},
		{"mended, no EXEC", one(set + multi + set), "Yes\n", "--fix a"},
		{"mended to nothing", one("!!!"), "y", "--fix a"},
		{"not mended", one(set + "!!!"), "n\n", "--fix a"},
		{"not answered", one(set + "!!!"), "", "--fix a"},
		{"preamble mended", one(preamble + "*"), "y\n", "--fix a"},
		{"time 105", one(stamped), "", "--truncate-to-timestamp 105 a"},
		{"time 104", one(stamped), "", "--truncate-to-timestamp 104 a"},
		{"time 103", one(stamped), "", "--truncate-to-timestamp 103 a"},
		{"time 101", one(stamped), "", "--truncate-to-timestamp 101 a"},
		{"time 100", one(stamped), "", "--truncate-to-timestamp 100 a"},
		{"time 99", one(stamped), "", "--truncate-to-timestamp 99 a"},
		{"time 0", one(stamped), "", "--truncate-to-timestamp 0 a"},
		{"time of a bad annotation", one(set + "#TS:12x\r\n"), "", "--truncate-to-timestamp 5 a"},
		{"time without a line end", one(set + "#TS:12\n"), "", "--truncate-to-timestamp 5 a"},
		{"time of a short file", one(stamped + set[:20]), "", "--truncate-to-timestamp 104 a"},
		{"manifest", map[string]string{"a": both, "b": set, "i": set}, "", "a"},
		{"manifest with comments", map[string]string{"a": "#x\n" + both, "b": set, "i": set}, "", "a"},
		{"manifest of an increment", map[string]string{"a": "file i seq 1 type i\n", "i": set}, "", "a"},
		{"manifest of a base", map[string]string{"a": "file b seq 1 type b\n", "b": set}, "", "a"},
		{"manifest of history", map[string]string{"a": "file b seq 1 type h\n"}, "", "a"},
		{"manifest with preamble", map[string]string{"a": both, "b": preamble, "i": set}, "", "a"},
		{"manifest of empty files", map[string]string{"a": both, "b": "", "i": ""}, "", "a"},
		{"file missing", map[string]string{"a": both, "b": set}, "", "a"},
		{"base missing", map[string]string{"a": both, "i": set}, "", "a"},
		{"short base", map[string]string{"a": both, "b": set + multi, "i": set}, "", "a"},
		{"short base, to be mended", map[string]string{"a": both, "b": set + multi, "i": set}, "y\n", "--fix a"},
		{"short last file", map[string]string{"a": three, "b": set, "i": set, "j": set + set[:8]}, "", "a"},
		{"short last file, mended", map[string]string{"a": three, "b": set, "i": set, "j": set + set[:8]}, "y\n", "--fix a"},
		{"short base, the last file", map[string]string{"a": "file b seq 1 type b\n", "b": set + set[:8]}, "y\n", "--fix a"},
		{"time in the base", map[string]string{"a": both, "b": stamped, "i": set}, "", "--truncate-to-timestamp 103 a"},
		{"time in the last file", map[string]string{"a": both, "b": set, "i": stamped}, "", "--truncate-to-timestamp 103 a"},
		{"RDB in an increment", map[string]string{"a": both, "b": set, "i": preamble}, "", "a"},
		{"bad manifest", map[string]string{"a": both + both}, "", "a"},
		{"manifest with too long a line", map[string]string{"a": "file a seq 1 type i" + strings.Repeat(" k v", 300) + "\n"}, "", "a"},
		{"manifest without a newline", map[string]string{"a": "file a seq 1 type i"}, "", "a"},
		{"path in the manifest", map[string]string{"a": "file x/b seq 1 type i\n"}, "", "a"},
	} {
		args := strings.Fields(c.args)
		want := theirs(t, "redis-check-aof", c.files, c.stdin, args...)
		got := ours(t, "redis-check-aof", c.files, c.stdin, args...)
		if !same(got.out, want.out) || got.code != want.code {
			t.Errorf("%s: prints, with code %d:\n%s\nwant, with code %d:\n%s", c.name, got.code, got.out, want.code, want.out)
		}
		if !maps.Equal(got.files, want.files) {
			t.Errorf("%s: leaves %q, want %q", c.name, got.files, want.files)
		}
		own := ours(t, "redoubt-check", c.files, c.stdin, append([]string{"aof"}, args...)...)
		if own.code != want.code || !maps.Equal(own.files, want.files) {
			t.Errorf("%s: redoubt-check aof gives code %d, want %d, and %q", c.name, own.code, want.code, own.files)
		}
	}
}

var (
	reasons  = regexp.MustCompile(`(?m) \([A-Z][a-z ]+\)$`)
	rdbError = regexp.MustCompile(`(?s)--- RDB ERROR DETECTED ---.*already expired\n`)
	usage    = regexp.MustCompile(`(?m)^Usage: \S+`)
)

// same compares what was printed, but for details of errors.
func same(got, want string) bool {
	plain := func(s string) string {
		s = rdbError.ReplaceAllString(reasons.ReplaceAllString(s, ""), "RDB error\n")
		return usage.ReplaceAllString(s, "Usage:")
	}
	return plain(got) == plain(want)
}

// stricter are faults that redis-check-aof does not find, though the server
// refuses most of them.
var stricter = regexp.MustCompile(`Expected (1 to|a number|a line)|AOF a format error`)

// TestAOFSpoiledAgainstRedis spoils a good file at random places.
func TestAOFSpoiledAgainstRedis(t *testing.T) {
	good := "#TS:100\r\n" + set + multi + set + cmd("sadd", "s", "", "\r\n*1\r\n") + exe + "#TS:200\r\n" + set
	rnd := rand.New(rand.NewPCG(4, 9))
	refused := 0
	for i := range 300 {
		text := []byte(good[:len(good)-rnd.IntN(2)*rnd.IntN(len(good))])
		for range rnd.IntN(3) {
			if len(text) > 0 {
				text[rnd.IntN(len(text))] = "\x00\r\n$*#0123456789 -+xM\xff"[rnd.IntN(21)]
			}
		}
		files := map[string]string{"a": string(text)}
		want, got := theirs(t, "redis-check-aof", files, "", "a"), ours(t, "redis-check-aof", files, "", "a")
		if want.code != 0 {
			refused++
		}
		if same(got.out, want.out) && got.code == want.code {
			continue
		}
		if got.code == 0 || !stricter.MatchString(got.out) && !strings.Contains(got.out, "got: ") {
			t.Errorf("%d: %q: prints, with code %d:\n%s\nwant, with code %d:\n%s", i, text, got.code, got.out, want.code, want.out)
		}
	}
	if refused < 100 {
		t.Errorf("only %d files were refused", refused)
	}
}

// fill makes keys of all types.
func fill(t testing.TB, s *redistest.Server) {
	t.Helper()
	s.Must(t, "flushall")
	s.Must(t, "select", 0)
	for i := range 200 {
		s.Must(t, "set", fmt.Sprintf("s%d", i), strings.Repeat("v", i))
	}
	s.Must(t, "set", "number", 12345)
	s.Must(t, "set", "old", "x", "px", 1)
	s.Must(t, "set", "new", "x", "ex", 10000)
	for i := range 600 {
		s.Must(t, "rpush", "list", strings.Repeat("e", i))
		s.Must(t, "sadd", "set", fmt.Sprintf("m%d", i))
		s.Must(t, "zadd", "zset", float64(i)/3, fmt.Sprintf("m%d", i))
		s.Must(t, "hset", "hash", fmt.Sprintf("f%d", i), i)
		s.Must(t, "xadd", "stream", fmt.Sprintf("%d-1", i+1), "f", i)
	}
	s.Must(t, "select", 3)
	s.Must(t, "sadd", "ints", 1, 2, 300000)
	s.Must(t, "sadd", "small", "a", "b")
	s.Must(t, "hset", "smallhash", "a", "b")
	s.Must(t, "zadd", "smallzset", 1, "b")
	s.Must(t, "rpush", "smalllist", "a", 1)
	s.Must(t, "xgroup", "create", "stream", "g", "0", "mkstream")
	s.Must(t, "xadd", "stream", "*", "a", "b")
	s.Must(t, "xreadgroup", "group", "g", "c", "streams", "stream", ">")
	s.Must(t, "multi")
	s.Must(t, "incr", "n")
	s.Must(t, "incr", "n")
	s.Must(t, "exec")
}

func TestRDBAgainstRedis(t *testing.T) {
	s := redistest.Start(t, "--rdbcompression", "yes", "--enable-debug-command", "yes")
	s.Must(t, "debug", "set-active-expire", 0)
	fill(t, s)
	files := map[string]string{}
	save := func(name string) {
		s.Must(t, "save")
		text, err := os.ReadFile(filepath.Join(s.Dir, "dump.rdb"))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(text)
	}
	save("compressed")
	s.Must(t, "config", "set", "rdbcompression", "no", "maxmemory-policy", "allkeys-lfu")
	save("plain")
	s.Must(t, "flushall")
	save("empty")
	for name := range files {
		want := theirs(t, "redis-check-rdb", files, "", name)
		got := ours(t, "redis-check-rdb", files, "", name)
		if got.out != want.out || got.code != 0 || want.code != 0 {
			t.Errorf("%s: prints, with code %d:\n%s\nwant, with code %d:\n%s", name, got.code, got.out, want.code, want.out)
		}
		if own := ours(t, "redoubt-check", files, "", "rdb", name); own.out != want.out || own.code != 0 {
			t.Errorf("%s: redoubt-check rdb: %d\n%s", name, own.code, own.out)
		}
	}
	spoilRDB(t, files["compressed"])
}

// spoilRDB cuts and changes a file: both programs must refuse it.
func spoilRDB(t *testing.T, good string) {
	rnd := rand.New(rand.NewPCG(7, 7))
	for i := range 60 {
		text := []byte(good)
		if i%2 == 0 {
			text = text[:rnd.IntN(len(text))]
		} else {
			text[rnd.IntN(len(text))] ^= 1 << rnd.IntN(8)
		}
		files := map[string]string{"r": string(text)}
		got := ours(t, "redis-check-rdb", files, "", "r")
		if got.code != 1 || !strings.Contains(got.out, "--- RDB ERROR DETECTED ---\n[offset ") || !strings.Contains(got.out, "While doing: ") {
			t.Errorf("%d: prints, with code %d:\n%s", i, got.code, got.out)
		}
		if i < 10 {
			if want := theirs(t, "redis-check-rdb", files, "", "r"); want.code != 1 {
				t.Errorf("%d: redis-check-rdb finds nothing:\n%s", i, want.out)
			}
		}
	}
}

func TestRDBArguments(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
	}{{nil, 1}, {[]string{"a", "b"}, 1}, {[]string{"nofile"}, 1}, {[]string{"-v"}, 0}, {[]string{"--version"}, 0}} {
		want := theirs(t, "redis-check-rdb", nil, "", c.args...)
		got := ours(t, "redis-check-rdb", nil, "", c.args...)
		if got.code != c.code || want.code != c.code {
			t.Errorf("%q: code %d, redis-check-rdb %d", c.args, got.code, want.code)
		}
	}
	for _, args := range [][]string{nil, {"rdb"}, {"aof"}, {"aof", "--fix"}, {"aof", "--truncate-to-timestamp", "1"}, {"x", "y"}, {"--help"}} {
		got := ours(t, "redoubt-check", nil, "", args...)
		if args := strings.Join(args, " "); got.code != 1 || !strings.Contains(got.out, "Usage: redoubt-check") && args != "aof --fix" && args != "aof --truncate-to-timestamp 1" {
			t.Errorf("%q: code %d, %s", args, got.code, got.out)
		}
	}
}

// TestServersFiles checks append-only files as redis-server writes them.
func TestServersFiles(t *testing.T) {
	for _, options := range [][]string{
		{"--aof-use-rdb-preamble", "yes"},
		{"--aof-use-rdb-preamble", "no", "--aof-timestamp-enabled", "yes"},
	} {
		s := redistest.Start(t, append([]string{"--appendonly", "yes"}, options...)...)
		fill(t, s)
		s.Must(t, "bgrewriteaof")
		for strings.Contains(s.Must(t, "info", "persistence").(string), "aof_rewrite_in_progress:1") {
		}
		fill(t, s)
		s.Stop()
		files := contents(t, filepath.Join(s.Dir, "appendonlydir"))
		want := theirs(t, "redis-check-aof", files, "", "appendonly.aof.manifest")
		got := ours(t, "redis-check-aof", files, "", "appendonly.aof.manifest")
		if got.out != want.out || got.code != 0 {
			t.Errorf("%v: prints, with code %d:\n%s\nwant\n%s", options, got.code, got.out, want.out)
		}
	}
}
