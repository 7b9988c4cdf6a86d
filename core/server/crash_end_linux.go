package server

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// dieOf ends the process by a signal, as one that nobody handles: with a core file,
// where those are on, and an exit status that tells the signal. The first process
// of a machine cannot die so; it exits.
func dieOf(sig syscall.Signal) {
	if restoreDefault(sig) == nil && unix.Kill(unix.Getpid(), sig) == nil {
		time.Sleep(time.Second)
	}
	os.Exit(128 + int(sig))
}

// backstop has the kernel end the process after a time, whatever becomes of Go's
// scheduler.
func backstop(after time.Duration) {
	if restoreDefault(unix.SIGALRM) == nil {
		_, _ = unix.Setitimer(unix.ITIMER_REAL, unix.Itimerval{Value: unix.NsecToTimeval(int64(after))})
	}
}

// standardErrorTo has standard error go to a file.
func standardErrorTo(file *os.File) error {
	if err := unix.Dup3(int(file.Fd()), int(os.Stderr.Fd()), 0); err != nil {
		return fmt.Errorf("put %s in the place of standard error: %w", file.Name(), err)
	}
	return nil
}

// restoreDefault gives a signal the action that it has in a process that does not
// care: Go takes a signal for itself and has no way back. The kernel's struct
// sigaction of zeros says that (SIG_DFL, no flags, an empty mask), and a page of
// zeros that is not Go's stays where it is during the call.
func restoreDefault(sig syscall.Signal) error {
	const maskBytes = 8
	page, err := unix.MmapPtr(-1, 0, nil, uintptr(os.Getpagesize()), unix.PROT_READ, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return fmt.Errorf("map a page of zeros: %w", err)
	}
	if _, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(page), 0, maskBytes, 0, 0); errno != 0 {
		return fmt.Errorf("restore the action of %v: %w", sig, errno)
	}
	return nil
}
