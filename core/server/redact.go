package server

import (
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/family/migration"
)

// redacted returns the arguments of a call without secrets, for logs: passwords
// and the values of directives that are secrets.
func (s *Server) redacted(args [][]byte) [][]byte {
	hidden := []byte("(redacted)")
	switch {
	case command.EqualFold(args[0], "auth"), command.EqualFold(args[0], "hello"):
		if len(args) > 1 {
			return [][]byte{args[0], hidden}
		}
	case command.EqualFold(args[0], "migrate"):
		shown := append([][]byte(nil), args...)
		for _, i := range migration.Secrets(args) {
			shown[i] = hidden
		}
		return shown
	case command.EqualFold(args[0], "config") && len(args) > 3 && command.EqualFold(args[1], "set"):
		shown := append([][]byte(nil), args...)
		for i := 2; i+1 < len(args); i += 2 {
			if s.registry.Sensitive(string(args[i])) {
				shown[i+1] = hidden
			}
		}
		return shown
	}
	return args
}
