package aof

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
)

// The causes that a *ReadError can wrap, for errors.Is.
var (
	// ErrTruncated: the file ends in the middle of a command or annotation. So
	// it does, too, if nothing but zeros follow: a crash of the machine leaves
	// them where a file had grown already and its bytes were not yet written.
	ErrTruncated = errors.New("unexpected end of file")
	// ErrFormat: no writer of append-only files writes this.
	ErrFormat = errors.New("bad file format")
)

// ReadError says where and why an append-only file cannot be read further.
type ReadError struct {
	Offset int64 // in bytes from the start of the file
	Reason string
	Err    error // ErrTruncated, ErrFormat, or what the file system said
	// Annotation is set if a truncated file ends in the middle of a line that
	// is no command: nothing is lost by cutting it off.
	Annotation bool
}

func (e *ReadError) Error() string { return fmt.Sprintf("at offset %d: %s", e.Offset, e.Reason) }

// Unwrap returns the cause.
func (e *ReadError) Unwrap() error { return e.Err }

const (
	readBlock = 256 << 10 // bytes read at once
	growStep  = 1 << 20   // what is reserved at once on the word of the file
	keepArgs  = 64 << 10

	maxDigits     = 20
	maxHeader     = 1 + maxDigits + 3 // "*" or "$", digits, CRLF, and one more
	maxAnnotation = 1023              // bytes with the newline; Redis takes longer ones for two lines

	// DefaultMaxBulk is the longest argument that a Reader reads unless told
	// otherwise, in bytes.
	DefaultMaxBulk = 4<<30 - 1
	// maxArgs is the most arguments of a command: what fits a C int.
	maxArgs = math.MaxInt32
)

// ReaderOptions are what a Reader needs to be told. The zero value is for a
// file from its start, of unknown length.
type ReaderOptions struct {
	// Offset is where in the file the input starts.
	Offset int64
	// Size is the length of the file in bytes, 0 if unknown. With it, an
	// argument that is declared longer than what is left is not read at all.
	Size int64
	// MaxBulk is the longest argument in bytes; 0 is DefaultMaxBulk. A longer
	// one is an error.
	MaxBulk int64
	// Annotation, if not nil, receives each line between commands that starts
	// with #, and its offset. The line has no newline and is valid only
	// during the call.
	Annotation func(at int64, line []byte)
	// Progress, if not nil, is called after each block read, with the bytes
	// of the file read so far. Its error ends the reading.
	Progress func(done int64) error
}

// Reader reads the commands of one append-only file. What it needs of memory
// follows what was read, not what the file declares. It is for one goroutine.
//
//	buf  |  done  |  read ahead  |  free  |
//	     0        pos            end      len
type Reader struct {
	src      io.Reader
	o        ReaderOptions
	buf      []byte
	pos, end int
	base     int64 // offset in the file of buf[0]
	eof      bool

	data []byte // the arguments of the current command, one after the other
	ends []int  // where in data each one ends
	args [][]byte

	err error // what ended the reading
}

// NewReader returns a Reader of src.
func NewReader(src io.Reader, o ReaderOptions) *Reader {
	if o.MaxBulk <= 0 {
		o.MaxBulk = DefaultMaxBulk
	}
	block := int64(readBlock)
	if o.Size > 0 {
		block = min(block, max(o.Size-o.Offset, 2*maxAnnotation))
	}
	return &Reader{src: src, o: o, buf: make([]byte, block), base: o.Offset}
}

// Offset returns the offset behind the last command or annotation that was
// read: what is before it is sound.
func (r *Reader) Offset() int64 { return r.base + int64(r.pos) }

// Next returns the next command, which has at least one argument. The
// arguments are valid until the next call. The error is io.EOF where the file
// ends between two commands, what Progress returned, or a *ReadError; it
// stays, and Offset then leaves out annotations after the last command.
func (r *Reader) Next() (argv [][]byte, err error) {
	if r.err != nil {
		return nil, r.err
	}
	at := r.Offset()
	if argv, err = r.next(); err == nil {
		return argv, nil
	}
	if r.err = r.explain(err); r.err != io.EOF {
		r.base, r.pos, r.end = at, 0, 0
	}
	return nil, r.err
}

