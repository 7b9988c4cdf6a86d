package workload

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/bench/peer"
	"github.com/redoubt-kv/redoubt/bench/report"
)

// TestServersGetTheirNicenessBack starts a server as from a client with a
// niceness of its own.
func TestServersGetTheirNicenessBack(t *testing.T) {
	t.Parallel()
	needRedis(t)
	spec, err := peer.ParseSpec("one=" + redisPeer)
	if err != nil {
		t.Fatal(err)
	}
	p := peers{specs: []peer.Spec{spec}, less: 7}
	err = p.withPeer(&report.Report{Out: &strings.Builder{}, Log: &strings.Builder{}}, 0, "", func(s *peer.Peer) error {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.PID))
		if err != nil {
			return err
		}
		own, err := os.ReadFile("/proc/self/stat")
		if err != nil {
			return err
		}
		if got, want := niceOf(t, text), niceOf(t, own)+7; got != min(want, 19) {
			t.Errorf("niceness %d, want %d", got, want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// niceOf reads field 19 of /proc/PID/stat.
func niceOf(t *testing.T, stat []byte) int {
	t.Helper()
	f := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	var n int
	if _, err := fmt.Sscan(f[16], &n); err != nil {
		t.Fatal(err)
	}
	return n
}
