package server

import "testing"

// Scripts have a part of the machine, within maxmemory, and never nothing.
func TestScriptMemory(t *testing.T) {
	const mib = 1 << 20
	for _, c := range []struct{ machine, maxmemory, want int64 }{
		{8192 * mib, 0, 2048 * mib}, {8192 * mib, 512 * mib, 512 * mib}, {8192 * mib, 1, 64 * mib}, {100 * mib, 0, 64 * mib},
	} {
		if got := scriptMemory(c.machine, c.maxmemory); got != c.want {
			t.Errorf("%d MiB, maxmemory %d: %d", c.machine/mib, c.maxmemory, got)
		}
	}
}
