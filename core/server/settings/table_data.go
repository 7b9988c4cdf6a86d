package settings

import (
	"math"

	"github.com/redoubt-kv/redoubt/core/config"
)

func snapshotDirectives(s *Settings) []config.Directive {
	return []config.Directive{
		{Name: "save", Flags: config.MultiArg, Value: saveValue(s)},
		{Name: "stop-writes-on-bgsave-error", Value: config.Bool(&s.StopWritesOnBgsaveError, nil)},
		{Name: "rdbcompression", Value: config.Bool(&s.RDBCompression, nil)},
		{Name: "rdbchecksum", Flags: config.Immutable, Value: config.Bool(&s.RDBChecksum, nil)},
		{Name: "sanitize-dump-payload", Value: config.Enum(&s.SanitizeDumpPayload, sanitizeNames),
			Status: config.NoEffect, Note: "what is loaded or restored is always checked in full"},
		{Name: "dbfilename", Flags: config.Protected, Value: config.String(&s.DBFilename, checkDBFilename)},
		{Name: "rdb-del-sync-files", Value: config.Bool(&s.RDBDelSyncFiles, nil),
			Status: config.NoEffect, Note: "replication is not implemented"},
		{Name: "dir", Flags: config.Protected | config.DenyLoading, Value: dirValue(s),
			Note: "a relative path is relative to the directory before; the working directory of the process does not change"},
		{Name: "rdb-save-incremental-fsync", Value: config.Bool(&s.RDBSaveIncrementalFsync, nil)},
		{Name: "rdb-key-save-delay", Flags: config.Hidden, Value: config.Number(&s.RDBKeySaveDelay, config.Integer, math.MinInt32, math.MaxInt32),
			Status: config.NoEffect, Note: "a delay for the tests of Redis alone"},
		{Name: "key-load-delay", Flags: config.Hidden, Value: config.Number(&s.KeyLoadDelay, config.Integer, math.MinInt32, math.MaxInt32),
			Status: config.NoEffect, Note: "a delay for the tests of Redis alone"},
		{Name: "loading-process-events-interval-bytes", Flags: config.Hidden, Value: config.Number(&s.LoadingProcessEventsIntervalBytes, config.Integer, 1024, math.MaxInt32),
			Status: config.NoEffect, Note: "loading does not block the event loops"},
	}
}

func memoryDirectives(s *Settings) []config.Directive {
	return []config.Directive{
		{Name: "maxmemory", Value: config.Number(&s.MaxMemory, config.Memory, 0, math.MaxUint64)},
		{Name: "maxmemory-policy", Value: config.Enum(&s.MaxMemoryPolicy, policyNames)},
		{Name: "maxmemory-samples", Value: config.Number(&s.MaxMemorySamples, config.Integer, 1, math.MaxInt32)},
		{Name: "maxmemory-eviction-tenacity", Value: config.Number(&s.MaxMemoryEvictionTenacity, config.Integer, 0, 100)},
		{Name: "lfu-log-factor", Value: config.Number(&s.LFULogFactor, config.Integer, 0, math.MaxInt32)},
		{Name: "lfu-decay-time", Value: config.Number(&s.LFUDecayTime, config.Integer, 0, math.MaxInt32)},
		{Name: "active-expire-effort", Value: config.Number(&s.ActiveExpireEffort, config.Integer, 1, 10)},
		{Name: "activerehashing", Value: config.Bool(&s.ActiveRehashing, nil),
			Status: config.NoEffect, Note: "the table grows bucket by bucket and is never rehashed"},
		{Name: "lazyfree-lazy-eviction", Value: config.Bool(&s.LazyfreeLazyEviction, nil),
			Status: config.NoEffect, Note: "a large value is always freed in the background"},
		{Name: "lazyfree-lazy-expire", Value: config.Bool(&s.LazyfreeLazyExpire, nil),
			Status: config.NoEffect, Note: "a large value is always freed in the background"},
		{Name: "lazyfree-lazy-server-del", Value: config.Bool(&s.LazyfreeLazyServerDel, nil),
			Status: config.NoEffect, Note: "a large value is always freed in the background"},
		{Name: "lazyfree-lazy-user-del", Value: config.Bool(&s.LazyfreeLazyUserDel, nil),
			Status: config.NoEffect, Note: "a large value is always freed in the background"},
		{Name: "lazyfree-lazy-user-flush", Value: config.Bool(&s.LazyfreeLazyUserFlush, nil)},
		{Name: "activedefrag", Value: config.Bool(&s.ActiveDefrag, nil),
			Status: config.Refused, Note: "memory is kept in nodes of fixed size classes, which it cannot move yet"},
		{Name: "active-defrag-ignore-bytes", Value: config.Number(&s.ActiveDefragIgnoreBytes, config.Memory, 1, math.MaxInt64),
			Status: config.NoEffect, Note: "activedefrag is refused"},
		{Name: "active-defrag-threshold-lower", Value: config.Number(&s.ActiveDefragThresholdLower, config.Integer, 0, 1000),
			Status: config.NoEffect, Note: "activedefrag is refused"},
		{Name: "active-defrag-threshold-upper", Value: config.Number(&s.ActiveDefragThresholdUpper, config.Integer, 0, 1000),
			Status: config.NoEffect, Note: "activedefrag is refused"},
		{Name: "active-defrag-cycle-min", Value: config.Number(&s.ActiveDefragCycleMin, config.Integer, 1, 99),
			Status: config.NoEffect, Note: "activedefrag is refused"},
		{Name: "active-defrag-cycle-max", Value: config.Number(&s.ActiveDefragCycleMax, config.Integer, 1, 99),
			Status: config.NoEffect, Note: "activedefrag is refused"},
		{Name: "active-defrag-max-scan-fields", Value: config.Number(&s.ActiveDefragMaxScanFields, config.Integer, 1, math.MaxInt64),
			Status: config.NoEffect, Note: "activedefrag is refused"},
	}
}

