package familytest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/resp"
	"github.com/redoubt-kv/redoubt/core/value"
)

// own is our side of a pair.
type own struct {
	db      *keyspace.DB
	out     resp.Writer
	changes int64
}

func (o *own) open(t testing.TB) { o.db = keyspace.New() }

func (o *own) run(row *command.Row, line [][]byte) {
	o.db.Now = time.Now().UnixMilli()
	c := command.Call{Args: line, Row: row, Out: &o.out, DB: o.db, Now: o.db.Now}
	if n := row.Arity; n > 0 && len(line) != n || len(line) < -n {
		o.out.Errorf("ERR wrong number of arguments for '%s' command", row.Name)
		return
	}
	row.Handler(&c)
	o.changes = c.Dirty()
}

func (o *own) reply() string { s := string(o.out.B); o.out.B = o.out.B[:0]; return s }
func (o *own) dirty() int64  { n := o.changes; o.changes = 0; return n }
func (o *own) takeEvents() string {
	s := strings.Join(o.db.Events, ", ")
	o.db.Events = nil
	return s
}
func (o *own) list(t testing.TB, key string) { o.db.SetList([]byte(key)) }

func (o *own) state(key string) string {
	e, found := o.db.Find([]byte(key), keyspace.Peek)
	if !found {
		return ""
	}
	if e.Type() != value.TypeString {
		return "list"
	}
	return fmt.Sprintf("%v %v %q", e.String().Encoding(), e.Due(), e.String().AppendTo(nil))
}

func (o *own) set(key, val string) {
	o.db.SetString([]byte(key), []byte(val), keyspace.NoTTL)
}
