package familytest

import (
	"fmt"
	"net"
	"slices"

	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// SameUnordered is Same for a reply that is an array whose elements come in any
// order.
func (p *Pair) SameUnordered(args ...any) string {
	p.t.Helper()
	return p.compare(func(got, want string) bool {
		return got == want || len(got) == len(want) && got[0] == want[0] && slices.Equal(p.sorted(got), p.sorted(want))
	}, args)
}

// SameShape is Same for random replies: only their kind and number of elements
// need be equal, which their first line tells; of a bulk string, that it is one.
func (p *Pair) SameShape(args ...any) string {
	p.t.Helper()
	return p.compare(func(got, want string) bool {
		var n, m int
		if got[0] == '$' && want[0] == '$' {
			fmt.Sscanf(got, "$%d", &n)
			fmt.Sscanf(want, "$%d", &m)
			return (n < 0) == (m < 0)
		}
		i, j := slices.Index([]byte(got), '\n'), slices.Index([]byte(want), '\n')
		return got[:i] == want[:j]
	}, args)
}

// Members are the elements of a reply that is an array or a set.
func (p *Pair) Members(reply string) (list []string) {
	p.t.Helper()
	return elements(p.parse(reply))
}

func (p *Pair) parse(reply string) any {
	p.t.Helper()
	near, far := net.Pipe()
	defer near.Close()
	go func() {
		far.Write([]byte(reply))
		far.Close()
	}()
	v, err := redistest.NewClient(near).Receive()
	if err != nil {
		p.t.Fatalf("%.200q: %v", reply, err)
	}
	return v
}

func elements(v any) (list []string) {
	array, ok := v.([]any)
	if !ok {
		return []string{fmt.Sprint(v)}
	}
	for _, e := range array {
		list = append(list, fmt.Sprint(e))
	}
	return list
}

// Page is what a reply of SCAN or its like has: the next cursor and elements.
func (p *Pair) Page(reply string) (cursor string, list []string) {
	p.t.Helper()
	v, ok := p.parse(reply).([]any)
	if !ok || len(v) != 2 {
		p.t.Fatalf("%.100q is no page", reply)
	}
	return fmt.Sprint(v[0]), elements(v[1])
}

func (p *Pair) sorted(reply string) []string {
	list := p.Members(reply)
	slices.Sort(list)
	return list
}

// Own runs a command on our side only and returns its reply: for what is random,
// and what Redis has later than 7.0. An argument may be several, as []string. Its
// events and changes count for nothing.
func (p *Pair) Own(args ...any) string {
	p.t.Helper()
	var line [][]byte
	for _, a := range args {
		words, several := a.([]string)
		if !several {
			words = []string{fmt.Sprint(a)}
		}
		for _, w := range words {
			line = append(line, []byte(w))
		}
	}
	p.own.run(line)
	p.own.takeEvents()
	p.own.dirty()
	return p.own.reply()
}

// Delete deletes a key on both sides.
func (p *Pair) Delete(key string) {
	p.t.Helper()
	p.oracle.Must(p.t, "DEL", key)
	p.own.locked(func(db *keyspace.DB) { db.Delete([]byte(key)) })
	p.eventsOf("DEL")
}

// Encoding is what OBJECT ENCODING says on our side.
func (p *Pair) Encoding(key string) (name string) {
	name = "<nil>"
	p.own.locked(func(db *keyspace.DB) {
		if e, ok := db.Find([]byte(key), keyspace.Peek); ok {
			name = e.Encoding()
		}
	})
	return name
}

// SameEncoding compares what OBJECT ENCODING and PEXPIRETIME say of keys of any
// type.
func (p *Pair) SameEncoding(keys ...string) {
	p.t.Helper()
	for _, key := range keys {
		want := fmt.Sprint(p.oracle.Must(p.t, "OBJECT", "ENCODING", key))
		due := p.oracle.Must(p.t, "PEXPIRETIME", key).(int64)
		got, gotDue := p.Encoding(key), int64(-2)
		p.own.locked(func(db *keyspace.DB) {
			if e, ok := db.Find([]byte(key), keyspace.Peek); ok {
				gotDue = e.Due()
			}
		})
		if got != want || max(due-gotDue, gotDue-due) > 2000 {
			p.t.Errorf("%q: encoding %s, due %d; want %s, %d", key, got, gotDue, want, due)
		}
	}
	p.eventsOf("reading encodings")
	p.own.takeEvents()
}
