package server

import (
	"os"
	"os/signal"
	"syscall"
)

// takeSignals has the process's signals come to the server, whose own it is.
func (s *Server) takeSignals() {
	if len(ignoredSignals) > 0 { // none would mean all
		signal.Ignore(ignoredSignals...)
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, append([]os.Signal{syscall.SIGINT, syscall.SIGTERM, alarm}, fatalSignals...)...)
	s.spawn("the taker of signals", func() {
		for sig := range signals {
			s.signalled(sig.(syscall.Signal))
		}
	})
}

func (s *Server) signalled(sig syscall.Signal) {
	switch sig {
	case syscall.SIGINT:
		if s.ending.asked.Load() != 0 {
			s.exitAtOnce()
		}
		s.noteSignal("SIGINT")
		s.askToStop(sig)
	case syscall.SIGTERM:
		s.noteSignal("SIGTERM")
		s.askToStop(sig)
	case alarm:
		if s.watchdog.period.Load() > 0 {
			s.logStacks()
		}
	default:
		s.crashed(&crash{signal: sig, role: "the taker of signals", loop: -1})
	}
}

func (s *Server) noteSignal(name string) {
	if s.loading.Load() {
		s.log.warning("Received shutdown signal during loading, scheduling shutdown.")
		return
	}
	s.log.warning("Received %s scheduling shutdown...", name)
}
