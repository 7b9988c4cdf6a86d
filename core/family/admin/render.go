package admin

import (
	"fmt"
	"strconv"
	"strings"
)

// report collects the lines of INFO.
type report struct{ strings.Builder }

func (r *report) title(name string)       { r.WriteString("# " + name + "\r\n") }
func (r *report) text(name, value string) { r.WriteString(name + ":" + value + "\r\n") }
func (r *report) number(name string, n int64) {
	r.text(name, strconv.FormatInt(n, 10))
}
func (r *report) float(name string, f float64) { r.text(name, strconv.FormatFloat(f, 'f', 2, 64)) }
func (r *report) percent(name string, f float64) {
	r.text(name, strconv.FormatFloat(f, 'f', 2, 64)+"%")
}
func (r *report) flag(name string, on bool) {
	n := int64(0)
	if on {
		n = 1
	}
	r.number(name, n)
}
func (r *report) status(name string, ok bool) {
	if ok {
		r.text(name, "ok")
	} else {
		r.text(name, "err")
	}
}

// human is a size as in "1.50M".
func human(n int64) string {
	if n < 1024 {
		return strconv.FormatInt(n, 10) + "B"
	}
	f, unit := float64(n), 0
	for f >= 1024 && unit < len("KMGTP") {
		f /= 1024
		unit++
	}
	return strconv.FormatFloat(f, 'f', 2, 64) + "KMGTP"[unit-1:unit]
}

func (r *report) server(info *Info) {
	s := &info.Server
	r.title("Server")
	r.text("redis_version", s.RedisVersion)
	r.text("redis_git_sha1", s.GitSHA1)
	r.number("redis_git_dirty", 0)
	r.text("redis_build_id", s.BuildID)
	r.text("redis_mode", "standalone")
	r.text("redoubt_version", s.RedoubtVersion)
	r.text("os", s.OS)
	r.number("arch_bits", strconv.IntSize)
	r.text("monotonic_clock", s.MonotonicClock)
	r.text("multiplexing_api", s.MultiplexingAPI)
	r.text("atomicvar_api", "go")
	r.text("gcc_version", "0.0.0")
	r.text("go_version", s.Compiler)
	r.number("process_id", int64(s.ProcessID))
	r.text("process_supervised", s.Supervised)
	r.text("run_id", s.RunID)
	r.number("tcp_port", int64(s.Port))
	r.number("server_time_usec", s.TimeUs)
	r.number("uptime_in_seconds", s.UptimeS)
	r.number("uptime_in_days", s.UptimeS/(24*3600))
	r.number("hz", int64(s.Hz))
	r.number("configured_hz", int64(s.ConfiguredHz))
	r.number("lru_clock", int64(s.LRUClock))
	r.text("executable", s.Executable)
	r.text("config_file", s.ConfigFile)
	r.flag("io_threads_active", s.IOThreadsActive)
	for i, l := range s.Listeners {
		fmt.Fprintf(r, "listener%d:name=%s", i, l.Name)
		for _, addr := range l.Bind {
			r.WriteString(",bind=" + addr)
		}
		if l.Port > 0 {
			fmt.Fprintf(r, ",port=%d", l.Port)
		}
		r.WriteString("\r\n")
	}
	if s.ShutdownInMs >= 0 {
		r.number("shutdown_in_milliseconds", s.ShutdownInMs)
	}
}

func (r *report) clients(info *Info) {
	c := &info.Clients
	r.title("Clients")
	r.number("connected_clients", c.Connected)
	r.number("cluster_connections", 0)
	r.number("maxclients", c.Max)
	r.number("client_recent_max_input_buffer", c.MaxInputBuffer)
	r.number("client_recent_max_output_buffer", c.MaxOutputBuffer)
	r.number("blocked_clients", c.Blocked)
	r.number("tracking_clients", c.Tracking)
	r.number("clients_in_timeout_table", c.InTimeoutTable)
}

