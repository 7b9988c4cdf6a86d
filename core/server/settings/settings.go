// Package settings is what a Redoubt server can be told: a struct with a
// typed field for each directive, the defaults, and the table that binds
// the directives to the fields. It is data; what a setting does is the
// business of whoever reads the field.
package settings

import (
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"

	"github.com/redoubt-kv/redoubt/core/config"
)

// Settings has one field for each directive, named after it. What each
// accepts, and whether it has an effect in this build, is in Directives.
// Slices are replaced and never changed in place, so a copy of the struct is
// a snapshot.
type Settings struct {
	// Listening sockets and connections.

	Bind                    []string
	BindSourceAddr          string
	Port                    int
	UnixSocket              string
	UnixSocketPerm          uint32 // 0: as the umask has it
	TCPBacklog              int
	TCPKeepalive            int // seconds
	Timeout                 int // seconds, 0: none
	ProtectedMode           bool
	SocketMarkID            uint32
	MaxClients              uint32
	ProtoMaxBulkLen         int64  // bytes
	ClientQueryBufferLimit  uint64 // bytes
	ClientOutputBufferLimit [3]OutputLimit
	MaxMemoryClients        int64 // bytes; negative: percent of maxmemory
	TrackingTableMaxKeys    uint64

	// The process: what it runs as, what it reports and where.

	Daemonize            bool
	Supervised           Supervision
	PidFile              string
	LogLevel             LogLevel
	LogFile              string
	SyslogEnabled        bool
	SyslogIdent          string
	SyslogFacility       Facility
	Databases            int
	AlwaysShowLogo       bool
	SetProcTitle         bool
	ProcTitleTemplate    string
	Hz                   int
	DynamicHz            bool
	CrashLogEnabled      bool
	CrashMemcheckEnabled bool
	UseExitOnPanic       bool
	WatchdogPeriod       int // milliseconds
	IgnoreWarnings       string
	DisableTHP           bool
	OOMScoreAdj          OOMScore
	OOMScoreAdjValues    [3]int
	ServerCpulist        string
	BIOCpulist           string
	AOFRewriteCpulist    string
	BgsaveCpulist        string
	JemallocBgThread     bool
	IOThreads            int
	IOThreadsDoReads     bool
	ShutdownTimeout      int // seconds
	ShutdownOnSigint     ShutdownFlags
	ShutdownOnSigterm    ShutdownFlags

	// Who may do what.

	RequirePass            string
	ACLFile                string
	ACLLogMaxLen           int64
	ACLPubsubDefault       Choice
	EnableProtectedConfigs Access
	EnableDebugCommand     Access
	EnableModuleCommand    Access

	// Snapshots.

	Save                              []SavePoint
	StopWritesOnBgsaveError           bool
	RDBCompression                    bool
	RDBChecksum                       bool
	SanitizeDumpPayload               Choice
	DBFilename                        string
	RDBDelSyncFiles                   bool
	Dir                               string
	RDBSaveIncrementalFsync           bool
	RDBKeySaveDelay                   int // microseconds
	KeyLoadDelay                      int // microseconds
	LoadingProcessEventsIntervalBytes int64

	// Memory limit, eviction, expiry and lazy freeing.

	MaxMemory                  uint64 // bytes
	MaxMemoryPolicy            Policy
	MaxMemorySamples           int
	MaxMemoryEvictionTenacity  int
	LFULogFactor               int
	LFUDecayTime               int // minutes
	ActiveExpireEffort         int
	ActiveRehashing            bool
	LazyfreeLazyEviction       bool
	LazyfreeLazyExpire         bool
	LazyfreeLazyServerDel      bool
	LazyfreeLazyUserDel        bool
	LazyfreeLazyUserFlush      bool
	ActiveDefrag               bool
	ActiveDefragIgnoreBytes    uint64 // bytes
	ActiveDefragThresholdLower int
	ActiveDefragThresholdUpper int
	ActiveDefragCycleMin       int
	ActiveDefragCycleMax       int
	ActiveDefragMaxScanFields  int64

	// Encodings of values, scripts and key events.

	HashMaxListpackEntries uint64
	HashMaxListpackValue   uint64 // bytes
	ListMaxListpackSize    int
	ListCompressDepth      int
	SetMaxIntsetEntries    uint64
	ZsetMaxListpackEntries uint64
	ZsetMaxListpackValue   uint64 // bytes
	HLLSparseMaxBytes      uint64 // bytes
	StreamNodeMaxBytes     uint64 // bytes
	StreamNodeMaxEntries   int64
	BusyReplyThreshold     int64 // milliseconds
	LuaEnableDeprecatedApi bool
	NotifyKeyspaceEvents   KeyEvents

	// Slow log and latency.

	SlowLogSlowerThan              int64 // microseconds, -1: off
	SlowLogMaxLen                  int64
	LatencyMonitorThreshold        int64 // milliseconds, 0: off
	LatencyTracking                bool
	LatencyTrackingInfoPercentiles []float64

	// Append-only file.

	AppendOnly                 bool
	AppendFilename             string
	AppendDirname              string
	AppendFsync                Fsync
	NoAppendfsyncOnRewrite     bool
	AutoAOFRewritePercentage   int
	AutoAOFRewriteMinSize      int64 // bytes
	AOFLoadTruncated           bool
	AOFUseRDBPreamble          bool
	AOFTimestampEnabled        bool
	AOFRewriteIncrementalFsync bool
	AOFDisableAutoGC           bool

	// Replication.

	ReplicaOf                    ReplicaOf
	MasterAuth                   string
	MasterUser                   string
	ReplicaServeStaleData        bool
	ReplicaReadOnly              bool
	ReplDisklessSync             bool
	ReplDisklessSyncDelay        int // seconds
	ReplDisklessSyncMaxReplicas  int
	ReplDisklessLoad             Choice
	ReplPingReplicaPeriod        int // seconds
	ReplTimeout                  int // seconds
	ReplDisableTCPNodelay        bool
	ReplBacklogSize              int64 // bytes
	ReplBacklogTTL               int64 // seconds
	ReplicaPriority              int
	ReplicaAnnounced             bool
	ReplicaAnnounceIP            string
	ReplicaAnnouncePort          int
	ReplicaLazyFlush             bool
	ReplicaIgnoreMaxmemory       bool
	ReplicaIgnoreDiskWriteErrors bool
	PropagationErrorBehavior     Choice
	MinReplicasToWrite           int
	MinReplicasMaxLag            int // seconds

	// Cluster.

	ClusterEnabled                  bool
	ClusterConfigFile               string
	ClusterNodeTimeout              int64 // milliseconds
	ClusterPort                     int
	ClusterReplicaValidityFactor    int
	ClusterMigrationBarrier         int
	ClusterAllowReplicaMigration    bool
	ClusterRequireFullCoverage      bool
	ClusterReplicaNoFailover        bool
	ClusterAllowReadsWhenDown       bool
	ClusterAllowPubsubshardWhenDown bool
	ClusterLinkSendbufLimit         uint64 // bytes
	ClusterAnnounceHostname         string
	ClusterPreferredEndpointType    Choice
	ClusterAnnounceIP               string
	ClusterAnnouncePort             int
	ClusterAnnounceTLSPort          int
	ClusterAnnounceBusPort          int

	// TLS.

	TLSPort                int
	TLSCertFile            string
	TLSKeyFile             string
	TLSKeyFilePass         string
	TLSClientCertFile      string
	TLSClientKeyFile       string
	TLSClientKeyFilePass   string
	TLSDHParamsFile        string
	TLSCACertFile          string
	TLSCACertDir           string
	TLSAuthClients         TLSAuth
	TLSReplication         bool
	TLSCluster             bool
	TLSProtocols           string
	TLSCiphers             string
	TLSCiphersuites        string
	TLSPreferServerCiphers bool
	TLSSessionCaching      bool
	TLSSessionCacheSize    int
	TLSSessionCacheTimeout int // seconds

	// Statements, which CONFIG does not know.

	RenameCommand [][2]string // the names of a command and its new one, or ""

	// Redoubt's own, and names from Redis after 7.0.

	Loops                 int // event loops; 0: one for each CPU
	Shards                int // of the keyspace, a power of two; 0: chosen by the number of loops
	Transport             Transport
	MaxMemoryResident     uint64 // bytes the process may hold, free slots and Go's heap included; 0: no limit
	SnapshotWorkers       int    // threads that encode a background save; 0: by the number of CPUs
	SnapshotMemoryBudget  int64  // bytes that a snapshot may keep of what clients overwrite meanwhile
	SetMaxListpackEntries uint64
	SetMaxListpackValue   uint64 // bytes

	LocaleCollate                string
	ClusterAnnounceHumanNodename string
	MaxNewConnectionsPerCycle    int
	MaxNewTLSConnectionsPerCycle int
}

