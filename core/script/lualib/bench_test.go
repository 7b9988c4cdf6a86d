package lualib

import (
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// BenchmarkScript runs loops that the hidden functions and the libraries are
// in.
func BenchmarkScript(b *testing.B) {
	for name, text := range map[string]string{
		"append": "local t = {} for i = 1, 1000 do t[#t + 1] = i end return #t",
		"modulo": "local s = 0 for i = 1, 1000 do s = s + i % 7 end return s",
		"concat": "local s for i = 1, 1000 do s = i .. 'x' .. i end return s",
		"format": "local s for i = 1, 1000 do s = string.format('%d:%s', i, 'x') end return s",
		"match":  "local s for i = 1, 1000 do s = ('key:123:x'):match('^(%a+):(%d+)') end return s",
		"json":   "local s for i = 1, 100 do s = cjson.encode(cjson.decode('{\"a\":[1,2,3],\"b\":\"text\"}')) end return s",
		"index":  "local t = {} for i = 1, 1000 do t[i] = i end local s = 0 for i = 1, 1000 do s = s + t[i] end return s",
	} {
		b.Run(name, func(b *testing.B) {
			L := state(b)
			proto, err := Compile(text, "=bench")
			if err != nil {
				b.Fatal(err)
			}
			fn := Load(L, proto)
			b.ReportAllocs()
			for b.Loop() {
				L.Push(fn)
				if err := PCall(L, 0, lua.MultRet, nil); err != nil {
					b.Fatal(err)
				}
				L.SetTop(0)
			}
		})
	}
}
