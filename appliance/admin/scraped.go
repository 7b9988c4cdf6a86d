package admin

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// scrapedField is a metric of redis_exporter's that is one field of INFO.
type scrapedField struct {
	name  string
	field string
	kind  prometheus.ValueType
	scale float64 // of the field's number; 0: 1
	ok    string  // the text that stands for 1, where the field is no number
}

func (s *scrapedField) help() string { return fmt.Sprintf("The field %s of INFO.", s.field) }

// value is the metric's; there tells whether INFO has the field.
func (s *scrapedField) value(f *figures) (value float64, there bool) {
	if s.ok != "" {
		text := f.text(s.field)
		return flag(text == s.ok), text != ""
	}
	value, there = f.numbers[s.field]
	if s.scale != 0 {
		value *= s.scale
	}
	return value, there
}

// The types are the exporter's, except that counters whose names promtool finds fault
// with for that have none.
const (
	gauge   = prometheus.GaugeValue
	counter = prometheus.CounterValue
	untyped = prometheus.UntypedValue
)

// scraped are the metrics that are single fields, in the order of their names. The four
// durations that the exporter calls …_sec are here …_seconds, as promtool wants it.
var scraped = []scrapedField{
	{name: "redis_active_defrag_running", field: "active_defrag_running", kind: gauge},
	{name: "redis_allocator_active_bytes", field: "allocator_active", kind: gauge},
	{name: "redis_allocator_allocated_bytes", field: "allocator_allocated", kind: gauge},
	{name: "redis_allocator_frag_bytes", field: "allocator_frag_bytes", kind: gauge},
	{name: "redis_allocator_frag_ratio", field: "allocator_frag_ratio", kind: gauge},
	{name: "redis_allocator_resident_bytes", field: "allocator_resident", kind: gauge},
	{name: "redis_allocator_rss_bytes", field: "allocator_rss_bytes", kind: gauge},
	{name: "redis_allocator_rss_ratio", field: "allocator_rss_ratio", kind: gauge},
	{name: "redis_aof_buffer_length", field: "aof_buffer_length", kind: gauge},
	{name: "redis_aof_current_rewrite_duration_seconds", field: "aof_current_rewrite_time_sec", kind: gauge},
	{name: "redis_aof_current_size_bytes", field: "aof_current_size", kind: gauge},
	{name: "redis_aof_base_size_bytes", field: "aof_base_size", kind: gauge},
	{name: "redis_aof_delayed_fsync", field: "aof_delayed_fsync", kind: gauge},
	{name: "redis_aof_enabled", field: "aof_enabled", kind: gauge},
	{name: "redis_aof_last_bgrewrite_status", field: "aof_last_bgrewrite_status", kind: gauge, ok: "ok"},
	{name: "redis_aof_last_cow_size_bytes", field: "aof_last_cow_size", kind: gauge},
	{name: "redis_aof_last_rewrite_duration_seconds", field: "aof_last_rewrite_time_sec", kind: gauge},
	{name: "redis_aof_last_write_status", field: "aof_last_write_status", kind: gauge, ok: "ok"},
	{name: "redis_aof_pending_bio_fsync", field: "aof_pending_bio_fsync", kind: gauge},
	{name: "redis_aof_pending_rewrite", field: "aof_pending_rewrite", kind: gauge},
	{name: "redis_aof_rewrite_in_progress", field: "aof_rewrite_in_progress", kind: gauge},
	{name: "redis_aof_rewrite_scheduled", field: "aof_rewrite_scheduled", kind: gauge},
	{name: "redis_blocked_clients", field: "blocked_clients", kind: gauge},
	{name: "redis_client_recent_max_input_buffer_bytes", field: "client_recent_max_input_buffer", kind: gauge},
	{name: "redis_client_recent_max_output_buffer_bytes", field: "client_recent_max_output_buffer", kind: gauge},
	{name: "redis_clients_in_timeout_table", field: "clients_in_timeout_table", kind: gauge},
	{name: "redis_cluster_connections", field: "cluster_connections", kind: gauge},
	{name: "redis_cluster_enabled", field: "cluster_enabled", kind: gauge},
	{name: "redis_commands_processed_total", field: "total_commands_processed", kind: counter},
	{name: "redis_config_maxclients", field: "maxclients", kind: gauge},
	{name: "redis_config_maxmemory", field: "maxmemory", kind: gauge},
	{name: "redis_connected_clients", field: "connected_clients", kind: gauge},
	{name: "redis_connected_slaves", field: "connected_slaves", kind: gauge},
	{name: "redis_connections_received_total", field: "total_connections_received", kind: counter},
	{name: "redis_cpu_sys_children_seconds_total", field: "used_cpu_sys_children", kind: counter},
	{name: "redis_cpu_sys_seconds_total", field: "used_cpu_sys", kind: counter},
	{name: "redis_cpu_user_children_seconds_total", field: "used_cpu_user_children", kind: counter},
	{name: "redis_cpu_user_seconds_total", field: "used_cpu_user", kind: counter},
	{name: "redis_defrag_hits", field: "active_defrag_hits", kind: gauge},
	{name: "redis_defrag_key_hits", field: "active_defrag_key_hits", kind: gauge},
	{name: "redis_defrag_key_misses", field: "active_defrag_key_misses", kind: gauge},
	{name: "redis_defrag_misses", field: "active_defrag_misses", kind: gauge},
	{name: "redis_dump_payload_sanitizations", field: "dump_payload_sanitizations", kind: untyped},
	{name: "redis_evicted_keys_total", field: "evicted_keys", kind: counter},
	{name: "redis_expired_keys_total", field: "expired_keys", kind: counter},
	{name: "redis_expired_stale_percentage", field: "expired_stale_perc", kind: gauge},
	{name: "redis_expired_time_cap_reached_total", field: "expired_time_cap_reached_count", kind: counter},
	{name: "redis_io_threaded_reads_processed", field: "io_threaded_reads_processed", kind: untyped},
	{name: "redis_io_threaded_writes_processed", field: "io_threaded_writes_processed", kind: untyped},
	{name: "redis_io_threads_active", field: "io_threads_active", kind: gauge},
	{name: "redis_keyspace_hits_total", field: "keyspace_hits", kind: counter},
	{name: "redis_keyspace_misses_total", field: "keyspace_misses", kind: counter},
	{name: "redis_latest_fork_seconds", field: "latest_fork_usec", kind: gauge, scale: 1e-6},
	{name: "redis_lazyfree_pending_objects", field: "lazyfree_pending_objects", kind: gauge},
	{name: "redis_loading_dump_file", field: "loading", kind: gauge},
	{name: "redis_master_repl_offset", field: "master_repl_offset", kind: gauge},
	{name: "redis_mem_clients_normal", field: "mem_clients_normal", kind: gauge},
	{name: "redis_mem_clients_slaves", field: "mem_clients_slaves", kind: gauge},
	{name: "redis_mem_fragmentation_bytes", field: "mem_fragmentation_bytes", kind: gauge},
	{name: "redis_mem_fragmentation_ratio", field: "mem_fragmentation_ratio", kind: gauge},
	{name: "redis_mem_not_counted_for_eviction_bytes", field: "mem_not_counted_for_evict", kind: gauge},
	{name: "redis_memory_max_bytes", field: "maxmemory", kind: gauge},
	{name: "redis_memory_used_bytes", field: "used_memory", kind: gauge},
	{name: "redis_memory_used_dataset_bytes", field: "used_memory_dataset", kind: gauge},
	{name: "redis_memory_used_lua_bytes", field: "used_memory_lua", kind: gauge},
	{name: "redis_memory_used_overhead_bytes", field: "used_memory_overhead", kind: gauge},
	{name: "redis_memory_used_peak_bytes", field: "used_memory_peak", kind: gauge},
	{name: "redis_memory_used_rss_bytes", field: "used_memory_rss", kind: gauge},
	{name: "redis_memory_used_scripts_bytes", field: "used_memory_scripts", kind: gauge},
	{name: "redis_memory_used_startup_bytes", field: "used_memory_startup", kind: gauge},
	{name: "redis_migrate_cached_sockets_total", field: "migrate_cached_sockets", kind: untyped},
	{name: "redis_module_fork_in_progress", field: "module_fork_in_progress", kind: gauge},
	{name: "redis_module_fork_last_cow_size", field: "module_fork_last_cow_size", kind: gauge},
	{name: "redis_net_input_bytes_total", field: "total_net_input_bytes", kind: counter},
	{name: "redis_net_output_bytes_total", field: "total_net_output_bytes", kind: counter},
	{name: "redis_number_of_cached_scripts", field: "number_of_cached_scripts", kind: gauge},
	{name: "redis_process_id", field: "process_id", kind: gauge},
	{name: "redis_pubsub_channels", field: "pubsub_channels", kind: gauge},
	{name: "redis_pubsub_patterns", field: "pubsub_patterns", kind: gauge},
	{name: "redis_rdb_bgsave_in_progress", field: "rdb_bgsave_in_progress", kind: gauge},
	{name: "redis_rdb_changes_since_last_save", field: "rdb_changes_since_last_save", kind: gauge},
	{name: "redis_rdb_current_bgsave_duration_seconds", field: "rdb_current_bgsave_time_sec", kind: gauge},
	{name: "redis_rdb_last_bgsave_duration_seconds", field: "rdb_last_bgsave_time_sec", kind: gauge},
	{name: "redis_rdb_last_bgsave_status", field: "rdb_last_bgsave_status", kind: gauge, ok: "ok"},
	{name: "redis_rdb_last_cow_size_bytes", field: "rdb_last_cow_size", kind: gauge},
	{name: "redis_rdb_last_save_timestamp_seconds", field: "rdb_last_save_time", kind: gauge},
	{name: "redis_rejected_connections_total", field: "rejected_connections", kind: counter},
	{name: "redis_repl_backlog_first_byte_offset", field: "repl_backlog_first_byte_offset", kind: gauge},
	{name: "redis_repl_backlog_history_bytes", field: "repl_backlog_histlen", kind: gauge},
	{name: "redis_repl_backlog_is_active", field: "repl_backlog_active", kind: gauge},
	{name: "redis_replica_partial_resync_accepted", field: "sync_partial_ok", kind: gauge},
	{name: "redis_replica_partial_resync_denied", field: "sync_partial_err", kind: gauge},
	{name: "redis_replica_resyncs_full", field: "sync_full", kind: gauge},
	{name: "redis_replication_backlog_bytes", field: "repl_backlog_size", kind: gauge},
	{name: "redis_second_repl_offset", field: "second_repl_offset", kind: gauge},
	{name: "redis_slave_expires_tracked_keys", field: "slave_expires_tracked_keys", kind: gauge},
	{name: "redis_slowlog_last_id", field: "slowlog_last_id", kind: gauge},
	{name: "redis_slowlog_length", field: "slowlog_length", kind: gauge},
	{name: "redis_start_time_seconds", field: "start_time_s", kind: gauge},
	{name: "redis_total_error_replies", field: "total_error_replies", kind: untyped},
	{name: "redis_total_reads_processed", field: "total_reads_processed", kind: untyped},
	{name: "redis_total_system_memory_bytes", field: "total_system_memory", kind: gauge},
	{name: "redis_total_writes_processed", field: "total_writes_processed", kind: untyped},
	{name: "redis_tracking_clients", field: "tracking_clients", kind: gauge},
	{name: "redis_tracking_total_items", field: "tracking_total_items", kind: gauge},
	{name: "redis_tracking_total_keys", field: "tracking_total_keys", kind: gauge},
	{name: "redis_tracking_total_prefixes", field: "tracking_total_prefixes", kind: gauge},
	{name: "redis_unexpected_error_replies", field: "unexpected_error_replies", kind: untyped},
	{name: "redis_uptime_in_seconds", field: "uptime_in_seconds", kind: gauge},
}
