// Package server wires the rooms of core into a Redis-compatible server and
// runs it: configuration, listening, loading, the background work, saving,
// stopping. Only programs and the appliance import it.
//
// # Life
//
//	Run → configure → listen → serve ──────────────────────────▶ stop
//	                     └▶ load (clients get -LOADING) ▶ ready     ▲
//	                            └ fails ────────────────────────────┤
//	          SHUTDOWN, SIGTERM or the end of the context ──────────┘
//
// # Goroutines
//
//	loops        one a CPU, each a locked thread: clients
//	cron         statistics, save points, limits of clients by way of their loops
//	AOF ticker   syncs of the append-only file, and writes that had to wait
//	watchdog     looks after scripts while some run
//	sweeper      expiry, eviction of what is over the limit, lazy freeing
//	saver        one while a BGSAVE runs, and workers on threads of low priority
//
// Each is started by spawn, so that a panic in it leaves a report: see crash.go.
package server

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/redoubt-kv/redoubt/core/acl"
	"github.com/redoubt-kv/redoubt/core/clock"
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/config"
	"github.com/redoubt-kv/redoubt/core/family/migration"
	"github.com/redoubt-kv/redoubt/core/journal"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/pubsub"
	"github.com/redoubt-kv/redoubt/core/script"
	"github.com/redoubt-kv/redoubt/core/server/settings"
	"github.com/redoubt-kv/redoubt/core/session"
	"github.com/redoubt-kv/redoubt/core/stats"
	"github.com/redoubt-kv/redoubt/core/transport"
	"github.com/redoubt-kv/redoubt/core/vfs"
)

// The versions that are reported: clients choose what they use by the first.
const (
	RedisVersion = "7.4.0"
	Version      = "0.1.0"
)

// ErrInterrupt is the cause of a context that a SIGINT has ended; any other
// cause stands for SIGTERM.
var ErrInterrupt = errors.New("interrupted")

// Server is one running server.
type Server struct {
	log      *logger
	registry *config.Registry
	working  *settings.Settings // only the registry's operations touch it
	live     *settings.Live
	clock    *clock.Real
	fs       vfs.FS

	store     *keyspace.Store
	journal   *journal.Journal
	table     *command.Table
	scripts   *script.Engine
	exec      *command.Executor
	users     *acl.Users
	declared  []acl.Declaration // by the configuration
	clients   *session.Clients
	channels  *pubsub.Registry
	events    events
	stats     *stats.Stats
	slowLog   stats.SlowLog
	latency   stats.LatencyMonitor
	errors    stats.Errors
	transport transport.Server
	loops     []*session.Loop
	listeners map[string]transport.Listener
	tls       secured

	transportName string // of that for clients without TLS

	configFile string // its absolute path, or ""
	oom        oomAdjustment
	supervisor supervisor
	targets    *migration.Targets

	runID string
	// packedThreshold is DEBUG QUICKLIST-PACKED-THRESHOLD in bytes, 0 for none.
	packedThreshold atomic.Int64
	replID          atomic.Pointer[string]
	started         time.Time
	startupMem      int64
	figures         figures
	saver           saver
	aof             appender
	sweep           sweeper
	ending          ending
	crashes         crashes
	watchdog        watchdog
	restoring       restoring

	embedding Embedding

	loading  atomic.Bool
	cronOff  atomic.Bool // DEBUG PAUSE-CRON
	stopOnce sync.Once
	stopping chan int // takes the exit code
	stopped  atomic.Bool
}

// Main is the program redoubt-server, in a process of its own: Run with what
// that has, which takes the process's signals, and after a crash ends the process
// as Redis does.
func Main(args []string) int {
	return start(context.Background(), vfs.OS, args, os.Stdin, os.Stdout, os.Stderr, true, Embedding{})
}

// Run runs a server with redis-server's arguments (without the program's name)
// until a client shuts it down or ctx ends, which stands for SIGTERM, and returns
// the exit code. The log goes to stdout unless a file is configured; errors of the
// configuration go to stderr. After a panic in one of the server's goroutines and a
// report in the log the panic goes on.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return RunEmbedded(ctx, args, stdin, stdout, stderr, Embedding{})
}

// RunEmbedded is Run for a program that has the server inside of it.
func RunEmbedded(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, embed Embedding) int {
	return start(ctx, vfs.OS, args, stdin, stdout, stderr, false, embed)
}

