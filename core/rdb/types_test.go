package rdb

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/core/vfs"
	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// thresholds are settings of redis-server under which it chooses all the
// encodings it has.
var thresholds = map[string][]string{
	"default": nil,
	"nothing packed": {"--hash-max-listpack-entries", "0", "--zset-max-listpack-entries", "0",
		"--set-max-intset-entries", "0", "--list-max-listpack-size", "1", "--stream-node-max-entries", "1"},
	"all packed": {"--hash-max-listpack-entries", "100000", "--hash-max-listpack-value", "100000",
		"--zset-max-listpack-entries", "100000", "--zset-max-listpack-value", "100000",
		"--set-max-intset-entries", "100000", "--list-max-listpack-size", "-5", "--stream-node-max-entries", "0"},
	"compressed lists": {"--list-compress-depth", "1", "--list-max-listpack-size", "-1", "--rdbcompression", "no"},
}

// sample gives an element: numbers of all widths, text short and long.
func sample(r *rand.Rand, i int) string {
	switch r.IntN(8) {
	case 0:
		return strconv.Itoa(i)
	case 1:
		return strconv.Itoa(-i)
	case 2:
		return strconv.FormatInt(int64(r.Uint64())>>r.IntN(64), 10)
	case 3:
		return fmt.Sprintf("%d-%s", i, strings.Repeat("long ", r.IntN(1000)))
	case 4:
		return fmt.Sprintf("%d:%x", i, r.Uint64())
	}
	return "element" + strconv.Itoa(i)
}

// fill makes keys of all types in s, of several sizes, and returns their names.
func fill(t testing.TB, s *redistest.Server, seed uint64) (keys []string) {
	r := rand.New(rand.NewPCG(seed, 3))
	for _, n := range []int{1, 2, 10, 128, 129, 600, 3000} {
		name := func(kind string) string {
			keys = append(keys, fmt.Sprint(kind, n))
			return keys[len(keys)-1]
		}
		list, set, ints, zset, hash := []any{"RPUSH", name("list")}, []any{"SADD", name("set")}, []any{"SADD", name("ints")}, []any{"ZADD", name("zset")}, []any{"HSET", name("hash")}
		width := 16 * (1 + r.IntN(3))
		for i := range n {
			list = append(list, sample(r, i))
			set = append(set, sample(r, i))
			ints = append(ints, int64(r.Uint64())>>width)
			zset = append(zset, score(r), sample(r, i))
			hash = append(hash, sample(r, i), sample(r, i))
		}
		for _, args := range [][]any{list, set, ints, zset, hash} {
			s.Must(t, args...)
		}
		fillStream(t, s, r, name("stream"), min(n, 350)) // an entry is a request
	}
	s.Must(t, "SET", "string", "value")
	s.Must(t, "PEXPIREAT", "hash10", 4102444800000)
	s.Must(t, "DEBUG", "QUICKLIST-PACKED-THRESHOLD", 100)
	s.Must(t, "RPUSH", "plain", "a", strings.Repeat("b", 1000), "c", pattern(50000))
	return append(keys, "string", "plain")
}

func score(r *rand.Rand) string {
	switch r.IntN(5) {
	case 0:
		return []string{"inf", "-inf", "-0", "0"}[r.IntN(4)]
	case 1:
		return fmt.Sprint(r.NormFloat64() * 1e10)
	}
	return fmt.Sprint(r.IntN(100))
}

// fillStream makes a stream with n entries and some deleted ones, and groups
// with consumers and pending entries.
func fillStream(t testing.TB, s *redistest.Server, r *rand.Rand, key string, n int) {
	for i := range n {
		args := []any{"XADD", key, fmt.Sprintf("%d-%d", 1700000000000+i/3, i%3+1)}
		for f := range 1 + r.IntN(3)*r.IntN(2) {
			args = append(args, fmt.Sprint("field", f), sample(r, i))
		}
		s.Must(t, args...)
	}
	s.Must(t, "XGROUP", "CREATE", key, "g1", "0")
	s.Must(t, "XGROUP", "CREATE", key, "g2", "$")
	s.Must(t, "XGROUP", "CREATE", key, "g3", "1700000000000-1", "ENTRIESREAD", 1)
	for i, consumer := range []string{"alice", "bob", "carol"} {
		s.Must(t, "XREADGROUP", "GROUP", "g1", consumer, "COUNT", 1+n/4, "STREAMS", key, ">")
		s.Must(t, "XREADGROUP", "GROUP", "g3", consumer, "COUNT", i, "STREAMS", key, ">")
	}
	s.Must(t, "XGROUP", "CREATECONSUMER", key, "g2", "idle")
	for i := 0; i < n; i += 5 {
		s.Must(t, "XDEL", key, fmt.Sprintf("%d-%d", 1700000000000+i/3, i%3+1))
	}
}

// answer is what redis-server says of a key, in the words of printer, its
// lines sorted. Streams are compared elsewhere.
func answer(t *testing.T, s *redistest.Server, key string) string {
	lines := func(args ...any) (list []string) {
		for _, v := range s.Must(t, args...).([]any) {
			list = append(list, v.(string))
		}
		return list
	}
	var text []byte
	switch s.Must(t, "TYPE", key) {
	case "string":
		return s.Must(t, "GET", key).(string)
	case "list":
		for _, v := range lines("LRANGE", key, 0, -1) {
			text = fmt.Appendf(text, "%q\n", v)
		}
	case "set":
		for _, v := range lines("SMEMBERS", key) {
			text = fmt.Appendf(text, "%q\n", v)
		}
	case "zset":
		for pair := range slices.Chunk(lines("ZRANGE", key, 0, -1, "WITHSCORES"), 2) {
			score, _ := strconv.ParseFloat(pair[1], 64)
			text = fmt.Appendf(text, "%q %v\n", pair[0], score)
		}
	case "hash":
		for pair := range slices.Chunk(lines("HGETALL", key), 2) {
			text = fmt.Appendf(text, "%q %q 0\n", pair[0], pair[1])
		}
	default:
		return ""
	}
	return sorted(text)
}

// Files and payloads of redis-server hold what it answers, in whatever
// encoding.
func TestWeLoadAllTypesOfRedis(t *testing.T) {
	for name, settings := range thresholds {
		t.Run(name, func(t *testing.T) {
			s := redistest.Start(t, append(settings, "--enable-debug-command", "yes")...)
			defer s.Stop()
			keys := fill(t, s, 1)
			s.Must(t, "SAVE")
			var l log
			if err := LoadFile(vfs.OS, filepath.Join(s.Dir, "dump.rdb"), DecoderOptions{}, &l); err != nil {
				t.Fatal(err)
			}
			if len(l.entries) != len(keys) {
				t.Fatalf("%d keys, want %d", len(l.entries), len(keys))
			}
			for _, key := range keys {
				var p printer
				payload := []byte(s.Must(t, "DUMP", key).(string))
				if err := DecodeDump(payload, DecoderOptions{}, &p); err != nil {
					t.Fatal(key, err)
				}
				got := l.entries["0/"+key].Value
				if !bytes.Equal(p.text, got) || !p.ended {
					t.Errorf("%s: payload and file differ: %.200q and %.200q", key, p.text, got)
				}
				if want := answer(t, s, key); want != "" && want != sorted(got) {
					t.Errorf("%s: %.200q, want %.200q", key, sorted(got), want)
				}
			}
		})
	}
}
