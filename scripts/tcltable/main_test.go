package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// events renders pairs of kind and text as the prelude writes them.
func events(pairs ...string) string {
	var b strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		fmt.Fprintf(&b, "%s %s 3\n", pairs[i], base64.StdEncoding.EncodeToString([]byte(pairs[i+1])))
	}
	return b.String()
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestVerdict runs one unit with a pass, a failure, a test that never came
// one that never ended and one that Redis fails too, under several files of reasons.
func TestVerdict(t *testing.T) {
	dir := t.TempDir()
	run1, base, reasons, table := filepath.Join(dir, "run"), filepath.Join(dir, "base"), filepath.Join(dir, "reasons"), filepath.Join(dir, "table.md")
	write(t, run1, "unit-x.txt", events("testing", "one", "ok", "one", "testing", "two|", "err", "two| in tests/unit/x.tcl\nExpected 1", "testing", "five", "err", "five in tests/unit/x.tcl\nnew", "testing", "three"))
	write(t, base, "unit-x.txt", events("testing", "one", "ok", "one", "testing", "four", "ok", "four", "testing", "five", "err", "five in tests/unit/x.tcl\nold", "done", "unit/x", "exception", "socket closed"))
	for _, c := range []struct{ reasons, want string }{
		{"", "3 without a reason"},
		{"test: unit/x: two|\nreason: r2\ntest: unit/x: /^(three|four)$\nreason: r34\n", "1 passed, 0 without a reason"},
		{"test: unit/x: /.\nreason: all\ntest: unit/x: one\nreason: stale\n", "remove the reason"},
	} {
		write(t, dir, "reasons", c.reasons)
		var out bytes.Buffer
		err := run([]string{"-events", run1, "-baseline", base, "-reasons", reasons, "-table", table, "unit/x"}, &out)
		if !strings.Contains(out.String(), c.want) || (err == nil) != strings.Contains(c.want, "0 without") {
			t.Errorf("reasons %q: %v\n%s", c.reasons, err, out.String())
		}
	}
	text, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| unit/x | 1 | 3 | 1 |", "| unit/x | two\\| | failed | all |", "| unit/x | four | not run | all |"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the table lacks %q:\n%s", want, text)
		}
	}
	for _, bad := range []string{"test: unit/x: a\n", "reason: a\n", "test: nounit\nreason: a\n", "test: u: /(\nreason: a\n"} {
		write(t, dir, "reasons", bad)
		if _, err := readReasons(reasons); err == nil {
			t.Errorf("reasons %q were accepted", bad)
		}
	}
}
