package server

import (
	"fmt"

	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/script"
)

// functionsOf are the sources of the function libraries at the time of a snapshot.
func functionsOf(n *keyspace.Snapshot) []string {
	return n.Beside().(*script.Libraries).Sources()
}

// loadFunctions adds a library of a file that is being loaded; with merge it may
// replace one that is there.
func (s *Server) loadFunctions(source []byte, merge bool) error {
	libraries, _, text := s.scripts.Compile(s.scripts.Libraries(), source, merge, 0)
	if text != "" {
		return fmt.Errorf("Failed loading library, %s", text)
	}
	s.scripts.SetLibraries(libraries)
	return nil
}
