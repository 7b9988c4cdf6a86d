package admin

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/glob"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/rdb"
	"github.com/redoubt-kv/redoubt/core/value"
)

// debugCommand runs with every shard locked, as Redis's single thread runs it: SLEEP
// stops all clients, DIGEST sees one moment.
func (f *family) debugCommand(c *command.Call) {
	for _, sub := range debugTable {
		if n := len(c.Args); n >= sub.min && n <= sub.max && c.Is(1, sub.name) {
			sub.run(f, c)
			return
		}
	}
	c.SubcommandError()
}

// debugTable lists DEBUG's subcommands with the numbers of arguments, both
// words included, that they exist for. Some that Redis has reach into what
// has no counterpart here, and say so.
var debugTable = []struct {
	name     string
	min, max int
	run      func(*family, *command.Call)
}{
	{"HELP", 2, 2, plain(debugHelp)},
	{"SEGFAULT", 2, math.MaxInt, crash(CrashSegfault)},
	{"PANIC", 2, math.MaxInt, crash(CrashPanic)},
	{"ASSERT", 2, math.MaxInt, crash(CrashAssert)},
	{"OOM", 2, math.MaxInt, crash(CrashOOM)},
	{"RESTART", 2, math.MaxInt, func(f *family, c *command.Call) { f.restart(c, true) }},
	{"CRASH-AND-RECOVER", 2, math.MaxInt, func(f *family, c *command.Call) { f.restart(c, false) }},
	{"LOG", 3, 3, func(f *family, c *command.Call) {
		f.Debug.Log("DEBUG LOG: " + string(c.Args[2]))
		c.Out.OK()
	}},
	{"RELOAD", 2, math.MaxInt, (*family).debugReload},
	{"OBJECT", 3, 3, (*family).debugObject},
	{"SDSLEN", 3, 3, plain(debugSdsLen)},
	{"LISTPACK", 3, 3, (*family).debugListpack},
	{"QUICKLIST", 3, 4, (*family).debugQuicklist},
	{"HTSTATS-KEY", 3, 3, plain(debugTableStats)},
	{"HTSTATS", 3, 3, (*family).debugHashStats},
	{"POPULATE", 3, 5, plain(debugPopulate)},
	{"DIGEST", 2, 2, plain(debugDigest)},
	{"DIGEST-VALUE", 2, math.MaxInt, plain(debugDigestValue)},
	{"PROTOCOL", 3, 3, plain(debugProtocol)},
	{"SLEEP", 3, 3, plain(debugSleep)},
	{"ERROR", 3, 3, plain(debugError)},
	{"SET-ACTIVE-EXPIRE", 3, 3, toggle(Debugger.SetActiveExpire)},
	{"PAUSE-CRON", 3, 3, toggle(Debugger.PauseCron)},
	{"SET-SKIP-CHECKSUM-VALIDATION", 3, 3, toggle(Debugger.SkipChecksums)},
	{"CHANGE-REPL-ID", 2, 2, func(f *family, c *command.Call) {
		f.Debug.ChangeReplicationID()
		c.Out.OK()
	}},
	{"FAIL-JOB", 2, 2, func(f *family, c *command.Call) {
		f.Debug.FailJob()
		c.Out.OK()
	}},
	{"STRINGMATCH-TEST", 2, 2, plain(debugGlob)},
	{"QUICKLIST-PACKED-THRESHOLD", 3, 3, (*family).debugPackedThreshold},

	{"LOADAOF", 2, math.MaxInt, func(f *family, c *command.Call) {
		if err := f.Rewriter.LoadAOF(c); err != nil {
			c.Out.Error("ERR Error trying to load the AOF files, check server logs.")
			return
		}
		c.Out.OK()
	}},
	{"AOF-FLUSH-SLEEP", 3, 3, func(f *family, c *command.Call) {
		if us, ok := c.Int(2); ok {
			f.Rewriter.FlushSleep(us)
			c.Out.OK()
		}
	}},
	{"SET-DISABLE-DENY-SCRIPTS", 3, 3, plain(func(c *command.Call) {
		n, _ := strconv.Atoi(string(c.Args[2])) // what is no number is 0, as C's atoi has it
		c.DenyInScripts(n == 0)
		c.Out.OK()
	})},

	// Knobs of mechanisms that this server does not have: what they would
	// change never happens.
	{"DROP-CLUSTER-PACKET-FILTER", 3, 3, accept},
	{"REPLYBUFFER", 4, 4, plain(debugReplyBuffer)},
	{"CLUSTERLINK", 5, 5, plain(debugClusterLink)},
	{"CLIENT-EVICTION", 2, 2, func(f *family, c *command.Call) {
		if text := f.Debug.ClientWeights(); text != "" {
			c.Out.Verbatim("txt", text)
		} else {
			c.Out.Error("ERR maxmemory-clients is disabled.")
		}
	}},

	{"REPLICATE", 3, math.MaxInt, refuse("DEBUG REPLICATE: this version of Redoubt has no replicas")},
	{"CONFIG-REWRITE-FORCE-ALL", 2, 2, func(f *family, c *command.Call) { replyConfig(c, f.Config.RewriteAll()) }},
	{"LEAK", 3, 3, refuse("DEBUG LEAK is not supported: memory here is collected")},
	{"MALLCTL", 3, math.MaxInt, refuse("DEBUG MALLCTL is not supported: the allocator is not jemalloc")},
	{"MALLCTL-STR", 3, math.MaxInt, refuse("DEBUG MALLCTL-STR is not supported: the allocator is not jemalloc")},
	{"STRUCTSIZE", 2, 2, refuse("DEBUG STRUCTSIZE is not supported: there are no C structures")},
}

