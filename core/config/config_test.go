package config

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

type level int

type vars struct {
	flag    bool
	port    int
	limit   uint32
	mem     int64
	share   int64
	perm    uint32
	name    string
	secret  string
	level   level
	signals level
	list    []string
}

// newTest is a registry with one directive of each type.
func newTest(t testing.TB) (*Registry, *vars) {
	v := &vars{port: 6379, limit: 10, mem: 1 << 20, name: "x", level: 2}
	levels := []Name[level]{{"low", 1}, {"normal", 2}, {"high", 3}}
	signals := []Name[level]{{"default", 0}, {"save", 1}, {"now", 2}}
	list := &Special{
		SetFunc: func(args []string, _ Phase) error { v.list = slices.Clone(args); return nil },
		GetFunc: func() string { return strings.Join(v.list, " ") },
		LinesFunc: func(name string, _ bool) []Line {
			return []Line{{name + " " + strings.Join(v.list, " "), len(v.list) > 0}}
		},
	}
	return New([]Directive{
		{Name: "flag", Value: Bool(&v.flag, nil)},
		{Name: "port", Alias: "old-port", Value: Number(&v.port, Integer, 0, 65535), Group: "net"},
		{Name: "limit", Value: Number(&v.limit, Integer, 1, 100), Group: "net"},
		{Name: "mem", Value: Number(&v.mem, Memory, 0, 1<<40)},
		{Name: "share", Value: Number(&v.share, MemoryOrPercent, -100, 1<<40)},
		{Name: "perm", Flags: Immutable, Value: Number(&v.perm, Octal, 0, 0o777)},
		{Name: "name", Value: String(&v.name, nil)},
		{Name: "secret", Flags: Sensitive | Hidden, Value: OptionalString(&v.secret, nil)},
		{Name: "level", Value: Enum(&v.level, levels)},
		{Name: "signals", Flags: MultiArg, Value: EnumFlags(&v.signals, signals, nil)},
		{Name: "list", Flags: MultiArg, Value: list},
		{Name: "future", Status: Refused, Note: "not there yet", Value: Bool(new(bool), nil)},
	}), v
}

func TestLoad(t *testing.T) {
	r, v := newTest(t)
	err := r.LoadString("# comment\n\n  PORT 1\nold-port 2\nname \"a\\x41\\n\"\nmem 2mb\nshare 30%\n" +
		"perm 700\nlevel HIGH\nsignals save now\nlist \"a b 'c d'\"\nfuture no\n")
	if err != nil {
		t.Fatal(err)
	}
	if v.port != 2 || v.name != "aA\n" || v.mem != 2<<20 || v.share != -30 || v.perm != 0o700 ||
		v.level != 3 || v.signals != 3 || !slices.Equal(v.list, []string{"a", "b", "c d"}) {
		t.Errorf("%+v", v)
	}
	var b strings.Builder
	err = r.LoadString("port 1\nfuture yes")
	Report(&b, "Redoubt 1", err)
	want := "\n*** FATAL CONFIG FILE ERROR (Redoubt 1) ***\nReading the configuration file, at line 3\n" +
		">>> 'future yes'\nthis build of Redoubt refuses to set future: not there yet\n"
	if b.String() != want {
		t.Errorf("%s", b.String())
	}
}

func TestSetIsAllOrNothing(t *testing.T) {
	r, v := newTest(t)
	var calls, commits int
	fail := error(nil)
	r.OnChange("net", func() error { calls++; return fail })
	r.OnCommit(func() { commits++ })
	if err := r.Set([]string{"port", "1", "limit", "2", "name", "x"}, SetOptions{}); err != nil || calls != 1 || commits != 1 {
		t.Fatal(err, calls, commits)
	}
	if err := r.Set([]string{"port", "1"}, SetOptions{}); err != nil || calls != 1 {
		t.Fatal("applied without a change", err, calls)
	}
	if err := r.Set([]string{"port", "5", "limit", "0"}, SetOptions{}); err == nil || v.port != 1 {
		t.Fatal(err, v.port)
	}
	fail = errors.New("no such port")
	err := r.Set([]string{"name", "new name", "port", "7"}, SetOptions{})
	want := "ERR CONFIG SET failed (possibly related to argument 'port') - no such port; and undoing port: no such port"
	if err == nil || err.Error() != want || v.port != 1 || v.name != "x" {
		t.Fatal(err, v.port, v.name)
	}
	if err := r.Set([]string{"future", "yes"}, SetOptions{}); err == nil || !strings.Contains(err.Error(), "not there yet") {
		t.Fatal(err)
	}
	if r.Set([]string{"future", "no"}, SetOptions{}) != nil {
		t.Error("default refused")
	}
}

