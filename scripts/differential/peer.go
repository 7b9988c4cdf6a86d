package main

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"
)

const connections = 2

// nonce ends a raw exchange: the reply to its ECHO is the last one read.
const nonce = "end-of-raw-bytes"

// rawSilence ends a raw exchange in which the bytes swallowed the ECHO.
const rawSilence = 500 * time.Millisecond

// peer is one of the two servers, with its standing connections.
type peer struct {
	addr  string
	conns [connections]*conn
}

// reset empties the server and opens new connections.
func (p *peer) reset() error {
	p.close()
	c, err := dial(p.addr)
	if err != nil {
		return err
	}
	defer c.Close()
	for _, argv := range [][]string{{"FLUSHALL"}, {"CONFIG", "RESETSTAT"},
		{"CONFIG", "SET", "maxmemory-policy", "noeviction"}, {"CONFIG", "SET", "maxmemory", "0"}, {"CONFIG", "SET", "proto-max-bulk-len", "512mb"}} {
		v, err := c.do(argv...)
		if err != nil {
			return fmt.Errorf("%s: %w", argv[0], err)
		}
		if v.kind == '-' {
			return fmt.Errorf("%s: %s", strings.Join(argv, " "), v.text)
		}
	}
	return nil
}

func (p *peer) close() {
	for i, c := range p.conns {
		if c != nil {
			c.Close()
			p.conns[i] = nil
		}
	}
}

// connection returns standing connection n, opened if it was closed.
func (p *peer) connection(n int) (*conn, error) {
	if p.conns[n] != nil {
		return p.conns[n], nil
	}
	c, err := dial(p.addr)
	if err != nil {
		return nil, err
	}
	if n == 1 {
		if _, err := c.do("HELLO", "3"); err != nil {
			c.Close()
			return nil, fmt.Errorf("HELLO 3: %w", err)
		}
	}
	p.conns[n] = c
	return c, nil
}

// answer is what one server made of one op: replies, and how the connection
// ended if it did.
type answer struct {
	replies []reply
	end     string
}

func (a answer) String() string {
	var b strings.Builder
	for _, v := range a.replies {
		b.Write(v.raw)
	}
	return b.String() + a.end
}

// run sends ops, all for the same connection, in one write and collects the
// answers. It returns fewer answers than ops when the connection closed.
func (p *peer) run(ops []op) []answer {
	if ops[0].argv == nil {
		return []answer{p.runRaw(ops[0].raw)}
	}
	c, err := p.connection(ops[0].conn)
	if err != nil {
		return []answer{{end: describe(err)}}
	}
	var request []byte
	for _, o := range ops {
		request = append(request, encode(o.argv)...)
	}
	go c.send(request) // a pipeline may exceed the socket's buffers; a failed send shows as a closed connection
	var answers []answer
	for _, o := range ops {
		v, err := c.receive(silence)
		if err != nil {
			c.Close()
			p.conns[o.conn] = nil
			return append(answers, answer{end: describe(err)})
		}
		answers = append(answers, answer{replies: []reply{v}})
	}
	if len(ops) == 1 {
		answers[0] = p.follow(c, ops[0], answers[0])
	}
	return answers
}

// alone says that an op cannot be pipelined: further commands depend on its
// reply.
func (o op) alone() bool {
	switch o.name() {
	case "", "SCAN", "RANDOMKEY", "HSCAN", "SSCAN", "ZSCAN", "SPOP", "SRANDMEMBER", "HRANDFIELD", "ZRANDMEMBER":
		return true
	}
	return false
}

// follow finishes the ops that take several exchanges, and replaces the
// answer by one that must be the same on both servers.
func (p *peer) follow(c *conn, o op, a answer) answer {
	v := a.replies[0]
	switch o.name() {
	case "SCAN":
		if len(o.argv) < 2 || o.argv[1] != "0" || len(v.elems) != 2 {
			return a
		}
		return p.scanAll(c, o, v)
	case "HSCAN", "SSCAN", "ZSCAN":
		if len(o.argv) < 3 || o.argv[2] != "0" || len(v.elems) != 2 {
			return a
		}
		return p.scanAll(c, o, v)
	case "SRANDMEMBER", "HRANDFIELD", "ZRANDMEMBER":
		if v.kind == '-' || v.null {
			return a
		}
		return synthetic(fmt.Sprintf("%c of %d", v.kind, len(v.elems)))
	case "SPOP":
		if v.kind != '-' && !v.null {
			return p.putBack(c, o, v)
		}
	case "RANDOMKEY":
		if v.null || v.kind == '-' {
			return a
		}
		exists, err := c.do("EXISTS", string(v.text))
		if err != nil {
			return answer{end: describe(err)}
		}
		return synthetic("a key; EXISTS says " + string(exists.raw))
	}
	return a
}

// putBack makes sure that what SPOP gave is gone, and adds it again, so that the
// sets of the two servers stay the same.
func (p *peer) putBack(c *conn, o op, v reply) answer {
	popped := v.elems
	if v.kind == '$' {
		popped = []reply{v}
	}
	text := fmt.Sprintf("%c of %d:", v.kind, len(popped))
	for _, e := range popped {
		for _, argv := range [][]string{{"SISMEMBER", o.argv[1], string(e.text)}, {"SADD", o.argv[1], string(e.text)}} {
			r, err := c.do(argv...)
			if err != nil {
				return answer{end: describe(err)}
			}
			text += " " + string(r.text)
		}
	}
	return synthetic(text)
}

// scanAll follows the cursor to its end; the union of the pages, sorted, is
// the answer.
func (p *peer) scanAll(c *conn, o op, v reply) answer {
	seen := map[string]bool{}
	for pages := 0; ; pages++ {
		if len(v.elems) != 2 || pages > 100000 {
			return synthetic(fmt.Sprintf("scan broke off after %d pages: %q", pages, v.raw))
		}
		for _, e := range v.elems[1].elems {
			seen[string(e.text)] = true
		}
		cursor := string(v.elems[0].text)
		if cursor == "0" {
			break
		}
		argv := slices.Clone(o.argv)
		argv[slices.Index(argv, "0")] = cursor
		var err error
		if v, err = c.do(argv...); err != nil {
			return answer{end: describe(err)}
		}
	}
	keys := make([]string, 0, len(seen))
	for k := range seen {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return synthetic(fmt.Sprintf("scanned %q", keys))
}

func synthetic(text string) answer {
	return answer{replies: []reply{{kind: '+', text: []byte(text), raw: []byte(text)}}}
}

// runRaw sends bytes on a new connection and reads until the ECHO after them
// is answered, the server closes, or nothing comes any more.
func (p *peer) runRaw(raw string) answer {
	c, err := dial(p.addr)
	if err != nil {
		return answer{end: describe(err)}
	}
	defer c.Close()
	if err := c.send(append([]byte(raw), encode([]string{"ECHO", nonce})...)); err != nil {
		return answer{end: describe(err)}
	}
	var a answer
	for {
		v, err := c.receive(rawSilence)
		if err != nil {
			a.end = describe(err)
			return a
		}
		if v.kind == '$' && string(v.text) == nonce {
			return a
		}
		a.replies = append(a.replies, v)
	}
}