// start is Run with the data's files on disk: tests put one there that fails and
// crashes; the configuration, the log and the pid file are the system's own. own
// says that the process is the server's own.
func start(ctx context.Context, disk vfs.FS, args []string, stdin io.Reader, stdout, stderr io.Writer, own bool, embed Embedding) int {
	if own {
		detachArguments() // args is a part of os.Args
	}
	cmd := config.ParseCommandLine(args)
	switch cmd.Mode {
	case config.ShowVersion:
		fmt.Fprintf(stdout, "Redoubt server v=%s redis=%s bits=64 go=%s\n", Version, RedisVersion, runtime.Version())
		return 0
	case config.ShowHelp:
		fmt.Fprint(stdout, usage)
		return 0
	case config.TestMemory:
		fmt.Fprintln(stderr, "redoubt-server has no memory test; boot memtest86+ instead.")
		return 1
	case config.CheckSystem:
		fmt.Fprintln(stdout, "redoubt-server never forks: overcommit and copy-on-write settings of the kernel do not matter to it.")
		return 0
	}
	registry, working, live := settings.NewRegistry()
	s := &Server{
		log:      &logger{to: stdout, pid: os.Getpid()},
		registry: registry, working: working, live: live,
		clock: clock.NewReal(), fs: disk, journal: journal.New(),
		listeners: map[string]transport.Listener{},
		started:   time.Now(), stopping: make(chan int, 1),
		crashes: crashes{own: own}, embedding: embed,
	}
	registry.Handle(s.userStatement())
	if err := registry.Load(cmd, stdin); err != nil {
		config.Report(stderr, "Redoubt "+Version, err)
		return 1
	}
	live.Publish(working)
	if code, done := s.daemonize(args); done {
		return code
	}
	s.configFile = registry.File()
	code := 1
	s.around("the main goroutine", -1, func() { code = s.run(ctx) })
	return code
}

const usage = `Usage: redoubt-server [/path/to/redis.conf] [options] [-]
       redoubt-server - (read config from stdin)
       redoubt-server -v or --version
       redoubt-server -h or --help

Examples:
       redoubt-server (run the server with default conf)
       echo 'maxmemory 128mb' | redoubt-server -
       redoubt-server /etc/redis/6379.conf
       redoubt-server --port 7777
       redoubt-server /etc/myredis.conf --loglevel verbose -

Every directive of redis.conf is an option, too: --directive value …
`

// run makes the server of its settings and runs it.
func (s *Server) run(ctx context.Context) int {
	set := s.live.Load()
	s.log.reopen(set.LogFile, set.LogLevel)
	s.startSyslog(set)
	s.crashOutput(set)
	s.meetSupervisor(set)
	s.pin(set)
	if most := clientsFor(int64(set.MaxClients)); most < int64(set.MaxClients) {
		set = s.reduceMaxClients(most)
	}
	if err := s.build(set); err != nil {
		s.log.warning("Fatal: %v", err)
		return 1
	}
	s.log.notice("Redoubt %s (Redis %s compatible) is starting, pid=%d", Version, RedisVersion, os.Getpid())
	s.logMemory()
	if set.AlwaysShowLogo {
		s.log.notice("%s", logo(set))
	}
	s.setTitle()
	if err := s.oom.apply(set); err != nil {
		s.log.warning("Unable to adjust the OOM score: %v", err)
	}
	if err := s.tls.configure(set); err != nil {
		s.log.warning("Failed to configure TLS: %v", err)
		return 1
	}
	if err := s.listen(set); err != nil {
		s.log.warning("%v", err)
		return 1
	}
	if err := s.writePidFile(set); err != nil {
		s.log.warning("%v", err)
	}
	s.loading.Store(true)
	s.startBackground()
	if s.embedding.Started != nil {
		s.embedding.Started(&Handle{s})
	}
	served := make(chan error, 1)
	if s.crashes.own {
		s.takeSignals()
	}
	loaded := make(chan struct{})
	s.spawn("the loader", func() {
		defer close(loaded)
		s.loadAtStart()
	})
	s.spawn("the transport", func() {
		select { // clients of a server with little to load never hear of loading
		case <-loaded:
		case <-time.After(loadUnseen):
		}
		served <- s.transport.Serve()
	})
	code := s.wait(ctx, served)
	s.stopped.Store(true)
	s.scripts.Abort()
	s.transport.Close()
	s.targets.Close()
	s.saver.finish()
	s.removePidFile()
	if code == 0 { // else the last line says why
		s.log.warning("Redoubt is now ready to exit, bye bye...")
	}
	return code
}

// pin keeps the server on the processors of server_cpulist.
func (s *Server) pin(set *settings.Settings) {
	if set.ServerCpulist == "" {
		return
	}
	if err := pinThreads(set.ServerCpulist); err != nil {
		s.log.warning("server_cpulist: %v", err)
	}
}

// loadUnseen is for how long, at the start, clients wait to be accepted while data
// is loaded; then they are told.
const loadUnseen = 200 * time.Millisecond

// wait returns the exit code when something ends the server.
func (s *Server) wait(ctx context.Context, served chan error) int {
	for done := ctx.Done(); ; {
		select {
		case code := <-s.stopping:
			return code
		case err := <-served:
			s.log.warning("The transport ended: %v", err)
			return 1
		case <-done:
			done = nil
			sig := syscall.SIGTERM
			if errors.Is(context.Cause(ctx), ErrInterrupt) {
				sig = syscall.SIGINT
			}
			s.askToStop(sig)
			s.stopAsAsked() // whoever ended the context does not wait for the cron
		}
	}
}

