package script_test

import (
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

var (
	randomSeed  = flag.Uint64("random-seed", 1, "seed of TestRandomScripts")
	randomCount = flag.Int("random-count", 3000, "how many scripts TestRandomScripts makes")
)

// TestRandomScripts runs random scripts on redis-server and on Redoubt.
func TestRandomScripts(t *testing.T) {
	s := newSides(t)
	g := newGenerator(t, *randomSeed)
	failures := 0
	for i := 0; i < *randomCount && failures < 40; i++ {
		script := g.script()
		got, want := s.eval(t, script)
		if got != want && want != crashed {
			failures++
			script, got, want = s.shrink(t, script)
			t.Errorf("script %d of seed %d: %s\n got %.300q\nwant %.300q", i, *randomSeed, strings.TrimPrefix(script, dump), got, want)
		}
	}
}

// shrink drops lines of a script as long as it still differs, and returns it
// with its replies.
func (s *sides) shrink(t testing.TB, script string) (shrunk, got, want string) {
	t.Helper()
	lines := strings.Split(script, "\n")
	got, want = s.eval(t, script)
	for dropped := true; dropped; {
		dropped = false
		for n := 8; n > 0; n-- {
			for i := 0; i+n <= len(lines); i++ {
				fewer := append(append([]string{}, lines[:i]...), lines[i+n:]...)
				g, w := s.eval(t, strings.Join(fewer, "\n"))
				if g != w && w != crashed {
					lines, got, want, dropped = fewer, g, w, true
					i--
				}
			}
		}
	}
	return strings.Join(lines, "\n"), got, want
}

// FuzzScripts is TestRandomScripts for as long as one likes.
func FuzzScripts(f *testing.F) {
	f.Add(uint64(1), uint64(2))
	s := newSides(f)
	f.Fuzz(func(t *testing.T, a, b uint64) {
		script := newGenerator(t, a*31+b).script()
		if got, want := s.eval(t, script); got != want && want != crashed {
			t.Errorf("%s\n got %.300q\nwant %.300q", strings.TrimPrefix(script, dump), got, want)
		}
	})
}

// generator makes scripts. What it makes depends on the seed alone, and always
// ends.
type generator struct {
	*rand.Rand
	lines []string // of the corpus, to be mutated
}

func newGenerator(t testing.TB, seed uint64) *generator {
	t.Helper()
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 0))}
	files, err := filepath.Glob("testdata/*.lines.lua")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(string(text), "\n") {
			if line != "" && !strings.HasPrefix(line, "--:") && !couldHang(line) {
				g.lines = append(g.lines, line)
			}
		}
	}
	return g
}

// couldHang tells whether a changed line might not end, might take too much
// memory, or differs by what it prints of the server.
func couldHang(line string) bool {
	for _, word := range []string{"while", "repeat", "for ", "function", "rep(", "load", "1e8", "redis.", "random", "gcinfo", "collectgarbage", "[1000000]", "coroutine"} {
		if strings.Contains(line, word) {
			return true
		}
	}
	return false
}

func pick[T any](g *generator, list ...T) T { return list[g.IntN(len(list))] }

// dump is Lua that writes any value without addresses, keys in order.
const dump = `local function dump(v, d) d = d or 0 if type(v) == 'table' then if d > 8 then return '...' end local ks, r = {}, {} for k in pairs(v) do ks[#ks + 1] = k end table.sort(ks, function(a, b) return type(a) .. tostring(a) < type(b) .. tostring(b) end) for i, k in ipairs(ks) do r[i] = dump(k, d + 1) .. '=' .. dump(v[k], d + 1) end return '{' .. table.concat(r, ',') .. '}' elseif type(v) == 'string' then return string.format('%q', v) elseif type(v) == 'number' then return tostring(v) elseif type(v) == 'userdata' then return 'null' elseif type(v) == 'function' then return 'fn' end return tostring(v) end local function dumps(...) local r = {} for i = 1, select('#', ...) do r[i] = dump((select(i, ...))) end return table.concat(r, ' ') end `

