package server

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// auxOfRDB takes the fields about a file that is being loaded.
func (v *saver) auxOfRDB(name, value []byte) {
	log, number := v.s.log, func() int64 {
		n, _ := strconv.ParseInt(string(value), 10, 64)
		return n
	}
	switch field := strings.ToLower(string(name)); {
	case strings.HasPrefix(field, "%"):
		log.notice("RDB '%s': %s", name, value)
	case field == "redis-ver":
		log.notice("Loading RDB produced by version %s", value)
	case field == "ctime":
		log.notice("RDB age %d seconds", max(time.Now().Unix()-number(), 0))
	case field == "used-mem":
		log.notice("RDB memory usage when created %.2f Mb", float64(number())/(1<<20))
		v.loadUsed.Store(number())
	case field == "aof-preamble" && number() != 0:
		log.notice("RDB has an AOF tail")
	case field == "aof-base" && number() != 0:
		log.notice("RDB is base AOF")
	}
}

// watchLoading logs how far loading has come, every few seconds: where that
// takes no longer, nothing.
func (s *Server) watchLoading() {
	const every = 5 * time.Second
	start := time.Now()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for range tick.C {
		if !s.loading.Load() || s.stopped.Load() {
			return
		}
		if line := progressLine(s.saver.loadDone.Load(), s.saver.loadTotal.Load(), time.Since(start)); line != "" {
			s.log.notice("%s", line)
		}
	}
}

// progressLine says how far a load has come that has read done of total bytes in
// so much time. It is empty while nothing is known.
func progressLine(done, total int64, took time.Duration) string {
	if done <= 0 || total <= 0 {
		return ""
	}
	share := min(float64(done)/float64(total), 1)
	left := took.Seconds() * (1 - share) / share
	return fmt.Sprintf("Loading the dataset: %.1f%% of %d MB, about %.0f s left", 100*share, total>>20, left)
}
