package server_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// lacking are fields of redis-server's INFO that ours does not have, and why.
var lacking = map[string]string{
	"used_cpu_sys_main_thread":  "no thread is the main one: each event loop has its own",
	"used_cpu_user_main_thread": "no thread is the main one: each event loop has its own",
}

// added are fields that the oracle, Redis 7.0, does not have, and why ours does.
var added = map[string]string{
	"redoubt_version": "the version of this program; redis_version is what it is compatible with",
	"go_version":      "gcc_version of a program that no gcc made",
	"listener0":       "Redis 7.2", "listener1": "Redis 7.2",
	"expired_subkeys":                           "Redis 7.4",
	"client_query_buffer_limit_disconnections":  "Redis 7.2",
	"client_output_buffer_limit_disconnections": "Redis 7.2",
	"acl_access_denied_auth":                    "Redis 7.2", "acl_access_denied_cmd": "Redis 7.2",
	"acl_access_denied_key": "Redis 7.2", "acl_access_denied_channel": "Redis 7.2",
}

// infoFields are the names of an INFO's fields, without those that depend on what was
// called.
func infoFields(info string) (names []string) {
	for _, line := range strings.Split(info, "\r\n") {
		name, _, ok := strings.Cut(line, ":")
		if ok && !strings.HasPrefix(name, "cmdstat_") && !strings.HasPrefix(name, "errorstat_") && !strings.HasPrefix(name, "latency_percentiles") {
			names = append(names, name)
		}
	}
	return names
}

// TestInfoFields compares the fields of a running server with those of redis-server.
func TestInfoFields(t *testing.T) {
	for _, args := range [][]string{{}, {"--appendonly", "yes"}} {
		oracle := redistest.Start(t, args...)
		r := start(t, t.TempDir(), append([]string{"--unixsocket", "sock"}, args...)...)
		theirs := infoFields(oracle.Must(t, "INFO", "everything").(string))
		ours := infoFields(r.dial().Must(t, "INFO", "everything").(string))
		for _, name := range theirs {
			if !slices.Contains(ours, name) && lacking[name] == "" {
				t.Errorf("%v: no field %s", args, name)
			}
		}
		for _, name := range ours {
			if !slices.Contains(theirs, name) && added[name] == "" {
				t.Errorf("%v: %s is no field of Redis's", args, name)
			}
		}
		for name := range lacking {
			if slices.Contains(ours, name) {
				t.Errorf("%s is there, with a reason why it is not", name)
			}
		}
	}
}

func TestInfoListeners(t *testing.T) {
	r := start(t, t.TempDir(), "--unixsocket", "sock", "--bind", "127.0.0.1 -::1")
	info := r.dial().Must(t, "INFO", "server").(string)
	for _, line := range []string{fmt.Sprintf("listener0:name=tcp,bind=127.0.0.1,bind=-::1,port=%d", r.port), "listener1:name=unix,bind=sock"} {
		if !strings.Contains(info, "\r\n"+line+"\r\n") {
			t.Errorf("no line %q in\n%s", line, info)
		}
	}
}

// TestOverMaxmemory: the time beyond maxmemory runs while memory is beyond it.
func TestOverMaxmemory(t *testing.T) {
	r := start(t, t.TempDir())
	c := r.dial()
	field := func(name string) string {
		_, rest, _ := strings.Cut(c.Must(t, "INFO", "stats").(string), "\r\n"+name+":")
		value, _, _ := strings.Cut(rest, "\r\n")
		return value
	}
	c.Must(t, "CONFIG", "SET", "maxmemory", "1")
	r.eventually("time beyond maxmemory", func() bool { return field("current_eviction_exceeded_time") != "0" })
	c.Must(t, "CONFIG", "SET", "maxmemory", "0")
	r.eventually("its end", func() bool { return field("current_eviction_exceeded_time") == "0" })
	if field("total_eviction_exceeded_time") == "0" {
		t.Error("the time is not in the total")
	}
	c.Must(t, "CONFIG", "RESETSTAT")
	if got := field("total_eviction_exceeded_time"); got != "0" {
		t.Errorf("after RESETSTAT: %s", got)
	}
}
