package lualib

import (
	"testing"
	"fmt"
)

func eval(t testing.TB, text string) string {
	L := NewState(NewRandom())
	defer L.Close()
	proto, err := Compile(text, "@user_script")
	if err != nil {
		return err.Error()
	}
	L.Push(Load(L, proto))
	if err := PCall(L, 0, 1, nil); err != nil {
		return "ERR " + ToString(L, ErrorValue(err)).String()
	}
	return ToString(L, L.Get(-1)).String()
}

func TestSmoke(t *testing.T) {
	for _, s := range []string{
		`return 1 .. "a" .. 0.1+0.2`, `return cjson.encode({1,2,{a="b/c"}})`, `return #cmsgpack.pack({1,2.5,"x"})`,
		`local x=1; local function get() return x end; pcall(error,"boom"); x=2; return get()`,
		`local t = nil; return t.x`, `return foo.bar`, `local t={} return t.x.y`, `local t={} t.x.y=1`, `local t={} t:foo()`,`return 1 + nil`, `local a={} return a+1`, `return 1 < "2"`, `return {} < {}`, `foo()`, `return ("x"):rep(3)`,
		`return "10"+5`, `for i="1",3 do end return 5 % math.huge`, `for i=1,{} do end`, `return string.rep()`, `return ("x"):bad()`, `local s = 0 for i=1,ARGV and 1 or "10" do s = s + i end return s`,
		`x = = 1`, `return function`, `local a = {1,2,3`, "for i=1,2\ndo x", `return pcall(string.rep)`, `return select(2, pcall(string.rep))`,
		`local co = coroutine.wrap(function(a) local b = coroutine.yield(a+1) error("in co "..b) end) local x = co(1) return x .. tostring(select(2,pcall(co, 5)))`,
		`local function f() return f() + 1 end return f()`, `return select(2, xpcall(function() local x = nil; x() end, function(e) return "H:"..e end))`,
		`return string.format("%5.2f|%d|%x|%q|%s|%g", 3.14159, 42, 255, "a\nb", "str", 1e20)`, `error({1})`, `error("x", 2)`, `return tostring(1e15)..tostring(2^53)..tostring(-0)..tostring(0/0)`,
	} {
		fmt.Printf("%-60s => %s\n", s, eval(t, s))
	}
}
