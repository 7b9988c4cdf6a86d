return cjson.encode({1, 2, 3}) .. cjson.encode({}) .. cjson.encode({a = 1}) .. cjson.encode('x') .. cjson.encode(5) .. cjson.encode(true) .. cjson.encode(nil) .. cjson.encode(cjson.null)
return cjson.encode({1.5, 1e20, 0.1, 1e15, 123456789012345, -0, 1e-7, 2^53})
return cjson.encode('a"b\\c/d\b\f\n\r\t\0\1\127é')
return cjson.encode({[1] = 1, [2] = 2, [4] = 4})
return cjson.encode({[1] = 1, [100] = 2})
return cjson.encode({[10] = 1})
return cjson.encode({[11] = 1})
return cjson.encode({[0] = 1})
return cjson.encode({[-1] = 1})
return cjson.encode({[1.5] = 1})
return cjson.encode({[true] = 1})
return cjson.encode({[{}] = 1})
return cjson.encode({1, 2, a = 3}):gsub('"a":3', ''):len()
return cjson.encode(1/0)
return cjson.encode(0/0)
return cjson.encode({1, 0/0})
return cjson.encode(function() end)
return cjson.encode({function() end})
return cjson.encode(coroutine.create(function() end))
return cjson.encode()
return cjson.encode(1, 2)
local t = {} for i = 1, 1000 do t = {t} end return #cjson.encode(t)
local t = {} for i = 1, 999 do t = {t} end return #cjson.encode(t)
local t = {} t.t = t return cjson.encode(t)
return cjson.encode({{{}}, {a = {}}})
return cjson.encode(setmetatable({}, {__index = {1, 2, 3}}))
return cjson.decode('[1, 2.5, "x", true, false]')
return tostring(cjson.decode('null') == cjson.null) .. tostring(cjson.null):gsub('0x%x+', 'A')
local t = cjson.decode('{"a": {"b": [1, {"c": null}]}}') return {t.a.b[1], tostring(t.a.b[2].c == cjson.null)}
return cjson.decode('"\\u0041\\u00e9\\u20ac\\ud83d\\ude00\\n\\/\\b\\f\\r\\t\\"\\\\"')
return cjson.decode('  5  ')
return cjson.decode('-5.5e2') * 1
return tostring(cjson.decode('1e400')) .. tostring(cjson.decode('-1e400')) .. tostring(cjson.decode('0.1')) .. tostring(cjson.decode('1E+2'))
return tostring(cjson.decode('nan')) .. tostring(cjson.decode('-nan')) .. tostring(cjson.decode('inf')) .. tostring(cjson.decode('Infinity')) .. tostring(cjson.decode('-inf')) .. tostring(cjson.decode('0x10')) .. tostring(cjson.decode('+5')) .. tostring(cjson.decode('007'))
return cjson.decode('')
return cjson.decode(' ')
return cjson.decode('nul')
return cjson.decode('tru')
return cjson.decode('x')
return cjson.decode('[1,')
return cjson.decode('[1')
return cjson.decode('[1 2]')
return cjson.decode('[,]')
return cjson.decode('[1,]')
return cjson.decode('{')
return cjson.decode('{"a"')
return cjson.decode('{"a":')
return cjson.decode('{"a":1')
return cjson.decode('{"a":1,')
return cjson.decode('{"a":1,}')
return cjson.decode('{"a" 1}')
return cjson.decode('{a:1}')
return cjson.decode('{1:1}')
return cjson.decode('{"a":}')
return cjson.decode('"abc')
return cjson.decode('"a\\x"')
return cjson.decode('"a\\')
return cjson.decode('"\\u12"')
return cjson.decode('"\\ud800"')
return cjson.decode('"\\ud800\\u0041"')
return cjson.decode('"\\udc00"')
return cjson.decode('1 2')
return cjson.decode('[1] x')
return cjson.decode('{} {}')
return cjson.decode(']')
return cjson.decode('}')
return cjson.decode(',')
return cjson.decode(':')
return cjson.decode('-')
return cjson.decode('--5')
return cjson.decode('1.2.3')
return cjson.decode('+')
return cjson.decode("'x'")
return cjson.decode('a\0b')
return cjson.decode('1\0')
return cjson.decode('\0\0')
return cjson.decode('"a\0b"')
return cjson.decode(('['):rep(1000) .. (']'):rep(1000)) and 1
return cjson.decode(('['):rep(1001) .. (']'):rep(1001))
return cjson.decode(('{"a":'):rep(1001))
return cjson.decode(('['):rep(500))
return cjson.decode()
return cjson.decode(nil)
return cjson.decode({})
return cjson.decode(5)
return cjson.decode('1', '2')
return cjson.decode('{"a":1,"a":2}').a
return cjson.decode('[[[]]]')
return #cjson.decode('[null,null]')
return cjson.encode(cjson.decode('{"a":[],"b":{}}')):len()
return {cjson.encode_sparse_array()}
return {cjson.encode_max_depth(), cjson.decode_max_depth(), cjson.encode_number_precision(), tostring(cjson.encode_keep_buffer()), tostring(cjson.encode_invalid_numbers()), tostring(cjson.decode_invalid_numbers())}
local j = cjson.new() j.encode_sparse_array(true) return j.encode({[1000] = 1})
local j = cjson.new() j.encode_sparse_array(true, 1, 1) return j.encode({[1] = 1, [3] = 1}):len()
local j = cjson.new() j.encode_sparse_array(false, 0) return j.encode({[20] = 1})
local j = cjson.new() j.encode_max_depth(2) return j.encode({{{}}})
local j = cjson.new() j.decode_max_depth(2) return j.decode('[[[]]]')
local j = cjson.new() j.encode_number_precision(3) return j.encode({1.23456, 1234567})
local j = cjson.new() j.encode_number_precision(15)
local j = cjson.new() j.encode_number_precision(0)
local j = cjson.new() j.encode_max_depth(0)
local j = cjson.new() j.encode_max_depth('x')
local j = cjson.new() j.encode_max_depth(1, 2)
local j = cjson.new() j.encode_invalid_numbers(true) return j.encode({1/0, -1/0, 0/0})
local j = cjson.new() j.encode_invalid_numbers('null') return j.encode({1/0, 0/0}) .. j.encode_invalid_numbers()
local j = cjson.new() j.encode_invalid_numbers('bad')
local j = cjson.new() j.decode_invalid_numbers(false) return j.decode('nan')
local j = cjson.new() j.decode_invalid_numbers(false) return j.decode('0x10')
local j = cjson.new() j.decode_invalid_numbers(false) return j.decode('-inf')
local j = cjson.new() j.decode_invalid_numbers('off') return j.decode('01')
local j = cjson.new() j.encode_keep_buffer(false) return tostring(j.encode_keep_buffer())
local j = cjson.new() j.encode_keep_buffer(5)
local j = cjson.new() return {j.encode_sparse_array('on', 5, 6)}
local j = cjson.new() return j.encode_sparse_array(1, 2, 3, 4)
local j = cjson.new() j.encode_max_depth(5000) local t = {} for i = 1, 4500 do t = {t} end return j.encode(t)
local j = cjson.new() j.decode_max_depth(100000) return j.decode(('['):rep(9000))
local j = cjson.new() j.decode_max_depth(100000) return j.decode(('{"a":'):rep(9000))
return {cjson._NAME, cjson._VERSION, type(cjson.null), cjson.new()._NAME}
local r = {} for k in pairs(cjson) do r[#r + 1] = k end table.sort(r) return r
cjson.x = 1
cjson.encode = nil
return cmsgpack.pack(1) .. cmsgpack.pack(-1) .. cmsgpack.pack(127) .. cmsgpack.pack(128) .. cmsgpack.pack(255) .. cmsgpack.pack(256) .. cmsgpack.pack(65535) .. cmsgpack.pack(65536)
return cmsgpack.pack(4294967295) .. cmsgpack.pack(4294967296) .. cmsgpack.pack(2^53) .. cmsgpack.pack(-32) .. cmsgpack.pack(-33) .. cmsgpack.pack(-128) .. cmsgpack.pack(-129) .. cmsgpack.pack(-32768) .. cmsgpack.pack(-32769) .. cmsgpack.pack(-2147483648) .. cmsgpack.pack(-2147483649)
return cmsgpack.pack(1.5) .. cmsgpack.pack(0.1) .. cmsgpack.pack(1/0) .. cmsgpack.pack(-1/0) .. cmsgpack.pack(0/0) .. cmsgpack.pack(-0.0) .. cmsgpack.pack(1e300) .. cmsgpack.pack(2^63) .. cmsgpack.pack(-2^63) .. cmsgpack.pack(2^64)
return cmsgpack.pack('') .. cmsgpack.pack('a') .. cmsgpack.pack(('x'):rep(31)) .. cmsgpack.pack(('x'):rep(32)) .. #cmsgpack.pack(('x'):rep(256)) .. #cmsgpack.pack(('x'):rep(70000))
return cmsgpack.pack(true) .. cmsgpack.pack(false) .. cmsgpack.pack(nil) .. cmsgpack.pack(function() end) .. cmsgpack.pack(cjson.null)
return cmsgpack.pack({}) .. cmsgpack.pack({1, 2, 3}) .. cmsgpack.pack({a = 1}) .. cmsgpack.pack({[1] = 1, [3] = 3}):len() .. cmsgpack.pack({1, nil, 3}):len()
local t = {} for i = 1, 20 do t[i] = i end return cmsgpack.pack(t)
local t = {} for i = 1, 70000 do t[i] = 1 end return #cmsgpack.pack(t)
local t = {} for i = 1, 20 do t['k' .. i] = i end return #cmsgpack.pack(t)
return cmsgpack.pack({[1.5] = 1}) .. cmsgpack.pack({[0] = 1}) .. cmsgpack.pack({[-1] = 1}) .. cmsgpack.pack({[2^40] = 1})
local t = {} for i = 1, 20 do t = {t} end return cmsgpack.pack(t)
local t = {} t[1] = t return cmsgpack.pack(t)
return cmsgpack.pack(1, 'a', {2})
return cmsgpack.pack()
return {cmsgpack.unpack(cmsgpack.pack(1, 'a', true, -5, 300, 70000, 5e9, -40000))}
return tostring(cmsgpack.unpack(cmsgpack.pack(1.5))) .. tostring(cmsgpack.unpack(cmsgpack.pack(0.1))) .. tostring(cmsgpack.unpack(cmsgpack.pack(1/0)))
return cmsgpack.unpack(cmsgpack.pack({1, {2, {3}}, 'x'}))
return cmsgpack.unpack(cmsgpack.pack({a = {b = 'c'}})).a.b
return {cmsgpack.unpack('\1\2\3')}
return {cmsgpack.unpack('')}
return {cmsgpack.unpack('\192\1')}
return cmsgpack.unpack('\193')
return cmsgpack.unpack('\204')
return cmsgpack.unpack('\205\1')
return cmsgpack.unpack('\203\1\2')
return cmsgpack.unpack('\165ab')
return cmsgpack.unpack('\217\5ab')
return cmsgpack.unpack('\218\0\5ab')
return cmsgpack.unpack('\219\0\0\0\5ab')
return cmsgpack.unpack('\147\1\2')
return cmsgpack.unpack('\221\255\255\255\255\1')
return cmsgpack.unpack('\223\255\255\255\255\1')
return cmsgpack.unpack('\129\192\1')
return cmsgpack.unpack('\129\203\127\248\0\0\0\0\0\0\1')
return cmsgpack.unpack('\199\1\2\3')
return cmsgpack.unpack('\212\1\2')
return {cmsgpack.unpack('\207\255\255\255\255\255\255\255\255'), cmsgpack.unpack('\211\255\255\255\255\255\255\255\255'), cmsgpack.unpack('\206\255\255\255\255'), cmsgpack.unpack('\210\255\255\255\255'), cmsgpack.unpack('\209\255\254'), cmsgpack.unpack('\208\128')}
return {cmsgpack.unpack_one('\1\2\3')}
return {cmsgpack.unpack_one('\1\2\3', 1)}
return {cmsgpack.unpack_one('\1\2\3', 2)}
return {cmsgpack.unpack_one('\1\2\3', 3)}
return {cmsgpack.unpack_one('\1\2\3', 4)}
return {cmsgpack.unpack_one('\1\2\3', -1)}
return {cmsgpack.unpack_limit('\1\2\3', 2)}
return {cmsgpack.unpack_limit('\1\2\3', 2, 1)}
return {cmsgpack.unpack_limit('\1\2\3', 0)}
return {cmsgpack.unpack_limit('\1\2\3', 0, 1)}
return {cmsgpack.unpack_limit('\1\2\3', 10)}
return {cmsgpack.unpack_limit('\1\2\3', -1)}
return cmsgpack.unpack_limit('\1')
return cmsgpack.unpack_limit('\1', 'x')
return cmsgpack.unpack()
return cmsgpack.unpack({})
return cmsgpack.unpack(5)
return select('#', cmsgpack.unpack(('\1'):rep(7000)))
return cmsgpack.unpack(('\1'):rep(9000))
return cmsgpack.unpack(('\145'):rep(100) .. '\1') and 1
return cmsgpack.unpack(('\145'):rep(10000))
return cmsgpack.unpack(('\129\1'):rep(10000))
return {cmsgpack._NAME, cmsgpack._VERSION, cmsgpack._COPYRIGHT, cmsgpack._DESCRIPTION}
local r = {} for k in pairs(cmsgpack) do r[#r + 1] = k end table.sort(r) return r
return {bit.tobit(1), bit.tobit(2^31), bit.tobit(2^32), bit.tobit(-1), bit.tobit(1.5), bit.tobit(2.5), bit.tobit(-0.5), bit.tobit(1e15), bit.tobit('10'), bit.tobit('0xff')}
return {bit.bnot(0), bit.bnot(-1), bit.band(0xff, 0x0f), bit.bor(1, 2, 4), bit.bxor(5, 3), bit.band(5), bit.bor(1, -1)}
return {bit.lshift(1, 4), bit.lshift(1, 31), bit.lshift(1, 32), bit.lshift(1, 33), bit.rshift(-1, 28), bit.arshift(-16, 2), bit.rshift(256, 4), bit.lshift(1, -1)}
return {bit.rol(0x12345678, 8), bit.ror(0x12345678, 8), bit.rol(1, 0), bit.ror(1, 32), bit.bswap(0x12345678)}
return bit.tohex(255) .. bit.tohex(255, 4) .. bit.tohex(255, -4) .. bit.tohex(-1) .. bit.tohex(0xabcdef, 20) .. bit.tohex(1, 0) .. bit.tohex(255, -2147483648)
return bit.tobit()
return bit.tobit({})
return bit.tobit('x')
return bit.tobit(nil)
return bit.band()
return bit.band(1, 'x')
return bit.lshift(1)
return bit.tohex()
return bit.tohex(1, 'x')
return {bit.tobit(0/0), bit.tobit(1/0), bit.tobit(-1/0), bit.tobit(1e300), bit.tobit(2^52 + 0.5)}
return bit.foo(1)
return struct.pack('bBhHlL', 1, 2, 3, 4, 5, 6)
return struct.pack('>bBhHiIlLT', 1, 2, 3, 4, 5, 6, 7, 8, 9)
return struct.pack('<i3', 70000) .. struct.pack('>i3', 70000) .. struct.pack('i1', -1) .. struct.pack('I16', 5) .. struct.pack('>i16', -5) .. struct.pack('i32', -2)
return struct.pack('f', 1.5) .. struct.pack('>d', 1.5) .. struct.pack('d', 0.1)
return struct.pack('s', 'abc') .. struct.pack('c2', 'abc') .. struct.pack('c0', 'abc') .. struct.pack('xx') .. struct.pack('c', 'xyz')
return struct.pack('c5', 'abc')
return struct.pack('i')
return struct.pack('i', 'x')
return struct.pack('i', {})
return struct.pack('s', nil)
return struct.pack('z', 1)
return struct.pack('i33', 1)
return struct.pack('i99999999999', 1)
return struct.pack('c99999999999', 'x')
return struct.pack('!3i', 1)
return struct.pack('!4bi', 1, 2) .. struct.pack('!bd', 1, 2) .. struct.pack('!2bi', 1, 2) .. struct.pack('!8bhi', 1, 2, 3) .. struct.pack('!1bi', 1, 2)
return struct.pack(' i i ', 1, 2)
return struct.pack('b', 300) .. struct.pack('B', -1) .. struct.pack('h', 70000) .. struct.pack('i', 2^40) .. struct.pack('L', 2^63) .. struct.pack('L', -1) .. struct.pack('l', 1.9) .. struct.pack('L', 2^64) .. struct.pack('l', -2^70)
return struct.pack()
return struct.pack(5)
return struct.pack('')
return struct.pack('!i', 1)
return {struct.unpack('bBhH', '\255\255\255\255\255\255')}
return {struct.unpack('>iI', '\255\255\255\254\0\0\0\5')}
return {struct.unpack('<lL', '\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0')}
return {struct.unpack('s', 'abc\0def')}
return {struct.unpack('sc2', 'abc\0de')}
return {struct.unpack('bc0', '\3abcdef')}
return {struct.unpack('c0', 'abc')}
return {struct.unpack('bc0', '\9abc')}
return {struct.unpack('c3', 'abcdef', 2)}
return {struct.unpack('xb', '\1\2')}
return {struct.unpack('b', 'abc', 4)}
return {struct.unpack('b', 'abc', 0)}
return {struct.unpack('b', 'abc', -1)}
return {struct.unpack('b', 'abc', 1e18)}
return {struct.unpack('i', 'abc')}
return {struct.unpack('s', 'abc')}
return {struct.unpack('z', 'abc')}
return {struct.unpack('', 'abc')}
return {struct.unpack('i33', 'abc')}
return {struct.unpack('!4bi', '\1\0\0\0\2\0\0\0')}
return tostring(struct.unpack('f', struct.pack('f', 0.1))) .. tostring(struct.unpack('d', struct.pack('d', 0.1))) .. tostring(struct.unpack('>d', '\127\240\0\0\0\0\0\0'))
return tostring(struct.unpack('L', ('\255'):rep(8))) .. tostring(struct.unpack('l', ('\255'):rep(8))) .. tostring(struct.unpack('i16', ('\255'):rep(16))) .. tostring(struct.unpack('I16', ('\255'):rep(16)))
return struct.unpack('b')
return struct.unpack()
return struct.unpack('i0', 'abc')
return struct.pack('i0', 1)
return {struct.size('bhil'), struct.size('!8bd'), struct.size('c10'), struct.size('i16'), struct.size(''), struct.size('x'), struct.size('>ii'), struct.size('!4 b i')}
return struct.size('s')
return struct.size('c0')
return struct.size('z')
return struct.size('!3')
return struct.size('$')
return struct.size()
return struct.foo
local co = coroutine.create(function(a, b) local c = coroutine.yield(a + b) return c * 2 end) return {select(2, coroutine.resume(co, 1, 2)), select(2, coroutine.resume(co, 10)), coroutine.status(co), tostring(coroutine.resume(co)), select(2, coroutine.resume(co))}
local f = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) return {f(), f(), f()}
local f = coroutine.wrap(function() error('in co') end) return {pcall(f)}
local f = coroutine.wrap(function() error({err = 'tbl'}) end) return {pcall(f)}
local f = coroutine.wrap(function() local x = nil; return x.y end) f()
local f = coroutine.wrap(function() end) f() f()
return coroutine.yield(1)
return {coroutine.resume(coroutine.create(function() return pcall(coroutine.yield, 1) end))}
return coroutine.create(5)
return coroutine.create(string.rep)
return coroutine.create()
return coroutine.resume(5)
return coroutine.status(5)
return tostring(coroutine.running())
return coroutine.wrap(function() return type(coroutine.running()) end)()
local co co = coroutine.create(function() return coroutine.status(co), coroutine.resume(co) end) local a, b, c, d = coroutine.resume(co) return {tostring(a), b, tostring(c), d}
local co = coroutine.wrap(function() return redis.call('incr', 'c') end) return co()
local s = 0 for v in coroutine.wrap(function() for i = 1, 5 do coroutine.yield(i) end end) do s = s + v end return s
local x = 0 local co = coroutine.wrap(function() x = x + 1 coroutine.yield() x = x + 10 end) co() co() return x
local co = coroutine.create(function() error('x') end) coroutine.resume(co) return coroutine.status(co)
