package server

import (
	"os"
	"runtime"
	"time"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/config"
	"github.com/redoubt-kv/redoubt/core/family/admin"
	"github.com/redoubt-kv/redoubt/core/pubsub"
	"github.com/redoubt-kv/redoubt/core/server/settings"
	"github.com/redoubt-kv/redoubt/core/stats"
)

// informer fills INFO.
type informer Server

// Info fills the parts of the snapshot that belong to the sections.
func (p *informer) Info(c *command.Call, want admin.Section) *admin.Info {
	s := (*Server)(p)
	c.Loop.Publish()
	info := &admin.Info{}
	for _, part := range []struct {
		section admin.Section
		fill    func()
	}{
		{admin.ServerSection, func() { info.Server = s.serverInfo(c) }},
		{admin.ClientsSection, func() { info.Clients = s.clientsInfo() }},
		{admin.MemorySection, func() { info.Memory = *p.Memory(c) }},
		{admin.PersistenceSection, func() { info.Persistence = s.saver.info(); info.Persistence.AOF = s.aof.info() }},
		{admin.StatsSection, func() { info.Stats = s.statsInfo(c) }},
		{admin.ReplicationSection, func() { info.Replication = s.replicationInfo() }},
		{admin.CPUSection, func() { info.CPU = cpuInfo() }},
		{admin.CommandStatsSection, func() { info.Commands = admin.CommandFigures(s.table, s.stats) }},
		{admin.ErrorStatsSection, func() { info.Errors = s.errorInfo() }},
		{admin.LatencyStatsSection, func() {
			info.Latencies = admin.CommandLatencies(s.table, s.stats, s.live.Load().LatencyTrackingInfoPercentiles)
		}},
		{admin.KeyspaceSection, func() { info.Keyspace = s.keyspaceInfo(c) }},
		{admin.ApplianceSection, func() { info.Appliance = s.embedding.info() }},
	} {
		if want&part.section != 0 {
			part.fill()
		}
	}
	return info
}

func (s *Server) serverInfo(c *command.Call) admin.Server {
	set := s.live.Load()
	exe, _ := os.Executable()
	return admin.Server{
		RedisVersion: RedisVersion, RedoubtVersion: Version, GitSHA1: "00000000", BuildID: "0",
		OS: systemName(), MonotonicClock: "Go runtime", MultiplexingAPI: s.transportName, Compiler: runtime.Version(),
		ProcessID: os.Getpid(), Supervised: s.supervisor.name(), RunID: s.runID, Port: firstPort(set),
		TimeUs: s.clock.NowUs(), UptimeS: int64(time.Since(s.started).Seconds()),
		Hz: set.Hz, ConfiguredHz: set.Hz, LRUClock: uint32(c.Now/1000) & (1<<24 - 1),
		Executable: exe, ConfigFile: s.registry.File(), ShutdownInMs: -1,
		Listeners: listeners(set),
	}
}

// listeners are the places listened at, by kind.
func listeners(set *settings.Settings) (list []admin.Listener) {
	if set.Port != 0 {
		list = append(list, admin.Listener{Name: "tcp", Bind: set.Bind, Port: set.Port})
	}
	if set.UnixSocket != "" {
		list = append(list, admin.Listener{Name: "unix", Bind: []string{set.UnixSocket}})
	}
	if set.TLSPort != 0 {
		list = append(list, admin.Listener{Name: "tls", Bind: set.Bind, Port: set.TLSPort})
	}
	return list
}

func (s *Server) clientsInfo() admin.Clients {
	in, out := s.clients.Recent()
	blocked, timed := s.clients.Blocked()
	return admin.Clients{Tracking: s.clients.TrackingFigures().Clients, Connected: int64(s.clients.Len()), Max: int64(s.live.Load().MaxClients),
		Blocked: int64(s.clients.Held() + blocked), InTimeoutTable: int64(timed), MaxInputBuffer: in, MaxOutputBuffer: out}
}

// Memory is the memory in use.
func (p *informer) Memory(c *command.Call) *admin.Memory {
	s := (*Server)(p)
	set := s.live.Load()
	s.notePeak()
	used := s.usedMemory()
	rss, heap := residentMemory(), s.store.Heap()
	pending, freed := s.store.LazyFree()
	f := s.scripts.Figures()
	m := &admin.Memory{
		Used: used, Peak: s.figures.peak.Load(), Startup: s.startupMem, RSS: rss, System: systemMemory(),
		Allocated: used, Active: heap.Committed() + used - s.store.UsedMemory(), Resident: rss,
		NormalClients: s.figures.clients.Load(), Clients: int64(s.clients.Len()),
		AOFBuffer: s.aof.writer.State().Buffered,
		Max:       memoryLimit(set), Policy: policyName(s.registry), Allocator: "redoubt-nodes",
		LazyFreePending: int64(pending), LazyFreed: freed,
		Scripts: f.Scripts, ScriptCaches: f.ScriptBytes, ScriptVM: f.ScriptInterpreters,
		Libraries: f.Libraries, Functions: f.Functions, FunctionCaches: f.FunctionBytes, FunctionVM: f.FunctionInterpreters,
	}
	for db, size := range c.Tx.Sizes() {
		if size.Keys > 0 {
			m.Keys += size.Keys
			m.Databases = append(m.Databases, admin.MemoryOfDatabase{Index: db})
		}
	}
	return m
}

