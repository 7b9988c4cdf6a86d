// Command tcltable turns the events of a run of Redis's test suite into
// docs/compatibility.md.
//
//	tcltable -events DIR [-baseline DIR] [-reasons FILE] [-table FILE] UNIT...
//
// scripts/tcl-suite runs the suite and calls it. DIR holds one file per unit
// (slashes replaced by dashes, ".txt") with lines "kind base64(text) ms". A
// test of the baseline (a run of redis-server itself) that the run never
// began counts as not run.
//
// The reasons file excuses tests, one block each, separated by empty lines:
//
//	test: unit/expire: name of the test, or /regular expression
//	reason: one line
//
// Exit status 1: a test failed or was not run without a reason, or a reason
// excuses nothing in a unit that was run.
package main

import (
	"bufio"
	"encoding/base64"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "tcltable:", err)
		os.Exit(1)
	}
}

type outcome string

const (
	passed outcome = "passed"
	failed outcome = "failed"
	notRun outcome = "not run"
)

// result is one test of one unit; detail is the first line of why it failed.
type result struct {
	unit, name string
	outcome    outcome
	detail     string
	reason     string
}

type reason struct {
	unit, name string
	pattern    *regexp.Regexp // nil: name is meant literally
	text       string
	used       bool
}

func run(args []string, out io.Writer) error {
	fs := flag.NewFlagSet("tcltable", flag.ContinueOnError)
	events := fs.String("events", "", "directory of the run's events")
	baseline := fs.String("baseline", "", "directory of the events of redis-server's own run")
	reasonsPath := fs.String("reasons", "", "file of reasons")
	table := fs.String("table", "-", "Markdown file to write, - for none")
	if err := fs.Parse(args); err != nil {
		return err
	}
	reasons, err := readReasons(*reasonsPath)
	if err != nil {
		return err
	}
	units := make(map[string][]result)
	for _, unit := range fs.Args() {
		results, err := readUnit(*events, unit)
		if err != nil {
			return err
		}
		if *baseline != "" {
			expected, err := readUnit(*baseline, unit)
			if err != nil {
				return err
			}
			results = addMissing(results, expected)
			excuseByBaseline(results, expected)
		}
		explain(results, reasons)
		units[unit] = results
	}
	if *table != "-" {
		if err := os.WriteFile(*table, []byte(markdown(fs.Args(), units)), 0o644); err != nil {
			return fmt.Errorf("write the table: %w", err)
		}
	}
	return verdict(out, fs.Args(), units, reasons)
}

// readUnit reads one unit's events in order. A test that began and has no
// outcome (the unit was ended) has failed.
func readUnit(dir, unit string) ([]result, error) {
	f, err := os.Open(filepath.Join(dir, strings.ReplaceAll(unit, "/", "-")+".txt"))
	if err != nil {
		return nil, fmt.Errorf("events of %s: %w", unit, err)
	}
	defer f.Close()
	var results []result
	open := "" // the test that began and has not ended
	seen := map[string]int{}
	add := func(name string, o outcome, detail string) {
		seen[name]++
		if seen[name] > 1 {
			name = fmt.Sprintf("%s (#%d)", name, seen[name])
		}
		results = append(results, result{unit: unit, name: name, outcome: o, detail: detail})
	}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 64<<20)
	done := false // what follows is the harness losing its socket at the end
	for !done && lines.Scan() {
		kind, text, err := parseEvent(lines.Text())
		if err != nil {
			return nil, fmt.Errorf("events of %s: %w", unit, err)
		}
		switch kind {
		case "testing":
			open = text
		case "ok":
			add(text, passed, "")
			open = ""
		case "err":
			name, detail := splitFailure(text, open)
			add(name, failed, detail)
			open = ""
		case "exception":
			if open == "" {
				open = "(the unit itself)"
			}
			add(open, failed, firstLine(text))
			open = ""
		case "done":
			done = true
		case "skip", "ignore":
			// By the tags of the test, the same for Redis itself.
		}
	}
	if open != "" {
		add(open, failed, "did not end")
	} else if !done {
		add("(the unit itself)", failed, "did not end")
	}
	return results, lines.Err()
}

func parseEvent(line string) (kind, text string, err error) {
	fields := strings.Fields(line)
	if len(fields) == 2 { // an empty text
		return fields[0], "", nil
	}
	if len(fields) != 3 {
		return "", "", fmt.Errorf("malformed event %q", line)
	}
	b, err := base64.StdEncoding.DecodeString(fields[1])
	if err != nil {
		return "", "", fmt.Errorf("malformed event %q: %w", line, err)
	}
	return fields[0], string(b), nil
}

// splitFailure takes "NAME in tests/UNIT.tcl\nwhy" apart.
func splitFailure(text, open string) (name, detail string) {
	first, rest, _ := strings.Cut(text, "\n")
	if i := strings.LastIndex(text, " in tests/"); i >= 0 && open != "" && strings.HasPrefix(text, open) {
		_, rest, _ = strings.Cut(text[len(open):], "\n")
		return open, firstLine(rest)
	}
	if i := strings.LastIndex(first, " in tests/"); i >= 0 {
		return first[:i], firstLine(rest)
	}
	if open == "" {
		open = "(the unit itself)"
	}
	return open, firstLine(text)
}

func firstLine(s string) string {
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			if len(line) > 300 {
				line = line[:300] + "…"
			}
			return line
		}
	}
	return ""
}

