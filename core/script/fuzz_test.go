package script

import (
	"testing"

	lua "github.com/yuin/gopher-lua"

	"github.com/redoubt-kv/redoubt/core/resp"
	"github.com/redoubt-kv/redoubt/core/script/lualib"
)

// FuzzToLua reads any bytes as the reply of a command: what is no reply is refused,
// and nothing takes memory for what is not there. What comes of a reply can be
// replied.
func FuzzToLua(f *testing.F) {
	for _, reply := range []string{
		":1\r\n", "$-1\r\n", "$3\r\na\r\n\r\n", "+OK\r\n", "-ERR x\r\n", "*2\r\n:1\r\n*0\r\n", "*-1\r\n",
		"%1\r\n+a\r\n:1\r\n", "~1\r\n+a\r\n", "_\r\n", "#t\r\n", ",1.5\r\n", "(12345678901234567890\r\n",
		"=5\r\ntxt:x\r\n", "|1\r\n+a\r\n+b\r\n:1\r\n", ">1\r\n+a\r\n", "*1000000000\r\n", "$1000000000\r\nx", "*1\r\n",
	} {
		f.Add([]byte(reply))
	}
	in := newInterp(New(Options{Version: "7.4.0"}))
	f.Fuzz(func(t *testing.T, b []byte) {
		v, rest := in.toLua(b)
		if invalid(rest) {
			return
		}
		if len(rest) >= len(b) {
			t.Errorf("%q: %d bytes are left of %d", b, len(rest), len(b))
		}
		if v == nil {
			t.Errorf("%q: no value", b)
		}
		_ = v.(lua.LValue).String()
	})
}

// FuzzLoad loads any text as a script.
func FuzzLoad(f *testing.F) {
	for _, text := range []string{
		"return 1", "#!lua\nreturn 1", "#!lua flags=no-writes,allow-oom\n", "#!lua flags=x\n", "#!", "#!\n", "#! \n", "#!lua x\n", "x x",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, refusal := New(Options{}).Load(text)
		if (s == nil) == (refusal == "") {
			t.Errorf("%q: %v, %q", text, s, refusal)
		}
	})
}

func TestNumbersAsArguments(t *testing.T) {
	for _, c := range []struct {
		n    float64
		want string
	}{
		{0, "0"}, {1, "1"}, {-1, "-1"}, {1.5, "1.5"}, {1e15, "1000000000000000"}, {1e16, "10000000000000000"}, {1e17, "1e+17"},
		{0.1, "0.10000000000000001"}, {1e300, "1.0000000000000001e+300"}, {-0.5, "-0.5"}, {123456789012345, "123456789012345"},
	} {
		if got := string(lualib.AppendNumber17(nil, c.n)); got != c.want {
			t.Errorf("%v: %q, want %q", c.n, got, c.want)
		}
	}
}

func TestErrorCodes(t *testing.T) {
	for text, want := range map[string]string{
		"My Err": "My Err", "Err": "ERR Err", "-X foo": "X foo", "-foo": "ERR foo", "": "ERR ", "-": "ERR ", "A b\r\n": "A b",
	} {
		if got := codedError(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestRepliesAsLua(t *testing.T) {
	in := newInterp(New(Options{Version: "7.4.0"}))
	in.globals.Metatable = lua.LNil
	for _, c := range []struct{ reply, expression string }{
		{":7\r\n", "v == 7"}, {"$2\r\nab\r\n", "v == 'ab'"}, {"$-1\r\n", "v == false"}, {"*-1\r\n", "v == false"},
		{"+OK\r\n", "v.ok == 'OK'"}, {"-ERR x\r\n", "v.err == 'ERR x'"}, {"*2\r\n:1\r\n$1\r\nb\r\n", "v[1] == 1 and v[2] == 'b' and #v == 2"},
		{"_\r\n", "v == nil"}, {"#t\r\n", "v == true"}, {"#f\r\n", "v == false"}, {",1.5\r\n", "v.double == 1.5"},
		{",inf\r\n", "v.double == 1/0"}, {"(123\r\n", "v.big_number == '123'"},
		{"=5\r\ntxt:x\r\n", "v.verbatim_string.format == 'txt' and v.verbatim_string.string == 'x'"},
		{"%1\r\n+a\r\n:1\r\n", "next(v.map).ok == 'a'"}, {"~1\r\n$1\r\na\r\n", "v.set.a == true"},
		{"|1\r\n+a\r\n+b\r\n:1\r\n", "v == 1"},
	} {
		v, rest := in.toLua([]byte(c.reply))
		if invalid(rest) || len(rest) != 0 {
			t.Errorf("%q: rest %q", c.reply, rest)
			continue
		}
		in.globals.RawSetString("v", v)
		p, err := compile([]byte("return "+c.expression), "@test")
		if err != nil {
			t.Fatal(err)
		}
		in.state.Push(in.function(in.state, p))
		if err := in.state.PCall(0, 1, nil); err != nil {
			t.Errorf("%q: %v", c.reply, err)
		} else if in.state.Get(-1) != lua.LTrue {
			t.Errorf("%q is %v: not %s", c.reply, v, c.expression)
		}
		in.state.SetTop(0)
	}
}

// TestInterpretersAreShared looks that engines make no interpreter for each run, and
// that a script leaves nothing behind.
func TestInterpretersAreShared(t *testing.T) {
	e := New(Options{})
	in := e.take(scriptPool)
	e.give(in)
	if again := e.take(scriptPool); again != in {
		t.Error("another interpreter was made although one was idle")
	}
	in.out = resp.Writer{B: make([]byte, 1<<20)}
	in.globals.RawSetString("KEYS", in.array([][]byte{[]byte("a")}))
	in.globals.RawSetString("ARGV", in.array(make([][]byte, 1000)))
	in.reset()
	if in.keysTable == nil || in.keysTable.Len() != 0 {
		t.Error("KEYS is not emptied for the next script")
	}
	if in.argsTable != nil {
		t.Error("a large ARGV is kept")
	}
	if in.out.B != nil {
		t.Error("a large buffer is kept")
	}
}
