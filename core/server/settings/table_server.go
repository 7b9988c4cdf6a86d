package settings

import (
	"math"

	"github.com/redoubt-kv/redoubt/core/config"
)

func networkDirectives(s *Settings) []config.Directive {
	return []config.Directive{
		{Name: "bind", Flags: config.MultiArg, Value: bindValue(s)},
		{Name: "bind-source-addr", Value: config.OptionalString(&s.BindSourceAddr, nil),
			Status: config.NoEffect, Note: "it is for connections to masters and cluster nodes, which this build does not make"},
		{Name: "port", Value: config.Number(&s.Port, config.Integer, 0, 65535)},
		{Name: "unixsocket", Flags: config.Immutable, Value: config.OptionalString(&s.UnixSocket, nil)},
		{Name: "unixsocketperm", Flags: config.Immutable, Value: config.Number(&s.UnixSocketPerm, config.Octal, 0, 0o777)},
		{Name: "tcp-backlog", Flags: config.Immutable, Value: config.Number(&s.TCPBacklog, config.Integer, 0, math.MaxInt32)},
		{Name: "tcp-keepalive", Value: config.Number(&s.TCPKeepalive, config.Integer, 0, math.MaxInt32)},
		{Name: "timeout", Value: config.Number(&s.Timeout, config.Integer, 0, math.MaxInt32)},
		{Name: "protected-mode", Value: config.Bool(&s.ProtectedMode, nil)},
		{Name: "socket-mark-id", Flags: config.Immutable, Value: config.Number(&s.SocketMarkID, config.Integer, 0, math.MaxUint32),
			Note: "of listening sockets and the connections they accept, on Linux"},
		{Name: "maxclients", Value: config.Number(&s.MaxClients, config.Integer, 1, math.MaxUint32)},
		{Name: "proto-max-bulk-len", Value: config.Number(&s.ProtoMaxBulkLen, config.Memory, 1<<20, math.MaxInt64)},
		{Name: "client-query-buffer-limit", Value: config.Number(&s.ClientQueryBufferLimit, config.Memory, 1<<20, math.MaxInt64)},
		{Name: "client-output-buffer-limit", Flags: config.MultiArg, Value: outputLimitValue(s)},
		{Name: "maxmemory-clients", Value: config.Number(&s.MaxMemoryClients, config.MemoryOrPercent, -100, math.MaxInt64)},
		{Name: "tracking-table-max-keys", Value: config.Number(&s.TrackingTableMaxKeys, config.Integer, 0, math.MaxInt64)},
	}
}

