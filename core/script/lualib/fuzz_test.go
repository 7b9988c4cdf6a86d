package lualib

import (
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// state is an interpreter that lives as long as the test.
func state(t testing.TB) *lua.LState {
	L := NewState(NewRandom())
	t.Cleanup(L.Close)
	return L
}

// run runs a text with arguments and returns its first result or its error.
func run(t testing.TB, L *lua.LState, text string, args ...lua.LValue) (result lua.LValue, err string) {
	t.Helper()
	proto, failed := Compile(text, "=test")
	if failed != nil {
		return lua.LNil, failed.Error()
	}
	L.Push(Load(L, proto))
	for _, arg := range args {
		L.Push(arg)
	}
	if failed := PCall(L, len(args), 1, nil); failed != nil {
		return lua.LNil, ToString(L, ErrorValue(failed)).String()
	}
	result = L.Get(-1)
	L.SetTop(0)
	return result, ""
}

// fuzzCall fuzzes a library function by what it gets as its arguments: it must
// neither panic nor hold much more than it was given.
func fuzzCall(f *testing.F, text string, seeds ...string) {
	for _, seed := range seeds {
		f.Add(seed)
	}
	L := state(f)
	f.Fuzz(func(t *testing.T, data string) {
		_, err := run(t, L, text, lua.LString(data))
		if strings.Contains(err, "internal error") {
			t.Fatalf("%q: %s", data, err)
		}
		L.SetTop(0)
	})
}

func FuzzJSONDecode(f *testing.F) {
	fuzzCall(f, "return cjson.decode((...))", `{"a":[1,2.5,"x\u00e9\ud83d\ude00",null,true]}`, "[", `"\`, "nan", strings.Repeat("[", 2000), "1e999")
}

func FuzzMsgpackUnpack(f *testing.F) {
	fuzzCall(f, "return cmsgpack.unpack((...))", "\x01", "\xdd\xff\xff\xff\xff", "\x81\xc0\x01", "\xdb\xff\xff\xff\xff", strings.Repeat("\x91", 9000), "\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00")
}

func FuzzStructUnpack(f *testing.F) {
	fuzzCall(f, "local s = ... local n = s:byte() or 0 return struct.unpack(s:sub(2, n + 1), s:sub(n + 2))", "\x02>ib\x00\x00\x00\x01\x02", "\x01sabc\x00", "\x03bc0\x05abc", "\x04i33 ", "\x09c99999999")
}

func FuzzPattern(f *testing.F) {
	fuzzCall(f, "local s = ... local n = s:byte() or 0 return s:sub(n + 2):gsub(s:sub(2, n % 8 + 1), '%1')", "\x04(a+)baab", "\x02%bab", "\x03[^a", "\x05%f[a]xa")
}

func FuzzFormat(f *testing.F) {
	fuzzCall(f, "local s = ... return string.format(s, 1.5, 'x', -3)", "%d %s", "%99.99f", "%", "%5.")
}

// FuzzCompile feeds texts to the compiler: it must refuse or take them.
func FuzzCompile(f *testing.F) {
	for _, seed := range []string{"return 1", "local a <const> = 1", "x = = 1", "for i = 1, 2 do end", strings.Repeat("(", 300), strings.Repeat("a=", 50), "return '\\", "--[[", "while nil or x do break end", strings.Repeat("-", 999) + "1", "return " + strings.Repeat("1+", 5000) + "1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		proto, err := Compile(text, "=fuzz")
		if err == nil && proto == nil {
			t.Fatal("neither a prototype nor an error")
		}
	})
}
