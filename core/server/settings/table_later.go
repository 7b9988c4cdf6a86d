package settings

import (
	"math"

	"github.com/redoubt-kv/redoubt/core/config"
)

// What this file lists belongs to parts that this build does not have: their
// switches are refused, the rest is kept for when the part is there.

func replicationDirectives(s *Settings) []config.Directive {
	return []config.Directive{
		{Name: "replicaof", Alias: "slaveof", Flags: config.Immutable | config.MultiArg, Value: replicaOfValue(s),
			Status: config.Refused, Note: "replication is not implemented"},
		{Name: "masterauth", Flags: config.Sensitive, Value: config.OptionalString(&s.MasterAuth, nil),
			Status: config.NoEffect, Note: "replication is not implemented"},
		{Name: "masteruser", Flags: config.Sensitive, Value: config.OptionalString(&s.MasterUser, nil),
			Status: config.NoEffect, Note: "replication is not implemented"},
		{Name: "replica-serve-stale-data", Alias: "slave-serve-stale-data", Value: config.Bool(&s.ReplicaServeStaleData, nil),
			Status: config.NoEffect, Note: "replication is not implemented"},
		{Name: "replica-read-only", Alias: "slave-read-only", Value: config.Bool(&s.ReplicaReadOnly, nil),
			Status: config.NoEffect, Note: "replication is not implemented"},
		{Name: "repl-diskless-sync", Value: config.Bool(&s.ReplDisklessSync, nil),
			Status: config.NoEffect, Note: "replication is not implemented"},
		{Name: "repl-diskless-sync-delay", Value: config.Number(&s.ReplDisklessSyncDelay, config.Integer, 0, math.MaxInt32),
			Status: config.NoEffect, Note: "replication is not implemented"},
		{Name: "repl-diskless-sync-max-replicas", Value: config.Number(&s.ReplDisklessSyncMaxReplicas, config.Integer, 0, math.MaxInt32),
			Status: config.NoEffect, Note: "replication is not implemented"},
		{Name: "repl-diskless-load", Flags: config.DenyLoading, Value: config.Enum(&s.ReplDisklessLoad, disklessLoadNames),
			Status: config.NoEffect, Note: "replication is not implemented"},
		{Name: "repl-ping-replica-period", Alias: "repl-ping-slave-period", Value: config.Number(&s.ReplPingReplicaPeriod, config.Integer, 1, math.MaxInt32),
			Status: config.NoEffect, Note: "replication is not implemented"},
		{Name: "repl-timeout", Value: config.Number(&s.ReplTimeout, config.Integer, 1, math.MaxInt32),
			Status: config.NoEffect, Note: "replication is not implemented"},
		{Name: "repl-disable-tcp-nodelay", Value: config.Bool(&s.ReplDisableTCPNodelay, nil),
			Status: config.NoEffect, Note: "replication is not implemented"},
		{Name: "repl-backlog-size", Value: config.Number(&s.ReplBacklogSize, config.Memory, 1, math.MaxInt64),
			Status: config.NoEffect, Note: "replication is not implemented"},
		{Name: "repl-backlog-ttl", Value: config.Number(&s.ReplBacklogTTL, config.Integer, 0, math.MaxInt64),
			Status: config.NoEffect, Note: "replication is not implemented"},
		{Name: "replica-priority", Alias: "slave-priority", Value: config.Number(&s.ReplicaPriority, config.Integer, 0, math.MaxInt32),
			Status: config.NoEffect, Note: "replication is not implemented"},
		{Name: "replica-announced", Value: config.Bool(&s.ReplicaAnnounced, nil),
			Status: config.NoEffect, Note: "replication is not implemented"},
		{Name: "replica-announce-ip", Alias: "slave-announce-ip", Value: config.OptionalString(&s.ReplicaAnnounceIP, nil),
			Status: config.NoEffect, Note: "replication is not implemented"},
		{Name: "replica-announce-port", Alias: "slave-announce-port", Value: config.Number(&s.ReplicaAnnouncePort, config.Integer, 0, 65535),
			Status: config.NoEffect, Note: "replication is not implemented"},
		{Name: "replica-lazy-flush", Alias: "slave-lazy-flush", Value: config.Bool(&s.ReplicaLazyFlush, nil),
			Status: config.NoEffect, Note: "replication is not implemented"},
		{Name: "replica-ignore-maxmemory", Alias: "slave-ignore-maxmemory", Value: config.Bool(&s.ReplicaIgnoreMaxmemory, nil),
			Status: config.NoEffect, Note: "replication is not implemented"},
		{Name: "replica-ignore-disk-write-errors", Value: config.Bool(&s.ReplicaIgnoreDiskWriteErrors, nil),
			Status: config.NoEffect, Note: "replication is not implemented"},
		{Name: "propagation-error-behavior", Value: config.Enum(&s.PropagationErrorBehavior, propagationErrorNames),
			Status: config.NoEffect, Note: "replication is not implemented"},
		{Name: "min-replicas-to-write", Alias: "min-slaves-to-write", Group: "min-replicas", Value: config.Number(&s.MinReplicasToWrite, config.Integer, 0, math.MaxInt32),
			Status: config.Refused, Note: "replication is not implemented, so no write could ever be accepted"},
		{Name: "min-replicas-max-lag", Alias: "min-slaves-max-lag", Group: "min-replicas", Value: config.Number(&s.MinReplicasMaxLag, config.Integer, 0, math.MaxInt32),
			Status: config.NoEffect, Note: "replication is not implemented"},
	}
}

