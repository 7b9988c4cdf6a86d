local t = {} table.insert(t, 'a') table.insert(t, 1, 'b') table.insert(t, 2, 'c') return t
local t = {1, 2, 3} table.insert(t, 10, 'x') return {#t, tostring(t[10])}
table.insert({}, 1, 2, 3)
table.insert({})
table.insert()
table.insert(nil, 1)
table.insert({}, 'x', 1)
local t = {1, 2, 3} table.insert(t, 0, 'z') return {t[0], t[1], #t}
local t = {1, 2, 3, 4} return {table.remove(t), table.remove(t, 1), #t, t[1]}
local t = {} return {tostring(table.remove(t)), tostring(table.remove(t, 1)), select('#', table.remove(t))}
local t = {1, 2, 3} return {tostring(table.remove(t, 5)), tostring(table.remove(t, 0)), #t}
table.remove()
table.remove({}, {})
local t = {3, 1, 2} table.sort(t) return t
local t = {3, 1, 2} table.sort(t, function(a, b) return a > b end) return t
local t = {'b', 'a', 'C'} table.sort(t) return t
local t = {1, 'a'} table.sort(t)
local t = {1, {}} table.sort(t)
local t = {true, false} table.sort(t)
local t = {1, 2, 3} table.sort(t, function() return true end) return t
local t = {} for i = 1, 20 do t[i] = i % 7 end table.sort(t, function(a, b) return a <= b end) return t
local t = {} for i = 1, 100 do t[i] = (i * 37) % 101 end table.sort(t) return t
local t = {} for i = 1, 30 do t[i] = {k = i % 5, v = i} end table.sort(t, function(a, b) return a.k < b.k end) local r = {} for i, e in ipairs(t) do r[i] = e.v end return r
table.sort({3, 2, 1}, 'x')
table.sort({3, 2, 1}, nil)
table.sort(nil)
table.sort({1, 2, 3}, function(a, b) error('cmp') end)
return {table.maxn({1, 2, nil, 4}), table.maxn({}), table.maxn({[10] = 1, [2.5] = 1}), table.getn({1, 2, 3})}
table.setn({}, 5)
local r = {} table.foreach({1, 2, 3}, function(k, v) r[#r + 1] = k * 10 + v end) return r
return table.foreachi({5, 6, 7}, function(i, v) if v == 6 then return i end end)
return table.foreach({a = 1}, function(k, v) return k .. v end)
table.foreach({}, 5)
return {unpack({1, 2, 3})}
return {unpack({1, 2, 3}, 2)}
return {unpack({1, 2, 3}, 2, 3)}
return {select('#', unpack({}, 1, 3))}
return {unpack({1, 2, 3}, 3, 2)}
return unpack()
return unpack(nil)
return unpack({}, 1, 1e8)
return unpack({}, 1, 7997)
return unpack({}, 1, 8000)
return unpack({}, -2147483648, 2147483647)
return select('#', unpack({}, 1, 7990))
return {next({}), next({10})}
return next({}, 'x')
return next()
return next(nil)
local t = {10, 20, 30, a = 1} local n = 0 for k, v in pairs(t) do n = n + v end return n
local r = {} for k, v in pairs({10, 20, 30}) do r[#r + 1] = k .. '=' .. v end return r
local r = {} for i, v in ipairs({10, 20, nil, 30}) do r[#r + 1] = i .. '=' .. v end return r
for k, v in pairs(nil) do end
for k, v in pairs() do end
for k, v in ipairs(nil) do end
for k, v in ipairs() do end
for k, v in nil do end
for k, v in {} do end
for k, v in 5 do end
for k, v in next, nil do end
local t = nil for k, v in pairs(t.x) do end
local t = {} for k, v in pairs(t.x) do end
local t = {a = 1, b = 2, c = 3} for k in pairs(t) do t[k] = nil end return tostring(next(t))
return rawequal('a', 'a') and rawget({5}, 1) or 0
local t = setmetatable({}, {__index = function(t, k) return k .. '!' end}) return {t.x, t[1], tostring(rawget(t, 'x'))}
local t = setmetatable({}, {__newindex = function(t, k, v) rawset(t, k, v * 2) end}) t.x = 5 return t.x
local t = setmetatable({}, {__index = {a = 1}}) return t.a
local t = setmetatable({}, {__call = function(self, a, b) return a + b end}) return t(2, 3)
local t = setmetatable({}, {__len = function() return 42 end}) return #t
local t = setmetatable({}, {__eq = function() return true end}) return tostring(t == setmetatable({}, getmetatable(t)))
local mt = {__lt = function(a, b) return a.v < b.v end, __le = function(a, b) return a.v <= b.v end} local a, b = setmetatable({v = 1}, mt), setmetatable({v = 2}, mt) return {tostring(a < b), tostring(a > b), tostring(a <= b), tostring(a >= b)}
local mt = {__lt = function(a, b) return a.v < b.v end} local a, b = setmetatable({v = 1}, mt), setmetatable({v = 2}, mt) return {tostring(a <= b), tostring(b <= a)}
local mt = {__add = function(a, b) return 'add' end, __sub = function() return 'sub' end, __mul = function() return 'mul' end, __div = function() return 'div' end, __mod = function() return 'mod' end, __pow = function() return 'pow' end, __unm = function() return 'unm' end} local t = setmetatable({}, mt) return {t + 1, 1 - t, t * t, 't' / t, t % 2, 2 ^ t, -t, '5' + t, t .. ''}
return setmetatable({}, {__index = 5}).x
return setmetatable({}, {__index = function() error('idx') end}).x
setmetatable({}, {__newindex = 5}).x = 1
local t = setmetatable({}, {}) getmetatable(t).__index = t return t.x
setmetatable({})
setmetatable({}, 5)
setmetatable(5, {})
setmetatable(nil, {})
return setmetatable(setmetatable({}, {__metatable = 'locked'}), {})
return getmetatable(setmetatable({}, {__metatable = 'locked'}))
return getmetatable()
return tostring(getmetatable({})) .. tostring(getmetatable(5))
local t = {} t[nil] = 1
local t = {} t[0/0] = 1
return {[nil] = 1}
local t = {} return tostring(t[nil]) .. tostring(t[0/0])
rawset({}, nil, 1)
rawset({}, 0/0, 1)
rawset({}, 1)
rawset(5, 1, 1)
rawget({})
local t = {} t.x.y = 1
local t = {} t.x.y.z = 1
local t = {} t[1][2] = 3
local t = {} return t[1][2]
local t = {} return t.a.b.c
local t = {} t:method()
local t = {} t.x:method()
local t = {} t.x()
local t = {} t[1]()
local t = {} t.x.y()
local f f()
f()
f.x()
f.x = 1
local f = 5 f()
(5)()
("x")()
local a = {b = {}} a.b.c.d()
local function f() g() end f()
local x = 5 local function f() x() end f()
local x local function f() return x.y end f()
local x local function f() x.y = 1 end f()
return (nil)()
return (nil).x
return redis.call.x.y
return redis.foo()
return redis.foo.bar
return cjson.foo()
KEYS.x()
KEYS[1]()
return {1, 2, 3, [2] = 'x', [4] = 4, n = 5}
return {1, 2, nil, 4}
return {a = 1, 2}
local t = {1, 2, 3} t[5] = 5 return t
local t = {} t[1] = 1 t[2] = 2 t[3] = nil t[4] = 4 return t
local t = {} for i = 1, 10 do t[i] = i end for i = 1, 5 do t[i] = nil end return {tostring(t[6]), tostring(t[1])}
local t = {} t[1.0] = 'a' t['1'] = 'b' t[1.5] = 'c' return {t[1], t['1'], t[1.5]}
local t = {} t[2^53] = 1 t[-1] = 2 t[0] = 3 return {t[2^53], t[-1], t[0]}
local t = {} t[1000000] = 1 t[100000000] = 2 return {t[1000000], t[100000000], tostring(t[5])}
local a, b = {}, {} a[b] = 1 a[a] = 2 a[true] = 3 a[print or 1] = 4 return {a[b], a[a], a[true], tostring(a[false])}
local a, b, c = (function() return 1, 2, 3 end)() return {a, b, c}
local a, b, c = (function() return 1, 2, 3 end)(), 10 return {a, b, tostring(c)}
local t = {(function() return 1, 2, 3 end)(), (function() return 1, 2, 3 end)()} return t
local a = {((function() return 1, 2 end)())} return a
local i, a = 1, {} i, a[i] = i + 1, 20 return {i, tostring(a[1]), tostring(a[2])}
local a = {1, 2} a[1], a[2] = a[2], a[1] return a
local a, b = 1, 2 a, b = b, a return {a, b}
local x = 1 do local x = 2 end return x
local x = 1 local function f() return x end x = 2 return f()
local x = 1 local function get() return x end pcall(error, 'boom') x = 2 return get()
local x = 1 local function set(v) x = v end pcall(error, 'boom') set(5) return x
local fs = {} for i = 1, 3 do fs[i] = function() i = i + 1 return i end end return {fs[1](), fs[1](), fs[2](), fs[3]()}
local fs = {} for _, v in ipairs({5, 6}) do fs[#fs + 1] = function() v = v + 1 return v end end return {fs[1](), fs[1](), fs[2]()}
local function counter() local n = 0 return function() n = n + 1 return n end end local a, b = counter(), counter() a() return {a(), b()}
local function fact(n) return n <= 1 and 1 or n * fact(n - 1) end return fact(10)
local f = function(n) return f end return tostring(f())
local function f(...) return select('#', ...), ... end return {f(1, nil, 3)}
local function f(...) return arg.n, arg[1] end return {f(7, 8)}
local function f(...) local t = {...} return #t end return f(1, 2, 3)
local function f(a, b, ...) return a, b, ... end return {f(1)}
return (...)
return select('#', ...)
local s = 0 local i = 0 while true do i = i + 1 if i > 10 then break end if i % 2 == 0 then s = s + i end end return s
local i = 0 repeat local j = i i = i + 1 until j >= 5 return i
local i = 1 repeat i = i * 2 until i > 100 return i
if nil then return 1 elseif false then return 2 elseif 0 then return 3 else return 4 end
return 1 and 2 or 3
return nil and 2 or 3
return {false or nil, 1}
return not nil == true and 'y' or 'n'
return 2 ^ 3 ^ 2
return -2 ^ 2
return 1 + 2 * 3 - 4 / 2
return 'a' .. 'b' == 'ab' and 1 or 0
return not 1 == 2 and 1 or 0
return #'abc' + 1
return - - 5
return 2 * -3
local t = {f = function(self, x) return self.v + x end, v = 10} return t:f(5)
local t = {} function t.f(x) return x end function t:g(x) return self == t and x end return {t.f(1), t:g(2)}
local t = {a = {b = {}}} function t.a.b.f() return 'deep' end return t.a.b.f()
goto = 5 return goto
local goto = 5 return goto
do return 5 end
do local a <const> = 5 return a end
return 5 // 2
return 5 & 3
return 1 ~= 2 and 'ne'
return 1 != 2
return a ? b : c
x = 5
x = 5 return x
function foo() return 1 end return foo()
local function foo() return 1 end return foo()
_G.x = 5
return _G.x
return _G._G == _G
rawset(_G, 'x', 1)
setmetatable(_G, {})
return type(getmetatable(_G))
redis.x = 5
redis.call = nil
table.insert = nil
table.insert(redis, 1)
table.insert(KEYS, 'x') return KEYS
KEYS = 5
KEYS[1] = 'x' return KEYS[1]
ARGV.n = 1 return ARGV.n
return foo
return tostring(rawget(_G, 'foo'))
local _ENV = {} return 1
return math.foo
return type(nil) .. type(1) .. type('') .. type({}) .. type(type) .. type(true) .. type(cjson.null)
return type()
return assert(1, 2)
assert(false)
assert(nil, 'message')
assert(false, {err = 'x'})
assert(false, 5)
assert()
return {assert(1, 'a', 'b')}
return loadstring('return 1 + 1')()
return {loadstring('x = = 1')}
return {loadstring('x = = 1', '=name')}
return {loadstring('x = = 1', '@name')}
return {loadstring('\n\nx = = 1', 'some code here')}
return {loadstring(('x'):rep(100) .. ' = = 1')}
return {loadstring('return ...')(1, 2)}
return loadstring('return KEYS')() == KEYS and 1 or 0
return loadstring(5)
return loadstring()
local i = 0 return load(function() i = i + 1 return ({'return ', '4', '2'})[i] end)()
return {load(function() error('rd') end)}
return {load(function() return {} end)}
return load('return 1')
return load()
local f = loadstring('local a = 1 return a.b.c', 'chunk') return f()
return {pcall(loadstring('error("in chunk")', '=c'))}
