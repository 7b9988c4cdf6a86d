package server

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// priority is the nice value of the calling thread: in a new one, that of the
// process.
func priority() int {
	n, err := unix.Getpriority(unix.PRIO_PROCESS, unix.Gettid())
	if err != nil {
		return 0
	}
	return 20 - n // the system call has no negative results
}

// threadID is the system's number of the calling thread.
func threadID() int { return unix.Gettid() }

// setPriority changes the nice value of one thread of the process. A process that
// may not raise its priority again goes on with the lower one.
func setPriority(thread, nice int) {
	_ = unix.Setpriority(unix.PRIO_PROCESS, thread, min(nice, 19))
}

// pause has the calling thread sleep.
func pause(d time.Duration) {
	t := unix.NsecToTimespec(int64(d))
	_ = unix.Nanosleep(&t, nil)
}

// residentMemory is the process's RSS in bytes.
func residentMemory() int64 {
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(data)
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseInt(string(fields[1]), 10, 64)
	return pages * int64(os.Getpagesize())
}

// systemMemory is the machine's memory in bytes.
func systemMemory() int64 {
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) != nil {
		return 0
	}
	return int64(info.Totalram) * int64(info.Unit)
}

// systemName is what uname says.
func systemName() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return "Linux"
	}
	return fmt.Sprintf("%s %s %s", unix.ByteSliceToString(u.Sysname[:]), unix.ByteSliceToString(u.Release[:]), unix.ByteSliceToString(u.Machine[:]))
}

// diskFree is how many bytes of the disk that holds dir are free for this process.
func diskFree(dir string) (bytes int64, ok bool) {
	var st unix.Statfs_t
	if unix.Statfs(dir, &st) != nil {
		return 0, false
	}
	return int64(st.Bavail) * st.Bsize, true
}
