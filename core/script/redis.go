package script

import (
	"crypto/sha1"
	"encoding/hex"
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/redoubt-kv/redoubt/core/script/lualib"
)

// Values of redis.REPL_*.
const (
	replNone    = 0
	replAOF     = 1
	replReplica = 2
	replAll     = replAOF | replReplica
)

// Levels of redis.log.
const (
	logDebug = iota
	logVerbose
	logNotice
	logWarning
)

// openRedis makes the table redis.
func (in *interp) openRedis() {
	L := in.state
	t := L.CreateTable(0, 32)
	for name, fn := range map[string]lua.LGFunction{
		"call": in.redisCall, "pcall": in.redisPCall, "log": in.log, "sha1hex": sha1hex,
		"status_reply": statusReply, "error_reply": errorReply, "setresp": in.setResp,
		"set_repl": in.setRepl, "replicate_commands": yes, "breakpoint": no, "debug": nothing,
		"acl_check_cmd": in.aclCheck,
	} {
		t.RawSetString(name, L.NewFunction(fn))
	}
	for name, n := range map[string]int{
		"REPL_NONE": replNone, "REPL_AOF": replAOF, "REPL_SLAVE": replReplica, "REPL_REPLICA": replReplica, "REPL_ALL": replAll,
		"LOG_DEBUG": logDebug, "LOG_VERBOSE": logVerbose, "LOG_NOTICE": logNotice, "LOG_WARNING": logWarning,
	} {
		t.RawSetString(name, lua.LNumber(n))
	}
	t.RawSetString("REDIS_VERSION", lua.LString(in.engine.options.Version))
	t.RawSetString("REDIS_VERSION_NUM", lua.LNumber(versionNumber(in.engine.options.Version)))
	in.globals.RawSetString("redis", t)
}

// versionNumber is 0x00MMmmpp for "M.m.p".
func versionNumber(version string) (n int) {
	for _, part := range strings.SplitN(version, ".", 3) {
		i, err := strconv.Atoi(part)
		if err != nil {
			i = 0
		}
		n = n<<8 | i&0xff
	}
	return n
}

func (in *interp) redisCall(L *lua.LState) int  { return in.command(L, true) }
func (in *interp) redisPCall(L *lua.LState) int { return in.command(L, false) }

// command runs a command. Its errors are raised or returned.
func (in *interp) command(L *lua.LState, raise bool) int {
	if in.call == nil {
		return fail(L, "ERR redis.call/pcall can only be called inside a script invocation", true)
	}
	if text := in.takeArgs(L); text != "" {
		return fail(L, text, raise)
	}
	if in.calling {
		return fail(L, "ERR luaRedisGenericCommand() recursive call detected. Are you doing funny stuff with Lua debug hooks?", false)
	}
	in.out.B, in.out.Proto = in.out.B[:0], in.resp
	if refusal := in.execute(); refusal != "" {
		t := errorTable(L, refusal)
		t.RawSetString(errCounted, lua.LTrue)
		return failWith(L, t, raise)
	}
	value, rest := in.toLua(in.out.B)
	if invalid(rest) {
		value = errorTable(L, "ERR the reply of the command cannot be read")
	}
	if raise && len(in.out.B) > 0 && in.out.B[0] == '-' {
		return failWith(L, value, true)
	}
	L.Push(value)
	return 1
}

// execute runs the command in args. A panic in it goes through Lua's protected
// calls, which would take it for an error of the script.
func (in *interp) execute() (refusal string) {
	in.calling = true
	defer func() {
		if in.calling {
			in.crash = recover()
			panic(in.crash)
		}
	}()
	refusal = in.call.RunNested(&in.run, in.args, &in.out)
	in.calling = false
	return refusal
}

// takeArgs makes the arguments of redis.call those of a command.
func (in *interp) takeArgs(L *lua.LState) (text string) {
	n := L.GetTop()
	if n == 0 {
		return "ERR Please specify at least one argument for this redis lib call"
	}
	size := 0
	for i := 1; i <= n; i++ {
		switch v := L.Get(i).(type) {
		case lua.LString:
			size += len(v)
		case lua.LNumber:
			size += maxNumber
		default:
			return "ERR Lua redis lib command arguments must be strings or integers"
		}
	}
	if cap(in.text) < size {
		in.text = make([]byte, 0, max(size, 256))
	}
	b, args := in.text[:0], in.args[:0]
	for i := 1; i <= n; i++ {
		from := len(b)
		switch v := L.Get(i).(type) {
		case lua.LString:
			b = append(b, v...)
		case lua.LNumber:
			b = lualib.AppendNumber17(b, float64(v))
		}
		args = append(args, b[from:len(b):len(b)])
	}
	in.args = args
	return ""
}

// maxNumber is the most bytes of a number as %.17g.
const maxNumber = 32

// errCounted is the field of an error that says that it has been counted.
const errCounted = "ignore_error_stats_update"

// errorTable is an error as scripts see it. text has its code.
func errorTable(L *lua.LState, text string) *lua.LTable {
	t := L.CreateTable(0, 2)
	t.RawSetString("err", lua.LString(text))
	return t
}

// fail is failWith for a text.
func fail(L *lua.LState, text string, raise bool) int { return failWith(L, errorTable(L, text), raise) }

// failWith raises or returns an error.
func failWith(L *lua.LState, v lua.LValue, raise bool) int {
	if raise {
		L.Error(v, 0)
	}
	L.Push(v)
	return 1
}

