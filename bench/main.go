// Command bench measures servers that speak RESP and writes reports in
// Markdown. It compares servers that it starts itself, or examines one that
// runs already (guest) or that it boots (boot):
//
//	bench cpu      [flags]  server CPU per operation and throughput
//	bench types    [flags]  the same for the commands of every type
//	bench scripts  [flags]  the same for Lua scripts and transactions
//	bench pubsub   [flags]  server CPU per PUBLISH to few and many subscribers
//	bench memory   [flags]  bytes per key
//	bench elements [flags]  bytes per element of collections
//	bench snapshot [flags]  latency, stalls, memory and length of BGSAVE
//	bench aof      [flags]  what the append-only file and its rewrite cost
//	bench load     [flags]  time to load an RDB file and an AOF
//	bench guest    [flags]  a running machine: benchmark, load, checked BGSAVE
//	bench boot     [flags]  from starting a machine to +PONG
//
// bench SUBCOMMAND -h lists the flags. The method is in README.md beside this
// file.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/redoubt-kv/redoubt/bench/report"
	"github.com/redoubt-kv/redoubt/bench/workload"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		usage(stderr)
		return errors.New("which benchmark?")
	}
	for _, w := range workload.All() {
		if w.Name != args[0] {
			continue
		}
		fs := flag.NewFlagSet("bench "+w.Name, flag.ContinueOnError)
		fs.SetOutput(stderr)
		r := &report.Report{Out: stdout, Log: stderr}
		fs.StringVar(&r.CSVPath, "csv", "", "write the tables to this file as CSV too")
		do := w.Flags(fs)
		if err := fs.Parse(args[1:]); err != nil {
			return err
		}
		if fs.NArg() > 0 {
			return fmt.Errorf("%s takes flags only, not %q", w.Name, fs.Arg(0))
		}
		return do(ctx, r)
	}
	usage(stderr)
	return fmt.Errorf("there is no benchmark %q", args[0])
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "usage: bench BENCHMARK [flags]")
	for _, b := range workload.All() {
		fmt.Fprintf(w, "  %-8s %s\n", b.Name, b.Short)
	}
}
