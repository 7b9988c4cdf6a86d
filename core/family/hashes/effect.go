package hashes

import (
	"strconv"

	"github.com/redoubt-kv/redoubt/core/command"
)

// fieldsEffect is what a command on single fields of argument 1 has done: the
// same to each of these fields. It is recorded without the fields for which it
// did nothing, and with absolute times.
type fieldsEffect struct {
	c         *command.Call
	n         int
	recording bool
	fields    [][]byte
}

func effectOn(c *command.Call) fieldsEffect { return fieldsEffect{c: c, recording: c.Recording()} }

// add counts field in. It is an argument.
func (f *fieldsEffect) add(field []byte) {
	f.n++
	if f.recording {
		f.fields = append(f.fields, field)
	}
}

// record records a command whose arguments are the key, more, and the fields.
func (f *fieldsEffect) record(name string, more ...[]byte) {
	if !f.recording {
		return
	}
	args := append([][]byte{[]byte(name), f.c.Args[1]}, more...)
	args = append(args, []byte("FIELDS"), strconv.AppendInt(nil, int64(f.n), 10))
	f.c.RecordAs(append(args, f.fields...)...)
}

// recordDue records that the fields expire at due, or have gone if that has
// passed.
func (f *fieldsEffect) recordDue(due int64) {
	if f.c.DB.Passed(due) {
		f.recordDeleted()
		return
	}
	f.record("HPEXPIREAT", strconv.AppendInt(nil, due, 10))
}

// recordDeleted records that the fields have gone, nothing if there were none.
func (f *fieldsEffect) recordDeleted() {
	f.c.RecordNothing()
	if f.recording && f.n > 0 {
		f.c.RecordAs(append([][]byte{[]byte("HDEL"), f.c.Args[1]}, f.fields...)...)
	}
}