func (g *generator) script() string {
	switch g.IntN(10) {
	case 0:
		return dump + "return dumps(" + g.expr(4) + ")"
	case 1:
		return dump + "return dumps(string.format(" + g.format() + "))"
	case 2, 3:
		return dump + g.patternCall()
	case 4:
		return dump + "return dumps(cjson.decode(" + quote(g.json()) + "))"
	case 5:
		return dump + g.pack()
	case 6:
		return g.mutate()
	case 7:
		return g.soup()
	default:
		return dump + g.program()
	}
}

func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			b.WriteString("\\" + strings.Repeat("0", 3-len(strconv.Itoa(int(c)))) + strconv.Itoa(int(c)))
		} else {
			b.WriteByte(c)
		}
	}
	return b.String() + `"`
}

func (g *generator) number() string {
	if g.IntN(2) == 0 {
		return pick(g, "0", "1", "2", "3", "7", "10", "0.5", "0.1", "1e15", "1e14", "123456789012345", "2^31", "2^53", "1e300", "5e-324", "255", "1e20", "0x10", "(1/0)", "(0/0)")
	}
	return strconv.FormatFloat(float64(g.IntN(2000)-1000)/float64(pick(g, 1, 1, 2, 8, 10, 7)), 'g', -1, 64)
}

func (g *generator) str() string {
	return pick(g, `"a"`, `"b"`, `""`, `"10"`, `"0x1F"`, `" 5 "`, `"abc"`, `"-3.5"`, `"1e2"`, `"x\0y"`, `"inf"`, `"5x"`, `"."`, `"nan"`)
}

// expr is a random expression, most of which fail.
func (g *generator) expr(depth int) string {
	if depth == 0 || g.IntN(6) == 0 {
		switch g.IntN(9) {
		case 0:
			return "nil"
		case 1:
			return pick(g, "true", "false")
		case 2, 3:
			return g.str()
		case 4:
			return pick(g, "{}", "{1, 2, 3}", "{x = 1}", "KEYS", "ARGV[2]", "KEYS[1]", "nothing", "math.pi")
		}
		return g.number()
	}
	a, b := g.expr(depth-1), g.expr(depth-1)
	switch g.IntN(16) {
	case 0, 1, 2, 3:
		return "(" + a + " " + pick(g, "+", "-", "*", "/", "%", "^") + " " + b + ")"
	case 4, 5:
		return "(" + a + " .. " + b + ")"
	case 6:
		return "(" + a + " " + pick(g, "<", "<=", ">", ">=", "==", "~=") + " " + b + ")"
	case 7:
		return "(" + a + " " + pick(g, "and", "or") + " " + b + ")"
	case 8:
		return "(" + pick(g, "-", "not ", "#") + a + ")"
	case 9:
		return pick(g, "tostring", "tonumber", "type", "math.floor", "math.ceil", "math.abs", "string.len", "string.upper", "bit.tobit", "bit.bnot", "bit.tohex", "string.reverse") + "(" + a + ")"
	case 10:
		return pick(g, "math.fmod", "math.max", "math.min", "bit.band", "bit.bor", "bit.lshift", "bit.rshift", "bit.arshift", "bit.rol", "tonumber", "string.byte", "string.sub", "math.pow", "rawequal") + "(" + a + ", " + b + ")"
	case 11:
		return "({" + a + ", " + b + "})[" + pick(g, "1", "2", "3", `"x"`) + "]"
	case 12:
		return "dump(" + a + ")"
	case 13:
		return "(" + a + ")." + pick(g, "x", "y")
	case 14:
		return "select(2, pcall(function() return " + a + " end))"
	}
	return "string.sub(" + a + ", " + g.number() + ", " + g.number() + ")"
}

func (g *generator) format() string {
	var spec strings.Builder
	var args []string
	for range 1 + g.IntN(3) {
		spec.WriteString(pick(g, "", "a", "|", "%%"))
		spec.WriteByte('%')
		for range g.IntN(3) {
			spec.WriteString(pick(g, "-", "+", " ", "#", "0"))
		}
		spec.WriteString(pick(g, "", "", "5", "10", "20", "99", "100"))
		spec.WriteString(pick(g, "", "", ".", ".0", ".1", ".3", ".14", ".17", ".30"))
		verb := pick(g, "d", "i", "c", "o", "u", "x", "X", "e", "E", "f", "g", "G", "q", "s", "s", "p", "a")
		if strings.Contains(spec.String(), "#") && (verb == "d" || verb == "i" || verb == "u" || verb == "c" || verb == "s") {
			verb = "g" // C leaves these open
		}
		if strings.Contains(spec.String(), "0") && (verb == "c" || verb == "s") {
			verb = "f"
		}
		spec.WriteString(verb)
		args = append(args, pick(g, g.number(), g.number(), "-("+g.number()+" + 0)", g.str(), g.expr(1)))
	}
	return quote(spec.String()) + ", " + strings.Join(args, ", ")
}

