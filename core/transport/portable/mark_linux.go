package portable

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// mark sets the mark of a socket.
func mark(socket syscall.RawConn, value uint32) error {
	var err error
	if e := socket.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_MARK, int(value))
	}); e != nil {
		return fmt.Errorf("set SO_MARK: %w", e)
	}
	if err != nil {
		return fmt.Errorf("set SO_MARK: %w", err)
	}
	return nil
}
