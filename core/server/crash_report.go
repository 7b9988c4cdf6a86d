package server

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/family/admin"
)

// reportPart is a section of a report. make may hang or panic.
type reportPart struct {
	title string
	time  time.Duration
	make  func(*Server, *crash) string
}

// reportParts are what follows the stack of the goroutine that crashed, the most
// telling first.
var reportParts = []reportPart{
	{"CURRENT CLIENT INFO", sectionTime, (*Server).reportClient},
	{"LAST COMMANDS", sectionTime, (*Server).reportCommands},
	{"GOROUTINES", reportTime / 3, (*Server).reportGoroutines},
	{"MEMORY AND DISK", sectionTime, (*Server).reportState},
	{"INFO OUTPUT", reportTime / 2, (*Server).reportInfo},
	{"CLIENT LIST OUTPUT", sectionTime, (*Server).reportClients},
}

// report writes the report of c to the log.
func (s *Server) report(c *crash) {
	w, full := s.crashLog(), s.live.Load().CrashLogEnabled
	say := func(format string, args ...any) {
		io.WriteString(w, logLine(s.log.pid, '#', fmt.Sprintf(format, args...)))
	}
	if !full && c.signal != 0 {
		say("Redoubt %s crashed by signal: %d (there is no report, since crash-log-enabled is no)", Version, c.signal)
		return
	}
	io.WriteString(w, "\n\n=== REDIS BUG REPORT START: Cut & paste starting from here ===\n")
	s.reportCause(c, say)
	say("Redoubt %s (Redis %s compatible), %s %s/%s, in %s", Version, RedisVersion, runtime.Version(), runtime.GOOS, runtime.GOARCH, c.role)
	if full {
		fmt.Fprintf(w, "\n------ STACK TRACE ------\n%s", c.trace())
		for _, part := range reportParts {
			text := bounded(part.time, func() string { return part.make(s, c) })
			fmt.Fprintf(w, "\n------ %s ------\n%s", part.title, text)
		}
	}
	io.WriteString(w, "\n=== REDIS BUG REPORT END. Make sure to include from START to END. ===\n\n"+
		"       This is Redoubt, not Redis: please report it to Redoubt.\n"+
		"       Nothing was saved; what was acknowledged before is in the files as\n"+
		"       the configuration of durability says.\n\n")
}

// reportCause says what happened, in the words of Redis's reports.
func (s *Server) reportCause(c *crash, say func(string, ...any)) {
	switch cause := c.cause.(type) {
	case assertion:
		say("=== ASSERTION FAILED ===")
		say("==> %v", cause)
		return
	case outOfMemory:
		say("Out Of Memory allocating %d bytes!", int64(cause))
	}
	if c.signal != 0 {
		say("Redoubt %s crashed by signal: %d", Version, c.signal)
		if c.fault {
			say("Accessing address: %#x", c.address)
		}
	}
	if c.cause != nil && !c.fault {
		say("------------------------------------------------")
		say("!!! Software Failure. Press left mouse button to continue")
		say("Guru Meditation: %s", bounded(sectionTime, func() string { return cut(fmt.Sprint(c.cause), 4<<10) }))
	}
}

// trace is the stack of the goroutine that crashed.
func (c *crash) trace() string {
	if c.cause == nil {
		return "The signal came from outside: no goroutine caused it. All of them are below.\n"
	}
	return string(c.stack)
}

// crashLog is where the log goes, opened without the logger's lock.
func (s *Server) crashLog() io.Writer {
	if name := s.live.Load().LogFile; name != "" {
		if f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644); err == nil {
			return f
		}
	}
	return s.log.to
}

// bounded returns what make makes, or says why there is nothing.
func bounded(limit time.Duration, make func() string) string {
	result := newResult()
	go func() {
		debug.SetPanicOnFault(true)
		defer func() {
			if p := recover(); p != nil {
				result <- fmt.Sprintf("(not available: it crashed as well: %v)\n", p)
			}
		}()
		result <- make()
	}()
	select {
	case text := <-result:
		return text
	case <-time.After(limit):
		return "(not available: what it needs is locked, or does not answer)\n"
	}
}