func TestGet(t *testing.T) {
	r, _ := newTest(t)
	got := r.Get([]string{"Port", "*ort", "p*", "secret", "se*", "none"})
	want := []string{"Port", "6379", "old-port", "6379", "perm", "0", "secret", ""}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if !r.Sensitive("SECRET") || r.Sensitive("port") || r.Sensitive("none") {
		t.Error("Sensitive")
	}
}

func TestInclude(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	write("b.conf", "port 2\nlimit 2")
	write("a.conf", "port 1")
	write(".hidden.conf", "port 9")
	main := write("main", "limit 1\ninclude "+dir+"/*.conf\ninclude "+dir+"/none*\n")
	r, v := newTest(t)
	if err := r.Load(CommandLine{File: main, Stdin: true, Options: "mem 1kb"}, strings.NewReader("mem 5\nname s")); err != nil {
		t.Fatal(err)
	}
	if v.port != 2 || v.limit != 2 || v.mem != 1024 || v.name != "s" {
		t.Errorf("%+v", v)
	}
	loop := write("loop", "include "+dir+"/loop")
	if err := r.Load(CommandLine{File: loop}, nil); err == nil || !strings.Contains(err.Error(), "nested") {
		t.Error(err)
	}
	err := r.LoadString("include " + dir + "/missing")
	if err == nil || err.Error() != "Fatal error, can't open config file '"+dir+"/missing': No such file or directory" {
		t.Error(err)
	}
}

func TestRewrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c")
	old := "# head\n\n\n\nold-port 1\nport 2\nbroken \"\nunknown 1\ninclude " + filepath.Dir(path) + "/n*\nmem 4mb\nsecret s\n"
	os.WriteFile(path, []byte(old), 0o600)
	r, _ := newTest(t)
	if err := r.Rewrite(); err == nil || err.Error() != "ERR The server is running without a config file" {
		t.Fatal(err)
	}
	err := r.Load(CommandLine{File: path}, nil)
	if err == nil {
		t.Fatal("broken file loaded")
	}
	if err := r.Set([]string{"port", "8", "mem", "1048576", "level", "high", "secret", "", "share", "20%"}, SetOptions{}); err != nil {
		t.Fatal(err)
	}
	want := "# head\n\nport 8\n\n# ??? broken \"\n# ??? unknown 1\ninclude " + filepath.Dir(path) + "/n*\nmem 1mb\n\n" +
		rewriteSignature + "\nshare 20%\nlevel high\n"
	for range 2 { // the second time changes nothing
		if err := r.Rewrite(); err != nil {
			t.Fatal(err)
		}
		got, _ := os.ReadFile(path)
		if string(got) != want {
			t.Errorf("got:\n%s", got)
		}
	}
	if names, _ := filepath.Glob(path + "*"); len(names) != 1 {
		t.Errorf("left behind: %v", names)
	}
	r.file = filepath.Join(path, "c")
	if err := r.Rewrite(); err == nil || err.Error() != "ERR Rewriting config file: Not a directory" {
		t.Error(err)
	}
}

func TestParseCommandLine(t *testing.T) {
	for _, c := range []struct {
		args []string
		want CommandLine
	}{
		{nil, CommandLine{}},
		{[]string{"--version"}, CommandLine{Mode: ShowVersion}},
		{[]string{"-h"}, CommandLine{Mode: ShowHelp}},
		{[]string{"a.conf", "--port", "1", "--save", "--name", "--x", "-"},
			CommandLine{File: "a.conf", Stdin: true, Options: "port \"1\" \nsave \"\"\nname \"--x\" "}},
		{[]string{"-", "--port 1", "--name", "a b"}, CommandLine{Stdin: true, Options: "port 1 \nname \"a b\" "}},
		{[]string{"--save"}, CommandLine{Options: "save \"\""}},
	} {
		got := ParseCommandLine(c.args)
		if got.Mode != c.want.Mode || got.File != c.want.File || got.Stdin != c.want.Stdin || got.Options != c.want.Options {
			t.Errorf("%q: %+v", c.args, got)
		}
	}
}
