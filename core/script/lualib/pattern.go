package lualib

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

const (
	maxCaptures     = 32
	captureOpen     = -1 // length of a capture that is not closed yet
	capturePosition = -2 // length of a capture of a place: "()"
	maxPatternDepth = 200_000
	patternSpecials = "^$*+?.([%-"
	noMatch         = -1
)

// matcher matches one Lua pattern by backtracking. Places are indexes in src
// and pattern; reading behind an end gives NUL, as in C. The pattern ends at
// its first NUL.
type matcher struct {
	L       *lua.LState
	src     string
	pattern string
	depth   int
	level   int // captures, open ones too
	capture [maxCaptures]struct{ start, length int }
}

func newMatcher(L *lua.LState, src, pattern string) *matcher {
	pattern, _, _ = strings.Cut(pattern, "\x00")
	return &matcher{L: L, src: src, pattern: pattern}
}

func byteAt(s string, i int) byte {
	if i < len(s) {
		return s[i]
	}
	return 0
}

// classEnd returns where the single-character class at p ends.
func (m *matcher) classEnd(p int) int {
	c := m.pattern[p]
	p++
	switch c {
	case '%':
		if p >= len(m.pattern) {
			Throw(m.L, "%s", "malformed pattern (ends with '%')")
		}
		return p + 1
	case '[':
		if byteAt(m.pattern, p) == '^' {
			p++
		}
		for first := true; first || byteAt(m.pattern, p) != ']'; first = false {
			if p >= len(m.pattern) {
				Throw(m.L, "malformed pattern (missing ']')")
			}
			p++
			if m.pattern[p-1] == '%' && p < len(m.pattern) {
				p++
			}
		}
		return p + 1
	}
	return p
}

// inClass tells whether c is of class cl (the letter behind a '%').
func inClass(c, cl byte) bool {
	var in bool
	switch cl | 0x20 {
	case 'a':
		in = isAlpha(c)
	case 'c':
		in = c < ' ' || c == 0x7f
	case 'd':
		in = isDigit(c)
	case 'l':
		in = c >= 'a' && c <= 'z'
	case 'p':
		in = c > ' ' && c < 0x7f && !isAlpha(c) && !isDigit(c)
	case 's':
		in = isSpace(c)
	case 'u':
		in = c >= 'A' && c <= 'Z'
	case 'w':
		in = isAlpha(c) || isDigit(c)
	case 'x':
		in = isHex(c)
	case 'z':
		in = c == 0
	default:
		return cl == c
	}
	if !isAlpha(cl) {
		return cl == c
	}
	if cl >= 'A' && cl <= 'Z' {
		return !in
	}
	return in
}

// inSet tells whether c is in the set from '[' at p to ']' at end.
func (m *matcher) inSet(c byte, p, end int) bool {
	in := true
	p++
	if m.pattern[p] == '^' {
		in = false
		p++
	}
	for ; p < end; p++ {
		switch {
		case m.pattern[p] == '%':
			p++
			if inClass(c, m.pattern[p]) {
				return in
			}
		case byteAt(m.pattern, p+1) == '-' && p+2 < end:
			if m.pattern[p] <= c && c <= m.pattern[p+2] {
				return in
			}
			p += 2
		case m.pattern[p] == c:
			return in
		}
	}
	return !in
}

// single tells whether c matches the class from p to end.
func (m *matcher) single(c byte, p, end int) bool {
	switch m.pattern[p] {
	case '.':
		return true
	case '%':
		return inClass(c, m.pattern[p+1])
	case '[':
		return m.inSet(c, p, end-1)
	}
	return m.pattern[p] == c
}

// match returns where a match of the pattern from p that starts at s ends,
// noMatch if there is none.
func (m *matcher) match(s, p int) int {
	if m.depth++; m.depth > maxPatternDepth {
		Throw(m.L, "pattern too complex")
	}
	e := m.items(s, p)
	m.depth--
	return e
}

