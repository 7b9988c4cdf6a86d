package workload

import (
	"strings"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/bench/load"
	"github.com/redoubt-kv/redoubt/bench/peer"
)

func TestTaskIsOver(t *testing.T) {
	for _, c := range []struct {
		task task
		info string
		over bool
		err  string
	}{
		{bgsave, "rdb_bgsave_in_progress:0\r\nrdb_last_bgsave_status:ok\r\n", true, ""},
		{bgsave, "rdb_bgsave_in_progress:1\r\nrdb_last_bgsave_status:ok\r\n", false, ""},
		// The status is that of the save before while one is under way.
		{bgsave, "rdb_bgsave_in_progress:1\r\nrdb_last_bgsave_status:err\r\n", false, ""},
		{bgsave, "rdb_bgsave_in_progress:0\r\nrdb_last_bgsave_status:err\r\n", false, "failed"},
		{bgsave, "rdb_last_bgsave_status:ok\r\n", false, "rdb_bgsave_in_progress"},
		{rewrite, "aof_rewrite_in_progress:0\r\naof_rewrite_scheduled:1\r\naof_last_bgrewrite_status:ok\r\n", false, ""},
		{rewrite, "aof_rewrite_in_progress:0\r\naof_rewrite_scheduled:0\r\naof_last_bgrewrite_status:ok\r\n", true, ""},
		{rewrite, "aof_rewrite_in_progress:0\r\naof_rewrite_scheduled:0\r\naof_last_bgrewrite_status:err\r\n", false, "failed"},
	} {
		over, err := c.task.over(peer.ParseInfo(c.info))
		if over != c.over || (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%q: %v, %v", c.info, over, err)
		}
	}
}

func TestRatiosOfSummaries(t *testing.T) {
	f := newFigures(1)
	f.of(0).ratios("b/a", load.Summary{P50: time.Millisecond, P99: 0, P999: 4, Max: 8}, load.Summary{P50: 3 * time.Millisecond, P99: 5, P999: 2, Max: 8})
	if f.v["b/a: p50, times"][0][0] != 3 || f.v["b/a: p99.9, times"][0][0] != 0.5 || f.v["b/a: max, times"][0][0] != 1 {
		t.Errorf("got %v", f.v)
	}
	if _, there := f.v["b/a: p99, times"]; there {
		t.Error("a ratio to nothing")
	}
}
