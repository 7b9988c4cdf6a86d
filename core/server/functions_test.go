package server_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// library is a library whose body is one line behind the first.
func library(name, body string) string { return "#!lua name=" + name + "\n" + body }

// function is a library with one function.
func function(lib, name, body string) string {
	return library(lib, "redis.register_function('"+name+"', function(keys, args) "+body+" end)")
}

// functionCases are requests whose replies are redis-server's.
var functionCases = [][]string{
	// The first line.
	{"FUNCTION", "LOAD", "return 1"}, {"FUNCTION", "LOAD", "#!lua name=a"}, {"FUNCTION", "LOAD", "#!lua\nreturn 1"},
	{"FUNCTION", "LOAD", "#!lua nome=a\nreturn 1"}, {"FUNCTION", "LOAD", "#!lua name=a name=b\nreturn 1"},
	{"FUNCTION", "LOAD", "#!lua 'name=a\nreturn 1"}, {"FUNCTION", "LOAD", "#!js name=a\nreturn 1"}, {"FUNCTION", "LOAD", "#! name=a\nreturn 1"},
	{"FUNCTION", "LOAD", "#!lua name=a-b\nreturn 1"}, {"FUNCTION", "LOAD", "#!lua name=\nreturn 1"}, {"FUNCTION", "LOAD", "#!lua name=a\nreturn 1"},
	{"FUNCTION", "LOAD", "#!LUA NAME='q'\nredis.register_function('q',function() return 'q' end)"}, {"FCALL", "Q", "0"},
	{"FUNCTION", "LOAD", "REPLACE"}, {"FUNCTION", "LOAD"}, {"FUNCTION", "LOAD", "NO", "x"}, {"FUNCTION", "LOAD", "REPLACE", "REPLACE", "x"},
	// Loading.
	{"FUNCTION", "LOAD", library("a", "bad code")}, {"FUNCTION", "LOAD", library("a", "local x = nil; x.y = 1")},
	{"FUNCTION", "LOAD", library("a", "foo = 1")}, {"FUNCTION", "LOAD", library("a", "return foo")}, {"FUNCTION", "LOAD", library("a", "redis.x = 1")},
	{"FUNCTION", "LOAD", library("a", "return string.format('x')")}, {"FUNCTION", "LOAD", library("a", "return math.random()")},
	{"FUNCTION", "LOAD", library("a", "redis.call('ping')")}, {"FUNCTION", "LOAD", library("a", "redis.setresp(3)")}, {"FUNCTION", "LOAD", library("a", "redis.sha1hex('x')")},
	{"FUNCTION", "LOAD", library("a", "redis.breakpoint()")}, {"FUNCTION", "LOAD", library("a", "return tostring(1)")}, {"FUNCTION", "LOAD", library("a", "return _G")},
	{"FUNCTION", "LOAD", library("a", "redis.log(redis.LOG_DEBUG)")}, {"FUNCTION", "LOAD", library("a", "local x = {} x()")},
	{"FUNCTION", "LOAD", library("a", "while true do end")}, {"FUNCTION", "LOAD", library("a", "local function f() return 1 + f() end f()")},
	{"FUNCTION", "LOAD", library("a", "redis.register_function()")}, {"FUNCTION", "LOAD", library("a", "redis.register_function(1,2,3)")},
	{"FUNCTION", "LOAD", library("a", "redis.register_function(1)")}, {"FUNCTION", "LOAD", library("a", "redis.register_function('a',1)")},
	{"FUNCTION", "LOAD", library("a", "redis.register_function(nil,function() end)")}, {"FUNCTION", "LOAD", library("a", "redis.register_function({},function() end)")},
	{"FUNCTION", "LOAD", library("a", "redis.register_function('a b',function() end)")}, {"FUNCTION", "LOAD", library("a", "redis.register_function('',function() end)")},
	{"FUNCTION", "LOAD", library("a", "local f = function() end redis.register_function('a',f) redis.register_function('a',f)")},
	{"FUNCTION", "LOAD", library("a", "redis.register_function{}")}, {"FUNCTION", "LOAD", library("a", "redis.register_function{function_name='x'}")},
	{"FUNCTION", "LOAD", library("a", "redis.register_function{callback=function() end}")}, {"FUNCTION", "LOAD", library("a", "redis.register_function{function_name={}}")},
	{"FUNCTION", "LOAD", library("a", "redis.register_function{callback=1}")}, {"FUNCTION", "LOAD", library("a", "redis.register_function{description={}}")},
	{"FUNCTION", "LOAD", library("a", "redis.register_function{flags=1}")}, {"FUNCTION", "LOAD", library("a", "redis.register_function{flags={'no'}}")},
	{"FUNCTION", "LOAD", library("a", "redis.register_function{flags={{}}}")}, {"FUNCTION", "LOAD", library("a", "redis.register_function{unknown=1}")},
	{"FUNCTION", "LOAD", library("a", "redis.register_function{[1]=1}")}, {"FUNCTION", "LOAD", library("a", "redis.register_function{[{}]=1}")},
	{"FUNCTION", "LOAD", library("full", "redis.register_function{FUNCTION_NAME='full', Callback=function() return 1 end, description='says 1', flags={'no-writes','ALLOW-OOM','allow-stale','no-cluster','allow-cross-slot-keys'}}")},
	{"FUNCTION", "LOAD", library("num", "redis.register_function(12,function() return 12 end)")}, {"FCALL", "12", "0"},
	{"FUNCTION", "LIST", "LIBRARYNAME", "FULL", "WITHCODE"}, {"FUNCTION", "LIST", "WITHCODE", "LIBRARYNAME", "n*"},
	{"FUNCTION", "LIST", "LIBRARYNAME"}, {"FUNCTION", "LIST", "WITHCODE", "WITHCODE"}, {"FUNCTION", "LIST", "x"}, {"FUNCTION", "LIST", "LIBRARYNAME", "zz"},
	{"FUNCTION", "STATS"}, {"FUNCTION", "KILL"}, {"FUNCTION", "HELP"}, {"FUNCTION", "nope"}, {"FUNCTION"},
	// Collisions.
	{"FUNCTION", "LOAD", function("one", "f", "return 1")}, {"FUNCTION", "LOAD", function("one", "f", "return 2")}, {"FUNCTION", "LOAD", function("two", "F", "return 2")},
	{"FUNCTION", "LOAD", "REPLACE", function("one", "g", "return 'g'")}, {"FCALL", "f", "0"}, {"FCALL", "g", "0"}, {"FCALL", "G", "0"},
	{"FUNCTION", "LOAD", "REPLACE", library("one", "bad")}, {"FCALL", "g", "0"}, {"FUNCTION", "LOAD", "REPLACE", function("one", "FULL", "return 1")}, {"FCALL", "g", "0"},
	{"FUNCTION", "DELETE", "nope"}, {"FUNCTION", "DELETE", "ONE"}, {"FUNCTION", "DELETE", "one"}, {"FCALL", "g", "0"},
	{"FUNCTION", "FLUSH", "x"}, {"FUNCTION", "FLUSH", "SYNC", "x"}, {"FUNCTION", "FLUSH", "SYNC"}, {"FUNCTION", "FLUSH", "ASYNC"}, {"FUNCTION", "FLUSH"}, {"FUNCTION", "LIST"},
	// Calls.
	{"FUNCTION", "LOAD", library("calls", strings.Join([]string{
		"redis.register_function('args', function(keys, args) return {#keys, #args, keys[1], args[1]} end)",
		"redis.register_function('set', function(keys, args) return redis.call('SET', keys[1], args[1]) end)",
		"redis.register_function{function_name='get', flags={'no-writes'}, callback=function(keys) return redis.call('GET', keys[1]) end}",
		"redis.register_function{function_name='sneak', flags={'no-writes'}, callback=function(keys) return redis.call('SET', keys[1], 1) end}",
		"redis.register_function('err', function() return redis.call('nope') end)",
		"redis.register_function('raise', function() error('x') end)",
		"redis.register_function('raise2', function() error({err='MY text'}) end)",
		"redis.register_function('ret', function() return redis.error_reply('MY text') end)",
		"redis.register_function('global', function() foo = 1 end)",
		"redis.register_function('missing', function() return foo end)",
		"redis.register_function('redis', function() redis.x = 1 end)",
		"redis.register_function('reg', function() return type(redis.register_function) end)",
		"redis.register_function('api', function() local t = {} for k in pairs(redis) do t[#t+1] = k end table.sort(t) return t end)",
		"redis.register_function('globals', function() local t = {} for k in pairs(_G) do t[#t+1] = k end table.sort(t) return t end)",
		"redis.register_function('keys', function() return KEYS end)",
		"redis.register_function('resp', function() redis.setresp(3) return redis.call('HGETALL', 'h') end)",
		"redis.register_function('meta', function() return getmetatable(_G) == nil end)",
		"redis.register_function('str', function() return string.format('%d %s', 3, 'x') .. cjson.encode({1,2}) end)",
		"local n = 0 redis.register_function('count', function() n = n + 1 return n end)",
		"local reg = redis.register_function redis.register_function('late', function() reg('x', function() end) end)",
		"local api = redis redis.register_function('old', function() return api.call('ping') end)",
		"redis.register_function('script', function() return redis.call('EVAL', 'return 1', 0) end)",
		"redis.register_function('fcall', function() return redis.call('FCALL', 'args', 0) end)",
		"redis.register_function('load', function() return redis.call('FUNCTION', 'FLUSH') end)",
	}, "\n"))},
	{"FCALL", "args", "1", "a", "b"}, {"FCALL", "args", "x"}, {"FCALL", "args", "5"}, {"FCALL", "args", "-1"}, {"FCALL", "args", "1.5"}, {"FCALL", "args"}, {"FCALL", "none", "x"},
	{"FCALL", "set", "1", "k", "v"}, {"FCALL", "get", "1", "k"}, {"FCALL_RO", "get", "1", "k"}, {"FCALL_RO", "set", "1", "k", "w"}, {"FCALL", "sneak", "1", "k"}, {"FCALL_RO", "none", "0"},
	{"FCALL", "err", "0"}, {"FCALL", "raise", "0"}, {"FCALL", "raise2", "0"}, {"FCALL", "ret", "0"}, {"FCALL", "global", "0"}, {"FCALL", "missing", "0"}, {"FCALL", "redis", "0"},
	{"FCALL", "reg", "0"}, {"FCALL", "api", "0"}, {"FCALL", "globals", "0"}, {"FCALL", "keys", "0"}, {"HSET", "h", "f", "v"}, {"FCALL", "resp", "0"}, {"FCALL", "meta", "0"}, {"FCALL", "str", "0"},
	{"FCALL", "count", "0"}, {"FCALL", "count", "0"}, {"FCALL", "late", "0"}, {"FCALL", "old", "0"}, {"FCALL", "script", "0"}, {"FCALL", "fcall", "0"}, {"FCALL", "load", "0"},
	{"EVAL", "return redis.call('FCALL', 'args', 0)", "0"}, {"EVAL", "return type(redis.register_function)", "0"},
	{"MULTI"}, {"FUNCTION", "LOAD", function("m", "m", "return 1")}, {"FCALL", "m", "0"}, {"EXEC"},
	{"FLUSHALL"}, {"FCALL", "m", "0"}, {"DEBUG", "RELOAD"}, {"FCALL", "m", "0"}, {"FCALL", "count", "0"},
	{"COMMAND", "GETKEYS", "FCALL", "f", "2", "a", "b", "c"}, {"COMMAND", "GETKEYSANDFLAGS", "FCALL_RO", "f", "1", "a", "c"},
	// Payloads.
	{"FUNCTION", "RESTORE", "x"}, {"FUNCTION", "RESTORE", "x", "NO"}, {"FUNCTION", "RESTORE", "x", "FLUSH", "x"}, {"FUNCTION", "DUMP", "x"},
	{"CONFIG", "SET", "maxmemory", "1"}, {"FCALL", "args", "0"}, {"FCALL", "get", "1", "k"}, {"FCALL_RO", "args", "0"}, {"FUNCTION", "LOAD", function("o", "o", "return 1")}, {"CONFIG", "SET", "maxmemory", "0"},
}

