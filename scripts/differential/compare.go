package main

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"
)

// Time may pass differently on the two servers by this much before a time to
// live counts as different. The grammar sets none that ends within a run.
const (
	toleranceMs = 20_000
	toleranceS  = toleranceMs / 1000
)

// same reports whether the two servers gave the same answer to o.
func same(o op, a, b answer) bool {
	if a.end != b.end || len(a.replies) != len(b.replies) {
		return false
	}
	for i := range a.replies {
		if !sameReply(o, a.replies[i], b.replies[i]) {
			return false
		}
	}
	return true
}

// sameReply compares bytes, save for the replies that may rightly differ:
//
//	KEYS, COMMAND LIST, SMEMBERS …   as sorted sets (order is not defined)
//	CONFIG GET, HGETALL     as sorted pairs
//	SORT with BY            as a sorted set: the order of equal weights is not defined
//	EXEC, XINFO, XPENDING   roughly, since times are among them
//	SPOP, SRANDMEMBER …     peer.follow has made them comparable
//	SCAN, RANDOMKEY         peer.follow has made them comparable; any other
//	                        cursor than 0 is compared by shape only
//	TTL PTTL EXPIRETIME …   within the tolerance, if positive on both sides
//	OBJECT IDLETIME         within the tolerance
//	OBJECT FREQ             both from 0 to 255: the counter is a random one
//	MEMORY USAGE            both positive integers
//	CLIENT ID, TIME, LASTSAVE, COMMAND COUNT   same shape
//	HELLO                   without the values of version and id
//	CLIENT INFO, CLIENT LIST  without the values, save those of name, cmd, db …, and
//	                        without lib-name, lib-ver and watch
//	                        (7.2 added them)
func sameReply(o op, a, b reply) bool {
	if bytes.Equal(a.raw, b.raw) {
		return true
	}
	if a.kind != b.kind || a.kind == '-' || a.null || b.null {
		return false
	}
	switch o.name() {
	case "": // raw bytes: HELLO is the only one of them whose values differ
		return len(a.elems) > 0 && string(a.elems[0].text) == "server" && bytes.Equal(withoutHelloValues(a), withoutHelloValues(b))
	case "KEYS", "SMEMBERS", "SINTER", "SUNION", "SDIFF", "HKEYS", "HVALS":
		return sortedElems(a) == sortedElems(b)
	case "HGETALL":
		return sortedPairs(a) == sortedPairs(b)
	case "SORT", "SORT_RO": // the order of equal weights, and of a set that is not sorted
		return slices.ContainsFunc(o.argv, func(w string) bool { return strings.EqualFold(w, "BY") }) && sortedElems(a) == sortedElems(b)
	case "EXEC", "XINFO", "XPENDING":
		return roughly(a, b)
	case "SCAN", "SSCAN", "HSCAN", "ZSCAN":
		at := 1
		if o.name() != "SCAN" {
			at = 2
		}
		return len(a.elems) == 2 && len(b.elems) == 2 && len(o.argv) > at && o.argv[at] != "0"
	case "TTL", "EXPIRETIME":
		return near(a, b, toleranceS)
	case "PTTL", "PEXPIRETIME":
		return near(a, b, toleranceMs)
	case "LASTSAVE":
		return bothPositive(a, b)
	case "TIME":
		return len(a.elems) == 2 && len(b.elems) == 2
	case "HELLO":
		return bytes.Equal(withoutHelloValues(a), withoutHelloValues(b))
	}
	switch o.name() + " " + o.subcommand() {
	case "COMMAND LIST":
		return sortedElems(a) == sortedElems(b)
	case "OBJECT IDLETIME":
		return near(a, b, toleranceS)
	case "CONFIG GET":
		return sortedPairs(a) == sortedPairs(b)
	case "OBJECT FREQ":
		return near(a, b, 255)
	case "MEMORY USAGE", "CLIENT ID", "COMMAND COUNT":
		return bothPositive(a, b)
	case "CLIENT INFO", "CLIENT LIST":
		return clientFields(a) == clientFields(b)
	}
	return false
}