// Default returns Redis's defaults; the directory is the process's.
func Default() *Settings {
	return &Settings{
		Bind:                              []string{"*", "-::*"},
		Port:                              6379,
		TCPBacklog:                        511,
		TCPKeepalive:                      300,
		ProtectedMode:                     true,
		MaxClients:                        10000,
		ProtoMaxBulkLen:                   512 << 20,
		ClientQueryBufferLimit:            1 << 30,
		ClientOutputBufferLimit:           defaultOutputLimits,
		TrackingTableMaxKeys:              1000000,
		Supervised:                        SupervisedNo,
		LogLevel:                          LogNotice,
		SyslogIdent:                       "redis",
		SyslogFacility:                    FacilityLocal0,
		Databases:                         16,
		SetProcTitle:                      true,
		ProcTitleTemplate:                 "{title} {listen-addr} {server-mode}",
		Hz:                                10,
		DynamicHz:                         true,
		CrashLogEnabled:                   true,
		CrashMemcheckEnabled:              true,
		DisableTHP:                        true,
		OOMScoreAdjValues:                 [3]int{0, 200, 800},
		JemallocBgThread:                  true,
		IOThreads:                         1,
		ShutdownTimeout:                   10,
		ACLLogMaxLen:                      128,
		ACLPubsubDefault:                  1,
		Save:                              []SavePoint{{3600, 1}, {300, 100}, {60, 10000}},
		StopWritesOnBgsaveError:           true,
		RDBCompression:                    true,
		RDBChecksum:                       true,
		DBFilename:                        "dump.rdb",
		Dir:                               currentDir(),
		RDBSaveIncrementalFsync:           true,
		LoadingProcessEventsIntervalBytes: 2 << 20,
		MaxMemoryPolicy:                   NoEviction,
		MaxMemorySamples:                  5,
		MaxMemoryEvictionTenacity:         10,
		LFULogFactor:                      10,
		LFUDecayTime:                      1,
		ActiveExpireEffort:                1,
		ActiveRehashing:                   true,
		ActiveDefragIgnoreBytes:           100 << 20,
		ActiveDefragThresholdLower:        10,
		ActiveDefragThresholdUpper:        100,
		ActiveDefragCycleMin:              1,
		ActiveDefragCycleMax:              25,
		ActiveDefragMaxScanFields:         1000,
		HashMaxListpackEntries:            512,
		HashMaxListpackValue:              64,
		ListMaxListpackSize:               -2,
		SetMaxIntsetEntries:               512,
		ZsetMaxListpackEntries:            128,
		ZsetMaxListpackValue:              64,
		HLLSparseMaxBytes:                 3000,
		StreamNodeMaxBytes:                4096,
		StreamNodeMaxEntries:              100,
		BusyReplyThreshold:                5000,
		SlowLogSlowerThan:                 10000,
		SlowLogMaxLen:                     128,
		LatencyTracking:                   true,
		LatencyTrackingInfoPercentiles:    []float64{50, 99, 99.9},
		AppendFilename:                    "appendonly.aof",
		AppendDirname:                     "appendonlydir",
		AppendFsync:                       FsyncEverySec,
		AutoAOFRewritePercentage:          100,
		AutoAOFRewriteMinSize:             64 << 20,
		AOFLoadTruncated:                  true,
		AOFUseRDBPreamble:                 true,
		AOFRewriteIncrementalFsync:        true,
		ReplicaServeStaleData:             true,
		ReplicaReadOnly:                   true,
		ReplDisklessSync:                  true,
		ReplDisklessSyncDelay:             5,
		ReplPingReplicaPeriod:             10,
		ReplTimeout:                       60,
		ReplBacklogSize:                   1 << 20,
		ReplBacklogTTL:                    3600,
		ReplicaPriority:                   100,
		ReplicaAnnounced:                  true,
		ReplicaIgnoreMaxmemory:            true,
		MinReplicasMaxLag:                 10,
		ClusterConfigFile:                 "nodes.conf",
		ClusterNodeTimeout:                15000,
		ClusterReplicaValidityFactor:      10,
		ClusterMigrationBarrier:           1,
		ClusterAllowReplicaMigration:      true,
		ClusterRequireFullCoverage:        true,
		ClusterAllowPubsubshardWhenDown:   true,
		TLSAuthClients:                    TLSAuthYes,
		TLSSessionCaching:                 true,
		TLSSessionCacheSize:               20 << 10,
		TLSSessionCacheTimeout:            300,

		Transport:             TransportAuto,
		SnapshotMemoryBudget:  64 << 20,
		SetMaxListpackEntries: 0,
		SetMaxListpackValue:   64,

		MaxNewConnectionsPerCycle:    10,
		MaxNewTLSConnectionsPerCycle: 1,
	}
}

