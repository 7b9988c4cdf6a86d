//go:build unix

package server

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// fatalSignals are those that a report is made for when somebody sends them. Go
// takes those that the program itself causes for panics.
var fatalSignals = []os.Signal{unix.SIGSEGV, unix.SIGBUS, unix.SIGFPE, unix.SIGILL, unix.SIGABRT}

// ignoredSignals are those that Redis ignores: the end of a terminal does not end a
// server, and a peer or a reader of the log that is gone is an error of a write.
var ignoredSignals = []os.Signal{unix.SIGHUP, unix.SIGPIPE}

// alarm has the stacks logged while there is a watchdog-period.
const alarm = syscall.SIGALRM

// segfault writes to memory that may only be read, in a mapping as the nodes have.
func segfault() {
	b, err := unix.Mmap(-1, 0, os.Getpagesize(), unix.PROT_READ, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		panic(err)
	}
	b[0] = 'x'
}