// roughly compares what holds times, or replies of several commands: the same
// shape, numbers within the tolerance, and elements in any order.
func roughly(a, b reply) bool {
	if a.kind != b.kind || a.null != b.null || len(a.elems) != len(b.elems) {
		return false
	}
	if len(a.elems) == 0 {
		return bytes.Equal(a.raw, b.raw) || a.kind == ':' && (near(a, b, toleranceMs) || bothPositive(a, b))
	}
	if sortedElems(a) == sortedElems(b) {
		return true
	}
	for i := range a.elems {
		if !roughly(a.elems[i], b.elems[i]) {
			return false
		}
	}
	return true
}

func sortedElems(v reply) string {
	all := make([]string, len(v.elems))
	for i, e := range v.elems {
		all[i] = string(e.raw)
	}
	sort.Strings(all)
	return strings.Join(all, "")
}

// sortedPairs is sortedElems for names and values in turns.
func sortedPairs(v reply) string {
	var all []string
	for i := 0; i+1 < len(v.elems); i += 2 {
		all = append(all, string(v.elems[i].raw)+string(v.elems[i+1].raw))
	}
	sort.Strings(all)
	return fmt.Sprint(len(v.elems), all)
}

func near(a, b reply, tolerance int64) bool {
	x, okX := a.integer()
	y, okY := b.integer()
	return okX && okY && x >= 0 && y >= 0 && x-y <= tolerance && y-x <= tolerance
}

func bothPositive(a, b reply) bool {
	x, okX := a.integer()
	y, okY := b.integer()
	return okX && okY && x > 0 && y > 0
}

func withoutHelloValues(v reply) []byte {
	var out []byte
	for i, e := range v.elems {
		if i%2 == 1 {
			if key := string(v.elems[i-1].text); key == "version" || key == "id" {
				continue
			}
		}
		out = append(out, e.raw...)
	}
	return out
}

var clientValue = regexp.MustCompile(`([a-z-]+)=(\S*)`)

func clientFields(v reply) string {
	var fields []string
	first, _, _ := strings.Cut(string(v.text), "\n")
	for _, m := range clientValue.FindAllStringSubmatch(first, -1) {
		switch m[1] {
		case "lib-name", "lib-ver", "watch":
		case "name", "cmd", "db", "resp", "user", "argv-mem", "multi":
			fields = append(fields, m[0])
		case "flags": // T (NO-TOUCH) is new in 7.2, where also RESET ends what e (NO-EVICT) shows
			fields = append(fields, strings.Trim(m[2], "NTe"))
		default:
			fields = append(fields, m[1])
		}
	}
	return strings.Join(fields, " ")
}

// excuse allows one divergence. All three patterns must match.
type excuse struct {
	command, redis, ours *regexp.Regexp
	reason               string
}

// parseExcuses reads blocks of "command:", "redis:", "ours:" (regular
// expressions over the op as logged and over the answers' bytes) and
// "reason:" lines; # starts a comment.
func parseExcuses(text string) ([]excuse, error) {
	var all []excuse
	var e excuse
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		if key == "reason" {
			if e.command == nil || e.redis == nil || e.ours == nil || value == "" {
				return nil, fmt.Errorf("excuses, line %d: a block needs command, redis, ours and a reason", i+1)
			}
			e.reason = value
			all = append(all, e)
			e = excuse{}
			continue
		}
		p, err := regexp.Compile("(?s)" + value)
		if err != nil {
			return nil, fmt.Errorf("excuses, line %d: %w", i+1, err)
		}
		switch key {
		case "command":
			e.command = p
		case "redis":
			e.redis = p
		case "ours":
			e.ours = p
		default:
			return nil, fmt.Errorf("excuses, line %d: unknown key %q", i+1, key)
		}
	}
	if e.command != nil {
		return nil, fmt.Errorf("excuses: the last block has no reason")
	}
	return all, nil
}

func excused(excuses []excuse, o op, a, b answer) bool {
	for _, e := range excuses {
		if e.command.MatchString(o.String()) && e.redis.MatchString(a.String()) && e.ours.MatchString(b.String()) {
			return true
		}
	}
	return false
}
