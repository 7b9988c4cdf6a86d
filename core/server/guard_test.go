package server_test

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGoroutinesAreGuarded: a goroutine that package server starts otherwise than by
// spawn would end the process without a report. Those of a report itself guard
// themselves.
func TestGoroutinesAreGuarded(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		for n := 1; lines.Scan(); n++ {
			line := strings.TrimSpace(lines.Text())
			if strings.HasPrefix(line, "go ") && !strings.Contains(line, "s.around(") && name != "crash.go" && name != "crash_report.go" {
				t.Errorf("%s:%d: %s: start it with spawn", name, n, line)
			}
		}
	}
}
