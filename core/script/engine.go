package script

import (
	"crypto/sha1"
	"encoding/hex"
	"sync"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/script/lualib"
)

// Options are what an Engine needs of its server. All may be called by any
// goroutine.
type Options struct {
	// Version is what redis.REDIS_VERSION is, as in "7.4.0".
	Version string
	// Log writes a line for redis.log with a level from 0 (debug) to 3 (warning).
	Log func(level int, line string)
	// Logs tells whether lines of a level are written at all.
	Logs func(level int) bool
	// Permitted tells whether the call's user may run the command in args, which
	// is row (redis.acl_check_cmd). nil: everybody may do everything.
	Permitted func(c *command.Call, row *command.Row, args [][]byte) bool
	// Table finds commands.
	Table func() *command.Table
	// Threshold is from when on other clients are told that a script is busy
	// (busy-reply-threshold); 0 or nil: never.
	Threshold func() time.Duration
	// Deprecated is lua-enable-deprecated-api: scripts have setfenv, getfenv and
	// newproxy.
	Deprecated bool
	// Memory is by how many bytes a script may have Go's heap grow; nil: half a GiB,
	// which is also the most.
	Memory func() int64
}

// Engine runs scripts. Its methods are for any goroutine.
type Engine struct {
	options Options

	mu      sync.RWMutex
	scripts map[Digest]*Script
	bytes   int64 // of the sources
	// last is the script that was named last, nil if it is forgotten: most calls name
	// the same again.
	last atomic.Pointer[Script]

	libraries atomic.Pointer[Libraries]

	pools    [2]pool
	random   *lualib.Random
	watchdog watchdog
}

// pool keeps interpreters that are not in use.
type pool struct {
	mu   sync.Mutex
	free []*interp    // the last one is used next
	made atomic.Int64 // how many exist
}

// Scripts and functions have interpreters of their own, as in Redis.
const (
	scriptPool = iota
	functionPool
)

// Digest is the SHA-1 of a script's text.
type Digest [sha1.Size]byte

// Script is a compiled script. It does not change.
type Script struct {
	// SHA is the digest in hexadecimal digits.
	SHA string
	// Flags are what the script declares.
	Flags Flags

	program *program
	size    int
}

// New makes an engine without scripts.
func New(o Options) *Engine {
	boundArrays()
	e := &Engine{options: o, scripts: map[Digest]*Script{}, random: lualib.NewRandom()}
	e.libraries.Store(NoLibraries())
	e.watchdog.wake = make(chan struct{}, 1)
	return e
}

// maxArrayIndex is up to where gopher-lua fills a table's array if one element is set:
// by default a single assignment takes a GiB. Behind it, elements are hashed.
const maxArrayIndex = 1 << 20

// boundArrays sets it. The setting is gopher-lua's, for the whole process.
var boundArrays = sync.OnceFunc(func() { lua.MaxArrayIndex = maxArrayIndex })

// ParseDigest reads 40 hexadecimal digits; ok is false if text is none.
func ParseDigest(text []byte) (d Digest, ok bool) {
	if len(text) != 2*len(d) {
		return d, false
	}
	_, err := hex.Decode(d[:], text)
	return d, err == nil
}

// Find returns the script with this digest, nil if it is not loaded.
func (e *Engine) Find(d Digest) *Script {
	e.mu.RLock()
	s := e.scripts[d]
	e.mu.RUnlock()
	return s
}

// Named returns the script with the digest of these digits, nil if it is not loaded or
// they are none.
func (e *Engine) Named(digits []byte) *Script {
	if s := e.last.Load(); s != nil && s.SHA == string(digits) {
		return s
	}
	d, ok := ParseDigest(digits)
	if !ok {
		return nil
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	s := e.scripts[d]
	if s != nil {
		e.last.Store(s) // under the lock: Flush comes before or after
	}
	return s
}

// Load compiles a script, unless it is known, and keeps it until Flush. text is why
// it cannot be compiled, as an error for the client.
func (e *Engine) Load(source []byte) (s *Script, text string) {
	d := Digest(sha1.Sum(source))
	if s := e.Find(d); s != nil {
		return s, ""
	}
	flags, body, text := shebang(source)
	if text != "" {
		return nil, text
	}
	p, err := compile(body, chunkName)
	if err != nil {
		return nil, "ERR Error compiling script (new function): " + err.Error()
	}
	s = &Script{SHA: hex.EncodeToString(d[:]), Flags: flags, program: p, size: len(source)}
	e.mu.Lock()
	defer e.mu.Unlock()
	if known := e.scripts[d]; known != nil {
		return known, ""
	}
	e.scripts[d] = s
	e.bytes += int64(s.size)
	return s, ""
}

// chunkName is what errors call a script.
const chunkName = "@user_script"

// FlagsOf are the flags of a script that is given by its text or, with known, by
// the digits of its digest. ok is false if they cannot be told.
func (e *Engine) FlagsOf(script []byte, known bool) (f Flags, ok bool) {
	if !known {
		f, _, text := shebang(script)
		return f, text == ""
	}
	s := e.Named(script)
	if s == nil {
		return 0, false
	}
	return s.Flags, true
}

// Flush forgets all scripts.
func (e *Engine) Flush() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.scripts, e.bytes = map[Digest]*Script{}, 0
	e.last.Store(nil)
}

// scriptBytes is about what a script takes beside its text.
const scriptBytes = 200

// Figures are what INFO and MEMORY STATS tell of scripts.
type Figures struct {
	Scripts            int64 // that are loaded
	ScriptBytes        int64 // that their texts and the entries for them take
	ScriptInterpreters int64 // bytes that those take

	Libraries, Functions int64
	FunctionBytes        int64
	FunctionInterpreters int64
}

// interpBytes is about what an interpreter takes: its libraries, and what most scripts
// touch of its stacks. Of the room for 16000 nested calls, 1.5 MB, the untouched pages
// take no memory.
const interpBytes = 40 << 10

// Figures returns the figures.
func (e *Engine) Figures() Figures {
	e.mu.RLock()
	defer e.mu.RUnlock()
	ls, n := e.Libraries(), int64(len(e.scripts))
	return Figures{
		Scripts: n, ScriptBytes: e.bytes + scriptBytes*n, ScriptInterpreters: interpBytes * e.pools[scriptPool].made.Load(),
		Libraries: int64(len(ls.byName)), Functions: int64(len(ls.functions)), FunctionBytes: ls.Bytes(),
		FunctionInterpreters: interpBytes * e.pools[functionPool].made.Load(),
	}
}

// take returns an interpreter of that pool that nobody uses.
func (e *Engine) take(from int) *interp {
	p := &e.pools[from]
	p.mu.Lock()
	if n := len(p.free); n > 0 {
		in := p.free[n-1]
		p.free = p.free[:n-1]
		p.mu.Unlock()
		return in
	}
	p.mu.Unlock()
	p.made.Add(1)
	in := newInterp(e)
	if in.pool = from; from == functionPool {
		in.openFunctions()
	}
	return in
}

// give gives an interpreter back to its pool.
func (e *Engine) give(in *interp) {
	if in.broken {
		e.drop(in)
		return
	}
	p := &e.pools[in.pool]
	p.mu.Lock()
	p.free = append(p.free, in)
	p.mu.Unlock()
}

// drop says that an interpreter is not to be used again.
func (e *Engine) drop(in *interp) {
	e.pools[in.pool].made.Add(-1)
	in.state.Close()
}