// TestFunctionsAreRedis: with both protocols.
func TestFunctionsAreRedis(t *testing.T) {
	ours, oracle := start(t, t.TempDir(), "--save", "", "--enable-debug-command", "yes"), redistest.Start(t, "--enable-debug-command", "yes")
	a, b := ours.dial(), redistest.MustDial(t, oracle.Addr)
	for proto := 2; proto <= 3; proto++ {
		a.Must(t, "HELLO", proto)
		b.Must(t, "HELLO", proto)
		for _, words := range functionCases {
			same(t, a, b, words...)
		}
		same(t, a, b, "FUNCTION", "FLUSH")
	}
}

// same compares the replies to a request, but for the order of functions and flags.
func same(t *testing.T, a, b *redistest.Client, words ...string) {
	t.Helper()
	var line []any
	for _, w := range words {
		line = append(line, w)
	}
	got, err1 := a.Do(line...)
	want, err2 := b.Do(line...)
	if err1 != nil || err2 != nil {
		t.Fatalf("%q: %v, %v", words, err1, err2)
	}
	if g, w := unordered(got), unordered(want); g != w {
		t.Errorf("%q:\n have %s\n want %s", words, g, w)
	}
}

// address is how Lua shows a table, which is another one here.
var tableAddress = regexp.MustCompile(`0x[0-9a-f]+`)

