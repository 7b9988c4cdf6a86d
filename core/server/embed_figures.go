package server

import (
	"crypto/tls"
	"time"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/family/admin"
	"github.com/redoubt-kv/redoubt/core/stats"
)

// CommandFigures are the counters of one command, since the start or CONFIG
// RESETSTAT, and its latencies in microseconds.
type CommandFigures struct {
	Name                          string // a subcommand's as in "client|list"
	Kind                          string // "read" or "write" by the command's flags, or ""
	Calls, Failed, Rejected, Usec int64
	P50, P99, P999                float64 // of all calls; 0 where latency-tracking is off
}

// SaveProgress is the state of saving. Numbers of keys.
type SaveProgress struct {
	Running     bool
	Done, Total int64 // of the running save
	LastOK      bool
	Last        time.Time // the end of the last save that succeeded; the server's start if there was none
}

// Latencies is the distribution of all commands' latencies up to a moment.
type Latencies struct{ h *stats.Histogram }

// Since is the distribution of the calls after those of earlier, which may be nil.
func (l *Latencies) Since(earlier *Latencies) *Latencies {
	if earlier == nil {
		return l
	}
	return &Latencies{l.h.Since(earlier.h)}
}

// Total is how many calls there are.
func (l *Latencies) Total() uint64 { return l.h.Total() }

// Percentile is the time in microseconds that p percent of the calls did not exceed;
// 0 if there are none.
func (l *Latencies) Percentile(p float64) float64 { return float64(l.h.Percentile(p)) / 1000 }

// call lends fn a call that belongs to no client. It holds no locks; fn may not write.
func (h *Handle) call(fn func(c *command.Call)) {
	s := h.s
	loop := s.stats.Acquire()
	defer s.stats.Release(loop)
	loop.Begin()
	fn(&command.Call{Tx: s.store.NewTx(), Store: s.store, Loop: loop, Now: s.clock.NowMs()})
}

// Info is the text of INFO for some sections, by their names as INFO takes them; with
// none the default ones. It waits while a script has the data.
func (h *Handle) Info(sections ...string) (text string) {
	want := admin.SectionsNamed(sections...)
	h.call(func(c *command.Call) { text = admin.Render((*informer)(h.s).Info(c, want), want) })
	return text
}

// Commands are the figures of all commands that were called, refused or failed.
func (h *Handle) Commands() []CommandFigures {
	s := h.s
	var list []CommandFigures
	for _, f := range admin.CommandFigures(s.table, s.stats) {
		list = append(list, CommandFigures{Name: f.Name, Kind: kindOf(f.Flags), Calls: f.Calls, Failed: f.Failing, Rejected: f.Rejected, Usec: f.TimeUs})
	}
	at := make(map[string]*CommandFigures, len(list))
	for i := range list {
		at[list[i].Name] = &list[i]
	}
	for _, l := range admin.CommandLatencies(s.table, s.stats, []float64{50, 99, 99.9}) {
		if f := at[l.Name]; f != nil {
			f.P50, f.P99, f.P999 = l.Percentiles[0].Us, l.Percentiles[1].Us, l.Percentiles[2].Us
		}
	}
	return list
}

// kindOf is CommandFigures.Kind.
func kindOf(flags command.Flags) string {
	switch {
	case flags&command.Write != 0:
		return "write"
	case flags&command.ReadOnly != 0:
		return "read"
	}
	return ""
}

// Calls are how many calls there have been of commands that read, and of those that
// write. Those of scripts count as well as the scripts.
func (h *Handle) Calls() (reads, writes int64) {
	for _, f := range admin.CommandFigures(h.s.table, h.s.stats) {
		switch kindOf(f.Flags) {
		case "read":
			reads += f.Calls
		case "write":
			writes += f.Calls
		}
	}
	return reads, writes
}

// Latencies is the distribution of all calls so far whose latency was tracked.
func (h *Handle) Latencies() *Latencies { return &Latencies{h.s.stats.Latencies()} }

// Databases is how many there are.
func (h *Handle) Databases() int { return h.s.store.Databases() }

// SlowLog is how many entries the slow log has, and the ID of the last that was made; 0
// if there was none.
func (h *Handle) SlowLog() (length, lastID int64) {
	if entries := h.s.slowLog.Last(1); len(entries) > 0 {
		lastID = entries[0].ID
	}
	return int64(h.s.slowLog.Len()), lastID
}

// Saving is the state of saving.
func (h *Handle) Saving() SaveProgress {
	p := h.s.saver.info()
	return SaveProgress{
		Running: p.SaveRunning, Done: p.SaveProcessed, Total: p.SaveTotal,
		LastOK: p.LastSaveOK, Last: time.Unix(p.LastSave, 0),
	}
}

// NotReady is why clients are not served; "" if they are.
func (h *Handle) NotReady() string {
	switch {
	case h.s.stopped.Load():
		return "the server is stopping"
	case h.s.loading.Load():
		return "the data is being loaded"
	}
	return ""
}

// TLS is the configuration by which clients connect to tls-port; nil where there is none.
// It is not to be changed.
func (h *Handle) TLS() *tls.Config {
	if h.s.live.Load().TLSPort == 0 {
		return nil
	}
	return h.s.tls.current.Load()
}

// PasswordNeeded tells whether clients have to log in before they may do anything.
func (h *Handle) PasswordNeeded() bool { return h.s.users.LoginRequired() }

// PasswordAccepted tells whether password is one of the default user's (requirepass);
// never if he has none. How long it takes does not tell how much of it is right.
func (h *Handle) PasswordAccepted(password string) bool {
	r := h.s.users.Default().Rules()
	return r.Accepts([]byte(password)) && !r.NoPass
}
