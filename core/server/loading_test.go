package server

import (
	"testing"
	"time"
)

func TestProgressLine(t *testing.T) {
	for _, c := range []struct {
		done, total int64
		took        time.Duration
		want        string
	}{
		{0, 100 << 20, time.Second, ""},
		{5, 0, time.Second, ""},
		{25 << 20, 100 << 20, 10 * time.Second, "Loading the dataset: 25.0% of 100 MB, about 30 s left"},
		{100 << 20, 100 << 20, 10 * time.Second, "Loading the dataset: 100.0% of 100 MB, about 0 s left"},
		{1, 1 << 40, time.Second, "Loading the dataset: 0.0% of 1048576 MB, about 1099511627775 s left"},
		{200 << 20, 100 << 20, time.Second, "Loading the dataset: 100.0% of 100 MB, about 0 s left"}, // the file grows
	} {
		if got := progressLine(c.done, c.total, c.took); got != c.want {
			t.Errorf("%d of %d in %v: %q, want %q", c.done, c.total, c.took, got, c.want)
		}
	}
}