// unordered is a reply in which the elements of each array are sorted.
func unordered(v any) string {
	list, ok := v.([]any)
	if !ok {
		return tableAddress.ReplaceAllString(fmt.Sprintf("%T %v", v, v), "0x")
	}
	var parts []string
	for _, e := range list {
		parts = append(parts, unordered(e))
	}
	slices.Sort(parts)
	return "[" + strings.Join(parts, " ") + "]"
}

// TestFunctionPayloads: payloads of redis-server's and ours are the same bytes, and
// move both ways.
func TestFunctionPayloads(t *testing.T) {
	ours, oracle := start(t, t.TempDir(), "--save", ""), redistest.Start(t)
	a, b := ours.dial(), redistest.MustDial(t, oracle.Addr)
	for _, source := range []string{
		function("short", "s", "return 1"), function("long", "l", "return '"+strings.Repeat("abc", 2000)+"'"),
	} {
		same(t, a, b, "FUNCTION", "FLUSH")
		same(t, a, b, "FUNCTION", "LOAD", source)
		same(t, a, b, "FUNCTION", "DUMP")
	}
	for _, c := range []*redistest.Client{a, b} {
		c.Must(t, "FUNCTION", "FLUSH")
		c.Must(t, "FUNCTION", "LOAD", function("x", "x", "return 'x'"))
		c.Must(t, "FUNCTION", "LOAD", function("y", "y", "return 'y'"))
	}
	fromOurs, fromOracle := a.Must(t, "FUNCTION", "DUMP"), b.Must(t, "FUNCTION", "DUMP")
	for _, way := range []string{"FLUSH", "APPEND", "REPLACE", "DEFAULT"} {
		for _, before := range []string{"", function("x", "x", "return 'old'"), function("z", "Y", "return 'old'"), function("z", "z", "return 'z'")} {
			for i, c := range []*redistest.Client{a, b} {
				c.Must(t, "FUNCTION", "FLUSH")
				if before != "" {
					c.Must(t, "FUNCTION", "LOAD", before)
				}
				line := []any{"FUNCTION", "RESTORE", []any{fromOracle, fromOurs}[i], way}
				if way == "DEFAULT" {
					line = line[:3]
				}
				reply, _ := c.Do(line...)
				t.Logf("%s over %.20q: %v", way, before, reply)
			}
			same(t, a, b, "FUNCTION", "LIST", "WITHCODE")
			same(t, a, b, "FCALL", "x", "0")
		}
	}
}