func (r *report) memory(info *Info) {
	m := &info.Memory
	size := func(name string, n int64) {
		r.number(name, n)
		r.text(name+"_human", human(n))
	}
	r.title("Memory")
	size("used_memory", m.Used)
	size("used_memory_rss", m.RSS)
	size("used_memory_peak", m.Peak)
	r.percent("used_memory_peak_perc", m.peakPercent())
	r.number("used_memory_overhead", m.overhead())
	r.number("used_memory_startup", m.Startup)
	r.number("used_memory_dataset", m.dataset())
	r.percent("used_memory_dataset_perc", m.datasetPercent())
	r.number("allocator_allocated", m.Allocated)
	r.number("allocator_active", m.Active)
	r.number("allocator_resident", m.Resident)
	size("total_system_memory", m.System)
	r.number("used_memory_lua", m.ScriptVM)
	r.number("used_memory_vm_eval", m.ScriptVM)
	r.text("used_memory_lua_human", human(m.ScriptVM))
	r.number("used_memory_scripts_eval", m.ScriptCaches)
	r.number("number_of_cached_scripts", m.Scripts)
	r.number("number_of_functions", m.Functions)
	r.number("number_of_libraries", m.Libraries)
	r.number("used_memory_vm_functions", m.FunctionVM)
	size("used_memory_vm_total", m.ScriptVM+m.FunctionVM)
	r.number("used_memory_functions", m.FunctionCaches)
	size("used_memory_scripts", m.ScriptCaches+m.FunctionCaches)
	size("maxmemory", m.Max)
	r.text("maxmemory_policy", m.Policy)
	r.float("allocator_frag_ratio", quotient(m.Active, m.Allocated))
	r.number("allocator_frag_bytes", m.Active-m.Allocated)
	r.float("allocator_rss_ratio", quotient(m.Resident, m.Active))
	r.number("allocator_rss_bytes", m.Resident-m.Active)
	r.float("rss_overhead_ratio", quotient(m.RSS, m.Resident))
	r.number("rss_overhead_bytes", m.RSS-m.Resident)
	r.float("mem_fragmentation_ratio", quotient(m.RSS, m.Used))
	r.number("mem_fragmentation_bytes", m.RSS-m.Used)
	r.number("mem_not_counted_for_evict", m.NotCounted)
	r.number("mem_replication_backlog", m.ReplicationBacklog)
	r.number("mem_total_replication_buffers", m.ReplicationBacklog+m.ReplicaClients)
	r.number("mem_clients_slaves", m.ReplicaClients)
	r.number("mem_clients_normal", m.NormalClients)
	r.number("mem_cluster_links", 0)
	r.number("mem_aof_buffer", m.AOFBuffer)
	r.text("mem_allocator", m.Allocator)
	r.number("active_defrag_running", 0)
	r.number("lazyfree_pending_objects", m.LazyFreePending)
	r.number("lazyfreed_objects", m.LazyFreed)
}

func (r *report) persistence(info *Info) {
	p := &info.Persistence
	r.title("Persistence")
	r.flag("loading", p.Loading)
	r.number("async_loading", 0)
	r.number("current_cow_peak", p.COWPeak)
	r.number("current_cow_size", p.COWSize)
	r.number("current_cow_size_age", p.COWAgeS)
	r.float("current_fork_perc", 100*quotient(p.SaveProcessed, p.SaveTotal))
	r.number("current_save_keys_processed", p.SaveProcessed)
	r.number("current_save_keys_total", p.SaveTotal)
	r.number("rdb_changes_since_last_save", p.Changes)
	r.flag("rdb_bgsave_in_progress", p.SaveRunning)
	r.number("rdb_last_save_time", p.LastSave)
	r.status("rdb_last_bgsave_status", p.LastSaveOK)
	r.number("rdb_last_bgsave_time_sec", p.LastSaveTimeS)
	r.number("rdb_current_bgsave_time_sec", p.CurrentSaveTimeS)
	r.number("rdb_saves", p.Saves)
	r.number("rdb_last_cow_size", p.LastCOWSize)
	r.number("rdb_last_load_keys_expired", p.LoadedExpired)
	r.number("rdb_last_load_keys_loaded", p.Loaded)
	a := &p.AOF
	r.flag("aof_enabled", a.Enabled)
	r.flag("aof_rewrite_in_progress", a.RewriteRunning)
	r.flag("aof_rewrite_scheduled", a.RewriteScheduled)
	r.number("aof_last_rewrite_time_sec", a.LastRewriteTimeS)
	r.number("aof_current_rewrite_time_sec", a.CurrentRewriteTimeS)
	r.status("aof_last_bgrewrite_status", a.LastRewriteOK)
	r.number("aof_rewrites", a.Rewrites)
	r.number("aof_rewrites_consecutive_failures", a.RewriteFailures)
	r.status("aof_last_write_status", a.LastWriteOK)
	r.number("aof_last_cow_size", a.LastCOWSize)
	r.number("module_fork_in_progress", 0)
	r.number("module_fork_last_cow_size", 0)
	if a.Enabled {
		r.number("aof_current_size", a.CurrentSize)
		r.number("aof_base_size", a.BaseSize)
		r.flag("aof_pending_rewrite", a.RewriteScheduled)
		r.number("aof_buffer_length", a.Buffered)
		r.flag("aof_pending_bio_fsync", a.PendingSync)
		r.number("aof_delayed_fsync", a.DelayedSyncs)
	}
	if p.Loading {
		r.loading(p, info.Server.TimeUs/1e6)
	}
}