func dataDirectives(s *Settings) []config.Directive {
	return []config.Directive{
		{Name: "hash-max-listpack-entries", Alias: "hash-max-ziplist-entries", Value: config.Number(&s.HashMaxListpackEntries, config.Integer, 0, math.MaxInt64)},
		{Name: "hash-max-listpack-value", Alias: "hash-max-ziplist-value", Value: config.Number(&s.HashMaxListpackValue, config.Memory, 0, math.MaxInt64)},
		{Name: "list-max-listpack-size", Alias: "list-max-ziplist-size", Value: config.Number(&s.ListMaxListpackSize, config.Integer, math.MinInt32, math.MaxInt32),
			Note: "4 KiB is the most in any case: the sizes -1 to -5 are the same, and a number of elements holds within it"},
		{Name: "list-compress-depth", Value: config.Number(&s.ListCompressDepth, config.Integer, 0, math.MaxInt32),
			Status: config.NoEffect, Note: "the nodes of a list are not compressed in memory"},
		{Name: "set-max-intset-entries", Value: config.Number(&s.SetMaxIntsetEntries, config.Integer, 0, math.MaxInt64)},
		{Name: "zset-max-listpack-entries", Alias: "zset-max-ziplist-entries", Value: config.Number(&s.ZsetMaxListpackEntries, config.Integer, 0, math.MaxInt64)},
		{Name: "zset-max-listpack-value", Alias: "zset-max-ziplist-value", Value: config.Number(&s.ZsetMaxListpackValue, config.Memory, 0, math.MaxInt64)},
		{Name: "hll-sparse-max-bytes", Value: config.Number(&s.HLLSparseMaxBytes, config.Memory, 0, math.MaxInt64)},
		{Name: "stream-node-max-bytes", Value: config.Number(&s.StreamNodeMaxBytes, config.Memory, 0, math.MaxInt64)},
		{Name: "stream-node-max-entries", Value: config.Number(&s.StreamNodeMaxEntries, config.Integer, 0, math.MaxInt64)},
		{Name: "busy-reply-threshold", Alias: "lua-time-limit", Value: config.Number(&s.BusyReplyThreshold, config.Integer, 0, math.MaxInt64)},
		{Name: "lua-enable-deprecated-api", Flags: config.Immutable | config.Hidden, Value: config.Bool(&s.LuaEnableDeprecatedApi, nil)},
		{Name: "notify-keyspace-events", Value: keyEventsValue(s)},
	}
}
