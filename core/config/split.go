package config

import (
	"fmt"
	"strings"
)

// SplitArgs splits a line at blanks as redis.conf and inline commands do.
// A part may be in double quotes, where \n \r \t \b \a and \xHH stand for
// bytes and a backslash before anything else for that byte; or in single
// quotes, where \' is the only escape. ok is false when a quote is not
// closed, or is followed by something other than a blank. As in Redis, a
// NUL byte ends the line.
func SplitArgs(line string) (args []string, ok bool) {
	if end := strings.IndexByte(line, 0); end >= 0 {
		line = line[:end]
	}
	for {
		for line != "" && isSpace(line[0]) {
			line = line[1:]
		}
		if line == "" {
			return args, true
		}
		arg, rest, ok := cutArg(line)
		if !ok {
			return nil, false
		}
		args = append(args, arg)
		line = rest
	}
}

// cutArg takes one argument off a line that does not start with a blank.
// A quote may also open in the middle of an argument; it always ends it.
func cutArg(line string) (arg, rest string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(line); i++ {
		switch c := line[i]; c {
		case ' ', '\n', '\r', '\t':
			return b.String(), line[i:], true
		case '"', '\'':
			rest, ok = unquote(&b, line[i+1:], c)
			ok = ok && (rest == "" || isSpace(rest[0]))
			return b.String(), rest, ok
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), "", true
}

// unquote appends to b what s holds up to the closing quote and returns
// what follows it.
func unquote(b *strings.Builder, s string, quote byte) (rest string, ok bool) {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == quote:
			return s[i+1:], true
		case c != '\\' || i+1 == len(s) || quote == '\'' && s[i+1] != '\'':
			b.WriteByte(c)
		case s[i+1] == 'x' && i+3 < len(s) && hexDigit(s[i+2]) >= 0 && hexDigit(s[i+3]) >= 0:
			b.WriteByte(byte(hexDigit(s[i+2])<<4 | hexDigit(s[i+3])))
			i += 3
		default:
			i++
			b.WriteByte(unescape(s[i]))
		}
	}
	return "", false
}

func unescape(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'b':
		return '\b'
	case 'a':
		return '\a'
	}
	return c
}

func hexDigit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

// Quote puts s into double quotes, so that SplitArgs gives it back.
func Quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '\\', '"':
			b.WriteByte('\\')
			b.WriteByte(c)
		case '\n':
			b.WriteString(`\n`)
		case '\r':
			b.WriteString(`\r`)
		case '\t':
			b.WriteString(`\t`)
		case '\a':
			b.WriteString(`\a`)
		case '\b':
			b.WriteString(`\b`)
		default:
			if ' ' <= c && c <= '~' {
				b.WriteByte(c)
			} else {
				fmt.Fprintf(&b, `\x%02x`, c)
			}
		}
	}
	b.WriteByte('"')
	return b.String()
}
