package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

func (c *call) streams() any {
	if c.args[0] == "XGROUP" || c.args[0] == "XREADGROUP" {
		return c.groups()
	}
	if c.args[0] != "XADD" && c.at(1, noKind) == nil {
		return nil
	}
	s := c.at(1, streamKind).stream
	switch c.args[0] {
	case "XADD": // key ID n text
		e := entry{id: c.args[2], text: c.args[4]}
		if e.id == "*" {
			e.id, _ = c.reply.(string)
		}
		s.entries = append(s.entries, e)
		s.last = e.id
		s.added++
	case "XTRIM": // key MAXLEN n
		if n := int(c.int(3)); len(s.entries) > n {
			s.entries = slices.Clone(s.entries[len(s.entries)-n:])
		}
	case "XDEL":
		s.entries = slices.DeleteFunc(s.entries, func(e entry) bool { return e.id == c.args[2] })
	case "XACK": // key group ID
		if g := s.groups[c.args[2]]; g != nil {
			delete(g.pending, c.args[3])
		}
	}
	return nil
}

// groups does XGROUP CREATE key group 0 MKSTREAM, and
// XREADGROUP GROUP group consumer COUNT n STREAMS key >.
func (c *call) groups() any {
	if c.args[0] == "XGROUP" {
		s := c.at(2, streamKind).stream
		if s.groups[c.args[3]] == nil {
			s.groups[c.args[3]] = &group{last: "0-0", pending: map[string]string{}}
		}
		return nil
	}
	v := c.at(7, noKind)
	if v == nil || v.stream.groups[c.args[2]] == nil {
		return nil
	}
	g, left := v.stream.groups[c.args[2]], c.int(5)
	for _, e := range v.stream.entries {
		if left > 0 && after(e.id, g.last) {
			g.last = e.id
			g.pending[e.id] = c.args[3] + " 1"
			left--
		}
	}
	return nil
}

// after tells whether one stream ID is greater than another.
func after(a, b string) bool {
	var am, as, bm, bs uint64
	fmt.Sscanf(a, "%d-%d", &am, &as)
	fmt.Sscanf(b, "%d-%d", &bm, &bs)
	return am > bm || am == bm && as > bs
}

func (c *call) generic() any {
	switch c.args[0] {
	case "DEL", "UNLINK":
		n := int64(0)
		for i := 1; i < len(c.args); i++ {
			if c.drop(i, true) {
				n++
			}
		}
	case "RENAME":
		if v := c.at(1, noKind); v != nil {
			c.drop(1, true)
			c.set(2, v)
		}
	case "COPY": // key destination REPLACE
		if v := c.at(1, noKind); v != nil {
			c.set(2, v.clone())
		}
	case "MOVE":
		to := key{int(c.int(2)), c.args[1]}
		c.touched[to] = true
		if v := c.at(1, noKind); v != nil && c.keys[to] == nil {
			c.drop(1, true)
			c.keys[to] = v
		}
	case "PEXPIRE", "EXPIRE", "PEXPIREAT", "PERSIST":
		c.expiry()
	case "FLUSHDB":
		for k := range c.keys {
			if k.db == c.db {
				c.touched[k] = true
				delete(c.keys, k)
			}
		}
	case "SWAPDB":
		c.swap(int(c.int(1)), int(c.int(2)))
	}
	return nil
}

func (c *call) expiry() {
	v := c.at(1, noKind)
	if v == nil {
		return
	}
	switch c.args[0] {
	case "PEXPIRE":
		v.due = c.when.in(c.int(2))
	case "EXPIRE":
		v.due = c.when.in(1000 * c.int(2))
	case "PEXPIREAT":
		v.due = window{c.int(2), c.int(2)}
	case "PERSIST":
		v.due = window{}
	}
}

func (c *call) swap(a, b int) {
	swapped := map[key]*value{}
	for k, v := range c.keys {
		to := k
		switch k.db {
		case a:
			to.db = b
		case b:
			to.db = a
		}
		if to != k {
			c.touched[k], c.touched[to] = true, true
		}
		swapped[to] = v
	}
	c.keys = swapped
}

// sameReply compares a reply with the predicted one.
func sameReply(want, got any) bool {
	if want == nil {
		return true
	}
	if s, ok := want.(string); ok { // a float, which may be written in several ways
		g, _ := got.(string)
		x, err1 := strconv.ParseFloat(strings.TrimSpace(s), 64)
		y, err2 := strconv.ParseFloat(g, 64)
		return err1 == nil && err2 == nil && x == y
	}
	return want == got
}
