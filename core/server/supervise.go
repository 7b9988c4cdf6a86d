package server

import (
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/redoubt-kv/redoubt/core/server/settings"
)

// supervisor is who started the server and wants to be told when it is ready.
type supervisor struct {
	kind   settings.Supervision // never SupervisedAuto
	socket string               // systemd's
}

// findSupervisor looks for the one that the settings name, or for any, in the
// environment. problem says that the one named is not there.
func findSupervisor(want settings.Supervision, env func(string) string) (v supervisor, problem string) {
	job, socket := env("UPSTART_JOB"), env("NOTIFY_SOCKET")
	switch {
	case want == settings.SupervisedAuto && job != "", want == settings.SupervisedUpstart && job != "":
		return supervisor{kind: settings.SupervisedUpstart}, ""
	case want == settings.SupervisedAuto && socket != "", want == settings.SupervisedSystemd && socket != "":
		return supervisor{settings.SupervisedSystemd, socket}, ""
	case want == settings.SupervisedUpstart:
		problem = "upstart supervision requested, but UPSTART_JOB not found!"
	case want == settings.SupervisedSystemd:
		problem = "systemd supervision requested, but NOTIFY_SOCKET not found!"
	}
	return supervisor{kind: settings.SupervisedNo}, problem
}

// name is what INFO calls it.
func (v supervisor) name() string {
	switch v.kind {
	case settings.SupervisedUpstart:
		return "upstart"
	case settings.SupervisedSystemd:
		return "systemd"
	}
	return "no"
}

// tell sends assignments, one a line, to systemd (sd_notify(3)): one datagram to
// the socket in NOTIFY_SOCKET, whose name starts with @ if it is in the abstract
// namespace, which the net package writes the same way.
func (v supervisor) tell(lines ...string) error {
	if v.kind != settings.SupervisedSystemd {
		return nil
	}
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: v.socket, Net: "unixgram"})
	if err != nil {
		return fmt.Errorf("notify systemd: %w", err)
	}
	defer c.Close()
	if _, err := c.Write([]byte(strings.Join(lines, "\n") + "\n")); err != nil {
		return fmt.Errorf("notify systemd: %w", err)
	}
	return nil
}

// meetSupervisor is for the start.
func (s *Server) meetSupervisor(set *settings.Settings) {
	var problem string
	if s.supervisor, problem = findSupervisor(set.Supervised, os.Getenv); problem != "" {
		s.log.warning("%s", problem)
	}
	s.notify("STATUS=Starting")
}

// announceReady tells that clients are served: upstart waits for the process to
// stop, and has it go on.
func (s *Server) announceReady() {
	if s.embedding.Ready != nil {
		s.embedding.Ready()
	}
	s.notify("STATUS=Ready to accept connections", "READY=1")
	if s.supervisor.kind == settings.SupervisedUpstart {
		s.log.notice("supervised by upstart, will stop to signal readiness")
		os.Unsetenv("UPSTART_JOB")
		if err := stopProcess(); err != nil {
			s.log.warning("%v", err)
		}
	}
}

// notify tells systemd, and logs if that does not hear.
func (s *Server) notify(lines ...string) {
	if err := s.supervisor.tell(lines...); err != nil {
		s.log.warning("%v", err)
	}
}
