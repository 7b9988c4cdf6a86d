package vfs

import (
	"os"
	"syscall"
)

// DataSync implements File.
func (f osFile) DataSync() error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var syncErr error
	if conn.Control(func(fd uintptr) { syncErr = fdatasync(int(fd)) }) != nil { // the only reason
		syncErr = os.ErrClosed
	}
	if syncErr != nil {
		return &os.PathError{Op: "fdatasync", Path: f.Name(), Err: syncErr}
	}
	return nil
}

func fdatasync(fd int) error {
	for {
		if err := syscall.Fdatasync(fd); err != syscall.EINTR {
			return err
		}
	}
}
