package server

import (
	"fmt"
	"math"
	"runtime"
	"time"

	"github.com/redoubt-kv/redoubt/core/family/admin"
)

// Crash ends the process as DEBUG's subcommands want it: by what it is called, on
// the client's own loop, so that the report shows the whole way.
func (p *stopper) Crash(how admin.Crash) error {
	switch how {
	case admin.CrashSegfault:
		segfault()
	case admin.CrashPanic:
		panic(fmt.Sprintf("DEBUG PANIC called at Unix time %d", time.Now().Unix()))
	case admin.CrashAssert:
		_, file, line, _ := runtime.Caller(0)
		panic(assertion{"1 == 2", file, line})
	case admin.CrashOOM:
		panic(outOfMemory(math.MaxInt64))
	}
	return fmt.Errorf("no such manner of crashing: %d", how)
}
