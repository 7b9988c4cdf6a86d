package server

import (
	"math"

	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/server/settings"
	"github.com/redoubt-kv/redoubt/core/value"
)

// observe puts the settings into effect, now and whenever CONFIG SET changes
// them.
func (s *Server) observe() {
	apply := func() error { return s.apply(s.working) }
	for _, name := range []string{
		"protected-mode", "client-query-buffer-limit", "proto-max-bulk-len",
		"client-output-buffer-limit", "tracking-table-max-keys", "maxmemory-clients", "timeout", "tcp-keepalive", "acl-pubsub-default",
		"maxmemory", "maxmemory-resident", "maxmemory-policy", "lfu-log-factor", "lfu-decay-time",
		"slowlog-log-slower-than", "slowlog-max-len", "loglevel", "logfile",
		"latency-monitor-threshold", "watchdog-period", "crash-log-enabled", "lazyfree-lazy-expire", "lazyfree-lazy-eviction",
		"hash-max-listpack-entries", "hash-max-listpack-value", "set-max-intset-entries",
		"set-max-listpack-entries", "set-max-listpack-value", "zset-max-listpack-entries",
		"zset-max-listpack-value", "list-max-listpack-size", "stream-node-max-bytes", "stream-node-max-entries",
		"notify-keyspace-events",
	} {
		s.registry.OnChange(name, apply)
	}
	s.registry.OnChange("latency-tracking", apply)
	s.registry.OnChange("maxclients", s.changeMaxClients)
	s.registry.OnChange("oom-score-adj", s.adjustOOMScore)
	s.registry.OnChange("proc-title-template", func() error { s.setTitle(); return nil })
	s.registry.OnChange("requirepass", func() error { s.users.SetPassword(s.working.RequirePass); return nil })
	s.registry.OnChange("appendonly", s.switchAppendOnly)
	for _, name := range []string{"appendfsync", "no-appendfsync-on-rewrite", "aof-timestamp-enabled", "aof-rewrite-incremental-fsync", "aof-disable-auto-gc"} {
		s.registry.OnChange(name, func() error { s.aof.configure(s.working); return nil })
	}
	s.registry.OnChange("port", func() error { return s.relisten(s.working, cannotListen, plainTCP) })
	s.registry.OnChange("bind", func() error {
		return s.relisten(s.working, "Failed to bind to specified addresses.", plainTCP, secureTCP)
	})
	s.registry.OnChange("tls-port", s.moveTLS)
	s.registry.OnChange("tls", s.reconfigureTLS)
	if err := s.apply(s.live.Load()); err != nil {
		s.log.warning("%v", err)
	}
}

// apply puts the settings into effect that are not read where they are used.
func (s *Server) apply(set *settings.Settings) error {
	s.clients.SetLimits(s.limits(set))
	s.users.SetPubsubDefault(set.ACLPubsubDefault == settings.PubsubAllChannels)
	s.channels.SetLimit(int64(set.ClientOutputBufferLimit[settings.ClassPubSub].HardBytes))
	s.events.configure(set)
	s.clients.SetMemoryLimit(clientsLimit(set))
	s.clients.SetTrackingLimit(int64(min(set.TrackingTableMaxKeys, math.MaxInt64)))
	s.log.reopen(set.LogFile, set.LogLevel)
	s.exec.SlowerThan.Store(slowerThan(set))
	s.store.SetLimits(s.valueLimits(set))
	s.journal.SetLazy(set.LazyfreeLazyExpire, set.LazyfreeLazyEviction)
	s.stats.TrackLatency(set.LatencyTracking)
	s.slowLog.Trim(set.SlowLogMaxLen)
	policy := set.MaxMemoryPolicy
	lfu := policy == settings.AllKeysLFU || policy == settings.VolatileLFU
	s.store.SetClockPolicy(lfu, int64(set.LFULogFactor), int64(set.LFUDecayTime))
	s.store.ForgetCandidates()
	s.watchLoops(set)
	s.crashOutput(set)
	return nil
}

// clientsLimit is maxmemory-clients in bytes, 0 for no limit: a share of maxmemory is
// none where that is not set.
func clientsLimit(set *settings.Settings) int64 {
	if set.MaxMemoryClients >= 0 {
		return set.MaxMemoryClients
	}
	share := float64(set.MaxMemory) * float64(-set.MaxMemoryClients) / 100
	return int64(min(share, 1<<62))
}

// switchAppendOnly turns the append-only file on or off.
func (s *Server) switchAppendOnly() error {
	switch on := s.aof.on.Load(); {
	case s.working.AppendOnly && !on:
		return s.aof.turnOn(*s.working, s.registry.InTransaction())
	case !s.working.AppendOnly && on:
		s.aof.turnOff()
	}
	return nil
}

// slowerThan is the time in ns from which a call is of interest to the slow log
// or the latency monitor, -1 if none is.
func slowerThan(set *settings.Settings) int64 {
	slow, latency := set.SlowLogSlowerThan*1000, set.LatencyMonitorThreshold*1e6
	switch {
	case slow < 0 && latency == 0:
		return -1
	case slow < 0:
		return latency
	case latency == 0:
		return slow
	}
	return min(slow, latency)
}

// evictionPolicy is the keyspace's word for maxmemory-policy.
func evictionPolicy(p settings.Policy) keyspace.EvictionPolicy {
	switch p {
	case settings.VolatileLRU:
		return keyspace.VolatileLRU
	case settings.VolatileLFU:
		return keyspace.VolatileLFU
	case settings.VolatileRandom:
		return keyspace.VolatileRandom
	case settings.VolatileTTL:
		return keyspace.VolatileTTL
	case settings.AllKeysLRU:
		return keyspace.AllKeysLRU
	case settings.AllKeysLFU:
		return keyspace.AllKeysLFU
	case settings.AllKeysRandom:
		return keyspace.AllKeysRandom
	}
	return keyspace.NoEviction
}

// valueLimits are the thresholds between representations.
func (s *Server) valueLimits(set *settings.Settings) *value.Limits {
	return &value.Limits{
		HashMaxListpackEntries: count(set.HashMaxListpackEntries), HashMaxListpackValue: count(set.HashMaxListpackValue),
		SetMaxIntsetEntries:   count(set.SetMaxIntsetEntries),
		SetMaxListpackEntries: count(set.SetMaxListpackEntries), SetMaxListpackValue: count(set.SetMaxListpackValue),
		ZSetMaxListpackEntries: count(set.ZsetMaxListpackEntries), ZSetMaxListpackValue: count(set.ZsetMaxListpackValue),
		ListMaxListpackSize: set.ListMaxListpackSize, ListCompressDepth: set.ListCompressDepth,
		ListPackedThreshold: int(s.packedThreshold.Load()),
		StreamNodeMaxBytes:  count(set.StreamNodeMaxBytes), StreamNodeMaxEntries: count(uint64(set.StreamNodeMaxEntries)),
	}
}

// count is n as an int; more than 2^31 is as good as no limit.
func count(n uint64) int { return int(min(n, math.MaxInt32)) }
