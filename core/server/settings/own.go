package settings

import (
	"errors"
	"math"

	"github.com/redoubt-kv/redoubt/core/config"
)

const (
	minHz = 1 // what hz is kept in
	maxHz = 500

	maxLoops  = 1024
	maxShards = 4096
)

// MaxSnapshotWorkers is the most that snapshot-workers may be: the number of
// shards that there can be.
const MaxSnapshotWorkers = 64

// ownDirectives are those that Redis 7.0 does not have.
func ownDirectives(s *Settings) []config.Directive {
	return []config.Directive{
		{Name: "loops", Flags: config.Immutable, Value: config.Number(&s.Loops, config.Integer, 0, maxLoops),
			Note: "Redoubt's own: event loops; 0 is one for each CPU"},
		{Name: "shards", Flags: config.Immutable, Value: config.Number(&s.Shards, config.Integer, 0, maxShards, checkShards),
			Note: "Redoubt's own: parts of the keyspace with a lock each; 0 is chosen by the number of loops"},
		{Name: "transport", Flags: config.Immutable, Value: config.Enum(&s.Transport, transportNames),
			Note: "Redoubt's own: auto, io_uring, epoll or portable; auto is io_uring where Linux 6.1 or later lets it be used, else epoll, and portable on other systems"},
		{Name: "maxmemory-resident", Value: config.Number(&s.MaxMemoryResident, config.Memory, 0, math.MaxInt64),
			Note: "Redoubt's own: what the process may hold in all, with free slots of the data's memory and Go's heap; beyond it, as beyond maxmemory"},
		{Name: "snapshot-memory-budget", Value: config.Number(&s.SnapshotMemoryBudget, config.Memory, 1<<20, math.MaxInt64),
			Note: "Redoubt's own: what a snapshot may keep of data that clients overwrite meanwhile"},
		{Name: "snapshot-workers", Value: config.Number(&s.SnapshotWorkers, config.Integer, 0, MaxSnapshotWorkers),
			Note: "Redoubt's own: threads that encode a background save; 0 is one for each two CPUs"},
		{Name: "set-max-listpack-entries", Value: config.Number(&s.SetMaxListpackEntries, config.Integer, 0, math.MaxInt64),
			Note: "from Redis 7.2; 0 is as Redis 7.0, which shows small sets of text as hashtable"},
		{Name: "set-max-listpack-value", Value: config.Number(&s.SetMaxListpackValue, config.Memory, 0, math.MaxInt64),
			Note: "from Redis 7.2"},
		{Name: "locale-collate", Value: config.String(&s.LocaleCollate, nil), Status: config.Refused,
			Note: "from Redis 7.2; SORT compares bytes, in the order of no locale"},
		{Name: "cluster-announce-human-nodename", Value: config.OptionalString(&s.ClusterAnnounceHumanNodename, checkHostname),
			Status: config.NoEffect, Note: "from Redis 7.2; cluster-enabled is refused"},
		{Name: "max-new-connections-per-cycle", Value: config.Number(&s.MaxNewConnectionsPerCycle, config.Integer, 1, 1000),
			Status: config.NoEffect, Note: "from Redis 7.4; at most 64 connections are accepted in one turn of the one event loop that accepts, and spread over all"},
		{Name: "max-new-tls-connections-per-cycle", Value: config.Number(&s.MaxNewTLSConnectionsPerCycle, config.Integer, 1, 1000),
			Status: config.NoEffect, Note: "from Redis 7.4; handshakes are done beside the event loops"},
	}
}

func checkShards(n int) error {
	if n&(n-1) != 0 {
		return errors.New("argument must be a power of two, or 0")
	}
	return nil
}

func statements(s *Settings) []config.Statement {
	return []config.Statement{{Name: "rename-command", MinArgs: 2, MaxArgs: 2, Do: func(args []string) error {
		s.RenameCommand = append(s.RenameCommand, [2]string{args[0], args[1]})
		return nil
	}}}
}

func refusedStatements() []config.Statement {
	refuse := func(name, why string, least, most int) config.Statement {
		return config.Statement{Name: name, MinArgs: least, MaxArgs: most, Do: func([]string) error {
			return errors.New("this build of Redoubt refuses " + name + ": " + why)
		}}
	}
	return []config.Statement{
		refuse("loadmodule", "it cannot load modules", 1, -1),
		refuse("sentinel", "it has no Sentinel mode", 0, -1),
	}
}
