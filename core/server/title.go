package server

import "os"

// setTitle shows in ps what proc-title-template says. A server that shares its
// process with others leaves the title to them. It may be called with the registry
// locked.
func (s *Server) setTitle() {
	if !s.crashes.own || !s.working.SetProcTitle {
		return
	}
	area, err := findTitle()
	if err == nil {
		err = area.set(s.working.ProcTitle(os.Args[0], s.configFile))
	}
	if err != nil { // as in a sandbox; it is only a title
		s.log.verbose("%v", err)
	}
}
