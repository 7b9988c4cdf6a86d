package resp

// inline reads the inline request at the start of buf. size is 0 if its line
// is incomplete; words is empty for a line of blanks.
//
// Where Redis stops at a NUL byte, and so waits for the end of a line that is
// already there, a NUL is here a byte like any other.
func (s *Scanner) inline(buf []byte) (words [][]byte, size int, err error) {
	nl, err := s.lineEnd(buf, 0, '\n', ErrInlineTooBig)
	if nl < 0 || err != nil {
		return nil, 0, err
	}
	s.seen = 0
	line := buf[:nl]
	if nl > 0 && line[nl-1] == '\r' {
		line = line[:nl-1]
	}
	var ok bool
	if words, s.scratch, ok = splitWords(line, s.args[:0], s.scratch[:0]); !ok {
		return nil, 0, ErrUnbalanced
	}
	s.args = words
	return words, nl + 1, nil
}

// SplitWords splits a line into words by the quoting rules of inline requests
// (which redis.conf shares): blanks separate; "..." knows \n \r \t \b \a \xhh
// and \ before any other byte; '...' knows \' only; a closing quote must be
// followed by a blank or the end. ok is false with quotes unbalanced. The
// words are copies.
func SplitWords(line []byte) (words [][]byte, ok bool) {
	words, _, ok = splitWords(line, nil, nil)
	return words, ok
}

// splitWords appends the words of line to words. Their bytes go to scratch,
// which never outgrows line and so, once given its size, never moves.
func splitWords(line []byte, words [][]byte, scratch []byte) (_ [][]byte, _ []byte, ok bool) {
	if cap(scratch) < len(line) {
		scratch = make([]byte, 0, max(64, len(line)))
	}
	for i := 0; ; {
		for i < len(line) && isSpace(line[i]) {
			i++
		}
		if i == len(line) {
			return words, scratch, true
		}
		from := len(scratch)
		if scratch, i, ok = word(line, i, scratch); !ok {
			return nil, scratch, false
		}
		words = append(words, scratch[from:len(scratch):len(scratch)])
	}
}

// word appends the word that starts at line[i] to dst and returns where it
// ends.
func word(line []byte, i int, dst []byte) (_ []byte, end int, ok bool) {
	for i < len(line) {
		switch c := line[i]; c {
		// Not isSpace: inside a word Redis keeps \v and \f.
		case ' ', '\n', '\r', '\t':
			return dst, i, true
		case '"':
			return quoted(line, i+1, dst)
		case '\'':
			return singleQuoted(line, i+1, dst)
		default:
			dst = append(dst, c)
			i++
		}
	}
	return dst, i, true
}

// quoted appends what follows a double quote, up to its closing one, which
// ends the word.
func quoted(line []byte, i int, dst []byte) (_ []byte, end int, ok bool) {
	for ; i < len(line); i++ {
		c := line[i]
		switch {
		case c == '"':
			return dst, i + 1, i+1 == len(line) || isSpace(line[i+1])
		case c == '\\' && i+3 < len(line) && line[i+1] == 'x' && isHex(line[i+2]) && isHex(line[i+3]):
			dst = append(dst, hexValue(line[i+2])<<4|hexValue(line[i+3]))
			i += 3
		case c == '\\' && i+1 < len(line):
			i++
			dst = append(dst, unescape(line[i]))
		default:
			dst = append(dst, c)
		}
	}
	return dst, i, false
}

// singleQuoted is quoted for single quotes.
func singleQuoted(line []byte, i int, dst []byte) (_ []byte, end int, ok bool) {
	for ; i < len(line); i++ {
		c := line[i]
		switch {
		case c == '\'':
			return dst, i + 1, i+1 == len(line) || isSpace(line[i+1])
		case c == '\\' && i+1 < len(line) && line[i+1] == '\'':
			i++
			dst = append(dst, '\'')
		default:
			dst = append(dst, c)
		}
	}
	return dst, i, false
}

// unescape returns the byte that a backslash and c stand for.
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

// isSpace is isspace of the C locale.
func isSpace(c byte) bool { return c == ' ' || c-'\t' <= '\r'-'\t' }

func isHex(c byte) bool { return c-'0' <= 9 || (c|0x20)-'a' <= 5 }

func hexValue(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return (c | 0x20) - 'a' + 10
}