// TestFunctionsPersist: in RDB files, as first commands and as recorded effects; and
// redis-server reads them.
func TestFunctionsPersist(t *testing.T) {
	for _, preamble := range []string{"yes", "no"} {
		dir := t.TempDir()
		options := []string{"--save", "", "--appendonly", "yes", "--aof-use-rdb-preamble", preamble}
		r := start(t, dir, options...)
		c := r.dial()
		c.Must(t, "FUNCTION", "LOAD", function("base", "base", "return redis.call('INCR', 'n')"))
		c.Must(t, "FUNCTION", "LOAD", function("gone", "gone", "return 1"))
		c.Must(t, "FCALL", "base", "0")
		c.Must(t, "BGREWRITEAOF")
		r.eventually("rewritten", func() bool {
			info := c.Must(t, "INFO", "persistence").(string)
			return strings.Contains(info, "aof_rewrite_in_progress:0") && strings.Contains(info, "aof_rewrites:1")
		})
		c.Must(t, "FUNCTION", "LOAD", "REPLACE", function("base", "base", "return redis.call('INCRBY', 'n', 10)"))
		c.Must(t, "FUNCTION", "DELETE", "gone")
		c.Must(t, "FUNCTION", "LOAD", function("late", "late", "return 'late'"))
		dump := c.Must(t, "FUNCTION", "DUMP")
		c.Must(t, "FUNCTION", "FLUSH")
		c.Must(t, "FUNCTION", "RESTORE", dump)
		c.Must(t, "FCALL", "base", "0")
		if b := incr(t, dir); strings.Contains(b, "FCALL") || !strings.Contains(b, "INCRBY\r\n$1\r\nn") {
			t.Errorf("recorded: %q", b)
		}
		r.end()
		r.exit(0)
		oracle := redistest.StartIn(t, copied(t, dir), options...)
		again := start(t, dir, options...)
		for _, c := range []*redistest.Client{again.dial(), redistest.MustDial(t, oracle.Addr)} {
			expect(t, c, "11", "GET", "n")
			expect(t, c, int64(21), "FCALL", "base", "0")
			expect(t, c, "late", "FCALL", "late", "0")
			expect(t, c, "ERR Function not found", "FCALL", "gone", "0")
		}
	}
}

