package settings

import (
	"math"

	"github.com/redoubt-kv/redoubt/core/config"
)

// aofDirectives are those of the append-only file.
func aofDirectives(s *Settings) []config.Directive {
	return []config.Directive{
		{Name: "appendonly", Flags: config.DenyLoading, Value: config.Bool(&s.AppendOnly, nil)},
		{Name: "appendfilename", Flags: config.Immutable, Value: config.String(&s.AppendFilename, checkAppendFilename)},
		{Name: "appenddirname", Flags: config.Immutable, Value: config.String(&s.AppendDirname, checkAppendDirname)},
		{Name: "appendfsync", Value: config.Enum(&s.AppendFsync, fsyncNames)},
		{Name: "no-appendfsync-on-rewrite", Value: config.Bool(&s.NoAppendfsyncOnRewrite, nil)},
		{Name: "auto-aof-rewrite-percentage", Value: config.Number(&s.AutoAOFRewritePercentage, config.Integer, 0, math.MaxInt32)},
		{Name: "auto-aof-rewrite-min-size", Value: config.Number(&s.AutoAOFRewriteMinSize, config.Memory, 0, math.MaxInt64)},
		{Name: "aof-load-truncated", Value: config.Bool(&s.AOFLoadTruncated, nil)},
		{Name: "aof-use-rdb-preamble", Value: config.Bool(&s.AOFUseRDBPreamble, nil)},
		{Name: "aof-timestamp-enabled", Value: config.Bool(&s.AOFTimestampEnabled, nil)},
		{Name: "aof-rewrite-incremental-fsync", Value: config.Bool(&s.AOFRewriteIncrementalFsync, nil)},
		{Name: "aof-disable-auto-gc", Value: config.Bool(&s.AOFDisableAutoGC, nil)},
	}
}
