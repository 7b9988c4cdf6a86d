package workload

import (
	"reflect"
	"testing"
)

func TestSettings(t *testing.T) {
	for _, c := range []struct {
		server, client string
		want           []setting
	}{
		{"0;0,1", "1;0,1", []setting{{"0", "1"}, {"0,1", "0,1"}}},
		{"0;1;", "2", []setting{{"0", "2"}, {"1", "2"}, {"", "2"}}},
		{"0", "", []setting{{"0", ""}}},
	} {
		s := settings{serverCPUs: c.server, peers: peers{clientCPUs: c.client}}
		if got := s.each(); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q and %q: %v, want %v", c.server, c.client, got, c.want)
		}
	}
}

func TestRestOfTheProcessors(t *testing.T) {
	for _, c := range []struct {
		server string
		n      int
		want   string
	}{{"0", 2, "1"}, {"0,1", 2, "0,1"}, {"0-1", 4, "2,3"}, {"1", 1, "0"}, {"0", 1, "0"}, {"", 2, ""}, {"x", 2, ""}} {
		if got := rest(c.server, c.n); got != c.want {
			t.Errorf("rest of %q of %d: %q, want %q", c.server, c.n, got, c.want)
		}
	}
}

func TestShared(t *testing.T) {
	for _, c := range []struct {
		server, client string
		want           bool
	}{
		{"0", "1", false}, {"0,1", "1", true}, {"0-3", "2", true}, {"0-3", "4-7", false},
		{"", "1", true}, {"0", "", true}, {"0", "nonsense", true},
	} {
		if got := (setting{c.server, c.client}).shared(); got != c.want {
			t.Errorf("servers on %q, client on %q: shared is %v", c.server, c.client, got)
		}
	}
}

func TestCPUListRefuses(t *testing.T) {
	if ids, ok := cpuList("3,5-6"); !ok || !reflect.DeepEqual(ids, map[int]bool{3: true, 5: true, 6: true}) {
		t.Errorf("got %v, %v", ids, ok)
	}
	for _, bad := range []string{"", "a", "1,", "2-1", "-1", "0-99999999"} {
		if ids, ok := cpuList(bad); ok {
			t.Errorf("%q was read as %v", bad, ids)
		}
	}
}