// policyName is the word of maxmemory-policy.
func policyName(r *config.Registry) string { return r.Get([]string{"maxmemory-policy"})[1] }

// info is the section persistence.
func (v *saver) info() admin.Persistence {
	changes := v.changes()
	v.mu.Lock()
	defer v.mu.Unlock()
	p := admin.Persistence{
		Loading: v.s.loading.Load(), Changes: changes, SaveRunning: v.running,
		LastSave: v.lastEnd.Unix(), LastSaveOK: !v.failing.Load(), LastSaveTimeS: -1, CurrentSaveTimeS: -1,
		Saves: v.saves, LastCOWSize: v.lastCOW,
		Loaded: v.loadedInfo.Keys, LoadedExpired: v.loadedInfo.Expired,
	}
	if v.lastTook >= 0 {
		p.LastSaveTimeS = int64(v.lastTook.Seconds())
	}
	if v.running {
		p.CurrentSaveTimeS = int64(time.Since(v.started).Seconds())
		p.SaveProcessed, p.SaveTotal = v.processed.Load(), v.total
		if v.snapshot != nil {
			p.COWSize, p.COWPeak = v.snapshot.Held(), v.snapshot.Peak()
		}
	}
	if p.Loading {
		p.LoadStartS = v.loadStart.Load()
		p.LoadDone, p.LoadTotal, p.LoadUsedMemory = v.loadDone.Load(), v.loadTotal.Load(), v.loadUsed.Load()
	}
	return p
}

func (s *Server) statsInfo(c *command.Call) admin.Stats {
	t, k := s.stats.Totals(), c.Tx.Counts()
	s.saver.mu.Lock()
	pin, pins := s.saver.lastPin, s.saver.pins
	s.saver.mu.Unlock()
	tracked := s.clients.TrackingFigures()
	return admin.Stats{
		Connections: int64(t[stats.Connections]), Commands: int64(t[stats.Commands]),
		NetIn: int64(t[stats.NetInput]), NetOut: int64(t[stats.NetOutput]),
		OpsPerSecond: int64(s.figures.ops.PerSecond()),
		InKBps:       float64(s.figures.in.PerSecond()) / 1024, OutKBps: float64(s.figures.out.PerSecond()) / 1024,
		RejectedConnections: int64(t[stats.Rejected]),
		DeniedAuth:          int64(t[stats.AuthFailures]), DeniedCommands: int64(t[stats.DeniedCommands]),
		DeniedKeys: int64(t[stats.DeniedKeys]), DeniedChannels: int64(t[stats.DeniedChannels]),
		Expired: k.Expired, ExpiredFields: k.ExpiredFields, ExpireTimeCap: s.sweep.capped.Load(), ExpireCycleMs: s.sweep.expireNs.Load() / 1e6,
		Evicted: k.Evicted, Hits: k.Hits, Misses: k.Misses,
		EvictedClients: s.clients.Evicted(),
		TrackedKeys:    tracked.Keys, TrackedItems: tracked.Items, TrackedPrefixes: tracked.Prefixes,
		LastPinUs: pin.Microseconds(), Pins: pins, CachedSockets: int64(s.targets.Len()),
		QueryLimitCuts: int64(t[stats.QueryLimit]), OutputLimitCuts: int64(t[stats.OutputLimit]),
		EvictionOverMs: s.figures.overTotal(), EvictionCurrentMs: s.figures.overNow(),
		Channels: int64(s.channels.Topics(pubsub.Channel)), Patterns: int64(s.channels.Topics(pubsub.Pattern)),
		ShardChannels: int64(s.channels.Topics(pubsub.Sharded)),
		Errors:        int64(t[stats.ErrorReplies]), Reads: int64(t[stats.Reads]), Writes: int64(t[stats.Writes]),
	}
}

func (s *Server) replicationInfo() admin.Replication {
	const none = "0000000000000000000000000000000000000000"
	return admin.Replication{ID: s.replicationID(), ID2: none, SecondOffset: -1, BacklogSize: 1 << 20}
}

func cpuInfo() admin.CPU {
	user, system := cpuTimes()
	return admin.CPU{UserUs: user, SystemUs: system}
}

func (s *Server) errorInfo() (list []admin.ErrorStats) {
	for _, e := range s.errors.List() {
		list = append(list, admin.ErrorStats{Code: e.Code, Count: int64(e.Count)})
	}
	return list
}

func (s *Server) keyspaceInfo(c *command.Call) (list []admin.Database) {
	for db, size := range c.Tx.Sizes() {
		if size.Keys > 0 {
			d := admin.Database{Index: db, Keys: size.Keys, Expires: size.Expires}
			if size.Expires > 0 {
				d.AverageTTL = c.Tx.AverageTTL(db)
			}
			list = append(list, d)
		}
	}
	return list
}

// ResetStats is CONFIG RESETSTAT.
func (p *informer) ResetStats(c *command.Call) {
	s := (*Server)(p)
	s.stats.Reset()
	s.errors.Reset()
	s.clients.ResetEvicted()
	c.Tx.ResetCounts()
	s.sweep.capped.Store(0)
	s.sweep.expireNs.Store(0)
	s.figures.peak.Store(s.usedMemory())
	s.figures.overBefore.Store(0)
}
