package server

import (
	"fmt"

	"github.com/redoubt-kv/redoubt/core/acl"
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/config"
	aclcommands "github.com/redoubt-kv/redoubt/core/family/acl"
	"github.com/redoubt-kv/redoubt/core/family/admin"
	"github.com/redoubt-kv/redoubt/core/family/bitmaps"
	"github.com/redoubt-kv/redoubt/core/family/cluster"
	"github.com/redoubt-kv/redoubt/core/family/commands"
	"github.com/redoubt-kv/redoubt/core/family/connection"
	"github.com/redoubt-kv/redoubt/core/family/functions"
	"github.com/redoubt-kv/redoubt/core/family/geo"
	"github.com/redoubt-kv/redoubt/core/family/hashes"
	"github.com/redoubt-kv/redoubt/core/family/hyperloglog"
	"github.com/redoubt-kv/redoubt/core/family/keys"
	"github.com/redoubt-kv/redoubt/core/family/lists"
	"github.com/redoubt-kv/redoubt/core/family/migration"
	"github.com/redoubt-kv/redoubt/core/family/pubsub"
	"github.com/redoubt-kv/redoubt/core/family/scripting"
	"github.com/redoubt-kv/redoubt/core/family/sets"
	"github.com/redoubt-kv/redoubt/core/family/streams"
	"github.com/redoubt-kv/redoubt/core/family/strings"
	"github.com/redoubt-kv/redoubt/core/family/transactions"
	"github.com/redoubt-kv/redoubt/core/family/waiting"
	"github.com/redoubt-kv/redoubt/core/family/zsets"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/server/settings"
)

// lateClients are the clients before there are any: the table of commands is
// made first.
type lateClients struct{ s *Server }

func (l lateClients) List(b []byte, f command.ClientFilter, me int64) []byte {
	return l.s.clients.List(b, f, me)
}

func (l lateClients) Kill(f command.ClientFilter, me int64) (int, bool) {
	return l.s.clients.Kill(f, me)
}
func (l lateClients) Pause(endMs int64, all bool) { l.s.clients.Pause(endMs, all) }
func (l lateClients) Unpause()                    { l.s.clients.Unpause() }
func (l lateClients) Unblock(c *command.Call, id int64, withError bool) bool {
	return l.s.clients.Unblock(c, id, withError)
}
func (l lateClients) KillUser(u *acl.User, me int64) bool { return l.s.clients.KillUser(u, me) }
func (l lateClients) KillSubscribers(u *acl.User, me int64) bool {
	return l.s.clients.KillSubscribers(u, me)
}
func (l lateClients) Exists(id int64) bool     { return l.s.clients.Exists(id) }
func (l lateClients) HasUser(name string) bool { return l.s.clients.HasUser(name) }

// makeTable joins the families.
func (s *Server) makeTable() (err error) {
	maxBulk := func() int64 { return s.live.Load().ProtoMaxBulkLen }
	table := func() *command.Table { return s.table }
	s.scripts = s.newScripts()
	s.table, err = command.NewTable(
		aclcommands.Commands(aclcommands.Server{Users: func() *acl.Users { return s.users }, Table: table, Files: aclFile{s}, Clients: lateClients{s}}),
		connection.Commands(connection.Server{Clients: lateClients{s}, Version: RedisVersion}),
		strings.Commands(strings.Options{
			MaxBulk: maxBulk, LazyUserDel: func() bool { return s.live.Load().LazyfreeLazyUserDel },
		}),
		lists.Commands(),
		bitmaps.Commands(bitmaps.Options{MaxBulk: maxBulk}),
		hyperloglog.Commands(hyperloglog.Options{SparseMax: func() int64 { return int64(s.live.Load().HLLSparseMaxBytes) }}),
		streams.Commands(),
		hashes.Commands(),
		sets.Commands(),
		zsets.Commands(),
		geo.Commands(),
		keys.Commands(keys.Options{Settings: keySettings{s.live, &s.saver}, Flushed: s.flushed}),
		transactions.Commands(),
		migration.Commands(migration.Options{
			Targets: s.targets, Compress: func() bool { return s.live.Load().RDBCompression },
			Go: func(fn func()) { s.spawn("a migration", fn) },
		}),
		waiting.Commands(waiting.Options{File: &s.aof}),
		functions.Commands(functions.Options{
			Engine: s.scripts, Compress: func() bool { return s.live.Load().RDBCompression }, SkipChecksums: s.saver.skipSums.Load,
		}),
		pubsub.Commands(s.channels),
		scripting.Commands(scripting.Options{Engine: s.scripts}),
		commands.Commands(table),
		cluster.Commands(),
		admin.Commands(admin.Options{
			Saver: &s.saver, Rewriter: &s.aof, Stopper: (*stopper)(s), Config: directives{s}, Info: (*informer)(s),
			SlowLog: &s.slowLog, Latency: &s.latency, Stats: s.stats, Memory: allocator{s}, Debug: (*debugger)(s),
			Clock: s.clock, Table: table, Version: RedisVersion,
			LatencyThreshold: func() int64 { return s.live.Load().LatencyMonitorThreshold },
		}),
	)
	if err != nil {
		return fmt.Errorf("make the table of commands: %w", err)
	}
	for _, r := range s.live.Load().RenameCommand {
		if err := s.table.Rename(r[0], r[1]); err != nil {
			return fmt.Errorf("rename-command %s %s: %w", r[0], r[1], err)
		}
	}
	if n := len(s.table.Rows()); n > maxCommands {
		return fmt.Errorf("make the table of commands: %d rows, statistics for %d", n, maxCommands)
	}
	return nil
}

// keySettings are the settings that commands on keys ask for.
type keySettings struct {
	live  *settings.Live
	saver *saver
}

func (k keySettings) LazyUserFlush() bool { return k.live.Load().LazyfreeLazyUserFlush }
func (k keySettings) CompressRDB() bool   { return k.live.Load().RDBCompression }

// Refused logs why RESTORE does not take a payload, which its reply does not
// say.
func (k keySettings) Refused(err error) { k.saver.s.log.verbose("RESTORE: %v", err) }

func (k keySettings) SkipChecksums() bool { return k.saver.skipSums.Load() }
func (k keySettings) MaxStringLen() uint64 {
	return uint64(k.live.Load().ProtoMaxBulkLen)
}

func (k keySettings) SharesIntegers() bool {
	set := k.live.Load()
	switch set.MaxMemoryPolicy {
	case settings.AllKeysLRU, settings.AllKeysLFU, settings.VolatileLRU, settings.VolatileLFU:
		return set.MaxMemory == 0
	}
	return true
}

// flushed is told of FLUSHALL, with every shard locked. It tells whether the
// empty keyspace is on disk, so that nothing is left to be saved.
func (s *Server) flushed(tx *keyspace.Tx) (saved bool) {
	s.store.ForgetCandidates()
	return s.saver.afterFlush(tx)
}

// directives is the engine of directives for CONFIG.
type directives struct{ s *Server }

func (d directives) Get(patterns []string) []string { return d.s.registry.Get(patterns) }
func (d directives) Rewrite() error                 { return d.s.registry.Rewrite() }

func (d directives) RewriteAll() error { return d.s.registry.RewriteAll() }

func (d directives) Set(pairs []string, local, inTransaction bool) error {
	set := d.s.live.Load()
	return d.s.registry.Set(pairs, config.SetOptions{Loading: d.s.loading.Load(),
		AllowProtected: set.EnableProtectedConfigs.Allows(local), InTransaction: inTransaction})
}
