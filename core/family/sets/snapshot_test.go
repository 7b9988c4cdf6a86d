package sets

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	generic "github.com/redoubt-kv/redoubt/core/family/keys"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value/set"
	"github.com/redoubt-kv/redoubt/internal/familytest"
)

// settings are those that RENAME, COPY, DEL and UNLINK ask for.
type settings struct{ generic.Settings }

func (settings) LazyUserDel() bool { return false }

// contents are the members of a set, in order.
func contents(s set.Set) string {
	var list []string
	var room [20]byte
	s.Each(func(m set.Member) bool {
		list = append(list, string(m.Bytes(room[:])))
		return true
	})
	slices.Sort(list)
	return strings.Join(list, " ")
}

// state is all sets of database 0.
func state(p *familytest.Pair) map[string]string {
	all := map[string]string{}
	tx := p.Store().NewTx()
	tx.LockAll(1)
	defer tx.Unlock()
	tx.DB(0).Each(func(e keyspace.Entry) bool {
		all[string(e.Key())] = contents(set.Of(e.Space(), e.Kind(), e.Value()))
		return true
	})
	return all
}

// TestSnapshotBesideChanges reads snapshots while sets of all sizes change, are
// renamed, copied and deleted: a snapshot has what there was at its cut. In the
// end nothing is left of what was deleted.
func TestSnapshotBesideChanges(t *testing.T) {
	p := familytest.New(t, append(Commands(), generic.Commands(generic.Options{Settings: settings{}})...))
	seed := rand.Uint64()
	t.Log("seed", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	key := func() string { return fmt.Sprint("k", r.IntN(40)) }
	change := func() {
		switch r.IntN(12) {
		case 0, 1, 2:
			p.Own(join("SADD", key(), texts(r.IntN(8)*r.IntN(400)), "x")...)
		case 3:
			p.Own(join("SADD", key(), numbers(r.IntN(1000), 1+r.IntN(700)))...)
		case 4:
			p.Own("SADD", key(), strings.Repeat("long", r.IntN(3000)), r.IntN(5000))
		case 5:
			p.Own(join("SREM", key(), texts(r.IntN(1000)), "y")...)
		case 6:
			p.Own("SPOP", key(), r.IntN(2000))
		case 7:
			p.Own([]any{"SUNIONSTORE", "SINTERSTORE", "SDIFFSTORE"}[r.IntN(3)], key(), key(), key())
		case 8:
			p.Own("RENAME", key(), key())
		case 9:
			p.Own("COPY", key(), key(), "REPLACE")
		case 10:
			p.Own([]any{"DEL", "UNLINK"}[r.IntN(2)], key())
		case 11:
			p.Own("SMOVE", key(), key(), "t1")
		}
	}
	for range 12 {
		for range 150 {
			change()
		}
		want := state(p)
		snapshot := p.Store().Snapshot(nil)
		seen := map[string]string{}
		err := snapshot.Each(func(_ int, e keyspace.Entry) error {
			if _, twice := seen[string(e.Key())]; twice {
				t.Errorf("%q comes twice", e.Key())
			}
			seen[string(e.Key())] = contents(set.Of(e.Space(), e.Kind(), e.Value()))
			for range 4 {
				change()
			}
			p.Store().CollectGarbage()
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		snapshot.Release()
		for key := range want {
			if seen[key] != want[key] {
				t.Fatalf("%s in the snapshot: %.100q, want %.100q", key, seen[key], want[key])
			}
		}
		if len(seen) != len(want) {
			t.Fatalf("%d keys in the snapshot, want %d", len(seen), len(want))
		}
	}
	tx := p.Store().NewTx()
	tx.LockAll(1)
	tx.Flush(-1, false)
	tx.Unlock()
	for p.Store().CollectGarbage() {
	}
	if n := p.Store().UsedMemory(); n != 0 {
		t.Errorf("%d bytes are left", n)
	}
}
