package keys

import (
	"bytes"

	"github.com/redoubt-kv/redoubt/core/command"
)

// sortOptions are what SORT is asked.
type sortOptions struct {
	by            *sortPattern // nil: the elements themselves
	unsorted      bool         // BY names no key: the collection's own order
	desc, alpha   bool
	offset, count int64 // of LIMIT; negative count: all
	gets          []sortPattern
	store         []byte // the key of STORE, nil without
}

// sortPattern names a string or a field of a hash for each element, which takes
// the place of the first star.
type sortPattern struct {
	isElement      bool // "#": the element itself
	hasStar        bool // without, it names nothing
	prefix, suffix []byte
	field          []byte // nil: a string is meant
}

// parsePattern reads a pattern as a string of C: what is behind a zero byte has
// no special meaning.
func parsePattern(b []byte) (p sortPattern) {
	text, _, _ := bytes.Cut(b, zeroByte)
	if string(text) == "#" {
		return sortPattern{isElement: true}
	}
	star := bytes.IndexByte(text, '*')
	if star < 0 {
		return p
	}
	p = sortPattern{hasStar: true, prefix: b[:star], suffix: b[star+1:]}
	rest := text[star+1:]
	if arrow := bytes.Index(rest, []byte("->")); arrow >= 0 && arrow+2 < len(rest) {
		p.suffix, p.field = b[star+1:star+1+arrow], b[star+1+arrow+2:]
	}
	return p
}

func parseSort(c *command.Call, mayStore bool) (o sortOptions, ok bool) {
	o.count = -1
	for i := 2; i < len(c.Args); i++ {
		more := len(c.Args) - i - 1
		switch {
		case c.Is(i, "ASC"):
			o.desc = false
		case c.Is(i, "DESC"):
			o.desc = true
		case c.Is(i, "ALPHA"):
			o.alpha = true
		case more >= 2 && c.Is(i, "LIMIT"):
			if o.offset, ok = c.Int(i + 1); !ok {
				return o, false
			}
			if o.count, ok = c.Int(i + 2); !ok {
				return o, false
			}
			i += 2
		case more >= 1 && mayStore && c.Is(i, "STORE"):
			i++
			o.store = c.Args[i]
		case more >= 1 && c.Is(i, "BY"):
			i++
			p := parsePattern(c.Args[i])
			if p.hasStar && !c.MayReadAll() {
				c.Out.Error("ERR BY option of SORT denied due to insufficient ACL permissions.")
				return o, false
			}
			o.sortBy(p)
		case more >= 1 && c.Is(i, "GET"):
			i++
			if !c.MayReadAll() {
				c.Out.Error("ERR GET option of SORT denied due to insufficient ACL permissions.")
				return o, false
			}
			o.gets = append(o.gets, parsePattern(c.Args[i]))
		default:
			c.Out.Error(command.ErrSyntax)
			return o, false
		}
	}
	return o, true
}

// sortBy sets the pattern of BY. Once one of several names no key, nothing is
// sorted, as in Redis.
func (o *sortOptions) sortBy(p sortPattern) {
	o.by = &p
	o.unsorted = o.unsorted || !p.hasStar
}

// sortKeys finds the keys among SORT's arguments: the collection and that of
// the last STORE. What BY and GET name depends on the elements.
func sortKeys(args [][]byte) (keys []command.KeyRef, all bool) {
	keys, all = append(keys, command.KeyRef{Pos: 1, Flags: []string{"RO", "access"}}), true
	for i := 2; i+1 < len(args); i++ {
		switch {
		case command.EqualFold(args[i], "LIMIT"):
			i += 2
		case command.EqualFold(args[i], "BY"), command.EqualFold(args[i], "GET"):
			i++
			all = all && bytes.IndexByte(args[i], '*') < 0
		case command.EqualFold(args[i], "STORE"):
			i++
			keys = append(keys[:1], command.KeyRef{Pos: i, Flags: []string{"OW", "update"}})
		}
	}
	return keys, all
}

// sortROKeys is sortKeys of SORT_RO, which has no STORE.
func sortROKeys(args [][]byte) (keys []command.KeyRef, all bool) {
	keys, all = sortKeys(args)
	return keys[:1], all
}
