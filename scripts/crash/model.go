package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// key is a key of one database.
type key struct {
	db   int
	name string
}

func (k key) String() string { return fmt.Sprintf("%q in database %d", k.name, k.db) }

// model is a Redis of a few commands, as far as the workload uses them: what one
// connection's keys hold after the commands it has sent.
type model struct {
	keys    map[key]*value
	touched map[key]bool // keys changed since somebody last emptied it
}

func newModel() *model { return &model{keys: map[key]*value{}, touched: map[key]bool{}} }

// moment says when a command ran: after from, before to (ms since 1970).
type moment struct{ from, to int64 }

func (m moment) in(ms int64) window { return window{m.from + ms, m.to + ms} }

// call is one command being applied.
type call struct {
	*model
	db    int
	args  []string
	reply any // nil when it never came
	acked bool
	when  moment
}

// at returns the value of the nth argument's key, made of kind if it is missing and
// kind is not noKind. It is nil when the key is missing, or of another kind.
func (c *call) at(n int, k kind) *value {
	id := key{c.db, c.args[n]}
	c.touched[id] = true
	v := c.keys[id]
	if v == nil && k != noKind {
		v = &value{kind: k, fields: map[string]string{}}
		if k == streamKind {
			v.stream = &stream{groups: map[string]*group{}, last: "0-0"}
		}
		c.keys[id] = v
	}
	return v
}

func (c *call) set(n int, v *value) {
	id := key{c.db, c.args[n]}
	c.touched[id] = true
	c.keys[id] = v
}

// drop removes the nth argument's key if it is empty, or whatever it holds.
func (c *call) drop(n int, always bool) (dropped bool) {
	id := key{c.db, c.args[n]}
	c.touched[id] = true
	v := c.keys[id]
	if v == nil || !always && (len(v.list) > 0 || len(v.fields) > v.lost || v.kind == stringKind || v.kind == streamKind) {
		return false
	}
	delete(c.keys, id)
	return true
}

func (c *call) int(n int) int64 {
	i, err := strconv.ParseInt(c.args[n], 10, 64)
	if err != nil {
		panic(fmt.Sprintf("the workload made a bad number: %q", c.args))
	}
	return i
}

// apply runs one command on the model and returns the reply that it must have
// had, nil when it is not predicted.
func (m *model) apply(db int, args []string, reply any, acked bool, when moment) (want any) {
	c := &call{m, db, args, reply, acked, when}
	if _, failed := reply.(redistest.Error); failed {
		return nil // a command that fails changes nothing
	}
	switch args[0] {
	case "SET", "APPEND", "SETRANGE", "INCR", "INCRBYFLOAT", "GETDEL", "GETSET", "MSET":
		return c.strings()
	case "RPUSH", "LPUSH", "LPOP", "RPOP", "LTRIM", "LREM", "LINSERT", "LSET", "LMOVE":
		return c.lists()
	case "HSET", "HDEL", "HINCRBY", "SADD", "SREM", "SPOP", "SMOVE", "SUNIONSTORE":
		return c.tables()
	case "ZADD", "ZINCRBY", "ZREM", "ZPOPMIN", "ZREMRANGEBYRANK":
		return c.zsets()
	case "XADD", "XTRIM", "XDEL", "XGROUP", "XREADGROUP", "XACK":
		return c.streams()
	case "DEL", "UNLINK", "RENAME", "COPY", "MOVE", "PEXPIRE", "EXPIRE", "PEXPIREAT", "PERSIST", "FLUSHDB", "SWAPDB":
		return c.generic()
	case "SELECT":
		return nil
	}
	panic("the workload sends what the model does not know: " + args[0])
}

func (c *call) strings() any {
	switch c.args[0] {
	case "SET":
		v := &value{kind: stringKind, text: c.args[2]}
		if len(c.args) > 3 { // PX ms
			v.due = c.when.in(c.int(4))
		}
		c.set(1, v)
	case "MSET":
		for i := 1; i < len(c.args); i += 2 {
			c.set(i, &value{kind: stringKind, text: c.args[i+1]})
		}
	case "APPEND":
		v := c.at(1, stringKind)
		v.text += c.args[2]
		return int64(len(v.text))
	case "SETRANGE":
		v, at := c.at(1, stringKind), int(c.int(2))
		b := []byte(v.text)
		if need := at + len(c.args[3]); len(b) < need {
			b = append(b, make([]byte, need-len(b))...)
		}
		copy(b[at:], c.args[3])
		v.text = string(b)
		return int64(len(b))
	case "INCR":
		v := c.at(1, stringKind)
		n, _ := strconv.ParseInt(v.text, 10, 64)
		v.text = strconv.FormatInt(n+1, 10)
		return n + 1
	case "INCRBYFLOAT":
		v := c.at(1, stringKind)
		n, _ := strconv.ParseFloat(v.text, 64)
		step, _ := strconv.ParseFloat(c.args[2], 64)
		v.text = strconv.FormatFloat(n+step, 'f', -1, 64)
		return v.text
	case "GETDEL":
		c.drop(1, true)
	case "GETSET":
		c.set(1, &value{kind: stringKind, text: c.args[2]})
	}
	return nil
}

