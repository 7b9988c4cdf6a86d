error('message')
error('message', 0)
error('message', 1)
error('message', 2)
error('message', 3)
error()
error(nil)
error(5)
error({err = 'My error'})
error({err = 'ERR My error'})
error({err = 'CODE My error', extra = 1})
error({err = 5})
error(true)
local function f() error('in f', 2) end f()
local function f() error('in f', 1) end local function g() f() end g()
local function f() return error('tail', 2) end return f()
return {pcall(error, 'x')}
return {pcall(error, 'x', 2)}
return {pcall(error)}
return {pcall(error, nil)}
return {pcall(error, {1, 2})}
return {pcall(function() error('inner') end)}
return {pcall(function() error('inner', 0) end)}
return {pcall(function() error({err = 'tbl'}) end)}
return {pcall(function() local x = nil; return x.y end)}
return {pcall(function() return 1, 2, 3 end)}
return {pcall(string.rep)}
return {pcall(string.rep, 'x')}
return {pcall(string.rep, 'x', -1)}
return {pcall(nil)}
return {pcall(5)}
return {pcall({})}
return {pcall(pcall, error, 'x')}
return {pcall(function() return pcall(error, 'x') end)}
return {xpcall(function() error('e') end, function(m) return 'H:' .. m end)}
return {xpcall(function() return 1, 2 end, function(m) return 'H:' .. m end)}
return {xpcall(function() error({err = 'e'}) end, function(m) return m.err end)}
return {xpcall(function() error('e') end, function(m) error('again') end)}
return {xpcall(function() error('e') end, nil)}
return {xpcall(function() error('e') end)}
return xpcall()
return {xpcall(5, function(m) return m end)}
return {xpcall(function() local x = nil; x() end, function(m) return m end)}
local ok, e = pcall(function() local t = setmetatable({}, {__index = function(t, k) error('no ' .. k) end}) return t.foo end) return e
local ok, e = pcall(function() return {} .. 'x' end) return e
local ok, e = pcall(function() return #5 end) return e
local ok, e = pcall(function() return {} < 1 end) return e
local ok, e = pcall(function() for i = 1, 'x' do end end) return e
local ok, e = pcall(function() return ('x'):bad() end) return e
local ok, e = pcall(string.format, '%d', 'x') return e
local ok, e = pcall(setmetatable, 1, 2) return e
local ok, e = pcall(function() string.format('%d', 'x') end) return e
local f = string.rep return f()
local s = string return s.rep()
local t = {r = string.rep} return t.r()
local t = {string.rep} return t[1]()
return (string.rep)()
return ('x'):format({}, 5):rep()
return ('%d'):format('x')
return ('%d'):format()
local x = ('abc'):find(nil)
return table.concat({{}})
local function f() return f() + 1 end return f()
local function f() f() end f()
local function f(n) if n == 0 then return 0 end return f(n - 1) end return f(100000)
local n = 0 local function f() n = n + 1 return pcall(f) end f() return n
return redis.call()
return redis.call('nosuchcommand')
return redis.call('get')
return redis.call('get', {})
return redis.call('get', nil)
return redis.call('get', true)
return redis.call(5)
return redis.call('incr', 'a', 'b')
redis.call('set', 'k', 'v') return redis.call('incr', 'k')
redis.call('set', 'k', 'v') return redis.pcall('incr', 'k')
redis.call('set', 'k', 'v') local r = redis.pcall('incr', 'k') return {r.err, type(r), tostring(r.ok)}
redis.call('set', 'k', 'v') return {pcall(redis.call, 'incr', 'k')}
redis.call('set', 'k', 'v') local ok, e = pcall(redis.call, 'lpush', 'k', 1) return {tostring(ok), type(e), tostring(e)}
local r = redis.pcall('nosuchcommand') return {r.err, tostring(r.source), tostring(r.line)}
redis.call('lpush', 'l', 1) redis.call('get', 'l')
local function f() redis.call('lpush', 'l', 1) return redis.call('get', 'l') end return f()
return redis.error_reply('My error')
return redis.error_reply('ERR My error')
return redis.error_reply('-CODE My error')
return redis.error_reply('nospace')
return redis.error_reply('')
return redis.error_reply()
return redis.error_reply({})
return redis.error_reply(5)
return redis.status_reply('OK')
return redis.status_reply('')
return redis.status_reply()
return redis.status_reply({})
return {err = 'custom'}
return {err = 'CODE custom'}
return {ok = 'FINE'}
return {ok = 5}
return {err = 5}
return {ok = 'a\r\nb'}
return {err = 'a\r\nb'}
return {1, {err = 'nested'}, {ok = 'nested ok'}}
return redis.sha1hex('')
return redis.sha1hex('abc')
return redis.sha1hex()
return redis.sha1hex(1, 2)
return redis.sha1hex(5)
return redis.sha1hex({})
return redis.setresp(5)
return redis.setresp()
return redis.setresp(2)
return redis.set_repl()
return redis.set_repl(9)
return redis.set_repl(redis.REPL_ALL)
return redis.log()
return redis.log('x', 'y')
return redis.log(99, 'y')
return {redis.REPL_ALL, redis.REPL_NONE, redis.REPL_AOF, redis.REPL_SLAVE, redis.REPL_REPLICA, redis.LOG_DEBUG, redis.LOG_VERBOSE, redis.LOG_NOTICE, redis.LOG_WARNING}
return tostring(redis.replicate_commands())
return redis.breakpoint()
return tostring(redis.debug('x'))
return redis.acl_check_cmd('get', 'k') and 1 or 0
return redis.acl_check_cmd('nosuch')
return redis.acl_check_cmd()
return nil
return true
return false
return
return 5
return 5.99
return -5.99
return 'str'
return ''
return {}
return {1, 'a', true, false, {2, {3}}}
return {nil, 1}
return {1, nil, 3}
return function() end
return cjson.null
return coroutine.create(function() end)
return {function() end, 1}
return {cjson.null, 1}
return {double = 1.5}
return {map = {a = 1}}
return {set = {a = true}}
return {big_number = '123'}
return {verbatim_string = {format = 'txt', string = 'hi'}}
return KEYS
return ARGV
return #KEYS + #ARGV
return KEYS[1]
return {KEYS[1], ARGV[1]}
redis.call('set', KEYS[1] or 'k', 5) return redis.call('incrby', KEYS[1] or 'k', 10)
return redis.call('set', 'n', 3.0) and redis.call('get', 'n')
return redis.call('set', 'n', 0.1) and redis.call('get', 'n')
return redis.call('set', 'n', 1e20) and redis.call('get', 'n')
return redis.call('set', 'n', 2^53) and redis.call('get', 'n')
return redis.call('set', 'n', -0.0) and redis.call('get', 'n')
return redis.call('set', 'n', 1/0) and redis.call('get', 'n')
return redis.call('set', 'n', 0/0) and redis.call('get', 'n')
return redis.call('set', 'n', 123456789012345678) and redis.call('get', 'n')
return redis.call('set', 'n', 1.1e-7) and redis.call('get', 'n')
redis.call('set', 'n', 10) return redis.call('get', 'n') + 1
redis.call('set', 'n', 10) return redis.call('get', 'n') .. 'x'
return redis.call('get', 'missing')
return tostring(redis.call('get', 'missing'))
return redis.call('get', 'missing') .. 'x'
return redis.call('get', 'missing') + 1
return redis.call('get', 'missing').x
return #redis.call('get', 'missing')
return redis.call('ping')
return redis.call('ping').ok
return type(redis.call('ping'))
return redis.call('echo', 'hi')
redis.call('rpush', 'l', 1, 2, 3) return redis.call('lrange', 'l', 0, -1)
redis.call('rpush', 'l', 1, 2, 3) return #redis.call('lrange', 'l', 0, -1)
redis.call('hset', 'h', 'a', 1) return redis.call('hgetall', 'h')
redis.call('sadd', 's', 'm') return redis.call('smembers', 's')
redis.call('zadd', 'z', 1.5, 'm') return redis.call('zrange', 'z', 0, -1, 'withscores')
redis.call('zadd', 'z', 1.5, 'm') return redis.call('zscore', 'z', 'm') * 2
redis.call('mset', 'a', 1, 'b', 2) return redis.call('mget', 'a', 'x', 'b')
redis.call('mset', 'a', 1, 'b', 2) local r = redis.call('mget', 'a', 'x', 'b') return {tostring(r[1]), tostring(r[2]), tostring(r[3]), #r}
redis.call('xadd', 'x', '1-1', 'f', 'v') return redis.call('xrange', 'x', '-', '+')
redis.call('geoadd', 'g', 13.361389, 38.115556, 'p') return redis.call('geopos', 'g', 'p')
return redis.call('exists', 'nokey') == 0 and 'none'
return redis.call('type', 'nokey').ok
return redis.call('set', 'k', 'v', 'NX')
redis.call('set', 'k', 'v') return redis.call('set', 'k', 'w', 'NX')
redis.call('set', 'k', 'v') return tostring(redis.call('set', 'k', 'w', 'NX'))
redis.setresp(3) redis.call('hset', 'h', 'a', 1) return redis.call('hgetall', 'h')
redis.setresp(3) redis.call('hset', 'h', 'a', 1) return redis.call('hgetall', 'h').map.a
redis.setresp(3) redis.call('sadd', 's', 'm') return redis.call('smembers', 's')
redis.setresp(3) redis.call('sadd', 's', 'm') return tostring(redis.call('smembers', 's').set.m)
redis.setresp(3) redis.call('zadd', 'z', 1.5, 'm') return redis.call('zscore', 'z', 'm')
redis.setresp(3) redis.call('zadd', 'z', 1.5, 'm') return tostring(redis.call('zscore', 'z', 'm').double)
redis.setresp(3) return tostring(redis.call('get', 'missing'))
redis.setresp(3) return redis.call('get', 'missing')
redis.setresp(3) return {true, false, nil, 1}
redis.setresp(3) return true
redis.setresp(3) return {double = 1.5}
redis.setresp(3) return {map = {a = 1}}
redis.setresp(3) return {set = {a = true}}
redis.setresp(3) return {big_number = '123'}
redis.setresp(3) return {verbatim_string = {format = 'txt', string = 'hi'}}
return redis.call('multi')
return redis.call('subscribe', 'c')
return redis.call('eval', 'return 1', 0)
return redis.call('blpop', 'nokey', 0)
return redis.call('select', 1)
return redis.call('config', 'get', 'maxmemory')
return redis.call('object', 'encoding', 'nokey')
return redis.call('client', 'list')
return redis.call('auth', 'x')
return redis.call('time')[1] + 0 > 0
return os
return io
return require
return dofile
return loadfile
return print
return module
return debug
return newproxy
return getfenv
return setfenv
return os.clock()
return package
return string.dump