func currentDir() string {
	dir, err := os.Getwd()
	if err != nil {
		return "." // the directory is gone; paths fail when they are used
	}
	return dir
}

// Path is where a file named in the settings is: relative to Dir.
func (s *Settings) Path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(s.Dir, name)
}

// AOFDir is the directory of the append-only file.
func (s *Settings) AOFDir() string { return s.Path(s.AppendDirname) }

// Directives binds every directive to its field of s, which must hold the
// defaults.
func Directives(s *Settings) []config.Directive {
	return slices.Concat(
		networkDirectives(s), generalDirectives(s), securityDirectives(s),
		snapshotDirectives(s), memoryDirectives(s), dataDirectives(s),
		monitoringDirectives(s), aofDirectives(s), replicationDirectives(s),
		clusterDirectives(s), tlsDirectives(s), ownDirectives(s))
}

// Live hands copies of the settings to every goroutine: Load costs one
// atomic load. The zero value is empty until the first Publish.
type Live struct {
	current atomic.Pointer[Settings]
}

// Load returns the settings as of the last Publish; they must not be changed.
func (l *Live) Load() *Settings { return l.current.Load() }

// Publish makes a copy of s the current settings.
func (l *Live) Publish(s *Settings) {
	snapshot := *s
	l.current.Store(&snapshot)
}

// NewRegistry returns a registry over the defaults, the working settings
// that only the registry's operations may touch, and the published copies of
// them. Statements that need parts of the server are refused until the
// server gives them a meaning with Handle.
func NewRegistry() (*config.Registry, *Settings, *Live) {
	s, live := Default(), &Live{}
	r := config.New(Directives(s))
	live.Publish(s)
	r.OnCommit(func() { live.Publish(s) })
	r.ResolvePaths(s.Path)
	r.Check(s.checkLogFile)
	r.Check(s.checkTogether)
	for _, st := range slices.Concat(statements(s), refusedStatements()) {
		r.Handle(st)
	}
	return r, s, live
}
