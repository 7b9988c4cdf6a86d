package aof

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/redoubt-kv/redoubt/core/resp"
)

const (
	maxManifestLine = 1024     // bytes with the newline; Redis reads no longer ones
	maxManifestSize = 16 << 20 // bytes; Redis knows no limit
)

// ManifestError says what is wrong with a manifest.
type ManifestError struct {
	Line   int    // from 1
	Text   string // the line without blanks around it; shown if Shown
	Shown  bool   // whether it is this line's contents that are wrong
	Reason string // as Redis words it
}

func (e *ManifestError) Error() string {
	if !e.Shown {
		return e.Reason
	}
	return fmt.Sprintf("%s, at line %d: '%s'", e.Reason, e.Line, e.Text)
}

// LogLines returns what Redis writes to its log about the error, one entry
// each.
func (e *ManifestError) LogLines() []string {
	lines := []string{"\n*** FATAL AOF MANIFEST FILE ERROR ***\n"}
	if e.Shown {
		lines = append(lines,
			fmt.Sprintf("Reading the manifest file, at line %d\n", e.Line),
			fmt.Sprintf(">>> '%s'\n", e.Text))
	}
	return append(lines, e.Reason+"\n")
}

const badFormat = "Invalid AOF manifest file format"

// ParseManifest reads a manifest, with the rules and the leniency of Redis.
// Where Redis would count past the largest number, and on more than 16 MiB, it
// refuses. The error is a *ManifestError or wraps that of r.
func ParseManifest(r io.Reader) (*Manifest, error) {
	p := manifestParser{m: &Manifest{}}
	limited := &io.LimitedReader{R: r, N: maxManifestSize + 1}
	in := bufio.NewReaderSize(limited, maxManifestLine)
	for {
		// A line that is too long comes in pieces, as it does in Redis, so
		// that a long comment's second piece is taken for a line.
		piece, err := in.ReadSlice('\n')
		end := errors.Is(err, io.EOF)
		if err != nil && !end && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, fmt.Errorf("Read AOF manifest failed: %w", err)
		}
		if limited.N <= 0 {
			return nil, p.fail("The AOF manifest file is too large")
		}
		if len(piece) > 0 {
			if err := p.line(piece); err != nil {
				return nil, err
			}
		}
		if end {
			return p.end()
		}
	}
}

type manifestParser struct {
	m       *Manifest
	lines   int
	current string // the line's contents, for errors
	shown   bool
}

func (p *manifestParser) fail(reason string) error {
	return &ManifestError{Line: p.lines, Text: p.current, Shown: p.shown, Reason: reason}
}

func (p *manifestParser) end() (*Manifest, error) {
	if p.lines == 0 {
		return nil, p.fail("Found an empty AOF manifest")
	}
	return p.m, nil
}

func (p *manifestParser) line(piece []byte) error {
	p.lines++
	p.shown = false
	if piece[0] == '#' {
		return nil
	}
	// To Redis a line ends at a NUL byte, so that it has no newline then.
	if piece[len(piece)-1] != '\n' || bytes.IndexByte(piece, 0) >= 0 {
		return p.fail("The AOF manifest file contains too long line")
	}
	p.current, p.shown = strings.Trim(string(piece), " \t\r\n"), true
	f, err := p.fields()
	if err != nil {
		return err
	}
	return p.add(f)
}

// fields reads the keys and values of the current line.
func (p *manifestParser) fields() (f File, err error) {
	words, ok := resp.SplitWords([]byte(p.current))
	if !ok || len(words) < 6 || len(words)%2 != 0 {
		return f, p.fail(badFormat)
	}
	named := false
	for i := 0; i < len(words); i += 2 {
		value := upToNUL(words[i+1])
		switch strings.ToLower(upToNUL(words[i])) {
		case "file":
			if strings.ContainsAny(value, `/\`) {
				return f, p.fail("File can't be a path, just a filename")
			}
			f.Name, named = value, true
		case "seq":
			f.Seq = leadingInt(value)
		case "type":
			f.Type = 0
			if value != "" {
				f.Type = FileType(value[0])
			}
		}
	}
	if !named || f.Seq == 0 || f.Type == 0 {
		return f, p.fail(badFormat)
	}
	if f.Seq > maxSeq {
		return f, p.fail("Found a sequence number that is too large")
	}
	return f, nil
}

func (p *manifestParser) add(f File) error {
	m := p.m
	switch f.Type {
	case Base:
		if m.base != nil {
			return p.fail("Found duplicate base file information")
		}
		m.base, m.baseSeq = &f, f.Seq
	case History:
		m.history = append(m.history, f)
	case Incr:
		if f.Seq <= m.incrSeq {
			return p.fail("Found a non-monotonic sequence number")
		}
		m.incrs, m.incrSeq = append(m.incrs, f), f.Seq
	default:
		return p.fail("Unknown AOF file type")
	}
	return nil
}

// upToNUL is the C string at the start of b.
func upToNUL(b []byte) string {
	b, _, _ = bytes.Cut(b, []byte{0})
	return string(b)
}

// leadingInt is atoll: the number at the start of s after blanks and a sign,
// 0 if there is none, and the nearest that fits.
func leadingInt(s string) int64 {
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	negative := strings.HasPrefix(s, "-")
	if negative || strings.HasPrefix(s, "+") {
		s = s[1:]
	}
	var n uint64
	limit := uint64(math.MaxInt64)
	if negative {
		limit++
	}
	for ; s != "" && '0' <= s[0] && s[0] <= '9'; s = s[1:] {
		digit := uint64(s[0] - '0')
		if n > (limit-digit)/10 {
			n = limit
			break
		}
		n = n*10 + digit
	}
	if negative {
		return int64(-n)
	}
	return int64(n)
}

// quoteIfNeeded puts a name into double quotes if ParseManifest would not read
// it as it stands. Redis leaves names with a single quote and empty ones as
// they are, and cannot read them again; it can read these.
func quoteIfNeeded(s string) string {
	plain := func(c byte) bool { return '!' <= c && c <= '~' && strings.IndexByte("\\\"'", c) < 0 }
	if s == "" {
		return quote(s)
	}
	for i := range len(s) {
		if !plain(s[i]) {
			return quote(s)
		}
	}
	return s
}

func quote(s string) string {
	b := []byte{'"'}
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\\' || c == '"':
			b = append(b, '\\', c)
		case strings.IndexByte("\n\r\t\a\b", c) >= 0:
			b = append(b, '\\', "nrtab"[strings.IndexByte("\n\r\t\a\b", c)])
		case ' ' <= c && c <= '~':
			b = append(b, c)
		default:
			b = fmt.Appendf(b, `\x%02x`, c)
		}
	}
	return string(append(b, '"'))
}
