//go:build !linux

package server

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// dieOf exits with the status that a shell gives to a process which died of the
// signal: Go keeps a process here from dying of it.
func dieOf(sig syscall.Signal) { os.Exit(128 + int(sig)) }

// standardErrorTo cannot be had here.
func standardErrorTo(*os.File) error { return errors.ErrUnsupported }

// backstop is nothing here: the report has its own bound, which needs Go's
// scheduler.
func backstop(time.Duration) {}