func (c *call) lists() any {
	defer func() { c.drop(1, false) }()
	v := c.at(1, listKind)
	switch c.args[0] {
	case "RPUSH":
		v.list = append(v.list, c.args[2:]...)
		return int64(len(v.list))
	case "LPUSH":
		for _, e := range c.args[2:] {
			v.list = slices.Insert(v.list, 0, e)
		}
		return int64(len(v.list))
	case "LPOP":
		if len(v.list) > 0 {
			v.list = v.list[1:]
		}
	case "RPOP":
		if len(v.list) > 0 {
			v.list = v.list[:len(v.list)-1]
		}
	case "LTRIM": // key -n -1
		if n := int(-c.int(2)); len(v.list) > n {
			v.list = v.list[len(v.list)-n:]
		}
	case "LREM": // key 1 element
		if i := slices.Index(v.list, c.args[3]); i >= 0 {
			v.list = slices.Delete(v.list, i, i+1)
		}
	case "LINSERT": // key BEFORE pivot element
		if i := slices.Index(v.list, c.args[3]); i >= 0 {
			v.list = slices.Insert(v.list, i, c.args[4])
		}
	case "LSET":
		if i := int(c.int(2)); i < len(v.list) {
			v.list[i] = c.args[3]
		}
	case "LMOVE": // key destination LEFT RIGHT
		if len(v.list) > 0 {
			e := v.list[0]
			v.list = v.list[1:]
			to := c.at(2, listKind)
			to.list = append(to.list, e)
		}
	}
	return nil
}

// tables does hashes and sets.
func (c *call) tables() any {
	k := setKind
	if c.args[0][0] == 'H' {
		k = hashKind
	}
	if c.args[0] == "SUNIONSTORE" {
		return c.union()
	}
	defer func() { c.drop(1, false) }()
	v := c.at(1, k)
	switch c.args[0] {
	case "HSET":
		for i := 2; i < len(c.args); i += 2 {
			v.fields[c.args[i]] = c.args[i+1]
		}
	case "HINCRBY":
		n, _ := strconv.ParseInt(v.fields[c.args[2]], 10, 64)
		v.fields[c.args[2]] = strconv.FormatInt(n+c.int(3), 10)
		return n + c.int(3)
	case "SADD":
		for _, e := range c.args[2:] {
			v.fields[e] = ""
		}
	case "HDEL", "SREM":
		for _, e := range c.args[2:] {
			delete(v.fields, e)
		}
	case "SMOVE": // key destination member
		if _, ok := v.fields[c.args[3]]; ok {
			delete(v.fields, c.args[3])
			c.at(2, setKind).fields[c.args[3]] = ""
		}
	case "SPOP": // key count
		if !c.acked {
			v.lost = min(v.lost+int(c.int(2)), len(v.fields))
			break
		}
		popped, _ := c.reply.([]any)
		for _, e := range popped {
			delete(v.fields, fmt.Sprint(e))
		}
	}
	return nil
}

func (c *call) union() any {
	all := map[string]string{}
	for i := 2; i < len(c.args); i++ {
		if v := c.at(i, noKind); v != nil {
			for e := range v.fields {
				all[e] = ""
			}
		}
	}
	c.set(1, &value{kind: setKind, fields: all})
	c.drop(1, false)
	return int64(len(all))
}

func (c *call) zsets() any {
	defer func() { c.drop(1, false) }()
	v := c.at(1, zsetKind)
	switch c.args[0] {
	case "ZADD":
		for i := 2; i < len(c.args); i += 2 {
			v.fields[c.args[i+1]] = c.args[i]
		}
	case "ZINCRBY":
		n, _ := strconv.ParseFloat(v.fields[c.args[3]], 64)
		step, _ := strconv.ParseFloat(c.args[2], 64)
		v.fields[c.args[3]] = strconv.FormatFloat(n+step, 'f', -1, 64)
		return v.fields[c.args[3]]
	case "ZREM":
		for _, e := range c.args[2:] {
			delete(v.fields, e)
		}
	case "ZPOPMIN", "ZREMRANGEBYRANK": // key 0 n-1, or key n
		n := int(c.int(len(c.args) - 1))
		if c.args[0] != "ZPOPMIN" {
			n++
		}
		ranked := v.ranked()
		for _, e := range ranked[:min(n, len(ranked))] {
			delete(v.fields, e)
		}
	}
	return nil
}

// ranked returns a zset's members in its order.
func (v *value) ranked() []string {
	var all []string
	for e := range v.fields {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b string) int {
		x, _ := strconv.ParseFloat(v.fields[a], 64)
		y, _ := strconv.ParseFloat(v.fields[b], 64)
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return strings.Compare(a, b)
	})
	return all
}
