package lualib

import (
	"fmt"
	"strings"
)

// SyntaxError is what Compile returns for a text that is no Lua 5.1, worded
// as Lua words it: "source:line: text near 'token'".
type SyntaxError struct{ Text string }

func (e *SyntaxError) Error() string { return e.Text }

type tokenKind byte

const (
	tokenEOF tokenKind = iota
	tokenName
	tokenString
	tokenNumber
	tokenWord // a reserved word, an operator or a single character
)

type token struct {
	kind tokenKind
	text string  // of names, strings and words
	raw  string  // as written: names, strings and numbers in messages
	num  float64 // of numbers
	line int     // where it ends
}

func (t token) is(word string) bool { return t.kind == tokenWord && t.text == word }

// spelled is the token in messages.
func (t token) spelled() string {
	switch t.kind {
	case tokenEOF:
		return "<eof>"
	case tokenWord:
		if len(t.text) == 1 && (t.text[0] < ' ' || t.text[0] == 0x7f) {
			return fmt.Sprintf("char(%d)", t.text[0])
		}
		return t.text
	}
	raw, _, _ := strings.Cut(t.raw, "\x00")
	return raw
}

var reserved = map[string]bool{
	"and": true, "break": true, "do": true, "else": true, "elseif": true, "end": true, "false": true,
	"for": true, "function": true, "if": true, "in": true, "local": true, "nil": true, "not": true,
	"or": true, "repeat": true, "return": true, "then": true, "true": true, "until": true, "while": true,
}

// lexer cuts a Lua 5.1 text into tokens. It panics with *SyntaxError.
type lexer struct {
	source string // the name in messages
	text   string
	pos    int
	line   int
}

// fail raises an error; near is the token in it, "" for none.
func (lx *lexer) fail(text, near string) {
	text = fmt.Sprintf("%s:%d: %s", lx.source, lx.line, text)
	if near != "" {
		text += " near '" + near + "'"
	}
	panic(&SyntaxError{text})
}

func (lx *lexer) failRaw(text string, start int) {
	raw, _, _ := strings.Cut(lx.text[start:min(lx.pos, len(lx.text))], "\x00")
	lx.fail(text, raw)
}

// failString is fail near a string that has been read in part.
func (lx *lexer) failString(text string, quote byte, read string) {
	read, _, _ = strings.Cut(read, "\x00")
	lx.fail(text, string([]byte{quote})+read)
}

func (lx *lexer) at(i int) byte { return byteAt(lx.text, lx.pos+i) }

func (lx *lexer) end() bool { return lx.pos >= len(lx.text) }

// newline skips a line end: \n, \r or both.
func (lx *lexer) newline() {
	c := lx.at(0)
	lx.pos++
	if n := lx.at(0); (n == '\n' || n == '\r') && n != c && !lx.end() {
		lx.pos++
	}
	lx.line++
}

func (lx *lexer) next() token {
	lx.skip()
	t := token{line: lx.line}
	start := lx.pos
	if lx.end() {
		return t
	}
	c := lx.at(0)
	switch {
	case isAlpha(c) || c == '_':
		for isAlpha(lx.at(0)) || isDigit(lx.at(0)) || lx.at(0) == '_' {
			lx.pos++
		}
		t.text = lx.text[start:lx.pos]
		t.raw = t.text
		if t.kind = tokenName; reserved[t.text] {
			t.kind = tokenWord
		}
		return t
	case isDigit(c), c == '.' && isDigit(lx.at(1)):
		return lx.number(t)
	case c == '"' || c == '\'':
		return lx.quoted(t)
	case c == '[':
		if level, ok := lx.longBracket(); ok {
			t.kind = tokenString
			t.text = lx.long(level, "unfinished long string")
			t.raw, t.line = lx.text[start:lx.pos], lx.line
			return t
		} else if level > 0 {
			lx.pos += level + 1
			lx.failRaw("invalid long string delimiter", start)
		}
	}
	t.kind = tokenWord
	size := 1
	for _, word := range []string{"...", "..", "==", "<=", ">=", "~="} {
		if strings.HasPrefix(lx.text[lx.pos:], word) {
			size = len(word)
			break
		}
	}
	lx.pos += size
	t.text = lx.text[start:lx.pos]
	return t
}

