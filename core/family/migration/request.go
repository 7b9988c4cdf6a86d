package migration

import (
	"github.com/redoubt-kv/redoubt/core/command"
)

// request is what the arguments say:
//
//	MIGRATE host port key|"" db timeout [COPY] [REPLACE] [AUTH password |
//	        AUTH2 user password] [KEYS key …]
type request struct {
	host, port string
	db         int64
	timeoutMs  int64
	copies     bool
	replaces   bool
	auth       []string // password, or user and password
	keys       []int    // in the arguments
}

const defaultTimeoutMs = 1000

// parse reads the arguments; where they are wrong that has been replied.
func parse(c *command.Call) (r request, ok bool) {
	r.keys = []int{3}
	if !r.options(c) {
		return r, false
	}
	if r.timeoutMs, ok = c.Int(5); !ok {
		return r, false
	}
	if r.db, ok = c.Int(4); !ok {
		return r, false
	}
	if r.timeoutMs <= 0 {
		r.timeoutMs = defaultTimeoutMs
	}
	r.host, r.port = string(c.Args[1]), string(c.Args[2])
	return r, true
}

func (r *request) options(c *command.Call) (ok bool) {
	for i := firstOption; i < len(c.Args); i++ {
		more := len(c.Args) - 1 - i
		switch {
		case c.Is(i, "COPY"):
			r.copies = true
		case c.Is(i, "REPLACE"):
			r.replaces = true
		case c.Is(i, "AUTH") && more >= 1:
			r.auth = []string{string(c.Args[i+1])}
			i++
		case c.Is(i, "AUTH2") && more >= 2:
			r.auth = []string{string(c.Args[i+1]), string(c.Args[i+2])}
			i += 2
		case c.Is(i, "KEYS"):
			if len(c.Args[3]) > 0 {
				c.Out.Error("ERR When using MIGRATE KEYS option, the key argument must be set to the empty string")
				return false
			}
			r.keys = r.keys[:0]
			for i++; i < len(c.Args); i++ {
				r.keys = append(r.keys, i)
			}
		default:
			c.Out.Error(command.ErrSyntax)
			return false
		}
	}
	return true
}

const firstOption = 6

// findKeys is FindKeys of the row. None are found where the handler refuses the
// arguments.
func findKeys(args [][]byte) (keys []command.KeyRef, all bool) {
	for i := firstOption; i < len(args); i++ {
		switch {
		case command.EqualFold(args[i], "auth"):
			i++
		case command.EqualFold(args[i], "auth2"):
			i += 2
		case command.EqualFold(args[i], "keys"):
			if len(args[3]) > 0 {
				return nil, true
			}
			for i++; i < len(args); i++ {
				keys = append(keys, command.KeyRef{Pos: i, Flags: keyFlags})
			}
			return keys, true
		}
	}
	return []command.KeyRef{{Pos: 3, Flags: keyFlags}}, true
}

// Secrets are the indexes of passwords and user names among the arguments of a
// MIGRATE, for who logs them.
func Secrets(args [][]byte) (at []int) {
	for i := firstOption; i < len(args); i++ {
		n := 0
		switch {
		case command.EqualFold(args[i], "auth"):
			n = 1
		case command.EqualFold(args[i], "auth2"):
			n = 2
		case command.EqualFold(args[i], "keys"):
			return at
		}
		for ; n > 0 && i+1 < len(args); n-- {
			i++
			at = append(at, i)
		}
	}
	return at
}