// items is match, item by item.
func (m *matcher) items(s, p int) int {
	for p < len(m.pattern) {
		switch c := m.pattern[p]; {
		case c == '(':
			if byteAt(m.pattern, p+1) == ')' {
				return m.open(s, p+2, capturePosition)
			}
			return m.open(s, p+1, captureOpen)
		case c == ')':
			return m.close(s, p+1)
		case c == '%' && byteAt(m.pattern, p+1) == 'b':
			if s = m.balance(s, p+2); s == noMatch {
				return noMatch
			}
			p += 4
			continue
		case c == '%' && byteAt(m.pattern, p+1) == 'f':
			p += 2
			if byteAt(m.pattern, p) != '[' {
				Throw(m.L, "%s", "missing '[' after '%f' in pattern")
			}
			end := m.classEnd(p)
			var before byte
			if s > 0 {
				before = m.src[s-1]
			}
			if m.inSet(before, p, end-1) || !m.inSet(byteAt(m.src, s), p, end-1) {
				return noMatch
			}
			p = end
			continue
		case c == '%' && isDigit(byteAt(m.pattern, p+1)):
			if s = m.repeated(s, m.pattern[p+1]); s == noMatch {
				return noMatch
			}
			p += 2
			continue
		case c == '$' && p+1 == len(m.pattern):
			if s == len(m.src) {
				return s
			}
			return noMatch
		}
		end := m.classEnd(p)
		hit := s < len(m.src) && m.single(m.src[s], p, end)
		switch byteAt(m.pattern, end) {
		case '?':
			if hit {
				if e := m.match(s+1, end+1); e != noMatch {
					return e
				}
			}
			p = end + 1
		case '*':
			return m.expand(s, p, end)
		case '+':
			if !hit {
				return noMatch
			}
			return m.expand(s+1, p, end)
		case '-':
			return m.expandLeast(s, p, end)
		default:
			if !hit {
				return noMatch
			}
			s++
			p = end
		}
	}
	return s
}

// expand matches as many characters of the class as it can.
func (m *matcher) expand(s, p, end int) int {
	i := s
	for i < len(m.src) && m.single(m.src[i], p, end) {
		i++
	}
	for ; i >= s; i-- {
		if e := m.match(i, end+1); e != noMatch {
			return e
		}
	}
	return noMatch
}

// expandLeast matches as few characters of the class as it can.
func (m *matcher) expandLeast(s, p, end int) int {
	for {
		if e := m.match(s, end+1); e != noMatch {
			return e
		}
		if s >= len(m.src) || !m.single(m.src[s], p, end) {
			return noMatch
		}
		s++
	}
}

func (m *matcher) open(s, p, kind int) int {
	if m.level >= maxCaptures {
		Throw(m.L, "too many captures")
	}
	m.capture[m.level].start, m.capture[m.level].length = s, kind
	m.level++
	e := m.match(s, p)
	if e == noMatch {
		m.level--
	}
	return e
}

func (m *matcher) close(s, p int) int {
	l := m.level - 1
	for l >= 0 && m.capture[l].length != captureOpen {
		l--
	}
	if l < 0 {
		Throw(m.L, "invalid pattern capture")
	}
	m.capture[l].length = s - m.capture[l].start
	e := m.match(s, p)
	if e == noMatch {
		m.capture[l].length = captureOpen
	}
	return e
}

// balance matches "%bxy"; p is at x.
func (m *matcher) balance(s, p int) int {
	if p+1 >= len(m.pattern) {
		Throw(m.L, "unbalanced pattern")
	}
	opening, closing := m.pattern[p], m.pattern[p+1]
	if byteAt(m.src, s) != opening || s >= len(m.src) {
		return noMatch
	}
	depth := 1
	for s++; s < len(m.src); s++ {
		switch m.src[s] {
		case closing:
			if depth--; depth == 0 {
				return s + 1
			}
		case opening:
			depth++
		}
	}
	return noMatch
}

// repeated matches what a capture ("%1") matched before.
func (m *matcher) repeated(s int, digit byte) int {
	l := int(digit) - '1'
	if l < 0 || l >= m.level || m.capture[l].length == captureOpen {
		Throw(m.L, "invalid capture index")
	}
	if m.capture[l].length == capturePosition { // C compares a length of -2: never
		return noMatch
	}
	text := m.src[m.capture[l].start:][:m.capture[l].length]
	if strings.HasPrefix(m.src[s:], text) {
		return s + len(text)
	}
	return noMatch
}

// captured returns capture i of a match from s to e; without captures, 0 is
// the whole match.
func (m *matcher) captured(i, s, e int) lua.LValue {
	if i >= m.level {
		if i != 0 {
			Throw(m.L, "invalid capture index")
		}
		return lua.LString(m.src[s:e])
	}
	c := m.capture[i]
	switch c.length {
	case captureOpen:
		Throw(m.L, "unfinished capture")
	case capturePosition:
		return lua.LNumber(c.start + 1)
	}
	return lua.LString(m.src[c.start:][:c.length])
}