// newResult takes one text without a reader, who may have left.
func newResult() chan string { return make(chan string, 1) }

// cut shortens text to n bytes, and says so.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return fmt.Sprintf("%s... (%d more bytes)\n", text[:n], len(text)-n)
}

// The bounds of what a client has sent, as in the slow log.
const (
	maxReportArgs = 32
	maxReportArg  = 128 // bytes
)

// reportClient is the client whose command crashed. Its loop waits in guard, so
// that its state may be read.
func (s *Server) reportClient(c *crash) string {
	if c.loop < 0 || c.loop >= len(s.loops) {
		return "(none: no event loop has crashed)\n"
	}
	call, client := s.loops[c.loop].Serving()
	if call == nil {
		return "(none: the loop was executing no command)\n"
	}
	var b strings.Builder
	args := s.redacted(call.Args)
	fmt.Fprintf(&b, "%s\nargc: %d\n", client, len(call.Args))
	for i, arg := range args[:min(len(args), maxReportArgs)] {
		fmt.Fprintf(&b, "argv[%d]: %q", i, arg[:min(len(arg), maxReportArg)])
		if extra := len(arg) - maxReportArg; extra > 0 {
			fmt.Fprintf(&b, "... (%d more bytes)", extra)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// reportCommands are the last calls of each loop.
func (s *Server) reportCommands(*crash) string {
	var b strings.Builder
	names, now := map[int]string{}, s.clock.Mono()
	for _, row := range s.table.Rows() {
		names[row.ID] = row.FullName
		for _, sub := range row.Subcommands {
			names[sub.ID] = sub.FullName
		}
	}
	for i, ring := range s.crashes.rings {
		calls := ring.Recent()
		fmt.Fprintf(&b, "loop %d, the newest first, which may be running:", i)
		for _, call := range calls {
			fmt.Fprintf(&b, " %s (%.1f ms ago)", names[call.Command], float64(now-call.At)/1e6)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// reportGoroutines are the stacks of all goroutines.
func (s *Server) reportGoroutines(*crash) string {
	b := make([]byte, maxStacks)
	n := runtime.Stack(b, true)
	if n == len(b) {
		return string(b) + "\n... (cut)\n"
	}
	return string(b[:n])
}

// reportState is what can be read without any lock.
func (s *Server) reportState(*crash) string {
	heap, save := s.store.Heap(), s.saver.current.Load()
	var b strings.Builder
	fmt.Fprintf(&b, "used_memory:%d\nrss:%d\nclients:%d\n", s.usedMemory(), residentMemory(), s.figures.clients.Load())
	fmt.Fprintf(&b, "nodes_used:%d\nnodes_committed:%d\nnodes_reserved:%d\ngo_mapped:%d\n", heap.Used(), heap.Committed(), heap.Reserved(), goMapped())
	fmt.Fprintf(&b, "loading:%v\nbackground_save:%v\n", s.loading.Load(), save != nil)
	if save != nil {
		fmt.Fprintf(&b, "snapshot_held:%d\n", save.Held())
	}
	return b.String()
}

// reportInfo is INFO, each section by itself: the goroutine that crashed may hold
// what one of them needs.
func (s *Server) reportInfo(*crash) string {
	var b strings.Builder
	for _, section := range admin.Sections() {
		b.WriteString(bounded(sectionTime, func() string {
			c := &command.Call{Tx: s.store.NewTx(), Store: s.store, Loop: s.stats.NewLoop(), Now: s.clock.NowMs()}
			text := admin.Render((*informer)(s).Info(c, section), section)
			return strings.ReplaceAll(text, "\r\n", "\n")
		}))
		b.WriteByte('\n')
	}
	return b.String()
}

func (s *Server) reportClients(*crash) string {
	return cut(string(bytes.ReplaceAll(s.clients.List(nil, command.ClientFilter{}, 0), []byte("\r\n"), []byte("\n"))), 16<<10)
}
