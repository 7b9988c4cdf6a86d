--: Each line is one script; see corpus_test.go.
return tostring(1e15) .. ' ' .. tostring(1e14) .. ' ' .. tostring(99999999999999) .. ' ' .. tostring(123456789012345)
return tostring(2^53) .. ' ' .. tostring(2^63) .. ' ' .. tostring(1e100) .. ' ' .. tostring(5e-324) .. ' ' .. tostring(1.7976931348623157e308)
return 1 .. '' .. 2.5 .. '' .. 1e20 .. '' .. 0.1 + 0.2 .. '' .. -0.0
return {1.9, -1.9, 1e10, 2^31, -2^31, 1e18}
return {tonumber('10'), tonumber(' 10 '), tonumber('0x10'), tonumber('1e2'), tonumber('10', 2), tonumber('zz', 36), tonumber('7', 8)}
return {tostring(tonumber('')), tostring(tonumber(' ')), tostring(tonumber('abc')), tostring(tonumber('1x')), tostring(tonumber('0x')), tostring(tonumber('1e')), tostring(tonumber('.')), tostring(tonumber('.5')), tostring(tonumber('5.'))}
return {tostring(tonumber('inf')), tostring(tonumber('-inf')), tostring(tonumber('nan')), tostring(tonumber('-nan')), tostring(tonumber('infinity')), tostring(tonumber('0x1p4')), tostring(tonumber('0x.8'))}
return {tostring(tonumber('1_000')), tostring(tonumber('0b11')), tostring(tonumber('0o7')), tostring(tonumber('010')), tostring(tonumber('+5')), tostring(tonumber('- 5')), tostring(tonumber('1\0')), tostring(tonumber('\t\n5\r '))}
return {tostring(tonumber('-1', 16)), tostring(tonumber('ffffffffffffffffff', 16)), tostring(tonumber('0x1f', 16)), tostring(tonumber('8', 8)), tostring(tonumber('1 ', 2)), tostring(tonumber('1 1', 2))}
return tonumber('10', 37)
return tonumber('10', 1)
return tonumber()
return tonumber({}, 10)
return tonumber({}, 16)
return {5 % 3, -5 % 3, 5 % -3, -5 % -3}
return tostring(5.5 % 2) .. ' ' .. tostring(-5.5 % 2) .. ' ' .. tostring(5 % 0) .. ' ' .. tostring(5 % (1/0)) .. ' ' .. tostring(-5 % (1/0)) .. ' ' .. tostring((1/0) % 5)
return tostring(0.3 % 0.1) .. ' ' .. tostring(2^60 % 1000) .. ' ' .. tostring(1e17 % 7)
return {'10' + 5, '0x10' + 1, ' 7 ' * '2', '10' / '4', 10 - '3', '2' ^ '3', -'5', '7' % '4'}
return 'abc' + 1
return 1 + 'abc'
return {} + 1
return 1 + {}
return nil + 1
return -{}
return -'x'
local a = 'x' return a * 2
local a = nil return a * 2
local t = {} return t.x * 2
local t = {} return 2 * t.x.y
local t = {} return x + 1
return 10 == '10'
return tostring(1 < 2) .. tostring('a' < 'b') .. tostring('a' < 'B') .. tostring('' < 'a') .. tostring('a\0b' < 'a\0c')
return 1 < '2'
return '1' < 2
return {} < {}
return {} < 1
return nil < 1
return 1 <= nil
return true < false
return true > 1
return print == nil
return function() end < function() end
return tostring(0/0 == 0/0) .. tostring(0/0 < 1) .. tostring(not (0/0 < 1)) .. tostring(0 == -0)
local s = 0 for i = 1, 10 do s = s + i end return s
local s = 0 for i = 10, 1, -3 do s = s * 10 + i end return s
local s = '' for i = 0.1, 1, 0.3 do s = s .. i .. ' ' end return s
local s = 0 for i = '1', '5', '2' do s = s + i end return s
for i = 'x', 5 do end
for i = 1, 'x' do end
for i = 1, 5, 'x' do end
for i = 1, {} do end
for i = nil, 1 do end
local n = 0 for i = 1, 3, 0 do n = n + 1 if n > 10 then break end end return n
local n = 0 for i = 1, 0 do n = n + 1 end return n
for i = 1, 2 do local j = i i = 10 end return 'ok'
return math.floor(-3.5) .. ' ' .. math.ceil(-3.5) .. ' ' .. math.floor(3.5) .. ' ' .. math.ceil(-0.5)
return {math.max(1, 5, 3), math.min(4, 2, 8), math.abs(-7), math.fmod(-7, 3) * 1, math.pow(2, 10), math.sqrt(144)}
return math.max()
return math.max(1, 'x')
return math.floor('x')
return math.floor()
return math.floor({})
return string.format('%.14g %.14g', math.modf(-3.75)) .. ' ' .. string.format('%.14g %.14g', math.modf(1/0)) .. ' ' .. string.format('%.14g %.14g', math.frexp(10)) .. ' ' .. math.ldexp(0.5, 4)
return string.format('%.10g %.10g %.10g %.10g %.10g', math.sin(1), math.cos(1), math.tan(1), math.exp(1), math.log(10)) .. math.log10(1000) .. math.deg(math.pi) .. ' ' .. string.format('%.10f', math.rad(180))
return string.format('%.10g %.10g %.10g %.10g %.10g', math.asin(0.5), math.acos(0.5), math.atan(1), math.atan2(1, -1), math.sinh(1)) .. string.format('%.10g %.10g', math.cosh(1), math.tanh(1))
math.randomseed(42) return {math.random(1, 100), math.random(1, 100), math.random(1, 100), math.random(6), math.random(-5, 5)}
math.randomseed(0) return string.format('%.17g %.17g %.17g', math.random(), math.random(), math.random())
math.randomseed(-1) local t = {} for i = 1, 50 do t[i] = math.random(1000000) end return t
return math.random(0)
return math.random(5, 1)
return math.random(1, 2, 3)
return math.random('x')
math.randomseed('7') return math.random(10)
math.randomseed() return 1
return math.random(2147483647) > 0
return tostring(math.huge) .. tostring(-math.huge) .. tostring(math.pi)
return tostring(math.mod == math.fmod) .. tostring(math.mod and math.mod(7, 3))
return 2^0.5 .. ' ' .. 10^-2 .. ' ' .. (-8)^(1/3) .. ' ' .. 0^0
return 1e308 * 10 .. ' ' .. -1e308 * 10
return {0x10, 0xff, 1e2, .5 * 2, 3., 0xA}
return 08 + 1
return 1e5 .. ' ' .. 1E+5 .. ' ' .. 1e-5
return 0x .. ''
return 1..2
return 3x
return 0xg
return 1e
return 1.2.3
return 0xffffffffff .. ''
return 9007199254740993 .. ''
return select('#') .. select('#', nil, nil) .. select('#', 1)
return {select(2, 'a', 'b', 'c')}
return {select(-1, 'a', 'b', 'c')}
return select(0, 1)
return select(-5, 1)
return select('x', 1)
return {select(5, 1, 2)}
return select()
return tostring(collectgarbage('count') > 0) .. tostring(collectgarbage()) .. tostring(collectgarbage('stop')) .. collectgarbage('setpause', 200) .. collectgarbage('setstepmul', 200)
return collectgarbage('bad')
return type(gcinfo())
return {#'abc', #{1, 2, 3}, #{}, #{1, nil, 3}, #{nil, nil, 3}, #{n = 1}, #'\0\0'}
return #nil
return #5
local x return #x
return #x.y
return #true
return tostring(0.1) .. ' ' .. tostring(1/3) .. ' ' .. tostring(0/0) .. ' ' .. tostring(-(0/0)) .. ' ' .. tostring(1/0) .. ' ' .. tostring(-1/0)
return tostring(-0)
local a = -0 return tostring(a) .. tostring(1/a)
return string.format('%.17g %.17g %.17g %.17g %.17g', 1.1^10, 3.7^-5, 1.0001^1000, 7^0.5, 10^-5)
return tostring(math.sqrt(-1)) .. tostring(math.log(-1)) .. tostring(math.acos(2)) .. tostring(math.fmod(1, 0)) .. tostring(math.log(0)) .. tostring(math.log10(-1)) .. tostring(math.asin(2)) .. tostring(math.fmod(1/0, 2)) .. tostring(math.sin(1/0)) .. tostring(math.pow(-8, 1/3))
return tostring(1/0 - 1/0) .. tostring(0/0 + 1) .. tostring(0 * (1/0)) .. tostring(math.huge % 2) .. tostring(-(0/0) + 1) .. tostring(math.floor(0/0)) .. tostring(math.abs(0/0))
local t = {} t[5] = 1 return #t
local t = {} t[1] = 1 t[3] = 3 return #t
local t = {} t[1] = 1 t[2] = 2 t[4] = 4 return #t
local t = {1, nil, nil, 4} return #t
local t = {n = 1, 1, 2, nil, 4} t[5] = 5 return #t