// push pushes all captures, or the whole match if there are none.
func (m *matcher) push(s, e int) int {
	n := max(m.level, 1)
	for i := range n {
		m.L.Push(m.captured(i, s, e))
	}
	return n
}

func strFind(L *lua.LState) int  { return findOrMatch(L, true) }
func strMatch(L *lua.LState) int { return findOrMatch(L, false) }

func findOrMatch(L *lua.LState, find bool) int {
	src, pattern := CheckString(L, 1), CheckString(L, 2)
	start := int(min(max(relative(optInteger(L, 3, 1), len(src))-1, 0), int64(len(src))))
	head, _, _ := strings.Cut(pattern, "\x00")
	if find && (lua.LVAsBool(L.Get(4)) || !strings.ContainsAny(head, patternSpecials)) {
		at := strings.Index(src[start:], pattern)
		if at < 0 {
			L.Push(lua.LNil)
			return 1
		}
		pushNumber(L, float64(start+at+1))
		pushNumber(L, float64(start+at+len(pattern)))
		return 2
	}
	m := newMatcher(L, src, pattern)
	p := 0
	if byteAt(m.pattern, 0) == '^' {
		p = 1
	}
	for s := start; s <= len(src); s++ {
		m.level = 0
		if e := m.match(s, p); e != noMatch {
			if !find {
				return m.push(s, e)
			}
			pushNumber(L, float64(s+1))
			pushNumber(L, float64(e))
			if m.level == 0 {
				return 2
			}
			return 2 + m.push(s, e)
		}
		if p == 1 {
			break
		}
	}
	L.Push(lua.LNil)
	return 1
}

func strGmatch(L *lua.LState) int {
	src, pattern := CheckString(L, 1), CheckString(L, 2)
	next := 0
	L.Push(L.NewFunction(func(L *lua.LState) int {
		m := newMatcher(L, src, pattern)
		for s := next; s <= len(src); s++ {
			m.level = 0
			if e := m.match(s, 0); e != noMatch {
				if next = e; e == s {
					next++
				}
				return m.push(s, e)
			}
		}
		return 0
	}))
	return 1
}

func strGsub(L *lua.LState) int {
	src, pattern := CheckString(L, 1), CheckString(L, 2)
	most := optInt(L, 4, len(src)+1)
	with := L.Get(3)
	switch with.(type) {
	case lua.LNumber, lua.LString, *lua.LFunction, *lua.LTable:
	default:
		ArgError(L, 3, "string/function/table expected")
	}
	m := newMatcher(L, src, pattern)
	p := 0
	if byteAt(m.pattern, 0) == '^' {
		p = 1
	}
	var b []byte
	s, n := 0, 0
	for n < most {
		m.level = 0
		e := m.match(s, p)
		if e != noMatch {
			n++
			b = m.appendReplacement(b, with, s, e)
		}
		switch {
		case e != noMatch && e > s:
			s = e
		case s < len(src):
			b = append(b, src[s])
			s++
		default:
			most = n // the end
		}
		checkLength(L, len(b))
		if p == 1 {
			break
		}
	}
	b = append(b, src[s:]...)
	pushString(L, string(b))
	return 1 + pushNumber(L, float64(n))
}

// appendReplacement appends what the match from s to e is replaced by.
func (m *matcher) appendReplacement(b []byte, with lua.LValue, s, e int) []byte {
	var v lua.LValue
	switch with := with.(type) {
	case *lua.LFunction:
		m.L.Push(with)
		call(m.L, m.push(s, e), 1)
		v = m.L.Get(-1)
		m.L.Pop(1)
	case *lua.LTable:
		v = m.L.GetTable(with, m.captured(0, s, e))
	default:
		text, _ := Text(with)
		return m.appendTemplate(b, text, s, e)
	}
	if lua.LVIsFalse(v) {
		return append(b, m.src[s:e]...)
	}
	text, ok := Text(v)
	if !ok {
		Throw(m.L, "invalid replacement value (a %s)", TypeName(v))
	}
	return append(b, text...)
}

// appendTemplate appends a replacement string with its "%0" to "%9" filled in.
func (m *matcher) appendTemplate(b []byte, text string, s, e int) []byte {
	for i := 0; i < len(text); i++ {
		if text[i] != '%' {
			b = append(b, text[i])
			continue
		}
		i++
		switch c := byteAt(text, i); {
		case c == '0':
			b = append(b, m.src[s:e]...)
		case isDigit(c):
			captured, _ := Text(m.captured(int(c-'1'), s, e))
			b = append(b, captured...)
		default:
			b = append(b, c)
		}
	}
	return b
}