func (r *report) loading(p *Persistence, now int64) {
	total := p.LoadTotal
	if total == 0 {
		total = p.LoadUsedMemory
	}
	eta := int64(1) // for a start of less than a second there is no measure
	if elapsed := now - p.LoadStartS; elapsed > 0 {
		eta = int64(float64(elapsed) * float64(max(total-p.LoadDone, 1)) / float64(p.LoadDone+1))
	}
	r.number("loading_start_time", p.LoadStartS)
	r.number("loading_total_bytes", p.LoadTotal)
	r.number("loading_rdb_used_mem", p.LoadUsedMemory)
	r.number("loading_loaded_bytes", p.LoadDone)
	r.float("loading_loaded_perc", min(100*quotient(p.LoadDone, total), 100))
	r.number("loading_eta_seconds", eta)
}

func (r *report) stats(info *Info) {
	s := &info.Stats
	r.title("Stats")
	r.number("total_connections_received", s.Connections)
	r.number("total_commands_processed", s.Commands)
	r.number("instantaneous_ops_per_sec", s.OpsPerSecond)
	r.number("total_net_input_bytes", s.NetIn)
	r.number("total_net_output_bytes", s.NetOut)
	r.number("total_net_repl_input_bytes", 0)
	r.number("total_net_repl_output_bytes", 0)
	r.float("instantaneous_input_kbps", s.InKBps)
	r.float("instantaneous_output_kbps", s.OutKBps)
	r.float("instantaneous_input_repl_kbps", 0)
	r.float("instantaneous_output_repl_kbps", 0)
	r.number("rejected_connections", s.RejectedConnections)
	r.number("sync_full", 0)
	r.number("sync_partial_ok", 0)
	r.number("sync_partial_err", 0)
	r.number("expired_subkeys", s.ExpiredFields)
	r.number("expired_keys", s.Expired)
	r.float("expired_stale_perc", s.ExpiredStalePercent)
	r.number("expired_time_cap_reached_count", s.ExpireTimeCap)
	r.number("expire_cycle_cpu_milliseconds", s.ExpireCycleMs)
	r.number("evicted_keys", s.Evicted)
	r.number("evicted_clients", s.EvictedClients)
	r.number("total_eviction_exceeded_time", s.EvictionOverMs)
	r.number("current_eviction_exceeded_time", s.EvictionCurrentMs)
	r.number("keyspace_hits", s.Hits)
	r.number("keyspace_misses", s.Misses)
	r.number("pubsub_channels", s.Channels)
	r.number("pubsub_patterns", s.Patterns)
	r.number("pubsubshard_channels", s.ShardChannels)
	r.number("latest_fork_usec", s.LastPinUs)
	r.number("total_forks", s.Pins)
	r.number("migrate_cached_sockets", s.CachedSockets)
	r.number("slave_expires_tracked_keys", 0)
	r.number("active_defrag_hits", 0)
	r.number("active_defrag_misses", 0)
	r.number("active_defrag_key_hits", 0)
	r.number("active_defrag_key_misses", 0)
	r.number("total_active_defrag_time", 0)
	r.number("current_active_defrag_time", 0)
	r.number("tracking_total_keys", s.TrackedKeys)
	r.number("tracking_total_items", s.TrackedItems)
	r.number("tracking_total_prefixes", s.TrackedPrefixes)
	r.number("unexpected_error_replies", s.UnexpectedErrors)
	r.number("total_error_replies", s.Errors)
	r.number("dump_payload_sanitizations", s.Sanitizations)
	r.number("total_reads_processed", s.Reads)
	r.number("total_writes_processed", s.Writes)
	r.number("io_threaded_reads_processed", s.IOThreadReads)
	r.number("io_threaded_writes_processed", s.IOThreadWrites)
	r.number("reply_buffer_shrinks", s.ReplyBufferShrinks)
	r.number("reply_buffer_expands", s.ReplyBufferExpands)
	r.number("client_query_buffer_limit_disconnections", s.QueryLimitCuts)
	r.number("client_output_buffer_limit_disconnections", s.OutputLimitCuts)
	// From Redis 7.2.
	r.number("acl_access_denied_auth", s.DeniedAuth)
	r.number("acl_access_denied_cmd", s.DeniedCommands)
	r.number("acl_access_denied_key", s.DeniedKeys)
	r.number("acl_access_denied_channel", s.DeniedChannels)
}

