//go:build !windows

package vfs

import (
	"errors"
	"os"
	"syscall"
)

// syncDir syncs a directory. Some file systems have no such operation and
// say so with EINVAL or EBADF; nothing more can be done on them, so that is
// no error (Redis decides alike).
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	closeErr := d.Close()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.EBADF) {
		err = nil
	}
	return errors.Join(err, closeErr)
}
