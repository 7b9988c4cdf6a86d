package server

import (
	"errors"
	"io/fs"
)

// daemonize cannot be had here: a service is the way of this system.
func (s *Server) daemonize([]string) (code int, done bool) {
	if s.live.Load().Daemonize {
		s.log.warning("daemonize is not available on Windows")
		return 1, true
	}
	return 0, false
}

func stopProcess() error { return errors.New("a process cannot stop itself on Windows") }

func restart(string, []string, []string) error {
	return errors.New("restarting is not available on Windows")
}

func fileMode(perm uint32) fs.FileMode { return fs.FileMode(perm) }

// cpuTimes are not known here.
func cpuTimes() (user, system int64) { return 0, 0 }