// build makes everything that clients need.
func (s *Server) build(set *settings.Settings) error {
	loops := set.Loops
	if loops == 0 {
		loops = runtime.NumCPU()
	}
	// A loop that computes must not wait for background work, nor that for
	// it, in Go's scheduler: the kernel decides by priority.
	runtime.GOMAXPROCS(max(loops+2, runtime.GOMAXPROCS(0)))
	var seed [8]byte
	rand.Read(seed[:])
	id := make([]byte, 20)
	rand.Read(id)
	s.runID = hex.EncodeToString(id)
	store, err := keyspace.New(keyspace.Options{
		Heap:   page.Options{Huge: !set.DisableTHP, Reserve: s.embedding.Reserve},
		Shards: shardsFor(set.Shards, loops), Databases: set.Databases,
		Seed: binary.LittleEndian.Uint64(seed[:]), Now: s.clock.NowMs,
	})
	if err != nil {
		return err
	}
	s.store = store
	s.store.OnSnapshot(func() any { return s.scripts.Libraries() })
	s.channels = pubsub.NewRegistry()
	s.events.registry = s.channels
	s.store.Observe(&s.events)
	s.store.Record(func() keyspace.Log { return s.journal.NewBatch() })
	s.stats = stats.New(s.clock, maxCommands)
	s.targets = migration.NewTargets(s.dialTarget)
	if err := s.makeTable(); err != nil {
		return err
	}
	s.users = s.newUsers()
	s.clients = session.NewClients(session.Config{
		Locked: s.embedding.Locked,
		Clock:  s.clock, Users: s.users,
		Log: session.Log{Warning: s.log.warning, Notice: s.log.notice, Verbose: s.log.verbose,
			IsVerbose: func() bool { return s.log.enabled(settings.LogVerbose) }},
		Table: func() *command.Table { return s.table }, Limits: s.limits(set), Channels: s.channels,
	})
	s.exec = &command.Executor{Table: s.table, Store: s.store, Gate: s.gate, Permit: s.users.Permit, ReadsAll: s.users.ReadsAll, Stats: s.stats, Errors: &s.errors, Slow: s.noteSlow,
		Monitor: s.showCall, Monitored: s.channels.Monitored,
		Unwritable: func() string { return s.diskError(s.live.Load()) }}
	s.exec.AfterRead = s.clients.AfterRead
	s.clients.Track(s.store)
	s.store.OnReady(s.exec.ServeReady)
	s.store.KeepExpired(func() bool { writes, _ := s.clients.Paused(); return writes })
	s.saver.init(s)
	s.restoring.init()
	s.sweep.init(s)
	if err := s.aof.init(s, set); err != nil {
		return err
	}
	if err := s.makeTransport(set, loops); err != nil {
		return err
	}
	if err := s.loadUsers(set); err != nil {
		return err
	}
	s.observe()
	s.measureGo()
	s.notePeak()
	s.startupMem = s.usedMemory()
	return nil
}

// maxCommands bounds the rows of the table of commands: the statistics, which
// the rows of some commands refer to, are made before the table.
const maxCommands = 512

// shardsFor chooses the number of shards: enough that loops seldom meet.
func shardsFor(wanted, loops int) int {
	if wanted > 0 {
		return wanted
	}
	n := 16
	for n < 8*loops && n < keyspace.MaxShards {
		n *= 2
	}
	return n
}

// logMemory says how much memory can be had, if it is less than a Ref can name.
func (s *Server) logMemory() {
	if got := s.store.Heap().Reserved(); got < 1<<40 {
		s.log.warning("Only %d MB of address space could be reserved for data (ulimit -v, strict overcommit or a small machine); the data cannot grow beyond it.", got>>20)
	}
}

func (s *Server) limits(set *settings.Settings) session.Limits {
	l := session.Limits{
		MaxClients: int(set.MaxClients), Protected: set.ProtectedMode,
		QueryBuffer: int64(set.ClientQueryBufferLimit), MaxBulk: set.ProtoMaxBulkLen,
		Timeout: int64(set.Timeout), KeepAlive: set.TCPKeepalive,
	}
	for class, limit := range map[session.Class]settings.OutputLimit{
		session.Normal:  set.ClientOutputBufferLimit[settings.ClassNormal],
		session.Replica: set.ClientOutputBufferLimit[settings.ClassReplica],
		session.PubSub:  set.ClientOutputBufferLimit[settings.ClassPubSub],
	} {
		l.Output[class] = session.OutputLimit{HardBytes: int64(limit.HardBytes), SoftBytes: int64(limit.SoftBytes), SoftSeconds: limit.SoftSeconds}
	}
	return l
}

// noteSlow enters a call into the latency monitor and the slow log.
func (s *Server) noteSlow(c *command.Call, took time.Duration) {
	set := s.live.Load()
	if t := set.LatencyMonitorThreshold; t > 0 && took.Milliseconds() >= t {
		event := "command"
		switch {
		case c.Waited:
			event = "command-unblocking"
		case c.Row.Flags&command.Fast != 0:
			event = "fast-command"
		}
		s.latency.Add(event, c.Now, took, t)
	}
	if t := set.SlowLogSlowerThan; t < 0 || took.Microseconds() < t || c.Row.Flags&command.SkipSlowlog != 0 {
		return
	}
	s.slowLog.Add(c.Now, took, s.redacted(c.Args), c.Client.Address(), c.Client.Name(), set.SlowLogMaxLen)
}