// next is Next with errors that explain may change. On errors, Offset is
// where the trouble is.
func (r *Reader) next() ([][]byte, error) {
	for {
		if r.pos == r.end {
			if err := r.fill(1); err != nil || r.pos == r.end {
				return nil, or(err, io.EOF)
			}
		}
		switch r.buf[r.pos] {
		case '*':
			return r.command()
		case '#':
			if err := r.annotation(); err != nil {
				return nil, err
			}
		default:
			return nil, r.bad("byte 0x%02x where a command should start", r.buf[r.pos])
		}
	}
}

func or(err, instead error) error {
	if err != nil {
		return err
	}
	return instead
}

func (r *Reader) bad(format string, args ...any) error {
	return &ReadError{Offset: r.Offset(), Reason: fmt.Sprintf(format, args...), Err: ErrFormat}
}

func (r *Reader) short(what string) error {
	return &ReadError{Offset: r.base + int64(r.end), Reason: "the file ends in " + what, Err: ErrTruncated}
}

// explain makes an unexpected end of file of a format error where only zeros
// follow.
func (r *Reader) explain(err error) error {
	var e *ReadError
	if !errors.As(err, &e) || e.Err != ErrFormat || !r.onlyZeros() {
		return err
	}
	return &ReadError{Offset: e.Offset, Reason: "nothing but zeros follow", Err: ErrTruncated}
}

// onlyZeros tells whether the file holds zeros, one at least, from Offset on
// to its end. It uses the input up if that begins with zeros.
func (r *Reader) onlyZeros() bool {
	if r.pos == r.end {
		return false
	}
	for {
		for _, c := range r.buf[r.pos:r.end] {
			if c != 0 {
				return false
			}
		}
		r.pos = r.end
		if err := r.fill(1); err != nil {
			return false
		}
		if r.pos == r.end {
			return true
		}
	}
}

// fill reads until n bytes (at most len(buf)) are there, or the file ends.
func (r *Reader) fill(n int) error {
	r.base += int64(r.pos)
	r.end = copy(r.buf, r.buf[r.pos:r.end])
	r.pos = 0
	for r.end < n && !r.eof {
		got, err := r.src.Read(r.buf[r.end:])
		r.end += got
		if err := r.readResult(got, err); err != nil {
			return err
		}
	}
	return nil
}

// readResult notes the end of the file and reports what was read.
func (r *Reader) readResult(got int, err error) error {
	switch {
	case errors.Is(err, io.EOF):
		r.eof = true
	case err != nil:
		return &ReadError{Offset: r.base + int64(r.end), Reason: fmt.Sprintf("read failed: %v", err), Err: err}
	}
	if got == 0 || r.o.Progress == nil {
		return nil
	}
	return r.o.Progress(r.base + int64(r.end))
}

// annotation reads a line that starts with #.
func (r *Reader) annotation() error {
	n := bytes.IndexByte(r.buf[r.pos:r.end], '\n')
	if n < 0 && r.end-r.pos < maxAnnotation {
		if err := r.fill(maxAnnotation); err != nil {
			return err
		}
		n = bytes.IndexByte(r.buf[r.pos:r.end], '\n')
	}
	switch {
	case n >= maxAnnotation, n < 0 && r.end-r.pos >= maxAnnotation:
		return r.bad("an annotation of more than %d bytes", maxAnnotation)
	case n < 0:
		return &ReadError{Offset: r.base + int64(r.end), Reason: "the file ends in an annotation", Err: ErrTruncated, Annotation: true}
	}
	if r.o.Annotation != nil {
		r.o.Annotation(r.Offset(), bytes.TrimSuffix(r.buf[r.pos:r.pos+n], []byte("\r")))
	}
	r.pos += n + 1
	return nil
}

// command reads one command.
func (r *Reader) command() ([][]byte, error) {
	r.reset()
	argc, err := r.number('*', maxArgs, "the number of arguments")
	if err != nil {
		return nil, err
	}
	if argc < 1 {
		return nil, r.bad("a command of %d arguments", argc)
	}
	for range argc {
		n, err := r.number('$', r.o.MaxBulk, "the length of an argument")
		if err == nil {
			err = r.argument(n)
		}
		if err != nil {
			return nil, err
		}
		r.ends = append(r.ends, len(r.data))
	}
	from := 0
	for _, to := range r.ends {
		r.args = append(r.args, r.data[from:to:to])
		from = to
	}
	return r.args, nil
}