func (g *generator) pattern() string {
	var b strings.Builder
	for range 1 + g.IntN(6) {
		b.WriteString(pick(g, "a", "b", "x", ".", "%a", "%d", "%w", "%s", "%W", "%p", "[ab]", "[^a]", "[a-x]", "[%w_]", "[]]", "[^]a]", "(a)", "(.-)", "(", ")", "()", "%1", "%bab", "%b()", "%f[%w]", "%f[^%w]", "^", "$", "%", "[", "[a", "-", "%.", "%z", "[a-]", "[%a-z]", "[a%]", "%0", "%x"))
		b.WriteString(pick(g, "", "", "*", "+", "-", "?"))
	}
	return b.String()
}

func (g *generator) subject() string {
	var b strings.Builder
	for range g.IntN(12) {
		b.WriteString(pick(g, "a", "b", "ab", "x", "1", " ", "_", ".", "(", ")", "]", "-", "\n", "\x00", "é"))
	}
	return b.String()
}

func (g *generator) patternCall() string {
	subject, pattern := quote(g.subject()), quote(g.pattern())
	switch g.IntN(5) {
	case 0:
		return "return dumps(string.find(" + subject + ", " + pattern + ", " + g.number() + "))"
	case 1:
		return "return dumps(string.match(" + subject + ", " + pattern + "))"
	case 2:
		with := pick(g, `"%1"`, `"<%0>"`, `"%2%1"`, `"-"`, `"%"`, `"%a"`, `{a = "A", ab = 1, x = false}`, `function(...) return dumps(...) end`, `function(x) return nil end`, "5")
		return "return dumps(string.gsub(" + subject + ", " + pattern + ", " + with + pick(g, "", "", ", 1", ", 2") + "))"
	case 3:
		return "local r = {} for a, b in string.gmatch(" + subject + ", " + pattern + ") do r[#r + 1] = dumps(a, b) if #r > 50 then break end end return table.concat(r, ' ')"
	}
	return "return dumps(string.find(" + subject + ", " + pattern + "))"
}

func (g *generator) json() string {
	var b strings.Builder
	var value func(depth int)
	value = func(depth int) {
		switch n := g.IntN(10); {
		case n < 2 && depth > 0:
			b.WriteString("[")
			for i := range g.IntN(4) {
				if i > 0 {
					b.WriteString(pick(g, ",", ", ", ","))
				}
				value(depth - 1)
			}
			b.WriteString("]")
		case n < 4 && depth > 0:
			b.WriteString("{")
			for i := range g.IntN(4) {
				if i > 0 {
					b.WriteString(",")
				}
				b.WriteString(pick(g, `"a"`, `"b"`, `"\u0041"`, `""`, `"k`+strconv.Itoa(i)+`"`) + pick(g, ":", " : "))
				value(depth - 1)
			}
			b.WriteString("}")
		case n < 6:
			b.WriteString(pick(g, `"x"`, `"\n\t\u00e9"`, `"\ud83d\ude00"`, `"a/b\/c"`, `""`, `"é"`, `"\u0000"`))
		case n < 8:
			b.WriteString(pick(g, "0", "1", "-1.5", "1e5", "123456789012345678", "0.1", "1E-7", "-0", "00", "0x1f", "nan", "inf", "+1", "1.", ".5", "1e", "-"))
		default:
			b.WriteString(pick(g, "true", "false", "null", " null ", "nul", "TRUE"))
		}
	}
	value(4)
	return g.damage(b.String(), "[]{},:\"\\ 0123456789.eE+-tfnu\x00")
}

// damage changes some bytes of s, or none.
func (g *generator) damage(s, alphabet string) string {
	b := []byte(s)
	for range g.IntN(4) {
		if g.IntN(2) == 0 || len(b) == 0 {
			continue
		}
		i := g.IntN(len(b))
		switch c := alphabet[g.IntN(len(alphabet))]; g.IntN(3) {
		case 0:
			b[i] = c
		case 1:
			b = append(b[:i], b[i+1:]...)
		default:
			b = append(b[:i], append([]byte{c}, b[i:]...)...)
		}
	}
	return string(b)
}

