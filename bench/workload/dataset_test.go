package workload

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/redoubt-kv/redoubt/bench/load"
)

// TestDataSetsAreWhatTheySay makes small ones in redis-server and counts their
// elements, before and after many of their own writes.
func TestDataSetsAreWhatTheySay(t *testing.T) {
	t.Parallel()
	p := startRedis(t)
	c, err := p.Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	count := func(want int64, args ...string) {
		t.Helper()
		if rep, err := c.Do(args...); err != nil || rep.Int != want {
			t.Errorf("%v: %d, %v, want %d", args, rep.Int, err, want)
		}
	}
	for _, ds := range []dataset{stringData(300, 50), collectionData(107, 16), hugeData(1234, 16)} {
		if _, err := c.Do("FLUSHALL"); err != nil {
			t.Fatal(err)
		}
		if err := ds.fill(t.Context(), p.Addr); err != nil {
			t.Fatal(err)
		}
		if ds.name == "collections" {
			count(middleElements, "SCARD", "set:000000000010")
			count(smallElements, "SCARD", "set:000000000019")
		}
		for range 2 {
			switch ds.name {
			case "strings":
				count(50, "STRLEN", "key:000000000299")
			case "collections":
				for i := range 21 {
					n, key := int64(elementsOf(uint64(i))), fmt.Sprintf("%012d", i)
					count(listElements, "LLEN", "list:"+key)
					count(n, "HLEN", "hash:"+key)
					count(n, "ZCARD", "zset:"+key)
					count(n, "XLEN", "stream:"+key)
				}
			case "huge":
				count(1234, "HLEN", "huge:hash")
				count(1234, "ZCARD", "huge:zset")
			}
			if err := load.FillWith(t.Context(), p.Addr, 5000, numbered(ds.overwrite, 3)); err != nil {
				t.Fatal(err)
			}
		}
		for _, w := range ds.writers {
			next := w.command()
			text := commandOf(t, next(nil, rand.New(rand.NewPCG(1, 1))))
			if rep, err := c.Do(text...); err != nil {
				t.Errorf("%s: %v, %v", w.name, rep, err)
			}
		}
		if err := load.FillWith(t.Context(), p.Addr, 5000, numbered(ds.mixed, 4)); err != nil {
			t.Errorf("%s, mixed: %v", ds.name, err)
		}
	}
}

// commandOf reads back one encoded command.
func commandOf(t *testing.T, encoded []byte) []string {
	t.Helper()
	rep, err := load.NewReader(bytes.NewReader(encoded)).Read()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, a := range rep.Array {
		out = append(out, a.Str)
	}
	return out
}

func TestNumberedIsTheSameInEachRun(t *testing.T) {
	ds := stringData(1000, 20)
	a, b := numbered(ds.mixed, 1), numbered(ds.mixed, 1)
	seen := map[string]bool{}
	for i := range uint64(2000) {
		x := a(nil, i)
		if !bytes.Equal(x, b(nil, i)) {
			t.Fatalf("command %d differs", i)
		}
		seen[commandOf(t, x)[0]] = true
	}
	for _, want := range []string{"SET", "INCR", "HSET", "RPUSH", "LPOP", "SADD", "ZADD", "XADD", "EXPIRE", "MSET", "DEL"} {
		if !seen[want] {
			t.Errorf("the mixture has no %s", want)
		}
	}
}

func TestListsInTurn(t *testing.T) {
	next := collectionData(5*3, 4).writers[0].command()
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range 7 {
		got := commandOf(t, next(nil, rng))
		if want := fmt.Sprintf("list:%012d", i%3); got[0] != "LSET" || got[1] != want {
			t.Errorf("write %d: %q, want one to %s", i, got, want)
		}
	}
}