func plain(run func(*command.Call)) func(*family, *command.Call) {
	return func(_ *family, c *command.Call) { run(c) }
}

func accept(_ *family, c *command.Call) { c.Out.OK() }

func refuse(text string) func(*family, *command.Call) {
	return func(_ *family, c *command.Call) { c.Out.Error("ERR " + text) }
}

func debugReplyBuffer(c *command.Call) {
	switch {
	case c.Is(2, "RESIZING"), c.Is(2, "PEAK-RESET-TIME") && (c.Is(3, "NEVER") || c.Is(3, "RESET")):
		c.Out.OK()
	case c.Is(2, "PEAK-RESET-TIME"):
		if _, ok := c.Int(3); ok {
			c.Out.OK()
		}
	default:
		c.SubcommandError()
	}
}

func debugClusterLink(c *command.Call) {
	if !c.Is(2, "KILL") {
		c.SubcommandError()
		return
	}
	c.Out.Error("ERR Debug option only available for cluster mode enabled setup!")
}

func toggle(set func(Debugger, bool)) func(*family, *command.Call) {
	return func(f *family, c *command.Call) {
		n, _ := strconv.Atoi(string(c.Args[2])) // what is no number is 0, as C's atoi has it
		set(f.Debug, n != 0)
		c.Out.OK()
	}
}

func crash(how Crash) func(*family, *command.Call) {
	return func(f *family, c *command.Call) {
		if err := f.Stopper.Crash(how); err != nil {
			fail(c, err)
		}
	}
}

func (f *family) restart(c *command.Call, graceful bool) {
	delay := int64(0)
	if len(c.Args) >= 3 {
		var ok bool
		if delay, ok = c.Int(2); !ok {
			return
		}
	}
	if err := f.Stopper.Restart(c, graceful, max(delay, 0)); err != nil {
		c.Out.Error("ERR failed to restart the server. Check server logs.")
	}
}

func (f *family) debugReload(c *command.Call) {
	o := Reload{Save: true, Flush: true}
	for i := 2; i < len(c.Args); i++ {
		switch {
		case c.Is(i, "MERGE"):
			o.Merge = true
		case c.Is(i, "NOFLUSH"):
			o.Flush = false
		case c.Is(i, "NOSAVE"):
			o.Save = false
		default:
			c.Out.Error("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.")
			return
		}
	}
	if err := f.Saver.Reload(c, o); err != nil { // which is in the log
		c.Out.Error("ERR Error trying to load the RDB dump")
		return
	}
	c.Out.OK()
}

// lookup finds the key of argument 2 without recording an access.
func lookup(c *command.Call) (e keyspace.Entry, ok bool) {
	if e, ok = c.DB.FindAny(c.Args[2]); !ok {
		c.Out.Error(command.ErrNoKey)
	}
	return e, ok
}

// debugObject has Redis's fields; values have no address here.
func (f *family) debugObject(c *command.Call) {
	e, ok := lookup(c)
	if !ok {
		return
	}
	b := append(c.Out.B, "+Value at:0x0 refcount:1 encoding:"...)
	b = append(b, e.Encoding()...)
	b = append(b, " serializedlength:"...)
	b = strconv.AppendInt(b, rdb.SavedLength(e, f.Debug.CompressRDB()), 10)
	b = append(b, " lru:"...)
	b = strconv.AppendInt(b, int64(e.Clock()), 10)
	b = append(b, " lru_seconds_idle:"...)
	b = strconv.AppendInt(b, keyspace.IdleMs(e.Clock(), c.Now)/1000, 10)
	if e.Type() == value.TypeList {
		b = appendListFigures(b, e, c.DB.Limits())
	}
	c.Out.B = append(b, "\r\n"...)
}