func yes(L *lua.LState) int {
	L.Push(lua.LTrue)
	return 1
}

func no(L *lua.LState) int {
	L.Push(lua.LFalse)
	return 1
}

func nothing(*lua.LState) int { return 0 }

func sha1hex(L *lua.LState) int {
	if L.GetTop() != 1 {
		return fail(L, "ERR wrong number of arguments", true)
	}
	sum := sha1.Sum([]byte(textOf(L.Get(1))))
	L.Push(lua.LString(hex.EncodeToString(sum[:])))
	return 1
}

// textOf is a string, or a number as one; "" for anything else.
func textOf(v lua.LValue) string {
	text, _ := lualib.Text(v)
	return text
}

const errOneString = "ERR wrong number or type of arguments"

func statusReply(L *lua.LState) int {
	s, ok := L.Get(1).(lua.LString)
	if L.GetTop() != 1 || !ok {
		return fail(L, errOneString, false)
	}
	t := L.CreateTable(0, 1)
	t.RawSetString("ok", s)
	L.Push(t)
	return 1
}

func errorReply(L *lua.LState) int {
	s, ok := L.Get(1).(lua.LString)
	if L.GetTop() != 1 || !ok {
		return fail(L, errOneString, false)
	}
	return fail(L, codedError(string(s)), false)
}

// codedError is an error text with a code: what stands before the first blank, or
// ERR if there is no blank. A minus sign before it is dropped, and so are line ends
// around the text.
func codedError(s string) string {
	s = cutNUL(strings.TrimPrefix(s, "-"))
	code, message, ok := strings.Cut(s, " ")
	if !ok {
		code, message = "ERR", s
	}
	return code + " " + strings.Trim(message, "\r\n")
}

// cutNUL is what C sees of a string.
func cutNUL(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s
}

func (in *interp) setResp(L *lua.LState) int {
	switch {
	case in.call == nil:
		return fail(L, "ERR redis.setresp can only be called inside a script invocation", true)
	case L.GetTop() != 1:
		return fail(L, "ERR redis.setresp() requires one argument.", true)
	}
	version := toInt(L.Get(1))
	if version != 2 && version != 3 {
		return fail(L, "ERR RESP version must be 2 or 3.", true)
	}
	in.resp = int(version)
	return 0
}

func (in *interp) setRepl(L *lua.LState) int {
	switch {
	case in.call == nil:
		return fail(L, "ERR redis.set_repl can only be called inside a script invocation", true)
	case L.GetTop() != 1:
		return fail(L, "ERR redis.set_repl() requires two arguments.", true)
	}
	flags := toInt(L.Get(1))
	if flags&^replAll != 0 {
		return fail(L, "ERR Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.", true)
	}
	in.run.Mute = flags&replAOF == 0
	return 0
}

// toInt is a number, or a string that is one, as C converts it; 0 for anything else.
func toInt(v lua.LValue) int64 {
	switch v := v.(type) {
	case lua.LNumber:
		return truncate(float64(v))
	case lua.LString:
		f, err := strconv.ParseFloat(strings.TrimSpace(string(v)), 64)
		if err != nil {
			return 0
		}
		return truncate(f)
	}
	return 0
}

// truncate is f as C converts it to a 64-bit integer on x86.
func truncate(f float64) int64 {
	if f >= -(1<<63) && f < 1<<63 {
		return int64(f)
	}
	return math.MinInt64
}

func (in *interp) log(L *lua.LState) int {
	n := L.GetTop()
	if n < 2 {
		return fail(L, "ERR redis.log() requires two arguments or more.", true)
	}
	if !isNumber(L.Get(1)) {
		return fail(L, "ERR First argument must be a number (log level).", true)
	}
	level := toInt(L.Get(1))
	if level < logDebug || level > logWarning {
		return fail(L, "ERR Invalid debug level.", true)
	}
	o := &in.engine.options
	if in.loading != nil && !in.loading.collects { // it has been logged
		return 0
	}
	if o.Log == nil || o.Logs != nil && !o.Logs(int(level)) {
		return 0
	}
	var line strings.Builder
	for i := 2; i <= n; i++ {
		if v := L.Get(i); lua.LVCanConvToString(v) {
			if i > 2 {
				line.WriteByte(' ')
			}
			line.WriteString(textOf(v))
		}
	}
	o.Log(int(level), line.String())
	return 0
}

func isNumber(v lua.LValue) bool {
	switch v := v.(type) {
	case lua.LNumber:
		return true
	case lua.LString:
		_, err := strconv.ParseFloat(strings.TrimSpace(string(v)), 64)
		return err == nil
	}
	return false
}

func (in *interp) aclCheck(L *lua.LState) int {
	if in.call == nil {
		return fail(L, "ERR redis.acl_check_cmd can only be called inside a script invocation", true)
	}
	if text := in.takeArgs(L); text != "" {
		return fail(L, text, true)
	}
	o := &in.engine.options
	row := o.Table().Lookup(in.args[0])
	if row != nil && row.Subcommands != nil && len(in.args) > 1 {
		row = row.Sub(in.args[1])
	}
	if row == nil {
		return fail(L, "ERR Invalid command passed to redis.acl_check_cmd()", true)
	}
	L.Push(lua.LBool(o.Permitted == nil || o.Permitted(in.call, row, in.args)))
	return 1
}
