package main

import (
	"fmt"
	"strconv"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// dump is all data of a server but the ballast, and when it was read, in ms.
type dump struct {
	keys        map[key]*value
	begun, done int64
}

// reader reads a server's data, pipelined.
type reader struct{ c *redistest.Client }

// ask sends commands together and returns their replies.
func (r reader) ask(commands [][]any) ([]any, error) {
	const together = 300
	var replies []any
	for len(commands) > 0 {
		n := min(together, len(commands))
		for _, c := range commands[:n] {
			if err := r.c.Send(c...); err != nil {
				return nil, err
			}
		}
		for _, c := range commands[:n] {
			reply, err := r.c.Receive()
			if err != nil {
				return nil, err
			}
			if e, ok := reply.(redistest.Error); ok {
				return nil, fmt.Errorf("%v: %w", c, e)
			}
			replies = append(replies, reply)
		}
		commands = commands[n:]
	}
	return replies, nil
}

// read reads every key of the databases.
func (r reader) read(dbs []int) (*dump, error) {
	d := &dump{keys: map[key]*value{}, begun: nowMs()}
	for _, db := range dbs {
		if err := r.database(d, db); err != nil {
			return nil, fmt.Errorf("read database %d: %w", db, err)
		}
	}
	d.done = nowMs()
	return d, nil
}

func (r reader) database(d *dump, db int) error {
	if _, err := r.ask([][]any{{"SELECT", db}}); err != nil {
		return err
	}
	names, err := r.scan()
	if err != nil {
		return err
	}
	var ask [][]any
	for _, name := range names {
		ask = append(ask, []any{"TYPE", name}, []any{"PEXPIRETIME", name})
	}
	about, err := r.ask(ask)
	if err != nil {
		return err
	}
	var values []*value
	ask = nil
	for i, name := range names {
		v := &value{kind: kindOf(about[2*i])}
		if due, _ := about[2*i+1].(int64); due > 0 {
			v.due = window{due, due}
		}
		values = append(values, v)
		if v.kind == noKind {
			ask = append(ask, []any{"PING"}) // it has expired meanwhile
			continue
		}
		how := contents[v.kind]
		ask = append(ask, append([]any{how[0], name}, how[1:]...))
	}
	replies, err := r.ask(ask)
	if err != nil {
		return err
	}
	for i, name := range names {
		if err := r.value(name, replies[i], values[i]); err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
		if values[i].kind != noKind {
			d.keys[key{db, name}] = values[i]
		}
	}
	return nil
}

func (r reader) scan() (names []string, err error) {
	seen := map[string]bool{}
	for cursor := "0"; ; {
		replies, err := r.ask([][]any{{"SCAN", cursor, "COUNT", 1000}})
		if err != nil {
			return nil, err
		}
		page := replies[0].([]any)
		for _, name := range page[1].([]any) {
			if s := name.(string); !seen[s] {
				seen[s] = true
				names = append(names, s)
			}
		}
		if cursor = page[0].(string); cursor == "0" {
			return names, nil
		}
	}
}

// contents are the commands that read all of a key, by its kind.
var contents = [...][]any{
	stringKind: {"GET"},
	listKind:   {"LRANGE", 0, -1},
	hashKind:   {"HGETALL"},
	setKind:    {"SMEMBERS"},
	zsetKind:   {"ZRANGE", 0, -1, "WITHSCORES"},
	streamKind: {"XRANGE", "-", "+"},
}

// kindOf understands the reply of TYPE.
func kindOf(reply any) kind {
	for k, name := range kindNames {
		if name == reply {
			return kind(k)
		}
	}
	return noKind
}

// value understands what was read of a key.
func (r reader) value(name string, reply any, v *value) error {
	if text, ok := reply.(string); ok {
		v.text = text
		return nil
	}
	list, ok := reply.([]any)
	if !ok { // nil: a string that has expired
		v.kind = noKind
		return nil
	}
	switch v.kind {
	case listKind:
		for _, e := range list {
			v.list = append(v.list, e.(string))
		}
	case setKind:
		v.fields = map[string]string{}
		for _, e := range list {
			v.fields[e.(string)] = ""
		}
	case hashKind, zsetKind:
		v.fields = map[string]string{}
		for i := 0; i < len(list); i += 2 {
			v.fields[list[i].(string)] = list[i+1].(string)
		}
		if len(v.fields) != len(list)/2 {
			return fmt.Errorf("holds a member twice: %d of %d differ", len(v.fields), len(list)/2)
		}
	case streamKind:
		return r.stream(name, list, v)
	}
	return nil
}

func (r reader) stream(name string, list []any, v *value) error {
	s := &stream{groups: map[string]*group{}}
	v.stream = s
	for _, e := range list {
		pair := e.([]any)
		s.entries = append(s.entries, entry{pair[0].(string), pair[1].([]any)[1].(string)})
	}
	about, err := r.ask([][]any{{"XINFO", "STREAM", name}, {"XINFO", "GROUPS", name}})
	if err != nil {
		return err
	}
	info := pairs(about[0])
	s.last = fmt.Sprint(info["last-generated-id"])
	s.added, _ = strconv.ParseInt(fmt.Sprint(info["entries-added"]), 10, 64)
	for _, g := range about[1].([]any) {
		info := pairs(g)
		kept := &group{last: fmt.Sprint(info["last-delivered-id"]), pending: map[string]string{}}
		s.groups[fmt.Sprint(info["name"])] = kept
		pending, err := r.ask([][]any{{"XPENDING", name, info["name"], "-", "+", 100000}})
		if err != nil {
			return err
		}
		for _, p := range pending[0].([]any) {
			row := p.([]any)
			kept.pending[row[0].(string)] = fmt.Sprint(row[1], " ", row[3])
		}
	}
	return nil
}

// pairs makes a map of names and values in turn.
func pairs(reply any) map[string]any {
	m := map[string]any{}
	list, _ := reply.([]any)
	for i := 0; i+1 < len(list); i += 2 {
		m[fmt.Sprint(list[i])] = list[i+1]
	}
	return m
}
