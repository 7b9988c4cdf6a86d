package server

import (
	"slices"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/family/migration"
)

// redacted returns the arguments of a call without secrets, for logs and MONITOR:
// passwords, rules of users and the values of directives that are secrets.
func (s *Server) redacted(args [][]byte) [][]byte {
	secrets := s.secrets(args)
	if len(secrets) == 0 {
		return args
	}
	shown, hidden := slices.Clone(args), []byte("(redacted)")
	for _, i := range secrets {
		shown[i] = hidden
	}
	return shown
}

// secrets are the indexes of arguments that no log may have.
func (s *Server) secrets(args [][]byte) (list []int) {
	if r := s.table.Lookup(args[0]); r != nil && !command.EqualFold(args[0], r.Name) { // renamed
		args = slices.Concat([][]byte{[]byte(r.Name)}, args[1:])
	}
	is := func(i int, word string) bool { return i < len(args) && command.EqualFold(args[i], word) }
	switch {
	case is(0, "auth"):
		return from(1, args)
	case is(0, "acl") && is(1, "setuser"):
		return from(2, args)
	case is(0, "hello"):
		for i := 1; i < len(args); i++ {
			if is(i, "auth") {
				return from(i+1, args[:min(len(args), i+3)])
			}
		}
	case is(0, "migrate"):
		return migration.Secrets(args)
	case is(0, "config") && is(1, "set"):
		for i := 2; i+1 < len(args); i += 2 {
			if s.registry.Sensitive(string(args[i])) {
				list = append(list, i+1)
			}
		}
	}
	return list
}

// from is the indexes of args from i on.
func from(i int, args [][]byte) (list []int) {
	for ; i < len(args); i++ {
		list = append(list, i)
	}
	return list
}