func clusterDirectives(s *Settings) []config.Directive {
	return []config.Directive{
		{Name: "cluster-enabled", Flags: config.Immutable, Value: config.Bool(&s.ClusterEnabled, nil),
			Status: config.Refused, Note: "cluster mode is not implemented"},
		{Name: "cluster-config-file", Flags: config.Immutable, Value: config.String(&s.ClusterConfigFile, nil),
			Status: config.NoEffect, Note: "cluster-enabled is refused"},
		{Name: "cluster-node-timeout", Value: config.Number(&s.ClusterNodeTimeout, config.Integer, 0, math.MaxInt64),
			Status: config.NoEffect, Note: "cluster-enabled is refused"},
		{Name: "cluster-port", Flags: config.Immutable, Value: config.Number(&s.ClusterPort, config.Integer, 0, 65535),
			Status: config.NoEffect, Note: "cluster-enabled is refused"},
		{Name: "cluster-replica-validity-factor", Alias: "cluster-slave-validity-factor", Value: config.Number(&s.ClusterReplicaValidityFactor, config.Integer, 0, math.MaxInt32),
			Status: config.NoEffect, Note: "cluster-enabled is refused"},
		{Name: "cluster-migration-barrier", Value: config.Number(&s.ClusterMigrationBarrier, config.Integer, 0, math.MaxInt32),
			Status: config.NoEffect, Note: "cluster-enabled is refused"},
		{Name: "cluster-allow-replica-migration", Value: config.Bool(&s.ClusterAllowReplicaMigration, nil),
			Status: config.NoEffect, Note: "cluster-enabled is refused"},
		{Name: "cluster-require-full-coverage", Value: config.Bool(&s.ClusterRequireFullCoverage, nil),
			Status: config.NoEffect, Note: "cluster-enabled is refused"},
		{Name: "cluster-replica-no-failover", Alias: "cluster-slave-no-failover", Value: config.Bool(&s.ClusterReplicaNoFailover, nil),
			Status: config.NoEffect, Note: "cluster-enabled is refused"},
		{Name: "cluster-allow-reads-when-down", Value: config.Bool(&s.ClusterAllowReadsWhenDown, nil),
			Status: config.NoEffect, Note: "cluster-enabled is refused"},
		{Name: "cluster-allow-pubsubshard-when-down", Value: config.Bool(&s.ClusterAllowPubsubshardWhenDown, nil),
			Status: config.NoEffect, Note: "cluster-enabled is refused"},
		{Name: "cluster-link-sendbuf-limit", Value: config.Number(&s.ClusterLinkSendbufLimit, config.Memory, 0, math.MaxUint64),
			Status: config.NoEffect, Note: "cluster-enabled is refused"},
		{Name: "cluster-announce-hostname", Value: config.OptionalString(&s.ClusterAnnounceHostname, checkHostname),
			Status: config.NoEffect, Note: "cluster-enabled is refused"},
		{Name: "cluster-preferred-endpoint-type", Value: config.Enum(&s.ClusterPreferredEndpointType, endpointNames),
			Status: config.NoEffect, Note: "cluster-enabled is refused"},
		{Name: "cluster-announce-ip", Group: "cluster-announce", Value: config.OptionalString(&s.ClusterAnnounceIP, nil),
			Status: config.NoEffect, Note: "cluster-enabled is refused"},
		{Name: "cluster-announce-port", Group: "cluster-announce", Value: config.Number(&s.ClusterAnnouncePort, config.Integer, 0, 65535),
			Status: config.NoEffect, Note: "cluster-enabled is refused"},
		{Name: "cluster-announce-tls-port", Group: "cluster-announce", Value: config.Number(&s.ClusterAnnounceTLSPort, config.Integer, 0, 65535),
			Status: config.NoEffect, Note: "cluster-enabled is refused"},
		{Name: "cluster-announce-bus-port", Group: "cluster-announce", Value: config.Number(&s.ClusterAnnounceBusPort, config.Integer, 0, 65535),
			Status: config.NoEffect, Note: "cluster-enabled is refused"},
	}
}
