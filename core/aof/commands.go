package aof

import (
	"fmt"
	"io"
	"strconv"

	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value"
)

// CommandsOptions for WriteCommands.
type CommandsOptions struct {
	// StampSec, if not 0, is the time in a line at the front, in seconds since
	// 1970 (aof-timestamp-enabled).
	StampSec int64
	// Functions are the sources of the function libraries.
	Functions []string
	// Block is called after each block that is written, also in the middle of a
	// value, and Progress after each key; their errors end the writing. Both may
	// be nil.
	Block, Progress func() error
}

const (
	// itemsPerCommand is how many elements one command adds (Redis:
	// AOF_REWRITE_ITEMS_PER_CMD).
	itemsPerCommand = 64
	// commandBytes is the size from which a command gets no more of them, so
	// that elements of many megabytes are not gathered.
	commandBytes = 1 << 20
	// maxLevels is how many large values are read within each other where writers
	// change them meanwhile (keyspace.Visit).
	maxLevels = 3
	// blockSize is the bytes of most writes.
	blockSize = 256 << 10
)

// WriteCommands writes the commands that make the data of a snapshot, in Redis's
// manner: the base of an append-only file without aof-use-rdb-preamble. Access
// clocks are not kept. Like Redis it loses what is pending in a stream's group of
// an entry that is deleted, and when consumers were last seen.
func WriteCommands(out io.Writer, n *keyspace.Snapshot, o CommandsOptions) error {
	c := &commandWriter{out: out, block: o.Block, db: -1, buf: make([]byte, 0, blockSize)}
	if o.StampSec != 0 {
		c.buf = appendStamp(c.buf, o.StampSec)
	}
	for _, source := range o.Functions {
		var r request
		r.begin("FUNCTION", "LOAD", source)
		c.raw(appendHeader(nil, '*', int64(r.args)))
		c.raw(r.b)
	}
	err := n.Walk(0, 1, maxLevels, func(_, db int, e keyspace.Entry) error {
		c.entry(db, e)
		if c.err == nil && o.Progress != nil {
			return o.Progress()
		}
		return c.err
	})
	if err != nil {
		return err
	}
	c.flush()
	return c.err
}

// commandWriter writes commands in blocks. The first error sticks. A walk over
// the snapshot may visit an entry in the midst of another, so that nothing of an
// entry is kept here: a command is put together in a request, and sent whole.
type commandWriter struct {
	out   io.Writer
	block func() error
	buf   []byte // the capacity is fixed
	db    int    // that the commands before have selected
	err   error
}

func (c *commandWriter) flush() {
	if c.err != nil || len(c.buf) == 0 {
		return
	}
	block := c.buf
	c.buf = c.buf[:0]
	c.write(block)
}

func (c *commandWriter) write(p []byte) {
	_, err := c.out.Write(p)
	if err == nil && c.block != nil {
		err = c.block()
	}
	if c.err == nil {
		c.err = err
	}
}

// raw appends p: long bytes past the buffer, in blocks.
func (c *commandWriter) raw(p []byte) {
	if len(p) > cap(c.buf)-len(c.buf) {
		c.flush()
	}
	for len(p) > cap(c.buf) && c.err == nil {
		c.write(p[:blockSize])
		p = p[blockSize:]
	}
	if c.err == nil {
		c.buf = append(c.buf, p...)
	}
}

// request is a command that is put together.
type request struct {
	args int
	b    []byte // the arguments, each as a bulk string
}

func (r *request) reset() {
	if cap(r.b) > 2*commandBytes {
		r.b = nil
	}
	r.args, r.b = 0, r.b[:0]
}

// begin starts a command with these arguments.
func (r *request) begin(args ...string) {
	r.reset()
	for _, a := range args {
		r.text(a)
	}
}

func (r *request) header(n int64) {
	r.args++
	r.b = appendHeader(r.b, '$', n)
}

func appendHeader(b []byte, kind byte, n int64) []byte {
	b = strconv.AppendInt(append(b, kind), n, 10)
	return append(b, '\r', '\n')
}

func (r *request) text(s string) {
	r.header(int64(len(s)))
	r.b = append(append(r.b, s...), '\r', '\n')
}

func (r *request) bytes(p []byte) {
	r.header(int64(len(p)))
	r.b = append(append(r.b, p...), '\r', '\n')
}

func (r *request) int(n int64) {
	var digits [20]byte
	r.bytes(strconv.AppendInt(digits[:0], n, 10))
}

// send writes the command for database db, with more bytes than request has as
// its last argument if pieces is not nil.
func (c *commandWriter) send(db int, r *request, size int64, pieces func(fn func(p []byte))) {
	if db != c.db {
		digits := strconv.Itoa(db)
		c.raw(fmt.Appendf(nil, "*2\r\n$6\r\nSELECT\r\n$%d\r\n%s\r\n", len(digits), digits))
		c.db = db
	}
	args := r.args
	if pieces != nil {
		args++
	}
	var head [32]byte
	c.raw(appendHeader(head[:0], '*', int64(args)))
	c.raw(r.b)
	if pieces != nil {
		c.raw(appendHeader(head[:0], '$', size))
		pieces(c.raw)
		c.raw([]byte("\r\n"))
	}
}

// entry writes the commands that make one key.
func (c *commandWriter) entry(db int, e keyspace.Entry) {
	w := &entryWriter{c: c, db: db, entry: e, key: e.Key()}
	switch e.Type() {
	case value.TypeString:
		w.str()
	case value.TypeList:
		w.list()
	case value.TypeSet:
		w.set()
	case value.TypeHash:
		w.hash()
	case value.TypeZSet:
		w.zset()
	case value.TypeStream:
		w.stream()
	}
	if due := e.Due(); due != keyspace.NoTTL {
		w.begin("PEXPIREAT")
		w.int(due)
		w.send()
	}
}