func (r *Reader) reset() {
	if cap(r.data) > keepBuffer {
		r.data = nil
	}
	if cap(r.ends) > keepArgs {
		r.ends, r.args = nil, nil
	}
	r.data, r.ends, r.args = r.data[:0], r.ends[:0], r.args[:0]
}

// number reads a line of prefix and a number of 0 to most. Offset is then
// behind it; on a format error, at the byte that is wrong.
func (r *Reader) number(prefix byte, most int64, what string) (int64, error) {
	if r.end-r.pos < maxHeader {
		if err := r.fill(maxHeader); err != nil {
			return 0, err
		}
	}
	p := r.buf[r.pos:r.end]
	if len(p) > 0 && p[0] != prefix {
		return 0, r.bad("byte 0x%02x where %s should start with '%c'", p[0], what, prefix)
	}
	var n int64
	i := 1
	for ; i < len(p) && p[i]-'0' <= 9; i++ {
		if n = n*10 + int64(p[i]-'0'); n > most || i > maxDigits {
			return 0, r.bad("%s is more than %d", what, most)
		}
	}
	if i > 1 && i+1 < len(p) && p[i] == '\r' && p[i+1] == '\n' {
		r.pos += i + 2
		return n, nil
	}
	return 0, r.badNumber(p, i, what)
}

// badNumber says what is wrong with a line whose digits end before p[i].
func (r *Reader) badNumber(p []byte, i int, what string) error {
	if i > 1 && i < len(p) && p[i] == '\r' {
		i++
	}
	if i >= len(p) {
		return r.short(what)
	}
	r.pos += i
	return r.bad("byte 0x%02x in %s", p[i], what)
}

// argument reads n bytes and a CRLF.
func (r *Reader) argument(n int64) error {
	if p := r.buf[r.pos:r.end]; n+2 <= int64(len(p)) && p[n] == '\r' && p[n+1] == '\n' {
		r.data = append(r.data, p[:n]...)
		r.pos += int(n) + 2
		return nil
	}
	if left := r.o.Size - r.Offset(); r.o.Size > 0 && n > left {
		return &ReadError{Offset: r.o.Size, Reason: fmt.Sprintf("the file ends in an argument of %d bytes", n), Err: ErrTruncated}
	}
	if err := r.take(n); err != nil {
		return err
	}
	return r.lineEnd()
}

// lineEnd reads what follows an argument.
func (r *Reader) lineEnd() error {
	if r.end-r.pos < 2 {
		if err := r.fill(2); err != nil {
			return err
		}
	}
	for i, want := range []byte("\r\n") {
		if r.pos == r.end {
			return r.short("the line end after an argument")
		}
		if got := r.buf[r.pos]; got != want {
			return r.bad("byte 0x%02x, not byte %d of the line end after an argument", got, i+1)
		}
		r.pos++
	}
	return nil
}

// take appends n bytes of the file to data, which grows as they arrive.
func (r *Reader) take(n int64) error {
	have := int(min(n, int64(r.end-r.pos)))
	r.data = append(r.data, r.buf[r.pos:r.pos+have]...)
	r.pos += have
	for n -= int64(have); n > 0; {
		if n < int64(len(r.buf))/2 {
			if err := r.fill(int(n)); err != nil {
				return err
			}
			if int64(r.end-r.pos) < n {
				return r.short("an argument")
			}
			r.data = append(r.data, r.buf[r.pos:r.pos+int(n)]...)
			r.pos += int(n)
			return nil
		}
		got, err := r.direct(n)
		if err != nil {
			return err
		}
		n -= got
	}
	return nil
}

// direct appends to data up to n bytes that were not read ahead.
func (r *Reader) direct(n int64) (int64, error) {
	r.base += int64(r.pos)
	r.pos, r.end = 0, 0
	if free := cap(r.data) - len(r.data); int64(free) < min(n, growStep) {
		grown := make([]byte, len(r.data), len(r.data)+int(min(n, int64(max(len(r.data), growStep)))))
		copy(grown, r.data)
		r.data = grown
	}
	to := r.data[len(r.data):min(int64(cap(r.data)), int64(len(r.data))+n)]
	got, err := r.src.Read(to)
	r.data = r.data[:len(r.data)+got]
	r.base += int64(got)
	if err := r.readResult(got, err); err != nil {
		return 0, err
	}
	if got == 0 && r.eof {
		return 0, r.short("an argument")
	}
	return int64(got), nil
}
