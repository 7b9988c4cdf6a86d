package page

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// limitAddressSpace leaves this process n more bytes of address space.
func limitAddressSpace(t *testing.T, n uint64) {
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	var pages uint64
	if _, err := fmt.Sscan(string(statm), &pages); err != nil {
		t.Fatal(err)
	}
	limit := pages*uint64(os.Getpagesize()) + n
	if err := unix.Setrlimit(unix.RLIMIT_AS, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
		t.Fatal(err)
	}
}

// TestAddressSpaceLimit: where the system refuses the region, New takes less,
// and leaves some to the rest of the process; where nothing is left it says so.
func TestAddressSpaceLimit(t *testing.T) {
	if mb := os.Getenv("PAGE_TEST_LIMIT_MB"); mb != "" {
		var n uint64
		fmt.Sscan(mb, &n)
		limitedProcess(t, n<<20)
		return
	}
	for mb, want := range map[string]string{"8": "refused", "600": "granted 268435456", "1100": "granted 536870912", "4110": "granted 1073741824", "4200": "granted 2147483648"} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestAddressSpaceLimit$", "-test.v")
		cmd.Env = append(os.Environ(), "PAGE_TEST_LIMIT_MB="+mb)
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("with %s MB: %v, want %q in\n%s", mb, err, want, out)
		}
	}
}

func limitedProcess(t *testing.T, n uint64) {
	limitAddressSpace(t, n)
	h, err := New(Options{})
	if err != nil {
		t.Log("refused", err)
		return
	}
	t.Log("granted", h.Reserved())
	if h.Reserved() > int64(n)*3/4 {
		t.Error("nothing is left to the rest of the process")
	}
	for range 100 {
		h.Arena(0).Alloc(100000, 0)
	}
	if err := h.Check(nil); err != nil {
		t.Error(err)
	}
}