func (r *report) replication(info *Info) {
	p := &info.Replication
	r.title("Replication")
	r.text("role", "master")
	r.number("connected_slaves", p.ReplicasCount)
	r.text("master_failover_state", "no-failover")
	r.text("master_replid", p.ID)
	r.text("master_replid2", p.ID2)
	r.number("master_repl_offset", p.Offset)
	r.number("second_repl_offset", p.SecondOffset)
	r.flag("repl_backlog_active", p.BacklogActive)
	r.number("repl_backlog_size", p.BacklogSize)
	r.number("repl_backlog_first_byte_offset", p.BacklogFirst)
	r.number("repl_backlog_histlen", p.BacklogLength)
}

func (r *report) cpu(info *Info) {
	c := &info.CPU
	seconds := func(name string, us int64) { r.text(name, fmt.Sprintf("%d.%06d", us/1e6, us%1e6)) }
	r.title("CPU")
	seconds("used_cpu_sys", c.SystemUs)
	seconds("used_cpu_user", c.UserUs)
	seconds("used_cpu_sys_children", c.SystemChildrenUs)
	seconds("used_cpu_user_children", c.UserChildrenUs)
	if c.HasMainThread {
		seconds("used_cpu_sys_main_thread", c.SystemMainUs)
		seconds("used_cpu_user_main_thread", c.UserMainUs)
	}
}

func (r *report) modules(*Info) { r.title("Modules") }

func (r *report) commandStats(info *Info) {
	r.title("Commandstats")
	for _, s := range info.Commands {
		fmt.Fprintf(r, "cmdstat_%s:calls=%d,usec=%d,usec_per_call=%.2f,rejected_calls=%d,failed_calls=%d\r\n",
			safe(s.Name), s.Calls, s.TimeUs, quotient(s.TimeUs, s.Calls), s.Rejected, s.Failing)
	}
}

func (r *report) errorStats(info *Info) {
	r.title("Errorstats")
	for _, e := range info.Errors {
		fmt.Fprintf(r, "errorstat_%s:count=%d\r\n", safe(e.Code), e.Count)
	}
}

func (r *report) latencyStats(info *Info) {
	r.title("Latencystats")
	for _, l := range info.Latencies {
		r.WriteString("latency_percentiles_usec_" + safe(l.Name) + ":")
		for i, p := range l.Percentiles {
			if i > 0 {
				r.WriteByte(',')
			}
			r.WriteString("p" + strconv.FormatFloat(p.Percent, 'f', -1, 64) + "=" + strconv.FormatFloat(p.Us, 'f', 3, 64))
		}
		r.WriteString("\r\n")
	}
}

func (r *report) cluster(*Info) {
	r.title("Cluster")
	r.number("cluster_enabled", 0)
}

func (r *report) appliance(info *Info) {
	r.title("Appliance")
	r.WriteString(info.Appliance)
}

func (r *report) keyspace(info *Info) {
	r.title("Keyspace")
	for _, d := range info.Keyspace {
		fmt.Fprintf(r, "db%d:keys=%d,expires=%d,avg_ttl=%d\r\n", d.Index, d.Keys, d.Expires, d.AverageTTL)
	}
}
