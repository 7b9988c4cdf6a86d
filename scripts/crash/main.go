// Command crash kills a server with SIGKILL at random moments, starts it again on the
// same data, and looks whether everything is there that was acknowledged, in whole
// transactions and in order, and nothing that was never sent.
//
//	crash -server 'BINARY [args]' [-mode always] [-rounds 200] [-seed N] [-dir DIR]
//
// Modes:
//
//	always    appendonly yes, appendfsync always: nothing acknowledged may be missing
//	everysec  appendfsync everysec: what was acknowledged two seconds before must be there
//	rdb       BGSAVE alone: the last completed save must be there
//	snapshot  no kills: each of so many BGSAVEs under load, loaded into redis-server, must
//	          keep the invariants of data that are changed in transactions (ledger.go)
//	rewrite   the same with BGREWRITEAOF, its base and incremental file
//	disk      the disk becomes full, the directory read-only, the directory vanishes;
//	          root on Linux only
//
// Each of several connections writes keys of its own, pipelined, with all types,
// expiries and transactions, and keeps a model of them; the data of one connection must
// be those after some prefix of what it sent, at the least what was acknowledged.
// Others take from its queues with blocking commands, and all increment shared
// counters, which must agree with the prefixes that were found. The data stay over all
// rounds.
//
// The directory of a failed round is kept: DIR/killed has what the kill left behind,
// DIR/data what the restart made of it. The exit status is then 1.
//
// With -sabotage N the last N bytes are taken from the AOF between kill and restart,
// each of which must be missed, or in modes snapshot and rewrite the writers leave out
// MULTI and EXEC: a checker that finds no fault proves nothing.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "crash:", err)
		os.Exit(1)
	}
}

type options struct {
	server, dir, mode, scene string
	tear, oracle             string
	rounds, ballast, also    int
	seed                     uint64
	sabotage                 int64
	keep                     bool
}

var modes = []string{"always", "everysec", "rdb", "snapshot", "rewrite", "disk"}

func parseOptions(args []string) (options, error) {
	var o options
	fs := flag.NewFlagSet("crash", flag.ContinueOnError)
	fs.StringVar(&o.server, "server", "", "command line of the server to test")
	fs.StringVar(&o.dir, "dir", "", "directory of its data, made anew; default: a temporary one")
	fs.StringVar(&o.mode, "mode", "always", strings.Join(modes, ", "))
	fs.StringVar(&o.scene, "scene", "", "only scenes whose name contains this")
	fs.StringVar(&o.tear, "tear", "transaction", "what stands half written behind the AOF after some kills: transaction, command, no (redis-server 7.0 needs command)")
	fs.StringVar(&o.oracle, "oracle", "redis-server", "what loads the snapshots of modes snapshot and rewrite, and for -also")
	fs.IntVar(&o.also, "also", 0, "have the oracle load the files, too, after each so many kills, and compare")
	fs.IntVar(&o.rounds, "rounds", 200, "kills")
	fs.IntVar(&o.ballast, "ballast", 5000, "keys that never change, which make saving and loading last")
	fs.Uint64Var(&o.seed, "seed", 0, "seed of the random choices, 0 for a random one")
	fs.Int64Var(&o.sabotage, "sabotage", 0, "take so many bytes off the AOF before each restart, and want that found out")
	fs.BoolVar(&o.keep, "keep", false, "keep the directory of the data also after success")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	switch {
	case o.server == "":
		return o, errors.New("give -server")
	case !slices.Contains(modes, o.mode):
		return o, fmt.Errorf("-mode %q is none of %s", o.mode, strings.Join(modes, ", "))
	case torn[o.tear] == "" && o.tear != "no":
		return o, fmt.Errorf("-tear %q is none of transaction, command, no", o.tear)
	case o.sabotage > 0 && (o.mode == "everysec" || o.mode == "rdb" || o.mode == "disk"):
		return o, errors.New("-sabotage wants another -mode")
	case !o.exact() && o.mode != "disk" && !slices.ContainsFunc(scenes, func(s scene) bool {
		return slices.Contains(s.in, o.mode) && strings.Contains(s.name, o.scene)
	}):
		return o, fmt.Errorf("mode %s has no scene with %q", o.mode, o.scene)
	}
	if o.seed == 0 {
		o.seed = rand.Uint64N(1 << 32)
	}
	return o, nil
}

// exact tells whether snapshots are looked at, and nothing is killed.
func (o options) exact() bool { return o.mode == "snapshot" || o.mode == "rewrite" }

func run(args []string, out io.Writer) (err error) {
	o, err := parseOptions(args)
	if err != nil {
		return err
	}
	if o.dir == "" {
		if o.dir, err = os.MkdirTemp("", "crash"); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "mode %s, seed %d, %d rounds, directory %s\n", o.mode, o.seed, o.rounds, o.dir)
	begin := time.Now()
	what, keep := "", o.keep
	switch {
	case o.exact():
		err = exactly(o, out)
		keep = keep || err != nil
	case o.mode == "disk":
		o.rounds, err = 1, diskMode(o, out)
	default:
		what, keep, err = trials(o, out)
	}
	if err == nil {
		fmt.Fprintf(out, "%d rounds in %v%s\n", o.rounds, time.Since(begin).Round(time.Second), what)
	}
	if !keep {
		os.RemoveAll(o.dir)
	}
	return err
}

// trials kills and restarts.
func trials(o options, out io.Writer) (summary string, keep bool, err error) {
	t, err := newTrial(o, o.dir, out)
	if err != nil {
		return "", true, err
	}
	err = t.run()
	t.p.kill()
	return fmt.Sprintf(": %d units sent, %d acknowledged, none of those lost that had to be kept (%d dropped as was allowed), no restart failed",
		t.sent, t.acked, t.dropped), t.o.keep, err
}
