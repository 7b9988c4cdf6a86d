package server_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// TestMaxClientsOfSystem: maxclients cannot be more than the system allows.
func TestMaxClientsOfSystem(t *testing.T) {
	text, err := os.ReadFile("/proc/sys/fs/nr_open") // not even root can have more
	if err != nil {
		t.Skip(err)
	}
	var most int64
	fmt.Sscan(string(text), &most)
	p := startProcess(t, t.TempDir(), "", "Ready to accept", "--save", "", "--maxclients", "4000000000")
	if !strings.Contains(p.log(), "maxclients has been reduced to") {
		t.Error("nothing is said of maxclients")
	}
	c := p.dial()
	var have int64
	fmt.Sscan(c.Must(t, "CONFIG", "GET", "maxclients").([]any)[1].(string), &have)
	if have <= 0 || have > most {
		t.Errorf("maxclients is %d, the system has %d files", have, most)
	}
	reply, err := c.Do("CONFIG", "SET", "maxclients", "3999999999")
	if e, ok := reply.(redistest.Error); err != nil || !ok || !strings.Contains(string(e), fmt.Sprintf("not able to handle the specified number of clients, try with %d", have)) {
		t.Errorf("%v, %v", reply, err)
	}
	c.Must(t, "CONFIG", "SET", "maxclients", "100")
}