func addMissing(results, expected []result) []result {
	have := map[string]bool{}
	for _, r := range results {
		have[r.name] = true
	}
	for _, e := range expected {
		if !have[e.name] && e.outcome == passed {
			results = append(results, result{unit: e.unit, name: e.name, outcome: notRun, detail: "the run never came to it"})
		}
	}
	return results
}

// excuseByBaseline gives a reason to each test that Redis itself fails here:
// the package's tests and its binary may be of different revisions.
func excuseByBaseline(results, expected []result) {
	failsThere := map[string]bool{}
	for _, e := range expected {
		failsThere[e.name] = e.outcome == failed
	}
	for i, r := range results {
		if r.outcome == failed && failsThere[r.name] {
			results[i].reason = "redis-server itself fails it on the machine of the run"
		}
	}
}

func readReasons(path string) ([]*reason, error) {
	if path == "" {
		return nil, nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read reasons: %w", err)
	}
	var reasons []*reason
	var test string
	for i, line := range strings.Split(string(b), "\n") {
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch {
		case strings.TrimSpace(line) == "", strings.HasPrefix(line, "#"):
		case key == "test" && test == "" && value != "":
			test = value
		case key == "reason" && test != "" && value != "":
			r, err := newReason(test, value)
			if err != nil {
				return nil, fmt.Errorf("%s:%d: %w", path, i+1, err)
			}
			reasons = append(reasons, r)
			test = ""
		default:
			return nil, fmt.Errorf("%s:%d: want \"test:\" and \"reason:\" lines in turn, got %q", path, i+1, line)
		}
	}
	if test != "" {
		return nil, fmt.Errorf("%s: no reason for %q", path, test)
	}
	return reasons, nil
}

func newReason(test, text string) (*reason, error) {
	unit, name, ok := strings.Cut(test, ": ")
	if !ok {
		return nil, fmt.Errorf("test %q: want \"unit: name\"", test)
	}
	r := &reason{unit: unit, name: name, text: text}
	if expr, isPattern := strings.CutPrefix(name, "/"); isPattern {
		p, err := regexp.Compile(expr)
		if err != nil {
			return nil, fmt.Errorf("test %q: %w", test, err)
		}
		r.pattern = p
	}
	return r, nil
}

func (r *reason) covers(t result) bool {
	if r.unit != t.unit {
		return false
	}
	return r.name == t.name || r.pattern != nil && r.pattern.MatchString(t.name)
}

func explain(results []result, reasons []*reason) {
	for i := range results {
		if results[i].outcome == passed || results[i].reason != "" {
			continue
		}
		for _, r := range reasons {
			if r.covers(results[i]) {
				results[i].reason, r.used = r.text, true
				break
			}
		}
	}
}

func count(results []result, o outcome) (n int) {
	for _, r := range results {
		if r.outcome == o {
			n++
		}
	}
	return n
}

func markdown(names []string, units map[string][]result) string {
	var b strings.Builder
	b.WriteString("# Compatibility\n\nGenerated by `scripts/tcl-suite` from a run of Redis's own test suite (Debian's\n" +
		"source package of 7.0) with Redoubt in the place of redis-server; do not edit.\nReasons come from `scripts/tcl-reasons.txt`.\n\n" +
		"| unit | passed | failed | not run |\n|---|---:|---:|---:|\n")
	var total [3]int
	for _, name := range names {
		n := [3]int{count(units[name], passed), count(units[name], failed), count(units[name], notRun)}
		fmt.Fprintf(&b, "| %s | %d | %d | %d |\n", name, n[0], n[1], n[2])
		for i := range total {
			total[i] += n[i]
		}
	}
	fmt.Fprintf(&b, "| **all** | **%d** | **%d** | **%d** |\n", total[0], total[1], total[2])
	if total[1]+total[2] > 0 {
		b.WriteString("\n## Tests that do not pass\n\n| unit | test | outcome | reason |\n|---|---|---|---|\n")
	}
	for _, name := range names {
		for _, r := range units[name] {
			if r.outcome != passed {
				fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", name, cell(r.name), r.outcome, cell(orNone(r.reason)))
			}
		}
	}
	return b.String()
}

func orNone(reason string) string {
	if reason == "" {
		return "**none known**"
	}
	return reason
}

// cell makes text safe for one cell of a Markdown table.
func cell(s string) string {
	return strings.NewReplacer("|", "\\|", "\n", " ", "<", "&lt;", "`", "'").Replace(s)
}

func verdict(out io.Writer, names []string, units map[string][]result, reasons []*reason) error {
	bad, good := 0, 0
	ran := map[string]bool{}
	for _, name := range names {
		ran[name] = true
		for _, r := range units[name] {
			if r.outcome == passed {
				good++
			} else if r.reason == "" {
				bad++
				fmt.Fprintf(out, "%s: %s: %s: %s\n", r.unit, r.name, r.outcome, r.detail)
			}
		}
	}
	for _, r := range reasons {
		if ran[r.unit] && !r.used {
			bad++
			fmt.Fprintf(out, "%s: %s: has a reason and passes, or is gone: remove the reason\n", r.unit, r.name)
		}
	}
	fmt.Fprintf(out, "%d passed, %d without a reason\n", good, bad)
	if bad > 0 {
		return fmt.Errorf("%d tests fail without a reason, or reasons without a failure", bad)
	}
	return nil
}
