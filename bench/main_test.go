package main

import (
	"bytes"
	"errors"
	"flag"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/bench/workload"
)

func TestUsageListsEveryBenchmark(t *testing.T) {
	for _, args := range [][]string{nil, {"dance"}} {
		var out, log bytes.Buffer
		if err := run(t.Context(), args, &out, &log); err == nil {
			t.Errorf("%q was run", args)
		}
		for _, w := range workload.All() {
			if !strings.Contains(log.String(), "\n  "+w.Name+" ") {
				t.Errorf("%q: %s is missing in the usage", args, w.Name)
			}
		}
	}
}

func TestFlags(t *testing.T) {
	for _, w := range workload.All() {
		var out, log bytes.Buffer
		if err := run(t.Context(), []string{w.Name, "-h"}, &out, &log); !errors.Is(err, flag.ErrHelp) {
			t.Errorf("%s -h: %v", w.Name, err)
		}
		for _, bad := range []string{"-nonsense", "stray"} {
			if err := run(t.Context(), []string{w.Name, bad}, &out, &log); err == nil {
				t.Errorf("%s %s was run", w.Name, bad)
			}
		}
	}
}
