// Package admin holds the commands of Redis's group "server": persistence,
// configuration, statistics, memory, DEBUG.
//
// What they drive is given to Commands as small interfaces that the server
// implements. Methods that get the call may be called inside a transaction,
// which holds the locks of all shards: Call.Tx tells.
package admin

import (
	"errors"

	"github.com/redoubt-kv/redoubt/core/clock"
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/stats"
)

// Options are what the family drives. None may be nil.
type Options struct {
	Saver    Saver
	Rewriter Rewriter
	Stopper  Stopper
	Config   Config
	Info     Informer
	SlowLog  *stats.SlowLog
	Latency  *stats.LatencyMonitor
	Stats    *stats.Stats
	Memory   Allocator
	Debug    Debugger
	Clock    clock.Clock
	// Table returns the table that the rows are in, which does not exist yet
	// when they are made.
	Table func() *command.Table
	// LatencyThreshold is latency-monitor-threshold, in ms.
	LatencyThreshold func() int64
	// Version is the version of Redis reported to clients, as in "7.4.0".
	Version string
}

// Errors that implementations of Saver return; the texts are Redis's replies.
var (
	ErrSaveRunning = errors.New("ERR Background save already in progress")
	// ErrBusy: another background job, such as a rewrite of the AOF, must end
	// first.
	ErrBusy = errors.New("ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to schedule a BGSAVE whenever possible.")
	// ErrRewriteRunning is of Rewriter.
	ErrRewriteRunning = errors.New("ERR Background append only file rewriting already in progress")
)

// Saver writes RDB files. Errors other than those above are replied after "ERR ",
// but for Save's, of which Redis's clients only get to know that there was one.
type Saver interface {
	// Save returns when the file is written, synced and has its name.
	Save(c *command.Call) error
	// BackgroundSave starts a save or, while it cannot start now and schedule
	// is set (or the call is part of a transaction), notes that one is wanted.
	BackgroundSave(c *command.Call, schedule bool) (scheduled bool, err error)
	// LastSave is when the last save that succeeded ended, in seconds since
	// 1970; before the first one, when the server started.
	LastSave() int64
	// Reload is DEBUG RELOAD; every shard is locked by c.Tx.
	Reload(c *command.Call, o Reload) error
}

// Rewriter rewrites the append-only file.
type Rewriter interface {
	// BackgroundRewrite starts a rewrite or, while another background job runs
	// (or the call is part of a transaction), notes that one is wanted.
	BackgroundRewrite(c *command.Call) (scheduled bool, err error)
	// LoadAOF is DEBUG LOADAOF: it replaces the data by what the file holds;
	// every shard is locked by c.Tx.
	LoadAOF(c *command.Call) error
	// FlushSleep has each write of the file begin with a sleep (DEBUG
	// AOF-FLUSH-SLEEP).
	FlushSleep(us int64)
}

// Reload are the options of DEBUG RELOAD.
type Reload struct {
	Save  bool // write the file first; else load the one that is there
	Flush bool // empty the keyspace before loading
	Merge bool // keys in the file replace those in memory; else such a key is an error
}

// Stopper ends the process.
type Stopper interface {
	// Shutdown begins to end the process and returns nil, or says why it does
	// not; the error is only logged, since Redis replies the same for all.
	Shutdown(c *command.Call, o Shutdown) error
	// AbortShutdown takes a Shutdown back that still waits for replicas.
	AbortShutdown() bool
	// Crash ends the process at once in a manner of DEBUG's. It does not
	// return unless it refuses.
	Crash(how Crash) error
	// Restart is DEBUG RESTART (graceful) or CRASH-AND-RECOVER after delayMs.
	// Every shard is locked by c.Tx.
	Restart(c *command.Call, graceful bool, delayMs int64) error
}

// Shutdown are the options of SHUTDOWN.
type Shutdown struct {
	Save, NoSave bool // at most one; neither: save if save points are set
	Now          bool // do not wait for replicas
	Force        bool // end even if saving fails
}

// Crash is a manner of ending without notice.
type Crash uint8

// The manners, named as DEBUG's subcommands.
const (
	CrashSegfault Crash = iota
	CrashPanic
	CrashAssert
	CrashOOM
)

// Config is the engine of directives. Errors are whole replies.
type Config interface {
	Get(patterns []string) (namesAndValues []string)
	// Set is told whether the client is on this machine: protected
	// directives may be open to those alone. In a transaction, shards are
	// locked until its end.
	Set(namesAndValues []string, local, inTransaction bool) error
	Rewrite() error
	RewriteAll() error // the defaults as well
}

// Allocator is the memory under the keyspace and the Go heap.
type Allocator interface {
	// Purge gives free memory back to the system.
	Purge() error
	// Report is what MEMORY MALLOC-STATS replies.
	Report() string
}

// Debugger has the switches of DEBUG.
type Debugger interface {
	SetActiveExpire(on bool)
	PauseCron(on bool)
	SkipChecksums(on bool) // of RDB files
	ClientWeights() string // what clients take, by classes; "" if they are not evicted
	FailJob()              // has a running save or rewrite in the background fail
	ChangeReplicationID()
	// PackedThreshold sets the length from which an element of a list is never
	// packed with others; 0 is the default.
	PackedThreshold(bytes int)
	Log(message string)
	// HashStats describes the tables of a database, and of its keys with a
	// due time, for people. Every shard is locked by c.Tx.
	HashStats(c *command.Call, db int) (keys, expires string)
	CompressRDB() bool // rdbcompression
}

type family struct{ Options }

// fail replies an error of the server's.
func fail(c *command.Call, err error) {
	for _, whole := range []error{ErrSaveRunning, ErrBusy, ErrRewriteRunning} {
		if errors.Is(err, whole) {
			c.Out.Error(whole.Error())
			return
		}
	}
	c.Out.Error("ERR " + err.Error())
}
