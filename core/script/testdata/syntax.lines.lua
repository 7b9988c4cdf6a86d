x = = 1
return return
local 5 = 1
local = 5
if x then
if x
for i = 1 do end
for i do end
for 1 = 1, 2 do end
for i = 1, 2, 3, 4 do end
for i in do end
while true
while do end
repeat
repeat until
function () end
function f end
function f( end
function f(a, ) end
function f(a b) end
function f(..., a) end
function f(5) end
local function f.x() end
local function
return function
return function( 
return {1, 2
return {1 2}
return {a = }
return {[1] 2}
return {[1 = 2}
return (1
return (1 2)
return 1)
f(1
f(1 2)
f(,)
a.b.
a.5
a:b
a:b = 1
a:
(a) = 1
(a).b = 
f() = 1
f
1
'x'
nil
a, b
a, f() = 1, 2
a, 5 = 1, 2
a b
a = 
a = 1 2
a = 1, 
break
if true then break end
while true do break end return 'ok'
while true do break return 1 end
return 1 return 2
return 1; ; 
;
return 1;
do return 1 end; return 2
local a; ; local b
x = 'unfinished
x = "unfinished
x = 'unfinished\
x = 'a\999'
x = '\400'
x = [[unfinished
x = [==[unfinished]=]
x = [=unfinished
x = [[a[[b]]
--[[ unfinished
--[==[ unfinished ]=]
-- comment only
return 1 -- comment
return 1 --[[ block ]] + 1
return 1 --[==[ a ]] b ]==] + 1
return 'a\
return @
return $x
return !
return a!
return ~1
return ~
return 1 ~ 2
return a..
return ...
function f() return ... end
local function f() return ... end
return #
return -
return not
return and
return 1 and
return 1 +
return 1 ++ 1
return 1 == 
return (
return )
return ]
return }
return {}}
end
else
until
then
do
do end end
if then end
if 1 then else elseif 2 then end
if 1 then else else end
if 1 then elseif end
goto x
::x::
local x <const> = 1
return 1e5x
return 0x5g
return 1..2
return 1.2.3.4
return .
return ..
return a.b.c.
return 'a' 'b'
return f 'a'
return f {}
return ('%s'):format 'a'
return #{...}
local t = {f = function() return 1 end; 2, 3;} return #t + t.f()
local t = {1, 2, 3,} return #t
return (function(...) return select('#', ...) end)(nil, nil)
local a <close> = nil
return 1 // 2
return 1 >> 2
return 1 | 2
return "\u{48}"
return '\x48'
return '\q\-\.'
return '\065\10\0x' == 'A\n\0x' and 1
return 1;return 2
local and = 1
local x.y = 1
local x, = 1
for a, in pairs({}) do end
for a, b, 5 in pairs({}) do end
for a.b in pairs({}) do end
for i = 1, 10 print(i) end
if x = 1 then end
while x = 1 do end
return x = 1
f(x = 1)
{1, 2}
return {f() = 1}
return function() return end end
return (function() return 1 end)() end
a.b:c.d()
a.b:c 'x'.d = 1
local function f() return 1, 2 end return (f())
return 5 .x
return 5.x
return 'x'.y
return 'x':upper()
return ('x'):upper()
return {}.x
return function() end()
x.y.z = 
redis.call('set' 'k')
redis.call('set', 'k', )
redis.call 'ping'
return redis.call 'ping'
return redis.call{'ping'}
return	1
return 1
return--[[x]]1
return 1--
return--
