package admin

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/redoubt-kv/redoubt/core/server"
)

// Status is /status.json: the machine and its server at one moment.
type Status struct {
	TimeMs    int64         `json:"time_ms"`
	Version   string        `json:"version"`
	Profile   string        `json:"profile"`
	Arch      string        `json:"arch"`
	Kernel    string        `json:"kernel"`
	Hostname  string        `json:"hostname"`
	Addresses []string      `json:"addresses"`
	UptimeS   int64         `json:"uptime_s"`
	Ready     bool          `json:"ready"`
	NotReady  string        `json:"not_ready"` // why; "" if it is ready
	Locked    string        `json:"locked"`    // why; "" if it is not
	Slot      string        `json:"slot"`
	Boot      []PhaseStatus `json:"boot"`
	// Server is INFO: numbers where they are, else texts.
	Server    map[string]any  `json:"server"`
	Commands  []CommandStatus `json:"commands"`
	Latency   interval        `json:"latency"` // of the last second, in microseconds
	Save      SaveStatus      `json:"save"`
	Update    *UpdateStatus   `json:"update"` // null: this image has one root
	Memory    MemoryStatus    `json:"memory"`
	Transfer  string          `json:"transfer"`   // what runs of snapshots, restores and updates
	SampledMs int64           `json:"sampled_ms"` // when Server and Commands were read
	// MayAct tells whether who asks is authorized; Log is empty if not.
	MayAct bool     `json:"may_act"`
	Log    []string `json:"log"`
}

// PhaseStatus is a moment of the boot, in ms since the kernel's start.
type PhaseStatus struct {
	Name string  `json:"name"`
	Ms   float64 `json:"ms"`
}

// CommandStatus is the figures of a command since the start; latencies in microseconds.
type CommandStatus struct {
	Name     string  `json:"name"`
	Kind     string  `json:"kind"` // "read", "write" or ""
	Calls    int64   `json:"calls"`
	Failed   int64   `json:"failed"`
	Rejected int64   `json:"rejected"`
	Usec     int64   `json:"usec"`
	P50      float64 `json:"p50"`
	P99      float64 `json:"p99"`
	P999     float64 `json:"p999"`
}

// SaveStatus is the state of saving, in keys.
type SaveStatus struct {
	Running bool  `json:"running"`
	Done    int64 `json:"done"`
	Total   int64 `json:"total"`
	LastOK  bool  `json:"last_ok"`
	LastS   int64 `json:"last_s"` // seconds since 1970
}

// MemoryStatus is memory in bytes.
type MemoryStatus struct {
	Total    int64 `json:"total"` // of the machine
	Used     int64 `json:"used"`  // what maxmemory bounds
	Max      int64 `json:"max"`   // maxmemory; 0: none
	Resident int64 `json:"resident"`
}

// logLines is how many lines of the log are part of the status.
const logLines = 100

// patience is how long a reply waits for the server's figures: it has those of before
// if a script holds them back.
const patience = time.Second

// figures is what is read of the server for many to see.
type figures struct {
	server    map[string]any
	texts     map[string]string // the same as they are in INFO
	numbers   map[string]float64
	commands  []CommandStatus
	databases int
	save      SaveStatus
}

// text is a field of INFO; "" without it.
func (f *figures) text(name string) string { return f.texts[name] }

// readFigures reads them. It may wait for a script.
func readFigures(handle *server.Handle) *figures {
	info := handle.Info()
	f := &figures{
		server: map[string]any{}, texts: map[string]string{}, numbers: numbers(info),
		commands: []CommandStatus{}, databases: handle.Databases(),
	}
	eachField(info, func(name, value string) { f.server[name], f.texts[name] = typed(value), value })
	length, last := handle.SlowLog()
	f.numbers["slowlog_length"], f.numbers["slowlog_last_id"] = float64(length), float64(last)
	f.numbers["start_time_s"] = float64(time.Now().Unix()) - f.numbers["uptime_in_seconds"]
	for _, c := range handle.Commands() {
		f.commands = append(f.commands, CommandStatus{
			Name: c.Name, Kind: c.Kind, Calls: c.Calls, Failed: c.Failed, Rejected: c.Rejected, Usec: c.Usec,
			P50: finite(c.P50), P99: finite(c.P99), P999: finite(c.P999),
		})
	}
	s := handle.Saving()
	f.save = SaveStatus{Running: s.Running, Done: s.Done, Total: s.Total, LastOK: s.LastOK, LastS: s.Last.Unix()}
	return f
}

// typed is a number if the text is one that JSON can hold.
func typed(value string) any {
	if n, err := strconv.ParseInt(value, 10, 64); err == nil {
		return n
	}
	if f, err := strconv.ParseFloat(value, 64); err == nil && !math.IsInf(f, 0) && !math.IsNaN(f) {
		return f
	}
	return value
}

func finite(f float64) float64 {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return 0
	}
	return f
}

// status answers /status.json.
func (e *Endpoint) status(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	f, at, ok := e.figures.get(ctx, sampleEvery*9/10)
	if !ok {
		f = &figures{server: map[string]any{}, commands: []CommandStatus{}}
	}
	about := e.machine.About()
	s := Status{
		TimeMs: time.Now().UnixMilli(), Version: about.Version, Profile: about.Profile, Arch: about.Arch,
		Kernel: about.Kernel, Hostname: about.Hostname, Addresses: append([]string{}, about.Addresses...),
		UptimeS: int64(e.machine.Uptime().Seconds()), NotReady: e.notReady(), Locked: about.Locked, Slot: about.Slot,
		Boot: []PhaseStatus{}, Server: f.server, Commands: f.commands, Latency: e.sampler.lately(), Save: f.save,
		Memory: MemoryStatus{
			Total: int64(f.numbers["total_system_memory"]), Used: int64(f.numbers["used_memory"]),
			Max: int64(f.numbers["maxmemory"]), Resident: int64(f.numbers["used_memory_rss"]),
		},
		SampledMs: at.UnixMilli(), MayAct: e.auth.judge(r) == trusted, Log: []string{},
	}
	s.Ready = s.NotReady == ""
	for _, p := range e.machine.Phases() {
		s.Boot = append(s.Boot, PhaseStatus{p.Name, float64(p.At.Microseconds()) / 1000})
	}
	if e.updater != nil {
		u := e.updater.Status()
		s.Update = &u
	}
	if what := e.transfer.Load(); what != nil {
		s.Transfer = *what
	}
	if s.MayAct {
		s.Log = e.machine.Log().Lines(logLines)
	}
	replyJSON(w, s)
}

// history answers /history.json.
func (e *Endpoint) history(w http.ResponseWriter, _ *http.Request) {
	replyJSON(w, struct {
		StepMs  int64    `json:"step_ms"`
		Fields  []string `json:"fields"`
		Samples []sample `json:"samples"`
	}{sampleEvery.Milliseconds(), sampleFields, append([]sample{}, e.sampler.samples()...)})
}

func replyJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // whoever asked may have gone
}
