package family_test

import (
	"sync/atomic"
	"testing"

	"github.com/redoubt-kv/redoubt/core/clock"
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/family/admin"
	"github.com/redoubt-kv/redoubt/core/family/bitmaps"
	"github.com/redoubt-kv/redoubt/core/family/commands"
	"github.com/redoubt-kv/redoubt/core/family/connection"
	"github.com/redoubt-kv/redoubt/core/family/geo"
	"github.com/redoubt-kv/redoubt/core/family/hashes"
	"github.com/redoubt-kv/redoubt/core/family/hyperloglog"
	"github.com/redoubt-kv/redoubt/core/family/keys"
	"github.com/redoubt-kv/redoubt/core/family/lists"
	"github.com/redoubt-kv/redoubt/core/family/sets"
	"github.com/redoubt-kv/redoubt/core/family/streams"
	"github.com/redoubt-kv/redoubt/core/family/strings"
	"github.com/redoubt-kv/redoubt/core/family/transactions"
	"github.com/redoubt-kv/redoubt/core/family/zsets"
	"github.com/redoubt-kv/redoubt/core/journal"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/internal/familytest"
)

// lazy are the directives lazyfree-lazy-…, which choose between DEL and UNLINK.
type lazy struct{ userDel, userFlush atomic.Bool }

func (l *lazy) set(p *familytest.Peer, name string, on bool) {
	switch name {
	case "expire":
		p.Journal.SetLazy(on, false)
	case "user-del":
		l.userDel.Store(on)
	case "user-flush":
		l.userFlush.Store(on)
	}
}

// keySettings are what the family keys asks for.
type keySettings struct{ *lazy }

func (s keySettings) LazyUserFlush() bool { return s.userFlush.Load() }
func (keySettings) SharesIntegers() bool  { return true }
func (keySettings) CompressRDB() bool     { return true }
func (keySettings) MaxStringLen() uint64  { return 512 << 20 }
func (keySettings) SkipChecksums() bool   { return false }
func (keySettings) Refused(error)         {}

// allRows joins every family, as the server does.
func allRows(l *lazy) func(table func() *command.Table, j *journal.Journal) [][]command.Row {
	maxBulk := func() int64 { return 512 << 20 }
	return func(table func() *command.Table, j *journal.Journal) [][]command.Row {
		return [][]command.Row{
			connection.Commands(connection.Server{Version: "7.4.0"}),
			strings.Commands(strings.Options{MaxBulk: maxBulk, LazyUserDel: l.userDel.Load}),
			lists.Commands(),
			bitmaps.Commands(bitmaps.Options{MaxBulk: maxBulk}),
			hyperloglog.Commands(hyperloglog.Options{SparseMax: func() int64 { return 3000 }}),
			streams.Commands(),
			hashes.Commands(),
			sets.Commands(),
			zsets.Commands(),
			geo.Commands(),
			keys.Commands(keys.Options{Settings: keySettings{l}, Flushed: func(*keyspace.Tx) bool { return false }}),
			transactions.Commands(),
			commands.Commands(table),
			admin.Commands(admin.Options{Clock: clock.NewReal(), Table: table}),
		}
	}
}

// newPeer is a peer with every family.
func newPeer(t testing.TB, l *lazy, shards int, now func() int64) *familytest.Peer {
	t.Helper()
	return familytest.NewPeer(t, familytest.PeerOptions{Shards: shards, Seed: 1, Now: now, Rows: allRows(l)})
}
