//go:build unix

package server

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/redoubt-kv/redoubt/core/server/settings"
)

// daemonEnv marks the process that daemonize has started.
const daemonEnv = "REDOUBT_DAEMON"

// daemonize starts the program again in a session of its own, if daemonize is
// set: a Go process cannot fork and go on. done tells that this process has
// nothing more to do.
func (s *Server) daemonize(args []string) (code int, done bool) {
	set := s.live.Load()
	if !set.Daemonize || set.Supervised != settings.SupervisedNo || os.Getenv(daemonEnv) != "" {
		return 0, false
	}
	exe, err := os.Executable()
	if err == nil {
		cmd := exec.Command(exe, args...)
		cmd.Env = append(os.Environ(), daemonEnv+"=1")
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		err = cmd.Start()
	}
	if err != nil {
		s.log.warning("daemonize: %v", err)
		return 1, true
	}
	return 0, true
}

// stopProcess stops the process until a supervisor has it go on.
func stopProcess() error {
	if err := syscall.Kill(os.Getpid(), syscall.SIGSTOP); err != nil {
		return fmt.Errorf("stop to signal readiness: %w", err)
	}
	return nil
}

// restart replaces the process's program.
func restart(exe string, args, env []string) error {
	return fmt.Errorf("restart %s: %w", exe, syscall.Exec(exe, args, env))
}

func fileMode(perm uint32) fs.FileMode { return fs.FileMode(perm) }

// cpuTimes are the process's processor times in microseconds.
func cpuTimes() (user, system int64) {
	var ru unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &ru) != nil {
		return 0, 0
	}
	return ru.Utime.Nano() / 1000, ru.Stime.Nano() / 1000
}
