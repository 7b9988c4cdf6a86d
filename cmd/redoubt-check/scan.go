package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

const (
	maxHeaderLine = 127           // bytes; redis-check-aof looks at no more of a line
	maxAnnotation = 1023          // bytes with the newline, as in the server
	maxArguments  = math.MaxInt32 // of a command, as in the server
)

// scanner reads a file of commands as redis-check-aof does, and says with its
// words where it stops. Beyond that it finds fault with all that the server
// would not load: numbers with anything but digits, commands without arguments,
// an annotation that is cut off.
type scanner struct {
	in   *bufio.Reader
	at   int64 // offset of the next byte
	item int64 // offset of the line or argument that was begun last, for faults
	line int64 // as redis-check-aof counts: lines of commands, from 1
	open bool  // between MULTI and EXEC

	sound int64  // what is before it is whole: no open transaction either
	fault string // what is wrong, "" if the file ends too early with nothing to say
	path  string
}

// annotation is a line that starts with #, and where.
type annotation struct {
	at   int64
	text string // without the newline
}

var (
	errStop   = errors.New("stop")         // what is wrong is in fault
	errFormat = errors.New("format error") // what follows is no command at all
)

func newScanner(in io.Reader, from int64, path string) *scanner {
	return &scanner{in: bufio.NewReaderSize(in, 256<<10), at: from, line: 1, path: path}
}

// next reads one command, or one annotation, which it returns. The error is
// io.EOF at a proper end, errStop, or that of the file system.
func (s *scanner) next() (*annotation, error) {
	if !s.open {
		s.sound = s.at
	}
	first, err := s.in.Peek(1)
	switch {
	case errors.Is(err, io.EOF):
		return nil, s.end()
	case err != nil:
		return nil, err
	case first[0] == '#':
		return s.annotation()
	case first[0] == '*':
		return nil, s.command()
	}
	return nil, errFormat
}

func (s *scanner) end() error {
	if s.open {
		return s.fail("Reached EOF before reading EXEC for MULTI")
	}
	return io.EOF
}

// fail ends the scanning.
func (s *scanner) fail(format string, args ...any) error {
	s.fault = fmt.Sprintf("0x%16x: %s", s.item, fmt.Sprintf(format, args...))
	return errStop
}

// readLine reads a line of at most size bytes, less at the end of the file, and
// tells whether it has its newline.
func (s *scanner) readLine(size int) (line string, whole bool, err error) {
	var b strings.Builder
	for b.Len() < size {
		c, err := s.in.ReadByte()
		if errors.Is(err, io.EOF) {
			return b.String(), false, nil
		}
		if err != nil {
			return "", false, err
		}
		s.at++
		b.WriteByte(c)
		if c == '\n' {
			return b.String(), true, nil
		}
	}
	return b.String(), false, nil
}

func (s *scanner) annotation() (*annotation, error) {
	s.item = s.at
	at := s.at
	line, whole, err := s.readLine(maxAnnotation)
	if err != nil {
		return nil, err
	}
	if !whole {
		return nil, s.fail("Expected a line of at most %d bytes after #", maxAnnotation)
	}
	return &annotation{at: at, text: strings.TrimSuffix(line, "\n")}, nil
}

func (s *scanner) command() error {
	argc, err := s.number('*')
	if err != nil {
		return err
	}
	if argc < 1 || argc > maxArguments {
		return s.fail("Expected 1 to %d arguments, got: %d", maxArguments, argc)
	}
	for i := range argc {
		name, err := s.argument()
		if err != nil {
			return err
		}
		if i == 0 {
			if err := s.transaction(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// transaction follows MULTI and EXEC.
func (s *scanner) transaction(name string) error {
	switch {
	case strings.EqualFold(name, "multi") && len(name) == 5:
		if s.open {
			return s.fail("Unexpected MULTI in AOF %s", s.path)
		}
		s.open = true
	case strings.EqualFold(name, "exec") && len(name) == 4:
		if !s.open {
			return s.fail("Unexpected EXEC in AOF %s", s.path)
		}
		s.open = false
	}
	return nil
}

// number reads a line of prefix and a number.
func (s *scanner) number(prefix byte) (int64, error) {
	s.item = s.at
	line, _, err := s.readLine(maxHeaderLine)
	switch {
	case err != nil:
		return 0, err
	case line == "":
		return 0, s.endOfFile()
	case line[0] != prefix:
		return 0, s.fail("Expected prefix '%c', got: '%s'", prefix, line[:1])
	}
	digits := line[1:]
	rest := strings.TrimLeft(strings.TrimPrefix(digits, "-"), "0123456789")
	if err := s.newline(rest); err != nil {
		return 0, err
	}
	digits = strings.TrimSuffix(digits, rest)
	if digits == "" || len(digits) > 20 {
		return 0, s.fail("Expected a number, got: '%s'", digits)
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if errors.Is(err, strconv.ErrSyntax) {
		return 0, s.fail("Expected a number, got: '%s'", digits)
	}
	return n, nil // of one that is too large, the nearest
}

// endOfFile is the fault of a file that ends where a line should start.
func (s *scanner) endOfFile() error {
	if s.open {
		return s.fail("Reached EOF before reading EXEC for MULTI")
	}
	return errStop
}

// newline wants CRLF at the start of text.
func (s *scanner) newline(text string) error {
	if strings.HasPrefix(text, "\r\n") {
		s.line++
		return nil
	}
	// Bytes are signed in C: those from 128 up are printed as 32 bits.
	got := append([]byte(text), 0, 0)
	return s.fail(`Expected \r\n, got: %02x%02x`, uint32(int8(got[0])), uint32(int8(got[1])))
}

// maxName is how much of an argument is kept: enough for MULTI and EXEC.
const maxName = 8

// argument reads a string and returns it, or its first bytes if it is long.
func (s *scanner) argument() (string, error) {
	n, err := s.number('$')
	if err != nil {
		return "", err
	}
	if n < 0 || n > math.MaxInt64-2 {
		return "", s.fail("Expected to read string of %d bytes, which is not in the suitable range", n)
	}
	s.item = s.at
	head, err := s.bytes(min(n, maxName))
	if err != nil {
		return "", err
	}
	if err := s.skip(n - int64(len(head))); err != nil {
		return "", err
	}
	end, err := s.bytes(2)
	if err != nil {
		return "", err
	}
	if got := s.at - s.item; got < n+2 {
		return "", s.fail("Expected to read %d bytes, got %d bytes", n+2, got)
	}
	if n > maxName {
		head = ""
	}
	return head, s.newline(end)
}

// bytes reads n bytes, fewer at the end of the file.
func (s *scanner) bytes(n int64) (string, error) {
	var b [maxName]byte
	got, err := io.ReadFull(s.in, b[:n])
	s.at += int64(got)
	return string(b[:got]), notEOF(err)
}

// skip passes over n bytes, fewer at the end of the file.
func (s *scanner) skip(n int64) error {
	got, err := io.CopyN(io.Discard, s.in, n)
	s.at += got
	return notEOF(err)
}

func notEOF(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}
