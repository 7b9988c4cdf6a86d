package keys

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/family/hashes"
	"github.com/redoubt-kv/redoubt/core/family/streams"
	stringcommands "github.com/redoubt-kv/redoubt/core/family/strings"
	"github.com/redoubt-kv/redoubt/internal/familytest"
)

func allTypes() []command.Row {
	return slices.Concat(collections(), hashes.Commands(), streams.Commands(),
		stringcommands.Commands(stringcommands.Options{MaxBulk: func() int64 { return 512 << 20 }}))
}

// repeated is a command with n more arguments, or pairs of them.
func repeated(n int, pairs bool, words ...any) []any {
	for i := range n {
		if pairs {
			words = append(words, i)
		}
		words = append(words, fmt.Sprint("e", i))
	}
	return words
}

// everyKind makes a key of each type and representation, named after its type.
func everyKind(p *familytest.Pair) (keys []string) {
	for _, line := range [][]any{
		{"SET", "string-int", 5},
		{"SET", "string-large-int", 1 << 40},
		{"SET", "string-short", "text"},
		{"SET", "string-node", strings.Repeat("x", 5000)},
		{"SET", "string-chunks", strings.Repeat("x", 100_000)},
		repeated(3, false, "RPUSH", "list-short"),
		repeated(5000, false, "RPUSH", "list-long"),
		{"SADD", "set-ints", 1, 2, 3},
		repeated(3, false, "SADD", "set-texts"),
		repeated(100, false, "SADD", "set-node"),
		repeated(3000, false, "SADD", "set-table"),
		repeated(3, true, "ZADD", "zset-short"),
		repeated(100, true, "ZADD", "zset-node"),
		repeated(1000, true, "ZADD", "zset-long"),
		repeated(3, true, "HSET", "hash-short"),
		repeated(200, true, "HSET", "hash-node"),
		repeated(1000, true, "HSET", "hash-table"),
		{"XADD", "stream", "1-1", "field", "value"},
	} {
		p.Same(line...)
		keys = append(keys, line[1].(string))
	}
	return keys
}

// read compares what is in a key.
func read(p *familytest.Pair, kind, key string) {
	typeName, _, _ := strings.Cut(kind, "-")
	switch typeName {
	case "string":
		p.Same("GET", key)
	case "list":
		p.Same("LRANGE", key, 0, -1)
	case "set":
		p.SameUnordered("SMEMBERS", key)
	case "zset":
		p.Same("ZRANGE", key, 0, -1, "WITHSCORES")
	case "hash":
		p.SameUnordered("HGETALL", key)
	case "stream":
		p.Same("XRANGE", key, "-", "+")
	}
	p.SameEncoding(key)
}

// TestEveryType runs the commands on keys with values of every type.
func TestEveryType(t *testing.T) {
	p := familytest.New(t, allTypes())
	kinds := everyKind(p)
	for i, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			p.Same("TYPE", kind)
			p.Same("OBJECT", "ENCODING", kind)
			p.Same("OBJECT", "REFCOUNT", kind)
			p.Near(2, "OBJECT", "IDLETIME", kind)
			p.Same("OBJECT", "FREQ", kind)
			p.Same("TOUCH", kind, "absent")
			p.Same("EXISTS", kind, kind)
			p.Same("COPY", kind, "copy")
			p.Same("COPY", kind, "copy")
			read(p, kind, "copy")
			p.Same("EXPIREAT", "copy", 4102444800, "NX")
			p.Same("EXPIREAT", "copy", 4102444800, "GT")
			p.Same("RENAME", "copy", "renamed")
			p.Same("EXPIRETIME", "renamed")
			read(p, kind, "renamed")
			p.Same("COPY", kinds[(i+1)%len(kinds)], "renamed", "REPLACE")
			read(p, kinds[(i+1)%len(kinds)], "renamed")
			p.Same("COPY", kind, "renamed", "REPLACE")
			p.Same("RENAMENX", kind, "renamed")
			p.Same("RENAMENX", "renamed", "again")
			p.Same("RENAME", "again", "again")
			p.Same("PERSIST", "again")
			p.Same("MOVE", "again", 3)
			p.Same("MOVE", "again", 3)
			p.Same("COPY", kind, "again", "DB", 3)
			p.Same("COPY", kind, "again", "DB", 3, "REPLACE")
			p.Same("SWAPDB", 0, 3)
			read(p, kind, "again")
			p.Same("UNLINK", "again")
			p.Same("SWAPDB", 0, 3)
			p.Same("COPY", kind, "copy")
			p.Same("PEXPIRE", "copy", -1)
			p.Same("EXISTS", "copy")
			p.Same("COPY", kind, "copy")
			p.Same("SET", "copy", "over it")
			p.Same("DEL", "copy")
			read(p, kind, kind)
		})
	}
	for _, name := range []string{"string", "list", "SET", "zset", "hash", "stream", "nonsense"} {
		_, got := p.Page(p.Own("SCAN", 0, "COUNT", 1000, "TYPE", name))
		var want []string
		for _, kind := range kinds {
			if strings.HasPrefix(kind, strings.ToLower(name)) {
				want = append(want, kind)
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("SCAN TYPE %s: %v, want %v", name, got, want)
		}
	}
	seen := map[string]bool{}
	for range 2000 {
		seen[p.Own("RANDOMKEY")] = true
	}
	if len(seen) != len(kinds) {
		t.Errorf("RANDOMKEY gave %d of %d keys", len(seen), len(kinds))
	}
	p.Same("FLUSHALL")
	for p.Store().CollectGarbage() {
	}
	if n := p.Store().UsedMemory(); n != 0 {
		t.Errorf("%d bytes are left", n)
	}
}
