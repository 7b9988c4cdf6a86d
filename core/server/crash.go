package server

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/redoubt-kv/redoubt/core/stats"
)

// A crash leaves a report in the log, and saves nothing: what is in memory may be
// wrong.
//
//	panic in a goroutine of the server ─────────┐
//	fault on memory outside of Go's heap ───────┼─▶ guard ──────┐
//	   (a panic, by debug.SetPanicOnFault)      ┘               ├─▶ report ─▶ end
//	SIGSEGV, SIGABRT … from outside ──────────────▶ takeSignals ┘
//	fatal error of Go's runtime (stack overflow, ─▶ Go's own text in the log
//	   no memory, concurrent map writes), panic      (crash_output.go), exit 2
//	   in a goroutine that is not guarded
//
// The end is that of Redis where the process is the server's own (Main): it dies of
// the signal, of SIGSEGV after a fault, of SIGABRT after another panic. Where the
// server is part of another program (Run), the panic goes on, for that program.
//
// The report waits for no lock: each part is made by a goroutine of its own, and
// left out if that does not come to its end in time. As a whole it has reportTime,
// and if not even Go's scheduler runs any more, the kernel ends the process.

const (
	// reportTime bounds the report, sectionTime a part of it.
	reportTime  = 10 * time.Second
	sectionTime = 300 * time.Millisecond
	// maxStack and maxStacks bound the stack of the goroutine that crashed and
	// those of all, in bytes.
	maxStack  = 32 << 10
	maxStacks = 128 << 10
)

// crashes is what the server keeps for the case of a crash.
type crashes struct {
	own      bool // the process is the server's own
	reported atomic.Bool
	rings    []*stats.Loop // of the loops
}

// crash is one crash.
type crash struct {
	signal syscall.Signal // that came from outside, or stands for a fault; 0 for another panic
	fault  bool           // of memory, at address
	// address is 0 for what Go takes for a nil pointer.
	address uintptr
	cause   any // of the panic; nil if a signal came from outside
	stack   []byte
	role    string // of the goroutine
	loop    int    // that it is, or -1
}

// assertion is the panic of an expression that must be true.
type assertion struct {
	expression, file string
	line             int
}

func (a assertion) String() string {
	return fmt.Sprintf("%s:%d '%s' is not true", a.file, a.line, a.expression)
}

// outOfMemory is the panic of an allocation of so many bytes.
type outOfMemory int64

func (o outOfMemory) String() string {
	return fmt.Sprintf("aborting for OUT OF MEMORY. Allocating %d bytes!", int64(o))
}

// around runs body, the whole of a goroutine, so that a panic in it is reported.
// loop is the number of the event loop that it is, or -1.
func (s *Server) around(role string, loop int, body func()) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer s.guard(role, loop)
	body()
}

// spawn starts a goroutine of the server's.
func (s *Server) spawn(role string, body func()) { go s.around(role, -1, body) }

// guard is deferred at the bottom of a goroutine.
func (s *Server) guard(role string, loop int) {
	p := recover()
	if p == nil {
		return
	}
	c := &crash{cause: p, role: role, loop: loop, stack: ownStack()}
	c.signal, c.address, c.fault = faultOf(p)
	s.crashed(c)
	panic(p)
}

func ownStack() []byte {
	b := make([]byte, maxStack)
	return b[:runtime.Stack(b, false)]
}

// faultOf tells whether a panic is a fault of memory, and where. Go does not tell
// whether it was a SIGBUS; the server maps no files, which could shrink, so that
// it hardly ever is.
func faultOf(p any) (sig syscall.Signal, address uintptr, fault bool) {
	err, ok := p.(runtime.Error)
	if !ok {
		return 0, 0, false
	}
	if at, ok := p.(interface{ Addr() uintptr }); ok {
		return syscall.SIGSEGV, at.Addr(), true
	}
	if strings.Contains(err.Error(), "invalid memory address") {
		return syscall.SIGSEGV, 0, true
	}
	return 0, 0, false
}

// crashed reports a crash and, if the process is the server's own, ends it. Of
// several crashes at a time the first one is reported; the others wait for its end.
func (s *Server) crashed(c *crash) {
	if !s.crashes.reported.CompareAndSwap(false, true) {
		select {}
	}
	if s.crashes.own {
		backstop(2 * reportTime)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { _ = recover() }() // the report ends here, not the way to the end
		s.report(c)
	}()
	select {
	case <-done:
	case <-time.After(reportTime):
	}
	if s.crashes.own {
		s.die(c)
	}
	if console, ok := s.log.to.(interface{ Flush(time.Duration) }); ok {
		console.Flush(reportTime / 4)
	}
}

// die ends the process as Redis's would: by the signal, or by SIGABRT.
func (s *Server) die(c *crash) {
	set := s.live.Load()
	if set.Daemonize && set.PidFile != "" {
		os.Remove(set.PidFile)
	}
	switch {
	case c.signal != 0:
		dieOf(c.signal)
	case set.UseExitOnPanic:
		os.Exit(1)
	default:
		dieOf(syscall.SIGABRT)
	}
}
