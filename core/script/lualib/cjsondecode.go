package lualib

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

type jsonToken int

const (
	jsonObjBegin jsonToken = iota
	jsonObjEnd
	jsonArrBegin
	jsonArrEnd
	jsonString
	jsonNumber
	jsonBoolean
	jsonNull
	jsonColon
	jsonComma
	jsonEnd
	jsonError
)

var jsonTokenNames = [...]string{
	"T_OBJ_BEGIN", "T_OBJ_END", "T_ARR_BEGIN", "T_ARR_END", "T_STRING", "T_NUMBER",
	"T_BOOLEAN", "T_NULL", "T_COLON", "T_COMMA", "T_END",
}

// jsonDecoder reads one JSON text. Tables grow as their elements are read and
// depth is bounded, so that what it holds is bounded by the text.
type jsonDecoder struct {
	*jsonConfig
	L     *lua.LState
	data  string
	pos   int
	depth int
	slots int // of the Lua stack, as C would hold them

	// The token read last.
	token jsonToken
	start int // its place in data, or of the error in it
	text  string
	num   float64
	truth bool
}

func (c *jsonConfig) decode(L *lua.LState) int {
	if L.GetTop() != 1 {
		ArgError(L, 1, "expected 1 argument")
	}
	data := CheckString(L, 1)
	if len(data) >= 2 && (data[0] == 0 || data[1] == 0) {
		Throw(L, "JSON parser does not support UTF-16 or UTF-32")
	}
	d := jsonDecoder{jsonConfig: c, L: L, data: data, slots: 1}
	d.next()
	v := d.value()
	if d.next(); d.token != jsonEnd {
		d.expected("the end")
	}
	L.Push(v)
	return 1
}

// at is the byte at a place, 0 behind the end, as in C.
func (d *jsonDecoder) at(i int) byte {
	if i < len(d.data) {
		return d.data[i]
	}
	return 0
}

func (d *jsonDecoder) fail(what string) {
	d.token, d.start, d.text = jsonError, d.pos, what
}

// expected raises a syntax error at the token read last.
func (d *jsonDecoder) expected(what string) {
	found := d.text
	if d.token != jsonError {
		found = jsonTokenNames[d.token]
	}
	Throw(d.L, "Expected %s but found %s at character %d", what, found, d.start+1)
}

// next reads a token.
func (d *jsonDecoder) next() {
	for c := d.at(d.pos); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = d.at(d.pos) {
		d.pos++
	}
	d.start = d.pos
	single := func(t jsonToken) { d.token = t; d.pos++ }
	switch c := d.at(d.pos); {
	case c == 0:
		d.token = jsonEnd
	case c == '{':
		single(jsonObjBegin)
	case c == '}':
		single(jsonObjEnd)
	case c == '[':
		single(jsonArrBegin)
	case c == ']':
		single(jsonArrEnd)
	case c == ',':
		single(jsonComma)
	case c == ':':
		single(jsonColon)
	case c == '"':
		d.readString()
	case c == '-' || isDigit(c):
		if d.decodeInvalid == 0 && d.unusualNumber() {
			d.fail("invalid number")
			return
		}
		d.readNumber()
	case strings.HasPrefix(d.data[d.pos:], "true"):
		d.token, d.truth = jsonBoolean, true
		d.pos += 4
	case strings.HasPrefix(d.data[d.pos:], "false"):
		d.token, d.truth = jsonBoolean, false
		d.pos += 5
	case strings.HasPrefix(d.data[d.pos:], "null"):
		d.token = jsonNull
		d.pos += 4
	case strings.IndexByte("fiInNt+", c) >= 0 && d.decodeInvalid != 0 && d.unusualNumber():
		d.readNumber()
	default:
		d.fail("invalid token")
	}
}

func (d *jsonDecoder) readNumber() {
	text := d.data[d.pos:]
	if i := strings.IndexByte(text, 0); i >= 0 {
		text = text[:i]
	}
	n, end := strtod(text)
	if end == 0 {
		d.fail("invalid number")
		return
	}
	d.token, d.num = jsonNumber, n
	d.pos += end
}

// unusualNumber tells whether a number is none of JSON: with a plus sign, in
// hexadecimal, with leading zeros, infinite or NaN.
func (d *jsonDecoder) unusualNumber() bool {
	i := d.pos
	if d.at(i) == '+' {
		return true
	}
	if d.at(i) == '-' {
		i++
	}
	if d.at(i) == '0' {
		return d.at(i+1)|0x20 == 'x' || isDigit(d.at(i+1))
	}
	if d.at(i) <= '9' {
		return false
	}
	word := strings.ToLower(d.data[i:min(i+3, len(d.data))])
	return word == "inf" || word == "nan"
}