// debugSdsLen tells lengths; there is never spare room behind a key or value.
func debugSdsLen(c *command.Call) {
	e, ok := lookup(c)
	if !ok {
		return
	}
	if e.Type() != value.TypeString || e.String().Encoding() == "int" {
		c.Out.Error("ERR Not an sds encoded string.")
		return
	}
	key, val := len(e.Key()), e.String().Len()
	b := append(c.Out.B, "+key_sds_len:"...)
	b = strconv.AppendInt(b, int64(key), 10)
	b = append(b, ", key_sds_avail:0, key_zmalloc: "...)
	b = strconv.AppendInt(b, int64(key), 10)
	b = append(b, ", val_sds_len:"...)
	b = strconv.AppendInt(b, val, 10)
	b = append(b, ", val_sds_avail:0, val_zmalloc: "...)
	b = strconv.AppendInt(b, val, 10)
	c.Out.B = append(b, "\r\n"...)
}

func (f *family) debugHashStats(c *command.Call) {
	db, ok := c.Int(2)
	if !ok {
		return
	}
	if db < 0 || db >= int64(c.Tx.Store().Databases()) {
		c.Out.Error("ERR Out of range database")
		return
	}
	keys, expires := f.Debug.HashStats(c, int(db))
	c.Out.Verbatim("txt", "[Dictionary HT]\n"+keys+"[Expires HT]\n"+expires)
}

// maxPopulateSize bounds a value of DEBUG POPULATE, as proto-max-bulk-len
// bounds those of clients.
const maxPopulateSize = 512 << 20

func positive(c *command.Call, i int) (n int64, ok bool) {
	const bad = "ERR value is out of range, must be positive"
	if n, ok = c.IntOr(i, bad); ok && n < 0 {
		c.Out.Error(bad)
		return 0, false
	}
	return n, ok
}

// debugPopulate makes keys without events and without counting as changes.
func debugPopulate(c *command.Call) {
	count, ok := positive(c, 2)
	if !ok {
		return
	}
	prefix, size := []byte("key"), int64(0)
	if len(c.Args) > 3 {
		prefix = c.Args[3]
	}
	if len(c.Args) > 4 {
		if size, ok = positive(c, 4); !ok {
			return
		}
		if size > maxPopulateSize {
			c.Out.Error("ERR string exceeds maximum allowed size (512MB)")
			return
		}
	}
	var val []byte
	padded := make([]byte, size)
	for i := range count {
		// A Tx knows a key that it has hashed by where it lies: each has its
		// own place.
		key := strconv.AppendInt(append(slices.Clone(prefix), ':'), i, 10)
		if c.DB.Exists(key) {
			continue
		}
		val = strconv.AppendInt(append(val[:0], "value:"...), i, 10)
		if size > 0 {
			clear(padded[copy(padded, val):])
			c.DB.SetString(key, padded, keyspace.NoTTL)
		} else {
			c.DB.SetString(key, val, keyspace.NoTTL)
		}
		c.DB.Touch(key)
	}
	c.Out.OK()
}

// debugSleep reads its argument as C's strtod: what is no number is 0.
func debugSleep(c *command.Call) {
	seconds, err := strconv.ParseFloat(string(c.Args[2]), 64)
	if err == nil && seconds > 0 {
		time.Sleep(time.Duration(min(seconds*1e9, math.MaxInt64/2)))
	}
	c.Out.OK()
}

func debugError(c *command.Call) {
	b := append(c.Out.B, '-')
	from := len(b)
	b = append(b, c.Args[2]...)
	for i, ch := range b[from:] {
		if ch == '\r' || ch == '\n' {
			b[from+i] = ' '
		}
	}
	c.Out.B = append(b, "\r\n"...)
}

// debugGlob matches random strings against random patterns, to see that it
// ends.
func debugGlob(c *command.Call) {
	const rounds = 100000
	r := rand.New(rand.NewPCG(1, 2))
	alphabet := []byte("**?[]-\\^abc")
	word := func() []byte {
		b := make([]byte, r.IntN(32))
		for i := range b {
			b[i] = alphabet[r.IntN(len(alphabet))]
		}
		return b
	}
	for range rounds {
		glob.Match(word(), word())
	}
	c.Out.Simple("Apparently Redis did not crash: test passed")
}

