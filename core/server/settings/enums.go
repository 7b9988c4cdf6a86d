package settings

import "github.com/redoubt-kv/redoubt/core/config"

// Choice is the value of a directive that has no effect in this build: the
// position of its name in Redis's list.
type Choice int

// PubsubAllChannels is the first choice of acl-pubsub-default.
const PubsubAllChannels Choice = 0

func choices(names ...string) []config.Name[Choice] {
	var list []config.Name[Choice]
	for i, n := range names {
		list = append(list, config.Name[Choice]{Name: n, Value: Choice(i)})
	}
	return list
}

var (
	disklessLoadNames     = choices("disabled", "on-empty-db", "swapdb")
	aclPubsubNames        = choices("allchannels", "resetchannels")
	sanitizeNames         = choices("no", "yes", "clients")
	endpointNames         = choices("ip", "hostname", "unknown-endpoint")
	propagationErrorNames = choices("ignore", "panic", "panic-on-replicas")
)

// Policy is an eviction policy, maxmemory-policy.
type Policy int

// Eviction policies.
const (
	NoEviction Policy = iota
	VolatileLRU
	VolatileLFU
	VolatileRandom
	VolatileTTL
	AllKeysLRU
	AllKeysLFU
	AllKeysRandom
)

var policyNames = []config.Name[Policy]{
	{Name: "volatile-lru", Value: VolatileLRU},
	{Name: "volatile-lfu", Value: VolatileLFU},
	{Name: "volatile-random", Value: VolatileRandom},
	{Name: "volatile-ttl", Value: VolatileTTL},
	{Name: "allkeys-lru", Value: AllKeysLRU},
	{Name: "allkeys-lfu", Value: AllKeysLFU},
	{Name: "allkeys-random", Value: AllKeysRandom},
	{Name: "noeviction", Value: NoEviction},
}

// String is the name that CONFIG GET and INFO show.
func (p Policy) String() string {
	for _, n := range policyNames {
		if n.Value == p {
			return n.Name
		}
	}
	return "unknown"
}

// LogLevel is what is worth logging.
type LogLevel int

// Log levels, from most to least.
const (
	LogDebug LogLevel = iota
	LogVerbose
	LogNotice
	LogWarning
)

var logLevelNames = []config.Name[LogLevel]{
	{Name: "debug", Value: LogDebug},
	{Name: "verbose", Value: LogVerbose},
	{Name: "notice", Value: LogNotice},
	{Name: "warning", Value: LogWarning},
}

// Fsync says when the append-only file reaches the disk.
type Fsync int

// Policies of appendfsync.
const (
	FsyncNo Fsync = iota
	FsyncAlways
	FsyncEverySec
)

var fsyncNames = []config.Name[Fsync]{
	{Name: "everysec", Value: FsyncEverySec},
	{Name: "always", Value: FsyncAlways},
	{Name: "no", Value: FsyncNo},
}

// Access says who may use what can harm the server.
type Access int

// Kinds of access.
const (
	AccessNo    Access = iota
	AccessYes          // everyone
	AccessLocal        // clients of this machine
)

// Allows reports whether a client may; local says that its connection does
// not come over a network.
func (a Access) Allows(local bool) bool {
	return a == AccessYes || a == AccessLocal && local
}

var accessNames = []config.Name[Access]{
	{Name: "no", Value: AccessNo},
	{Name: "yes", Value: AccessYes},
	{Name: "local", Value: AccessLocal},
}

// ShutdownFlags are options of SHUTDOWN that a signal stands for.
type ShutdownFlags int

// Options of SHUTDOWN; none of them means to save if there are save points.
const (
	ShutdownSave ShutdownFlags = 1 << iota
	ShutdownNoSave
	ShutdownNow
	ShutdownForce
)

var shutdownNames = []config.Name[ShutdownFlags]{
	{Name: "default", Value: 0},
	{Name: "save", Value: ShutdownSave},
	{Name: "nosave", Value: ShutdownNoSave},
	{Name: "now", Value: ShutdownNow},
	{Name: "force", Value: ShutdownForce},
}

// Transport is how bytes get in and out.
type Transport int

// Transports.
const (
	TransportAuto     Transport = iota // the best that the system has
	TransportIOUring                   // event loops that read and send in batches, on Linux
	TransportEpoll                     // event loops without io_uring, on Linux
	TransportPortable                  // a goroutine for each connection
)

var transportNames = []config.Name[Transport]{
	{Name: "auto", Value: TransportAuto},
	{Name: "io_uring", Value: TransportIOUring},
	{Name: "epoll", Value: TransportEpoll},
	{Name: "portable", Value: TransportPortable},
}
