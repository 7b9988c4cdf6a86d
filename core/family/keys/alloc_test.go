package keys

import (
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/invariant"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/resp"
)

// The commands that caches live on do not allocate.
func TestHotPathDoesNotAllocate(t *testing.T) {
	if invariant.Enabled {
		t.Skip("the checks of this build allocate")
	}
	const now = 1000
	store, err := keyspace.New(keyspace.Options{
		Heap: page.Options{Reserve: 1 << 30}, Shards: 2, Databases: 1, Seed: 1, Now: func() int64 { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	table, err := command.NewTable(Commands(options()))
	if err != nil {
		t.Fatal(err)
	}
	tx := store.NewTx()
	tx.LockAll(now)
	for i := range 100 { // a bucket that empties is freed, which has a price of its own
		tx.DB(0).SetInt([]byte{byte(i)}, 1, keyspace.NoTTL)
	}
	tx.Unlock()
	for _, req := range []string{
		"exists a", "exists a none", "touch a", "ttl a", "pttl a", "expire a 100", "expire a 100 NX", "persist a", "type a", "del a", "unlink a",
	} {
		var args [][]byte
		for _, w := range strings.Fields(req) {
			args = append(args, []byte(w))
		}
		row := table.Lookup(args[0])
		var out resp.Writer
		c := command.Call{Args: args, Row: row, Out: &out, Tx: tx, DB: tx.DB(0), Now: now, Store: store}
		var positions []int
		value := []byte("value")
		run := func() {
			out.B = out.B[:0]
			positions, err = row.KeyPositions(args, positions[:0])
			if err != nil {
				t.Fatal(err)
			}
			tx.LockKeys(args, positions, now)
			c.DB.SetString(args[1], value, keyspace.NoTTL)
			row.Handler(&c)
			tx.Unlock()
		}
		run()
		if n := testing.AllocsPerRun(100, run); n != 0 {
			t.Errorf("%s: %v allocations", req, n)
		}
	}
}