// readString reads a string whose opening quote is at pos.
func (d *jsonDecoder) readString() {
	d.pos++
	rest := d.data[d.pos:]
	if end := strings.IndexAny(rest, "\"\\\x00"); end >= 0 && rest[end] == '"' {
		d.token, d.text = jsonString, rest[:end]
		d.pos += end + 1
		return
	}
	var b []byte
	for {
		c := d.at(d.pos)
		switch c {
		case '"':
			d.pos++
			d.token, d.text = jsonString, string(b)
			return
		case 0:
			d.fail("unexpected end of string")
			return
		case '\\':
			e := d.at(d.pos + 1)
			if e == 'u' {
				r, size := d.unicodeEscape()
				if size == 0 {
					d.fail("invalid unicode escape code")
					return
				}
				b = appendCodepoint(b, r)
				d.pos += size
				continue
			}
			i := strings.IndexByte(`"\/btnfr`, e)
			if e == 0 || i < 0 {
				d.fail("invalid escape code")
				return
			}
			b = append(b, "\"\\/\b\t\n\f\r"[i])
			d.pos += 2
		default:
			b = append(b, c)
			d.pos++
		}
	}
}

// unicodeEscape reads \uXXXX at pos, or a surrogate pair of two: the code
// point and how many bytes it takes, 0 if it is none.
func (d *jsonDecoder) unicodeEscape() (r, size int) {
	r = d.hex4(d.pos + 2)
	if r < 0 {
		return 0, 0
	}
	if r&0xf800 != 0xd800 {
		return r, 6
	}
	if r&0x400 != 0 || d.at(d.pos+6) != '\\' || d.at(d.pos+7) != 'u' {
		return 0, 0
	}
	low := d.hex4(d.pos + 8)
	if low < 0 || low&0xfc00 != 0xdc00 {
		return 0, 0
	}
	return (r&0x3ff<<10 | low&0x3ff) + 0x10000, 12
}

func (d *jsonDecoder) hex4(at int) int {
	n := 0
	for i := range 4 {
		c := d.at(at + i)
		if !isHex(c) {
			return -1
		}
		n = n<<4 | digitValue(c)
	}
	return n
}

func appendCodepoint(b []byte, r int) []byte {
	switch {
	case r <= 0x7f:
		return append(b, byte(r))
	case r <= 0x7ff:
		return append(b, byte(r>>6)|0xc0, byte(r)&0x3f|0x80)
	case r <= 0xffff:
		return append(b, byte(r>>12)|0xe0, byte(r>>6)&0x3f|0x80, byte(r)&0x3f|0x80)
	}
	return append(b, byte(r>>18)|0xf0, byte(r>>12)&0x3f|0x80, byte(r>>6)&0x3f|0x80, byte(r)&0x3f|0x80)
}

// value returns the value that the token read last begins.
func (d *jsonDecoder) value() lua.LValue {
	switch d.token {
	case jsonString:
		return lua.LString(d.text)
	case jsonNumber:
		return Number(d.num)
	case jsonBoolean:
		return lua.LBool(d.truth)
	case jsonNull:
		return d.null
	case jsonObjBegin:
		d.descend(3)
		v := d.object()
		d.depth--
		return v
	case jsonArrBegin:
		d.descend(2)
		v := d.array()
		d.depth--
		return v
	}
	d.expected("value")
	return nil
}

func (d *jsonDecoder) descend(slots int) {
	if d.depth++; d.depth > d.decodeDepth || d.slots+slots > maxSlots {
		Throw(d.L, "Found too many nested data structures (%d) at character %d", d.depth, d.pos)
	}
}

func (d *jsonDecoder) object() lua.LValue {
	t := d.L.CreateTable(0, 0)
	if d.next(); d.token == jsonObjEnd {
		return t
	}
	for {
		if d.token != jsonString {
			d.expected("object key string")
		}
		key := d.text
		if d.next(); d.token != jsonColon {
			d.expected("colon")
		}
		d.next()
		d.slots += 2
		t.RawSetString(key, d.value())
		d.slots -= 2
		if d.next(); d.token == jsonObjEnd {
			return t
		}
		if d.token != jsonComma {
			d.expected("comma or object end")
		}
		d.next()
	}
}

func (d *jsonDecoder) array() lua.LValue {
	t := d.L.CreateTable(0, 0)
	if d.next(); d.token == jsonArrEnd {
		return t
	}
	for i := 1; ; i++ {
		d.slots++
		t.RawSetInt(i, d.value())
		d.slots--
		if d.next(); d.token == jsonArrEnd {
			return t
		}
		if d.token != jsonComma {
			d.expected("comma or array end")
		}
		d.next()
	}
}
