//go:build !linux

package portable

import (
	"errors"
	"syscall"
)

// mark is for Linux.
func mark(syscall.RawConn, uint32) error {
	return errors.New("set SO_MARK: this system has no marks of sockets")
}
