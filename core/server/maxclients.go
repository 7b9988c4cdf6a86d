package server

import (
	"fmt"

	"github.com/redoubt-kv/redoubt/core/server/settings"
)

// reservedFiles is for how many files and sockets of its own the server needs
// descriptors beside those of clients, as Redis counts.
const reservedFiles = 32

// clientsFor is how many clients can have a descriptor each, at most wanted. It
// raises the process's limit if that is in the way and may be raised.
func clientsFor(wanted int64) int64 {
	return min(wanted, max(1, allowFiles(wanted+reservedFiles)-reservedFiles))
}

// reduceMaxClients is for a start with less descriptors than maxclients needs.
// Nobody else uses the settings yet.
func (s *Server) reduceMaxClients(most int64) *settings.Settings {
	s.log.warning("You requested maxclients of %d requiring at least %d max file descriptors.", s.working.MaxClients, int64(s.working.MaxClients)+reservedFiles)
	s.log.warning("Current maximum open files is %d. maxclients has been reduced to %d to compensate for low ulimit. If you need higher maxclients increase 'ulimit -n'.", most+reservedFiles, most)
	s.working.MaxClients = uint32(most)
	s.live.Publish(s.working)
	return s.live.Load()
}

// changeMaxClients is for CONFIG SET.
func (s *Server) changeMaxClients() error {
	wanted := int64(s.working.MaxClients)
	if most := clientsFor(wanted); most < wanted {
		return fmt.Errorf("The operating system is not able to handle the specified number of clients, try with %d", most)
	}
	return s.apply(s.working)
}
