package admin

import "github.com/redoubt-kv/redoubt/core/command"

// Info is the state of the server at one moment, as INFO shows it. Sizes are
// in bytes. Fields that stay zero describe what this server does not do.
type Info struct {
	Server      Server
	Clients     Clients
	Memory      Memory
	Persistence Persistence
	Stats       Stats
	Replication Replication
	CPU         CPU
	Commands    []CommandStats // those that were called, refused or failed
	Errors      []ErrorStats   // in the order of their prefixes
	Latencies   []CommandLatency
	Keyspace    []Database // those with keys
	Appliance   string     // lines of the machine around the server; "" without one
}

// Server is what the process is.
type Server struct {
	RedisVersion, RedoubtVersion string
	GitSHA1, BuildID             string
	OS                           string // as in "Linux 6.1.0 x86_64"
	MonotonicClock               string // where monotonic time comes from
	MultiplexingAPI              string // the transport: "io_uring", "epoll" or "portable"
	Compiler                     string // as in "1.26.0"
	ProcessID                    int
	Supervised                   string // "no", "systemd", "upstart", "unknown"
	RunID                        string // 40 hexadecimal digits, new with each start
	Port                         int
	TimeUs                       int64
	UptimeS                      int64
	Hz, ConfiguredHz             int
	LRUClock                     uint32
	Executable, ConfigFile       string
	IOThreadsActive              bool
	Listeners                    []Listener
	// ShutdownInMs is the time left to a SHUTDOWN that waits, -1 for none.
	ShutdownInMs int64
}

// Listener is a kind of places listened at, as Redis shows them from 7.2 on.
type Listener struct {
	Name string // "tcp", "unix" or "tls"
	Bind []string
	Port int // 0 for none
}

// Clients are the connections.
type Clients struct {
	Connected, Max, Blocked, Tracking, InTimeoutTable int64
	MaxInputBuffer, MaxOutputBuffer                   int64 // of the largest recently
}

// MemoryOfDatabase is what a database takes besides its keys and values.
type MemoryOfDatabase struct {
	Index         int
	Main, Expires int64
}

// Memory is the memory in use.
type Memory struct {
	Used    int64 // data, buffers, structures: what maxmemory bounds
	Peak    int64 // of Used
	Startup int64 // Used of the empty server
	RSS     int64 // of the process
	System  int64 // of the machine

	Allocated, Active, Resident int64 // of the allocator: asked for, in pages in use, mapped

	ReplicationBacklog, ReplicaClients, NormalClients int64
	AOFBuffer, ScriptCaches, FunctionCaches           int64
	ScriptVM, FunctionVM                              int64
	Scripts, Functions, Libraries                     int64
	Databases                                         []MemoryOfDatabase // those with keys
	Keys                                              int64
	Clients                                           int64 // their number

	Max        int64 // maxmemory, 0: none
	Policy     string
	NotCounted int64 // part of Used that maxmemory does not bound
	Allocator  string

	LazyFreePending, LazyFreed int64 // values
}

// Persistence is saving and loading.
type Persistence struct {
	Loading          bool
	SaveProcessed    int64 // keys the running save has written
	SaveTotal        int64
	COWPeak, COWSize int64 // extra memory of the running save
	COWAgeS          int64
	LastCOWSize      int64
	Changes          int64 // since the last save
	SaveRunning      bool
	LastSave         int64 // seconds since 1970
	LastSaveOK       bool
	LastSaveTimeS    int64 // how long it took, -1: none yet
	CurrentSaveTimeS int64 // -1: none running
	Saves            int64
	LoadedExpired    int64
	Loaded           int64

	LoadStartS, LoadTotal, LoadUsedMemory, LoadDone int64

	AOF AOF
}

// AOF is the state of the append-only file.
type AOF struct {
	Enabled             bool
	RewriteRunning      bool
	RewriteScheduled    bool
	LastRewriteTimeS    int64 // how long it took, -1: none yet
	CurrentRewriteTimeS int64 // -1: none running
	LastRewriteOK       bool
	Rewrites            int64
	RewriteFailures     int64 // in a row
	LastWriteOK         bool
	LastCOWSize         int64
	CurrentSize         int64
	BaseSize            int64
	Buffered            int64 // bytes not written yet
	PendingSync         bool
	DelayedSyncs        int64
}

// Stats are counters since the start or CONFIG RESETSTAT.
type Stats struct {
	Connections, Commands                  int64
	NetIn, NetOut                          int64
	OpsPerSecond                           int64
	InKBps, OutKBps                        float64
	RejectedConnections                    int64
	Expired, ExpiredFields, ExpireTimeCap  int64
	ExpiredStalePercent                    float64
	ExpireCycleMs                          int64
	Evicted, EvictedClients                int64
	EvictionOverMs, EvictionCurrentMs      int64 // time above maxmemory
	Hits, Misses                           int64
	Channels, Patterns, ShardChannels      int64
	DeniedAuth, DeniedCommands             int64 // ACL
	DeniedKeys, DeniedChannels             int64 // ACL
	LastPinUs, Pins                        int64 // in the place of fork
	CachedSockets                          int64 // connections that MIGRATE keeps
	TrackedKeys, TrackedItems              int64
	TrackedPrefixes                        int64
	UnexpectedErrors, Errors               int64
	Sanitizations                          int64
	Reads, Writes                          int64
	IOThreadReads, IOThreadWrites          int64
	ReplyBufferShrinks, ReplyBufferExpands int64
	QueryLimitCuts, OutputLimitCuts        int64 // clients beyond a limit of theirs
}

// Replication is this server's part in it: that of a master.
type Replication struct {
	ID, ID2                      string // 40 hexadecimal digits
	Offset, SecondOffset         int64
	BacklogActive                bool
	BacklogSize, BacklogFirst    int64
	BacklogLength, ReplicasCount int64
}

// CPU is processor time in microseconds.
type CPU struct {
	SystemUs, UserUs                 int64
	SystemChildrenUs, UserChildrenUs int64
	HasMainThread                    bool
	SystemMainUs, UserMainUs         int64
}

// CommandStats are the counters of one command.
type CommandStats struct {
	Name                             string
	Flags                            command.Flags
	Calls, TimeUs, Rejected, Failing int64
}

// ErrorStats counts replies by the code of the error.
type ErrorStats struct {
	Code  string
	Count int64
}

// Percentile is one of latency-tracking-info-percentiles with its latency.
type Percentile struct {
	Percent float64
	Us      float64
}

// CommandLatency is the distribution of one command's latency.
type CommandLatency struct {
	Name        string
	Percentiles []Percentile
}

// Database counts the keys of one.
type Database struct {
	Index                     int
	Keys, Expires, AverageTTL int64 // AverageTTL in ms
}

func (m *Memory) overhead() int64 {
	sum := m.Startup + m.ReplicationBacklog + m.ReplicaClients + m.NormalClients + m.AOFBuffer + m.ScriptCaches + m.FunctionCaches
	for _, db := range m.Databases {
		sum += db.Main + db.Expires
	}
	return sum
}

func (m *Memory) dataset() int64 { return m.Used - m.overhead() }

// net is what the server takes beyond its empty self, at least 1.
func (m *Memory) net() int64 { return max(m.Used-m.Startup, 1) }

func (m *Memory) datasetPercent() float64 { return float64(m.dataset()) * 100 / float64(m.net()) }

func (m *Memory) peakPercent() float64 { return 100 * quotient(m.Used, m.Peak) }

func (m *Memory) bytesPerKey() int64 {
	if m.Keys == 0 {
		return 0
	}
	return m.net() / m.Keys
}

func quotient(a, b int64) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}