func generalDirectives(s *Settings) []config.Directive {
	return []config.Directive{
		{Name: "daemonize", Flags: config.Immutable, Value: config.Bool(&s.Daemonize, nil),
			Note: "starts itself again in a session of its own, since a Go process cannot fork"},
		{Name: "supervised", Flags: config.Immutable, Value: config.Enum(&s.Supervised, supervisedNames),
			Note: "systemd is told by its protocol (a service of type notify), upstart by a stop"},
		{Name: "pidfile", Flags: config.Immutable, Value: config.OptionalString(&s.PidFile, nil)},
		{Name: "loglevel", Value: config.Enum(&s.LogLevel, logLevelNames)},
		{Name: "logfile", Flags: config.Immutable, Value: config.String(&s.LogFile, nil)},
		{Name: "syslog-enabled", Flags: config.Immutable, Value: config.Bool(&s.SyslogEnabled, nil),
			Note: "beside logfile, and never waited for: lines that syslog does not take in time are left out, and their number is told; not on Windows"},
		{Name: "syslog-ident", Flags: config.Immutable, Value: config.String(&s.SyslogIdent, nil)},
		{Name: "syslog-facility", Flags: config.Immutable, Value: config.Enum(&s.SyslogFacility, facilityNames)},
		{Name: "databases", Flags: config.Immutable, Value: config.Number(&s.Databases, config.Integer, 1, math.MaxInt32)},
		{Name: "always-show-logo", Flags: config.Immutable, Value: config.Bool(&s.AlwaysShowLogo, nil),
			Note: "without it there is no logo, also on a terminal"},
		{Name: "set-proc-title", Flags: config.Immutable, Value: config.Bool(&s.SetProcTitle, nil),
			Note: "on Linux, as long as the arguments and the environment of its start were, and in a process of its own"},
		{Name: "proc-title-template", Value: config.String(&s.ProcTitleTemplate, s.checkProcTitle)},
		{Name: "hz", Value: config.ClampedNumber(&s.Hz, config.Integer, 0, math.MaxInt32, minHz, maxHz),
			Note: "values are kept between 1 and 500"},
		{Name: "dynamic-hz", Value: config.Bool(&s.DynamicHz, nil), Status: config.NoEffect,
			Note: "idle loops sleep; what runs hz times a second does not grow with the clients"},
		{Name: "crash-log-enabled", Value: config.Bool(&s.CrashLogEnabled, nil),
			Note: "see docs/durability.md, “When the server crashes”"},
		{Name: "crash-memcheck-enabled", Value: config.Bool(&s.CrashMemcheckEnabled, nil), Status: config.NoEffect,
			Note: "testing memory in place needs every other thread to stand still, which Go's do only while they do not run; boot memtest86+ instead"},
		{Name: "use-exit-on-panic", Flags: config.Hidden, Value: config.Bool(&s.UseExitOnPanic, nil)},
		{Name: "watchdog-period", Flags: config.Hidden, Value: config.Number(&s.WatchdogPeriod, config.Integer, 0, math.MaxInt32),
			Note: "at least two rounds of hz; logs the stacks of all goroutines when a loop does not answer"},
		{Name: "ignore-warnings", Value: config.String(&s.IgnoreWarnings, nil),
			Status: config.NoEffect, Note: "there is no warning that stops the start"},
		{Name: "disable-thp", Flags: config.Immutable, Value: config.Bool(&s.DisableTHP, nil),
			Note: "no asks for huge pages for the data, which cost nothing without fork"},
		{Name: "oom-score-adj", Value: config.Enum(&s.OOMScoreAdj, oomScoreNames),
			Note: "on Linux"},
		{Name: "oom-score-adj-values", Flags: config.MultiArg, Group: "oom-score-adj", Value: oomValuesValue(s),
			Note: "the first one counts: there are no replicas, and no processes in the background"},
		{Name: "server_cpulist", Flags: config.Immutable, Value: config.OptionalString(&s.ServerCpulist, nil),
			Note: "on Linux, for all threads"},
		{Name: "bio_cpulist", Flags: config.Immutable, Value: config.OptionalString(&s.BIOCpulist, nil),
			Status: config.NoEffect, Note: "there are no such threads or processes"},
		{Name: "aof_rewrite_cpulist", Flags: config.Immutable, Value: config.OptionalString(&s.AOFRewriteCpulist, nil),
			Status: config.NoEffect, Note: "there are no such threads or processes"},
		{Name: "bgsave_cpulist", Flags: config.Immutable, Value: config.OptionalString(&s.BgsaveCpulist, nil),
			Status: config.NoEffect, Note: "there are no such threads or processes"},
		{Name: "jemalloc-bg-thread", Value: config.Bool(&s.JemallocBgThread, nil),
			Status: config.NoEffect, Note: "it does not use jemalloc"},
		{Name: "io-threads", Flags: config.Immutable, Value: config.Number(&s.IOThreads, config.Integer, 1, 128),
			Status: config.NoEffect, Note: "each event loop reads, executes and writes for its own clients: see loops"},
		{Name: "io-threads-do-reads", Flags: config.Immutable, Value: config.Bool(&s.IOThreadsDoReads, nil),
			Status: config.NoEffect, Note: "see loops"},
		{Name: "shutdown-timeout", Value: config.Number(&s.ShutdownTimeout, config.Integer, 0, math.MaxInt32), Status: config.NoEffect,
			Note: "there are no replicas to wait for"},
		{Name: "shutdown-on-sigint", Flags: config.MultiArg, Value: config.EnumFlags(&s.ShutdownOnSigint, shutdownNames, checkShutdownFlags)},
		{Name: "shutdown-on-sigterm", Flags: config.MultiArg, Value: config.EnumFlags(&s.ShutdownOnSigterm, shutdownNames, checkShutdownFlags)},
	}
}

func securityDirectives(s *Settings) []config.Directive {
	return []config.Directive{
		{Name: "requirepass", Flags: config.Sensitive, Value: config.OptionalString(&s.RequirePass, nil)},
		{Name: "aclfile", Flags: config.Immutable, Value: config.String(&s.ACLFile, nil)},
		{Name: "acllog-max-len", Value: config.Number(&s.ACLLogMaxLen, config.Integer, 0, math.MaxInt64)},
		{Name: "acl-pubsub-default", Value: config.Enum(&s.ACLPubsubDefault, aclPubsubNames)},
		{Name: "enable-protected-configs", Flags: config.Immutable, Value: config.Enum(&s.EnableProtectedConfigs, accessNames)},
		{Name: "enable-debug-command", Flags: config.Immutable, Value: config.Enum(&s.EnableDebugCommand, accessNames)},
		{Name: "enable-module-command", Flags: config.Immutable, Value: config.Enum(&s.EnableModuleCommand, accessNames),
			Note: "opens MODULE LOAD, LOADEX and UNLOAD, which then say that there are no modules here"},
	}
}

func monitoringDirectives(s *Settings) []config.Directive {
	return []config.Directive{
		{Name: "slowlog-log-slower-than", Value: config.Number(&s.SlowLogSlowerThan, config.Integer, -1, math.MaxInt64)},
		{Name: "slowlog-max-len", Value: config.Number(&s.SlowLogMaxLen, config.Integer, 0, math.MaxInt64)},
		{Name: "latency-monitor-threshold", Value: config.Number(&s.LatencyMonitorThreshold, config.Integer, 0, math.MaxInt64)},
		{Name: "latency-tracking", Value: config.Bool(&s.LatencyTracking, nil)},
		{Name: "latency-tracking-info-percentiles", Flags: config.MultiArg, Value: percentilesValue(s)},
	}
}
