//go:build unix && !freebsd && !dragonfly

package server

import "golang.org/x/sys/unix"

// allowFiles has the process open so many files, if the system lets it, and returns
// how many it may.
func allowFiles(wanted int64) int64 {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 1024 // what Redis assumes then
	}
	have := int64(min(uint64(limit.Cur), 1<<62))
	if have >= wanted {
		return have
	}
	raised := limit
	raised.Cur = max(limit.Cur, min(limit.Max, uint64(wanted)))
	for _, hard := range []bool{true, false} { // only root may raise the hard limit
		try := raised
		if hard {
			try.Cur, try.Max = uint64(wanted), max(limit.Max, uint64(wanted))
		}
		if unix.Setrlimit(unix.RLIMIT_NOFILE, &try) == nil {
			return int64(min(uint64(try.Cur), 1<<62))
		}
	}
	return have
}
