return string.format('%d %i %5d %-5d| %05d %+d % d', 42, 42.9, 42, 42, 42, 42, 42)
return string.format('%d', -0.5) .. string.format('%d', 1e15) .. string.format('%d', -1e15) .. string.format('%d', 2^63) .. string.format('%d', 0/0)
return string.format('%u %o %x %X %#x %#o %08x', 42, 42, 255, 255, 255, 8, 3735928559)
return string.format('%x %u %X', -1, -1, 2^63) .. string.format('%u', 2^64) .. string.format('%x', 1e300)
return string.format('%e %E %.2e %.0e %#.0e', 12345.678, 12345.678, 12345.678, 12345.678, 12345.678)
return string.format('%f %.2f %10.3f| %-10.3f| %+f %.0f %#.0f %010.2f', 3.14159, 3.14159, 3.14159, 3.14159, 3.14159, 2.5, 2.5, -3.14159)
return string.format('%g %G %.3g %g %g %g %#g %g', 1e20, 1e-10, 1234567, 100000, 1000000, 0.0001, 1.5, 0)
return string.format('%g %f %e %5.1f %05.1f| %-8f|', 1/0, -1/0, 0/0, 1/0, -1/0, 0/0)
return string.format('%G %E', 1/0, 0/0)
return string.format('%c%c%c', 72, 105, 33) .. '|' .. string.format('%5c|%-5c|', 65, 66)
return string.format('%c', 0) .. '|' .. #string.format('a%cb', 0)
return string.format('%c', 321)
return string.format('%s %10s| %-10s| %.3s| %5.1s|', 'hello', 'hi', 'hi', 'abcdef', 'xyz')
return string.format('%s', ('x'):rep(150)) == ('x'):rep(150)
return #string.format('%200s', 'x')
return #string.format('%99s', 'x') .. '|' .. #string.format('%.99f', 1/3) .. '|' .. string.format('%.20f', 0.1)
return string.format('%q', 'a"b\\c\nd\0e\rf\tg')
return string.format('%5q', 'x')
return string.format('%%') .. string.format('100%%') .. string.format('%5%', 1)
return string.format('%')
return string.format('%', 1)
return string.format('%z', 1)
return string.format('%F', 1)
return string.format('%y')
return string.format('%ld', 5)
return string.format('%d')
return string.format('%d', 'x')
return string.format('%d', '10') .. string.format('%s', 5.5) .. string.format('%x', '255')
return string.format('%d', nil)
return string.format('%d', {})
return string.format('%s', nil)
return string.format('%s', {})
return string.format('%s', true)
return string.format('%100d', 1)
return string.format('%.100d', 1)
return string.format('%-+ #0d', 5)
return string.format('%-+ #00d', 5)
return string.format('%.3d %5.3d %-5.3d| %05.3d %.0d|%.0d', 5, 5, 5, 5, 0, 1)
return string.format('%+.3x %#.3x %#X', 5, 5, 5)
return string.format(nil)
return string.format()
return string.format(5)
return string.format('%s%s', 'a')
return string.format('\0%s\0', 'a')
return string.format('%s|', 'a\0b') .. string.format('%5s|', 'a\0b')
return string.format('%10.4s|', 'a\0bcdef')
return string.rep('ab', 3) .. string.rep('x', 0) .. string.rep('x', -1) .. string.rep('', 5) .. string.rep('y', 2.9)
return string.rep('x')
return string.rep('x', 'y')
return string.rep({}, 1)
return #string.rep('x', 100000)
return {string.byte('A'), string.byte('abc', 2), string.byte('abc', -1), string.byte('abc', 1, 3)}
return {string.byte('abc', 10), string.byte('', 1), string.byte('abc', 0)}
return {string.byte('abc', -10, 10)}
return string.byte()
return string.byte(('x'):rep(8100), 1, 8000)
return #{string.byte(('x'):rep(7900), 1, -1)}
return string.char(72, 101, 108, 108, 111) .. #string.char() .. string.char('65')
return string.char(256)
return string.char(-1)
return string.char('x')
return string.char(65.7)
return string.sub('hello', 2, 4) .. '|' .. string.sub('hello', -3) .. '|' .. string.sub('hello', 2) .. '|' .. string.sub('hello', 0) .. '|' .. string.sub('hello', 10) .. '|' .. string.sub('hello', -100, 100) .. '|' .. string.sub('hello', 4, 2)
return string.sub('hello', '2', '3') .. string.sub(12345, 2, 3)
return string.sub('hello', 1e300) .. string.sub('hello', -1e300, 2) .. string.sub('hello', 0/0)
return string.sub()
return string.sub('x')
return string.sub('x', {})
return ('x'):sub()
return ('x'):rep({})
return ('x').rep()
return string.upper('aBc1é') .. string.lower('AbC1É') .. string.reverse('abc') .. string.len('abc') .. ('abc'):len()
return string.upper()
return string.len(5)
return string.len(nil)
return {string.find('hello world', 'o w'), string.find('hello', 'l'), string.find('hello', 'xyz'), string.find('hello', '')}
return {string.find('hello', 'l', -2), string.find('hello', 'l', 10), string.find('hello', '', 10), string.find('hello', '', 6)}
return {string.find('a.b', '.', 1, true), string.find('a.b', '%.'), string.find('a+b', '+', 1, true)}
return {string.find('a\0b\0c', '\0c')}
return {string.find('a\0b', 'a\0%a')}
return {string.find('key:123', '(%a+):(%d+)')}
return {string.match('key:123', '(%a+):(%d+)')}
return {string.match('hello', 'l+'), string.match('hello', 'x') or 'nil', string.match('hello', '()ll()')}
return {string.match('  trim  ', '^%s*(.-)%s*$')}
return {string.match('2024-01-15', '(%d+)-(%d+)-(%d+)')}
return {string.match('[[nested]]', '%[(%b[])%]')}
return {string.match('THE (quick) fox', '%f[%a]%a+%f[%A]'), string.find('THE (quick) fox', '%f[%a]%a+', 5)}
return {string.match('abcabc', '(abc)%1'), string.match('aa', '(a)%1')}
return {string.match('x^y', 'x^y') or 'nil', string.match('a$b', 'a$b') or 'nil', string.match('ab', '^ab$')}
return {string.match('a-b', '[a%-]+'), string.match('a]b', '[]]'), string.match('a^b', '[%^]'), string.match('abc', '[^a]+'), string.match('a-z', '[a-]+')}
return {string.match('hello', '.-l'), string.match('hello', '.*l'), string.match('hello', 'l?lo'), string.match('', '.*'), string.match('', '.+') or 'nil'}
return {string.match('äöü', '%w+') or 'nil', string.match('x_y', '[%w_]+'), string.match('a\nb', 'a%cb'), string.match('\0', '%z') == '\0' and 'z' or 'no'}
return string.match('a', '[')
return string.match('a', '[a')
return string.match('a', '[^')
return string.match('a', '[%')
return string.match('a', '%')
return string.match('a', 'a%')
return string.match('a', '(')
return string.match('a', '(a')
return string.match('a', ')')
return string.match('a', 'a)')
return string.match('a', '%1')
return string.match('a', '(%1)')
return string.match('a', '%b')
return string.match('a', '%bx')
return string.match('a', '%f')
return string.match('a', '%fa')
return string.match('a', ('()'):rep(33))
return #{string.match('a', ('()'):rep(32))}
return string.match('aaa', 'a-') .. '|' .. string.match('aaa', 'a-$')
return {string.gsub('hello world', 'o', '0')}
return {string.gsub('hello world', 'o', '0', 1)}
return {string.gsub('hello', '', '-')}
return {string.gsub('abc', '%w', '%0%0')}
return {string.gsub('hello world', '(%w+) (%w+)', '%2 %1')}
return {string.gsub('abc', '%w', '%1')}
return {string.gsub('abc', '(a)', '%2')}
return {string.gsub('abc', 'a', '%')}
return {string.gsub('abc', 'b', '%%')}
return {string.gsub('abc', 'b', '%x')}
return {string.gsub('abc', '%w', {a = '1', b = true, c = false})}
return {string.gsub('abc', '%w', {a = 5, b = {}})}
return {string.gsub('abc', '%w', function(c) if c == 'b' then return 'X' end end)}
return {string.gsub('abc', '(%w)(%w)', function(a, b) return b .. a end)}
return {string.gsub('abc', '%w', function() return {} end)}
return {string.gsub('abc', '%w', function() return true end)}
return {string.gsub('abc', '%w', function() error('boom') end)}
return {string.gsub('abc', '%w', function() error({err = 'boom'}) end)}
return {string.gsub('$name is $age', '%$(%w+)', {name = 'Bob', age = 42})}
return {string.gsub('abc', '^a', 'x'), string.gsub('aaa', '^a', 'x')}
return {string.gsub('a b c', '%s', '')}
return {string.gsub('abc', '.', '%9')}
return {string.gsub('abc', 'b', 5)}
return string.gsub('abc', 'b')
return string.gsub('abc', 'b', nil)
return string.gsub('abc', 'b', true)
return string.gsub('abc', 'b', 'x', 'y')
return {string.gsub('abc', 'b', 'x', -1)}
return {string.gsub('a,b,,c', ',', ';')}
return {string.gsub('abc', '()', '%1')}
local r = {} for k, v in string.gmatch('a=1, b=2', '(%w+)=(%w+)') do r[#r + 1] = k .. v end return r
local r = {} for w in ('one two three'):gmatch('%a+') do r[#r + 1] = w end return r
local r = {} for p in ('abc'):gmatch('()') do r[#r + 1] = p end return r
local r = {} for w in ('abc'):gmatch('^a') do r[#r + 1] = w end return r
for w in string.gmatch('a') do end
return string.gmatch()
return string.gfind('a', 'b')
return pcall(string.gfind)
return type(string.gmatch('a', 'b'))
return {tostring(nil), tostring(true), tostring('x'), tostring(5)}
return tostring()
return tostring(setmetatable({}, {__tostring = function() return 'custom' end}))
return tostring(setmetatable({}, {__tostring = function() return 5 end}))
return tostring(setmetatable({}, {__tostring = 5}))
return (tostring({}):gsub('0x%x+', 'ADDR')) .. (tostring(print or redis.call):gsub('0x%x+', 'ADDR')) .. (tostring(function() end):gsub('0x%x+', 'ADDR'))
return 'a' .. nil
return nil .. 'a'
return {} .. 'a'
return 'a' .. {}
return 1 .. {}
local a, b = 'x' return a .. b
local t = {} return 'a' .. t.x
local t = {} return 'a' .. 'b' .. t.x .. 'c'
local t = {} return t.x .. t.y
return 'a' .. x
return 'a' .. true
return setmetatable({}, {__concat = function(a, b) return type(a) .. type(b) end}) .. 'x'
return 'x' .. setmetatable({}, {__concat = function(a, b) return type(a) .. type(b) end})
return 'x' .. 'y' .. setmetatable({}, {__concat = function(a, b) return type(a) .. 'C' end}) .. 'z'
return ("x"):bad()
return ("x").y.z
return ("x")[1]
local s = 'x' s.y = 1
local s = 'abc' return s:upper():lower():rep(2)
return #string.format('%s', string.rep('a', 99)) .. string.format('%-3s|', 'abcdef')
return '\65\066\x41\z' .. "\"'" .. '\a\b\f\v' .. [[long
return [==[a]]b]==] .. [[
return getmetatable('').__index == string
return getmetatable('').__add
local r = {} for k, v in pairs(getmetatable('')) do r[#r + 1] = k end return r
getmetatable('').__index = 1
string.x = 1
return string.x
return table.concat({'a', 'b', 1, 2.5}, ',') .. table.concat({}) .. table.concat({'x'}, ',') .. table.concat({1, 2, 3}, '-', 2) .. table.concat({1, 2, 3}, '-', 2, 3) .. table.concat({1, 2, 3}, '-', 5)
return table.concat({1, {}, 3})
return table.concat({1, nil, 3}, ',')
return table.concat({1, true})
return table.concat({1, 2}, ',', 1, 5)
return table.concat()
return table.concat({}, {})
return table.concat('x')
return table.concat({1, 2}, 5)
