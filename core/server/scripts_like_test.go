package server_test

import (
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// TestScriptsLikeRedis compares the replies of scripts with redis-server's, in both
// protocols. What Lua itself does is compared in package lualib's corpus.
func TestScriptsLikeRedis(t *testing.T) {
	s, oracle := start(t, t.TempDir(), "--save", ""), redistest.Start(t)
	for _, proto := range []string{"2", "3"} {
		ours, theirs := s.dial(), redistest.MustDial(t, oracle.Addr)
		same := func(args ...any) {
			t.Helper()
			got, err := ours.Raw(args...)
			if err != nil {
				t.Fatalf("%v: %v", args, err)
			}
			want, err := theirs.Raw(args...)
			if err != nil {
				t.Fatalf("%v: redis-server: %v", args, err)
			}
			if got != want {
				t.Errorf("RESP%s %v:\n got %q\nwant %q", proto, args, got, want)
			}
		}
		for _, c := range []*redistest.Client{ours, theirs} {
			c.Must(t, "HELLO", proto)
		}
		same("FLUSHALL")
		same("SET", "str", "text")
		same("HSET", "hash", "field", "value")
		same("SADD", "one", "member")
		same("ZADD", "zset", "1.5", "m")
		for _, c := range scriptCases {
			args := []any{"EVAL", c.script}
			for _, w := range strings.Fields(c.args) {
				args = append(args, w)
			}
			same(args...)
			args[0] = "EVAL_RO"
			same(args...)
		}
		same("SCRIPT", "LOAD", "return 1")
		same("SCRIPT", "EXISTS", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db", "E0E1F9FABFC9D4800C877A703B823AC0578FF8DB", "x")
		same("EVALSHA", "E0E1F9FABFC9D4800C877A703B823AC0578FF8DB", 0)
		same("EVALSHA_RO", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db", 0)
		same("EVALSHA", "e0e1f9fabfc9d4800c877a703b823ac0578ff8dc", 0)
		same("EVALSHA", "short", "x")
		same("EVALSHA", strings.Repeat("z", 40), 0)
		same("SCRIPT", "FLUSH", "ASYNC")
		same("SCRIPT", "FLUSH", "x")
		same("SCRIPT", "FLUSH", "SYNC", "x")
		same("EVALSHA", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db", 0)
		same("SCRIPT", "KILL")
		same("SCRIPT", "DEBUG", "no")
		same("SCRIPT", "DEBUG", "x")
		same("SCRIPT", "HELP")
		same("SCRIPT", "nosuch")
		same("MULTI")
		same("EVAL", "return redis.call('incr', 'n')", 0)
		same("EVAL", "return redis.call('incr', 'str')", 0)
		same("EVALSHA", "short", 0)
		same("EXEC")
		same("#!lua", "x")
		for _, flags := range []string{"", " flags=no-writes", " flags=allow-oom", " flags=no-writes,allow-stale", " flags=no-cluster,allow-cross-slot-keys", " flags=", " flags=x", " other", "flags=no-writes"} {
			for _, command := range []string{"EVAL", "EVAL_RO"} {
				same(command, "#!lua"+flags+"\nreturn redis.call('set', 'a', 'b')", 0)
				same(command, "#!lua"+flags+"\nreturn redis.call('get', 'str')", 0)
			}
		}
	}
}

var scriptCases = []struct{ script, args string }{
	{`local r={} for k,v in pairs(_G) do r[#r+1]=k.."="..type(v) end table.sort(r) return table.concat(r," ")`, `0`},
	{`local r={} for k,v in pairs(redis) do r[#r+1]=k end table.sort(r) return table.concat(r,' ')`, `0`},
	{`local r={} for k,v in pairs(string) do r[#r+1]=k end table.sort(r) return table.concat(r,' ')`, `0`},
	{`local r={} for k,v in pairs(table) do r[#r+1]=k end table.sort(r) return table.concat(r,' ')`, `0`},
	{`local r={} for k,v in pairs(math) do r[#r+1]=k end table.sort(r) return table.concat(r,' ')`, `0`},
	{`local r={} for k,v in pairs(coroutine) do r[#r+1]=k end table.sort(r) return table.concat(r,' ')`, `0`},
	{`x=1`, `0`},
	{`return x`, `0`},
	{`redis=1`, `0`},
	{`redis.call=1`, `0`},
	{`rawset(_G,"x",1)`, `0`},
	{`setmetatable(_G,{})`, `0`},
	{`getmetatable(_G).__index=nil`, `0`},
	{`getmetatable("").__index=nil`, `0`},
	{`table.insert(redis,1)`, `0`},
	{`local m=getmetatable(_G) local r={} for k,v in pairs(m) do r[#r+1]=k end return r`, `0`},
	{`return tostring(getmetatable(redis))..tostring(getmetatable("").__index==string)`, `0`},
	{`error("x")`, `0`},
	{`error({err="X y"})`, `0`},
	{`error()`, `0`},
	{`error(5)`, `0`},
	{`return redis.call("nosuch")`, `0`},
	{`return redis.call("get")`, `0`},
	{`return redis.call("blpop", "x", 0)`, `0`},
	{`return redis.call("multi")`, `0`},
	{`return redis.call()`, `0`},
	{`return redis.call({})`, `0`},
	{`return redis.pcall("nosuch")`, `0`},
	{`return redis.call("incr","a","b")`, `0`},
	{`redis.call("set","s","x") return redis.call("incr","s")`, `0`},
	{`return {pcall(redis.call,"nosuch")}`, `0`},
	{`return {pcall(error,{err="q"})}`, `0`},
	{`return {pcall(error,{1,2})}`, `0`},
	{`local a = nil + 1`, `0`},
	{`local a = nil .. "x"`, `0`},
	{`return nosuch.x`, `0`},
	{`return ("x")()`, `0`},
	{`local t = {} t.x.y = 1`, `0`},
	{`return {loadstring("\\27Lua")}`, `0`},
	{`return {loadstring("x x")}`, `0`},
	{`x x`, `0`},
	{`#!xx`, `0`},
	{`return 1`, `a`},
	{`return 1`, `-1`},
	{`return 1`, `2 x`},
	{`local function f() return f() + 1 end return f()`, `0`},
	{`local function f() return pcall(f) end return f()`, `0`},
	{`return unpack({},1,100000)`, `0`},
	{`return {1,2,nil,4}`, `0`},
	{`return {1.9,-1.9,0/0,1/0,-1/0,1e300}`, `0`},
	{`return print`, `0`},
	{`return redis.sha1hex()`, `0`},
	{`return redis.sha1hex("")`, `0`},
	{`return redis.status_reply(1)`, `0`},
	{`return redis.error_reply("My Err")`, `0`},
	{`return redis.error_reply("Err")`, `0`},
	{`return {err="X"}`, `0`},
	{`return redis.call("select", 3)`, `0`},
	{`return redis.setresp(4)`, `0`},
	{`redis.log(1)`, `0`},
	{`redis.log("x","y")`, `0`},
	{`redis.log(5,"y")`, `0`},
	{`return redis.set_repl(8)`, `0`},
	{`return tostring(redis.replicate_commands())..tostring(redis.breakpoint())`, `0`},
	{`return {redis.acl_check_cmd("get","x")}`, `0`},
	{`return redis.acl_check_cmd("nosuch","x")`, `0`},
	{`coroutine.wrap(function() error("in co") end)()`, `0`},
	{`local t=setmetatable({},{__index=function() error("deep") end}) return t.x`, `0`},
	{`table.sort({3,2,1},function() error("insort") end)`, `0`},
	{`return xpcall(function() error("a") end, function(e) return e end)`, `0`},
	{`return {KEYS[1],KEYS[2],ARGV[1],#KEYS,#ARGV}`, `2 a b c`},
	{`redis.call('set',KEYS[1],ARGV[1]) return redis.call('get',KEYS[1])`, `1 foo bar`},
	{`redis.call('zadd','z',1.5,'a',2,'b') return redis.call('zrange','z',0,-1,'withscores')`, `0`},
	{`redis.setresp(3) return redis.call('zrange','z',0,-1,'withscores')`, `0`},
	{`redis.setresp(3) local r = redis.call('hgetall','nokey') return type(r.map)`, `0`},
	{`redis.setresp(3) return redis.call('get','nokey')`, `0`},
	{`redis.setresp(3) return redis.call('sismember','nokey','x')`, `0`},
	{`return redis.call('get','nokey')`, `0`},
	{`return false`, `0`},
	{`return true`, `0`},
	{`return nil`, `0`},
	{`return {ok='fine'}`, `0`},
	{`return {double=3.5}`, `0`},
	{`return {map={a=1}}`, `0`},
	{`return {set={a=true}}`, `0`},
	{`return {big_number='123'}`, `0`},
	{`return {verbatim_string={format='txt',string='hi'}}`, `0`},
	{`redis.call('set','n',12345678901234567) return redis.call('get','n')`, `0`},
	{`redis.call('set','n',0.1) return redis.call('get','n')`, `0`},
	{`redis.call('set','n',-0) return redis.call('get','n')`, `0`},
	{`redis.call('set','n',1e100) return redis.call('get','n')`, `0`},
	{`return cjson`, `0`},
	{`return redis.call('ping')`, `0`},
	{`return redis.call('ping').ok`, `0`},
	{`return redis.pcall('incr','s').err`, `0`},
	{`local t={} for i=1,10 do t[i]=i end return #t`, `0`},
	{`return (function(...) return select('#',...) end)(1,2,3)`, `0`},
	{`goto = 1`, `0`},
	{`return #redis`, `0`},
	{`_G.x = 1`, `0`},
	{`return _G.x`, `0`},
	{`return rawget(_G,'x')`, `0`},
	{`string.format = 1`, `0`},
	{`local a = {} setmetatable(a,{__newindex=function() error('no') end}) a.x=1`, `0`},
	{`return {pcall(function() return redis.call('incr','s') end)}`, `0`},
	{`return redis.call('eval','return 1',0)`, `0`},
	{`error({err='-X foo'})`, `0`},
	{`return {err='-X foo'}`, `0`},
	{`return redis.error_reply('-X foo')`, `0`},
	{`return redis.error_reply('-foo')`, `0`},
	{`return tostring(1e15)..tostring(0.1)..tostring(1e100)..tostring(-0)`, `0`},
	{`redis.setresp(3) return redis.call('hgetall', KEYS[1])`, `1 hash`},
	{`redis.setresp(3) return redis.call('smembers', KEYS[1])`, `1 one`},
	{`redis.setresp(3) return redis.call('zscore', KEYS[1], 'm')`, `1 zset`},
	{`redis.setresp(3) local t = redis.call('zscore', KEYS[1], 'm') return {type(t), type(t.double)}`, `1 zset`},
	{`redis.setresp(3) return {true, false}`, `0`},
	{`return {true, false, 1}`, `0`},
	{`redis.setresp(3) return redis.call('debug', 'protocol', 'bignum')`, `0`},
	{`return redis.call('config', 'get', 'maxmemory')`, `0`},
	{`return redis.call('subscribe', 'x')`, `0`},
	{`return redis.call('client', 'id')`, `0`},
	{`return redis.call('watch', 'x')`, `0`},
	{`return redis.call('wait', 0, 0)`, `0`},
	{`return redis.call('lpush', KEYS[1], 1, 1.5, 'x', -0.0, 1e20)`, `1 list`},
	{`return redis.call('lrange', KEYS[1], 0, -1)`, `1 list`},
	{`local r = redis.pcall('lpush', KEYS[1], 1) return {r.err, r.ok, r.source, r.line, tostring(r.ignore_error_stats_update)}`, `1 str`},
	{`return {xpcall(function() redis.call('incr', 'str') end, function(e) return type(e) .. ':' .. tostring(e.err) end)}`, `0`},
	{`local ok, e = pcall(redis.call, 'incr', 'str') return {tostring(ok), type(e), e}`, `0`},
	{`error(setmetatable({}, {__tostring = function() return 'x' end}).y.z)`, `0`},
	{`local t = {} t[t] = 1 return redis.call('set', 'k', t)`, `0`},
	{`return redis.call('set', 'k', true)`, `0`},
	{`return redis.call('set', 'k', nil)`, `0`},
	{`return redis.call(nil)`, `0`},
	{`return redis.call('')`, `0`},
	{`return redis.call('GeT', 'str')`, `0`},
	{`return redis.call(1)`, `0`},
	{`return redis.pcall()`, `0`},
	{`return redis.error_reply()`, `0`},
	{`return redis.error_reply('')`, `0`},
	{`return redis.error_reply('-')`, `0`},
	{`return redis.status_reply('a', 'b')`, `0`},
	{`return redis.status_reply('a\r\nb')`, `0`},
	{`return {err='a\r\nb'}`, `0`},
	{`return {err=1}`, `0`},
	{`return {ok=1}`, `0`},
	{`return {err='X', ok='Y'}`, `0`},
	{`return {double='x'}`, `0`},
	{`return {map={}}`, `0`},
	{`return {map={[1]='a'}}`, `0`},
	{`return {big_number='12\r\n3'}`, `0`},
	{`return {verbatim_string={string='x'}}`, `0`},
	{`return {verbatim_string={format='abcd', string='x'}}`, `0`},
	{`redis.set_repl(redis.REPL_NONE) return redis.set_repl(redis.REPL_ALL)`, `0`},
	{`return redis.set_repl()`, `0`},
	{`return redis.setresp()`, `0`},
	{`return redis.setresp('3')`, `0`},
	{`return redis.log(redis.LOG_DEBUG, 'x')`, `0`},
	{`return redis.log('2', 'x')`, `0`},
	{`return redis.sha1hex(1)`, `0`},
	{`return redis.sha1hex('a', 'b')`, `0`},
	{`return redis.acl_check_cmd('get')`, `0`},
	{`return redis.acl_check_cmd()`, `0`},
	{`return tostring(redis.debug('x'))`, `0`},
	{`local n = 0 for k in pairs(redis) do n = n + 1 end return n > 10`, `0`},
	{`return rawequal(redis, _G.redis)`, `0`},
	{`return next({})`, `0`},
	{`return table.concat(redis)`, `0`},
	{`redis.call = nil`, `0`},
	{`KEYS = 1`, `0`},
	{`KEYS.x = 1 return KEYS.x`, `0`},
	{`ARGV[1] = 'y' return ARGV`, `0 x z`},
	{`local function f() return redis.call('get', 'str') end return f()`, `0`},
	{`return coroutine.wrap(function() return redis.call('get', 'str') end)()`, `0`},
	{`return pcall(coroutine.yield)`, `0`},
	{`coroutine.yield()`, `0`},
	{`return loadstring('return redis.call("get", "str")')()`, `0`},
	{`return loadstring('x = 1')()`, `0`},
	{`return load(function() return nil end)`, `0`},
	{`local s = 0 for i = 1, 10 do s = s + redis.call('incr', 'ctr') end return s`, `0`},
	{`return redis.call('select', 1)`, `0`},
	{`redis.call('select', 1) redis.call('set', 'in1', 'x') return redis.call('get', 'in1')`, `0`},
	{`return redis.call('get', 'in1')`, `0`},
	{`return redis.call('expire', 'str', 100) + redis.call('persist', 'str')`, `0`},
	{`return redis.call('object', 'encoding', 'str')`, `0`},
	{`return redis.call('script', 'load', 'x')`, `0`},
	{`return redis.call('flushall')`, `0`},
}