// incr is the text of the last increment of the append-only file in dir.
func incr(t *testing.T, dir string) string {
	files, _ := filepath.Glob(filepath.Join(dir, "appendonlydir", "*.incr.aof"))
	b, err := os.ReadFile(files[len(files)-1])
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// copied is a copy of the append-only files in dir.
func copied(t *testing.T, dir string) string {
	to := t.TempDir()
	if err := os.CopyFS(filepath.Join(to, "appendonlydir"), os.DirFS(filepath.Join(dir, "appendonlydir"))); err != nil {
		t.Fatal(err)
	}
	return to
}

// TestFunctionsInRDB: files of ours and of redis-server.
func TestFunctionsInRDB(t *testing.T) {
	source := function("lib", "f", "return 'f'")
	dirs := []string{t.TempDir(), t.TempDir()}
	r := start(t, dirs[0], "--save", "")
	oracle := redistest.StartIn(t, dirs[1])
	for _, c := range []*redistest.Client{r.dial(), redistest.MustDial(t, oracle.Addr)} {
		c.Must(t, "FUNCTION", "LOAD", source)
		c.Must(t, "SET", "k", "v")
		c.Must(t, "SAVE")
	}
	other := redistest.StartIn(t, dirs[0])
	mine := start(t, dirs[1], "--save", "", "--enable-debug-command", "yes")
	for _, c := range []*redistest.Client{mine.dial(), redistest.MustDial(t, other.Addr)} {
		expect(t, c, "f", "FCALL", "f", "0")
		expect(t, c, "v", "GET", "k")
	}
	c := mine.dial()
	// A snapshot has the libraries of its moment.
	c.Must(t, "CONFIG", "SET", "rdb-key-save-delay", "20000")
	for i := range 20 {
		c.Must(t, "SET", fmt.Sprint("k", i), "v")
	}
	c.Must(t, "BGSAVE")
	c.Must(t, "FUNCTION", "FLUSH")
	mine.eventually("saved", func() bool {
		return strings.Contains(c.Must(t, "INFO", "persistence").(string), "rdb_bgsave_in_progress:0")
	})
	c.Must(t, "CONFIG", "SET", "rdb-key-save-delay", "0")
	c.Must(t, "DEBUG", "RELOAD", "NOSAVE")
	expect(t, c, "f", "FCALL", "f", "0")
}