// value is an expression for plain data, with tables of one key or arrays, so
// that it is written the same everywhere.
func (g *generator) value(depth int) string {
	if depth == 0 || g.IntN(3) > 0 {
		return pick(g, g.number(), g.number(), "-("+g.number()+" + 0)", g.str(), "true", "false", "{}", "nil", quote(g.subject()))
	}
	if g.IntN(2) == 0 {
		return "{[" + pick(g, `"k"`, "5", "1.5", "-1", "1") + "] = " + g.value(depth-1) + "}"
	}
	return "{" + g.value(depth-1) + ", " + g.value(depth-1) + ", " + g.value(depth-1) + "}"
}

func (g *generator) bytes() string {
	b := make([]byte, g.IntN(20))
	for i := range b {
		b[i] = pick(g, byte(g.IntN(256)), 0x81, 0x92, 0xa3, 0xca, 0xcb, 0xcc, 0xcd, 0xd0, 0xd9, 0xdc, 0xde, 0, 1, 2, 0xc0)
	}
	return quote(string(b))
}

func (g *generator) layout() string {
	var b strings.Builder
	for range 1 + g.IntN(6) {
		b.WriteString(pick(g, "b", "B", "h", "H", "i", "I", "l", "L", "T", "f", "d", "x", "s", "c2", "c0", "i3", "I5", "i8", "i16", "<", ">", "!", "!2", "!4", "!8", " ", "z", "c", "!3", "i33"))
	}
	return quote(b.String())
}

func (g *generator) pack() string {
	switch g.IntN(6) {
	case 0:
		return "return cmsgpack.pack(" + g.value(4) + ")"
	case 1:
		return "return dumps(cmsgpack.unpack(" + g.bytes() + "))"
	case 2:
		return "return dumps(cmsgpack.unpack(cmsgpack.pack(" + g.value(3) + ", " + g.value(3) + ")))"
	case 3:
		return "return cjson.encode(" + g.value(4) + ")"
	case 4:
		return "return dumps(struct.unpack(" + g.layout() + ", " + g.bytes() + pick(g, "", ", 2", ", "+g.number()) + "))"
	}
	args := make([]string, 6)
	for i := range args {
		args[i] = pick(g, g.number(), g.number(), "-("+g.number()+" + 0)", g.str())
	}
	return "return struct.pack(" + g.layout() + ", " + strings.Join(args[:1+g.IntN(6)], ", ") + ")"
}

var words = strings.Fields("and break do else elseif end false for function if in local nil not or repeat return then true until while = == ~= <= >= < > + - * / % ^ # .. ... . , ; : ( ) [ ] { } x y 1 2.5 'a' \"b\" [[c]] 0x1f 1e5 f() t.x t[1] @ ! ~ ?")

// soup is a row of words, which rarely is a script. None that is one loops:
// "while", "repeat" and "for" need more words than chance puts in order.
func (g *generator) soup() string {
	list := make([]string, 1+g.IntN(8))
	for i := range list {
		list[i] = pick(g, words...)
	}
	text := strings.Join(list, pick(g, " ", " ", "\n"))
	if strings.Contains(text, "while") || strings.Contains(text, "repeat") {
		return strings.NewReplacer("while", "if", "repeat", "do").Replace(text)
	}
	return text
}

func (g *generator) mutate() string {
	line := g.lines[g.IntN(len(g.lines))]
	fields := strings.Fields(line)
	for range 1 + g.IntN(2) {
		i := g.IntN(len(fields))
		switch g.IntN(4) {
		case 0:
			fields[i] = pick(g, words...)
		case 1:
			fields = append(fields[:i], fields[i+1:]...)
		case 2:
			fields = append(fields[:i], append([]string{pick(g, words...)}, fields[i:]...)...)
		default:
			fields[i] = g.damage(fields[i], "()[]{}'\"=.,:;+-*/%^#<>~ax01 \\")
		}
		if len(fields) == 0 {
			return ""
		}
	}
	text := strings.Join(fields, " ")
	if couldHang(text + " ") {
		return line
	}
	return text
}