func debugProtocol(c *command.Call) {
	w := c.Out
	switch string(bytes.ToLower(c.Args[2])) {
	case "string":
		w.BulkString("Hello World")
	case "integer":
		w.Int(12345)
	case "double":
		w.Double(3.141)
	case "bignum":
		w.BigNumber("1234567999999999999999999999999999999")
	case "null":
		w.Null()
	case "array":
		w.Array(3)
		three(c, false)
	case "set":
		w.Set(3)
		three(c, false)
	case "map":
		w.Map(3)
		three(c, true)
	case "attrib":
		if w.Attribute(1) {
			w.BulkString("key-popularity")
			w.Array(2)
			w.BulkString("key:123")
			w.Int(90)
		}
		w.BulkString("Some real reply following the attribute")
	case "push":
		if w.Proto < 3 {
			w.Error("ERR RESP2 is not supported by this command")
			return
		}
		w.Push(2)
		w.BulkString("server-cpu-usage")
		w.Int(42)
		w.BulkString("Some real reply following the push reply")
	case "true":
		w.Bool(true)
	case "false":
		w.Bool(false)
	case "verbatim":
		w.Verbatim("txt", "This is a verbatim\nstring")
	default:
		w.Error("ERR Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false")
	}
}

func three(c *command.Call, pairs bool) {
	for i := range int64(3) {
		c.Out.Int(i)
		if pairs {
			c.Out.Bool(i == 1)
		}
	}
}

func debugHelp(c *command.Call) {
	c.Help(
		"ASSERT",
		"    Crash by assertion failed.",
		"CHANGE-REPL-ID",
		"    Change the replication IDs of the instance.",
		"    Dangerous: should be used only for testing the replication subsystem.",
		"CRASH-AND-RECOVER [<milliseconds>]",
		"    Hard crash and restart after a <milliseconds> delay (default 0).",
		"DIGEST",
		"    Output a hex signature representing the current DB content.",
		"DIGEST-VALUE <key> [<key> ...]",
		"    Output a hex signature of the values of all the specified keys.",
		"ERROR <string>",
		"    Return a Redis protocol error with <string> as message. Useful for clients",
		"    unit tests to simulate Redis errors.",
		"LOG <message>",
		"    Write <message> to the server log.",
		"HTSTATS <dbid>",
		"    Return hash table statistics of the specified Redis database.",
		"HTSTATS-KEY <key>",
		"    Like HTSTATS but for the hash table stored at <key>'s value.",
		"OBJECT <key>",
		"    Show low level info about `key` and associated value.",
		"OOM",
		"    Crash the server simulating an out-of-memory error.",
		"PANIC",
		"    Crash the server simulating a panic.",
		"POPULATE <count> [<prefix>] [<size>]",
		"    Create <count> string keys named key:<num>. If <prefix> is specified then",
		"    it is used instead of the 'key' prefix.",
		"PROTOCOL <type>",
		"    Reply with a test value of the specified type. <type> can be: string,",
		"    integer, double, bignum, null, array, set, map, attrib, push, verbatim,",
		"    true, false.",
		"RELOAD [option ...]",
		"    Save the RDB on disk and reload it back to memory. Valid <option> values:",
		"    * MERGE: conflicting keys will be loaded from RDB.",
		"    * NOFLUSH: the existing database will not be removed before load, but",
		"      conflicting keys are an error.",
		"    * NOSAVE: the database will be loaded from an existing RDB file.",
		"RESTART [<milliseconds>]",
		"    Graceful restart: save config, db, restart after a <milliseconds> delay (default 0).",
		"SDSLEN <key>",
		"    Show the lengths of `key` and value.",
		"SEGFAULT",
		"    Crash the server with sigsegv.",
		"SET-ACTIVE-EXPIRE <0|1>",
		"    Setting it to 0 disables expiring keys in background when they are not",
		"    accessed (otherwise the Redis behavior). Setting it to 1 reenables back the",
		"    default.",
		"SET-SKIP-CHECKSUM-VALIDATION <0|1>",
		"    Enables or disables checksum checks for RDB files.",
		"SLEEP <seconds>",
		"    Stop the server for <seconds>. Decimals allowed.",
		"STRINGMATCH-TEST",
		"    Match random strings against random patterns.",
		"PAUSE-CRON <0|1>",
		"    Stop periodic cron job processing.",
	)
}
