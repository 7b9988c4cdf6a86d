package server

import (
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/family/migration"
)

var hidden = []byte("(redacted)")

// redacted hides the secrets among the arguments of a call, for the slow log, MONITOR
// and reports.
func (s *Server) redacted(args [][]byte) [][]byte {
	switch name := args[0]; {
	case command.EqualFold(name, "auth"):
		return hide(args, 1, len(args))
	case command.EqualFold(name, "hello"):
		return hideBehind(args, 2, "auth", 2)
	case command.EqualFold(name, "migrate"):
		for _, i := range migration.Secrets(args) {
			args = hide(args, i, i+1)
		}
	case len(args) < 3:
	case command.EqualFold(name, "acl") && command.EqualFold(args[1], "setuser"):
		return hide(args, 2, len(args))
	case command.EqualFold(name, "config") && command.EqualFold(args[1], "set"):
		for i := 2; i+1 < len(args); i += 2 {
			if s.registry.Sensitive(string(args[i])) {
				args = hide(args, i+1, i+2)
			}
		}
	}
	return args
}

// hide returns args with those from first to before end hidden.
func hide(args [][]byte, first, end int) [][]byte {
	shown := append([][]byte(nil), args...)
	for i := first; i < min(end, len(args)); i++ {
		shown[i] = hidden
	}
	return shown
}

// hideBehind hides n arguments behind the word, which is at from or later, if it is
// there.
func hideBehind(args [][]byte, from int, word string, n int) [][]byte {
	for i := from; i < len(args); i++ {
		if command.EqualFold(args[i], word) {
			return hide(args, i+1, i+1+n)
		}
	}
	return args
}
