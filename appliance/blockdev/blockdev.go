//go:build linux

// Package blockdev asks the kernel to take note of a block device's and a file
// system's new size. Both requests pass a structure by address, for which there is no
// function in golang.org/x/sys; so this package alone, beside the store's pages, has
// unsafe.
package blockdev

import (
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ioctl passes the address of v.
func ioctl[T any](f *os.File, request uintptr, v *T) error {
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), request, uintptr(unsafe.Pointer(v)))
	runtime.KeepAlive(v)
	if errno != 0 {
		return errno
	}
	return nil
}

// ResizePartition tells the kernel the new size in bytes of a partition of a disk,
// which may be in use. It must begin where it began.
func ResizePartition(disk *os.File, number int, offset, size int64) error {
	p := &unix.BlkpgPartition{Start: offset, Length: size, Pno: int32(number)}
	arg := &unix.BlkpgIoctlArg{
		Op:      unix.BLKPG_RESIZE_PARTITION,
		Datalen: int32(unsafe.Sizeof(*p)),
		Data:    (*byte)(unsafe.Pointer(p)),
	}
	if err := ioctl(disk, unix.BLKPG, arg); err != nil {
		return fmt.Errorf("resize partition %d of %s: %w", number, disk.Name(), err)
	}
	return nil
}

// resizeExt4 is EXT4_IOC_RESIZE_FS, _IOW('f', 16, __u64).
const resizeExt4 = 1<<30 | 8<<16 | 'f'<<8 | 16

// ResizeExt4 makes the mounted ext4 file system that a folder is on so many of its
// blocks large. It may be in use. On a large disk it takes a while.
func ResizeExt4(folder *os.File, blocks uint64) error {
	if err := ioctl(folder, resizeExt4, &blocks); err != nil {
		return fmt.Errorf("resize the file system on %s: %w", folder.Name(), err)
	}
	return nil
}