// skip skips white space and comments. C's isspace has \v and \f too.
func (lx *lexer) skip() {
	for !lx.end() {
		switch c := lx.at(0); {
		case c == '\n' || c == '\r':
			lx.newline()
		case isSpace(c):
			lx.pos++
		case c == '-' && lx.at(1) == '-':
			lx.pos += 2
			if level, ok := lx.longBracket(); ok {
				lx.long(level, "unfinished long comment")
				continue
			}
			for !lx.end() && lx.at(0) != '\n' && lx.at(0) != '\r' {
				lx.pos++
			}
		default:
			return
		}
	}
}

// longBracket tells whether a long bracket opens here, and its level.
func (lx *lexer) longBracket() (level int, ok bool) {
	if lx.at(0) != '[' {
		return 0, false
	}
	for lx.at(1+level) == '=' {
		level++
	}
	return level, lx.at(1+level) == '['
}

// long reads a long bracket.
func (lx *lexer) long(level int, unfinished string) string {
	lx.pos += level + 2
	if c := lx.at(0); !lx.end() && (c == '\n' || c == '\r') {
		lx.newline()
	}
	closing := "]" + strings.Repeat("=", level) + "]"
	var b strings.Builder
	for {
		if lx.end() {
			lx.fail(unfinished, "<eof>")
		}
		switch c := lx.at(0); {
		case c == ']' && strings.HasPrefix(lx.text[lx.pos:], closing):
			lx.pos += len(closing)
			return b.String()
		case c == '\n' || c == '\r':
			lx.newline()
			b.WriteByte('\n')
		default:
			b.WriteByte(c)
			lx.pos++
		}
	}
}

func (lx *lexer) number(t token) token {
	start := lx.pos
	for isDigit(lx.at(0)) || lx.at(0) == '.' {
		lx.pos++
	}
	if lx.at(0)|0x20 == 'e' {
		lx.pos++
		if lx.at(0) == '+' || lx.at(0) == '-' {
			lx.pos++
		}
	}
	for isAlpha(lx.at(0)) || isDigit(lx.at(0)) || lx.at(0) == '_' {
		lx.pos++
	}
	t.kind, t.raw = tokenNumber, lx.text[start:lx.pos]
	n, ok := ParseNumber(t.raw)
	if !ok {
		lx.failRaw("malformed number", start)
	}
	t.num = n
	return t
}

func (lx *lexer) quoted(t token) token {
	quote := lx.at(0)
	lx.pos++
	var b strings.Builder
	for {
		if lx.end() {
			lx.fail("unfinished string", "<eof>")
		}
		c := lx.at(0)
		switch {
		case c == quote:
			lx.pos++
			quotes := string([]byte{quote})
			t.kind, t.text, t.line = tokenString, b.String(), lx.line
			t.raw = quotes + t.text + quotes
			return t
		case c == '\n' || c == '\r':
			lx.failString("unfinished string", quote, b.String())
		case c == '\\':
			lx.pos++
			lx.escape(&b, quote)
		default:
			b.WriteByte(c)
			lx.pos++
		}
	}
}

// escape reads what follows a backslash.
func (lx *lexer) escape(b *strings.Builder, quote byte) {
	if lx.end() {
		return // quoted says so
	}
	c := lx.at(0)
	switch {
	case c == '\n' || c == '\r':
		lx.newline()
		b.WriteByte('\n')
		return
	case isDigit(c):
		n := 0
		for i := 0; i < 3 && isDigit(lx.at(0)); i++ {
			n = n*10 + int(lx.at(0)-'0')
			lx.pos++
		}
		if n > 255 {
			lx.failString("escape sequence too large", quote, b.String())
		}
		b.WriteByte(byte(n))
		return
	}
	if i := strings.IndexByte("abfnrtv", c); i >= 0 {
		c = "\a\b\f\n\r\t\v"[i]
	}
	b.WriteByte(c)
	lx.pos++
}
