package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/redoubt-kv/redoubt/core/aof"
	"github.com/redoubt-kv/redoubt/core/rdb"
	"github.com/redoubt-kv/redoubt/core/vfs"
)

// rdb is the program redis-check-rdb.
func (t *tool) rdb(args []string, usage string, stderr io.Writer) (exitCode int) {
	if len(args) != 1 {
		fmt.Fprintln(stderr, usage)
		return 1
	}
	if args[0] == "-v" || args[0] == "--version" {
		t.printf("redoubt-check (RDB files up to version %d)\n", rdb.MaxVersion)
		return 0
	}
	t.printf("[offset 0] Checking RDB file %s\n", args[0])
	file, err := t.fs.Open(args[0])
	if err != nil {
		return t.say("Cannot open file %s: %s", args[0], aof.ErrText(err))
	}
	defer file.Close()
	if _, ok := t.checkRDB(args[0], file); !ok {
		return 1
	}
	return 0
}

// checkRDB checks the RDB file at the start of file and returns the offset
// behind it.
func (t *tool) checkRDB(name string, file vfs.File) (end int64, ok bool) {
	c := &rdbCheck{tool: t, doing: "start", nowMs: time.Now().UnixMilli()}
	size := int64(0)
	if info, err := file.Stat(); err == nil {
		size = info.Size()
	}
	t.bar.start(name)
	c.from = rdb.NewDecoder(io.NewSectionReader(file, 0, math.MaxInt64), rdb.DecoderOptions{Size: size, Progress: t.bar.set})
	var err error
	if c.values, err = rdb.NewChecker(); err != nil {
		t.say("%v", err)
		return 0, false
	}
	defer c.values.Close()
	if err := c.from.Decode(c); err != nil {
		c.report(err)
		return 0, false
	}
	end = c.from.Offset()
	c.checksum(file, end)
	t.printf("[offset %d] \\o/ RDB looks OK! \\o/\n", end)
	c.figures()
	return end, true
}

// rdbCheck is the visitor of a file that is checked.
type rdbCheck struct {
	*tool
	from   *rdb.Decoder
	values *rdb.Checker
	nowMs  int64

	doing   string     // as redis-check-rdb names it
	reading *rdb.Entry // whose value is read, nil if none
	key     []byte     // its key

	keys, expires, expired int64
}

// Aux implements rdb.Visitor.
func (c *rdbCheck) Aux(name, value []byte) error {
	c.doing = "read-type"
	c.printf("[offset %d] AUX FIELD %s = '%s'\n", c.from.Offset(), name, value)
	return nil
}

// Function implements rdb.FunctionVisitor. Whether a library can be compiled only
// loading it tells, as with redis-check-rdb.
func (c *rdbCheck) Function([]byte) error {
	c.doing = "read-type"
	return nil
}

// SelectDB implements rdb.Visitor.
func (c *rdbCheck) SelectDB(db uint64) error {
	c.doing = "read-type"
	c.printf("[offset %d] Selecting DB ID %d\n", c.from.Offset(), db)
	return nil
}

// ResizeDB implements rdb.Visitor.
func (c *rdbCheck) ResizeDB(_, _ uint64) error {
	c.doing = "read-type"
	return nil
}

// Entry implements rdb.Visitor.
func (c *rdbCheck) Entry(e *rdb.Entry) error {
	c.keys++
	c.doing, c.reading, c.key = "read-object-value", e, append(c.key[:0], e.Key...)
	if err := c.values.Check(e); err != nil {
		return err
	}
	if e.ExpireAtMs >= 0 {
		c.expires++
		if e.ExpireAtMs < c.nowMs {
			c.expired++
		}
	}
	c.doing, c.reading = "read-type", nil
	return nil
}

// checksum says what Decode has verified, by the footer, which ends at end.
func (c *rdbCheck) checksum(file vfs.File, end int64) {
	if c.from.Version() < 5 {
		return
	}
	var footer [8]byte
	if _, err := file.ReadAt(footer[:], end-int64(len(footer))); err == nil && binary.LittleEndian.Uint64(footer[:]) == 0 {
		c.printf("[offset %d] RDB file was saved with checksum disabled: no check performed.\n", end)
		return
	}
	c.printf("[offset %d] Checksum OK\n", end)
}

func (c *rdbCheck) figures() {
	c.printf("[info] %d keys read\n[info] %d expires\n[info] %d already expired\n", c.keys, c.expires, c.expired)
}

// report prints an error of Decode.
func (c *rdbCheck) report(err error) {
	offset, text := c.from.Offset(), err.Error()
	var e *rdb.Error
	if errors.As(err, &e) {
		offset, text = e.Offset, e.Reason
	}
	switch {
	case errors.Is(err, rdb.ErrTruncated):
		text = "Unexpected EOF reading RDB file: " + text
	case errors.Is(err, rdb.ErrEmpty):
		text = "Empty collection"
	case errors.Is(err, rdb.ErrChecksum):
		c.doing = "check-sum"
	case errors.Is(err, rdb.ErrVersion) && offset == 0:
		text = "Wrong signature trying to load DB from file"
	}
	c.printf("--- RDB ERROR DETECTED ---\n[offset %d] %s\n[additional info] While doing: %s\n", offset, text, c.doing)
	if c.reading != nil {
		c.printf("[additional info] Reading key '%s'\n[additional info] Reading type %d (%s)\n", c.key, c.reading.Type, typeName(c.reading.Type))
	}
	c.figures()
}

// typeNames are what redis-check-rdb calls the types of values, by number.
var typeNames = [...]string{
	rdb.TypeString: "string", rdb.TypeList: "list-linked", rdb.TypeSet: "set-hashtable", rdb.TypeZSet: "zset-v1",
	rdb.TypeHash: "hash-hashtable", rdb.TypeZSet2: "zset-v2", rdb.TypeModule2: "module-value",
	rdb.TypeHashZipmap: "hash-zipmap", rdb.TypeListZiplist: "list-ziplist", rdb.TypeSetIntset: "set-intset",
	rdb.TypeZSetZiplist: "zset-ziplist", rdb.TypeHashZiplist: "hash-ziplist", rdb.TypeListQuicklist: "quicklist",
	rdb.TypeStreamListpacks: "stream", rdb.TypeHashListpack: "hash-listpack", rdb.TypeZSetListpack: "zset-listpack",
	rdb.TypeListQuicklist2: "quicklist-v2", rdb.TypeStreamListpacks2: "stream-v2", rdb.TypeSetListpack: "set-listpack",
	rdb.TypeStreamListpacks3: "stream-v3",
}

func typeName(t rdb.Type) string {
	if int(t) < len(typeNames) && typeNames[t] != "" {
		return typeNames[t]
	}
	return "unknown"
}
