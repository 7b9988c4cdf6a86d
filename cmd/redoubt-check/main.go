// Redoubt-check tells whether files of a Redis-compatible server can be loaded,
// and mends append-only files that cannot.
//
//	redoubt-check rdb FILE
//	redoubt-check aof [--fix] [--truncate-to-timestamp T] FILE|MANIFEST
//
// It does what redis-check-rdb and redis-check-aof of Redis 7.0 do, and is
// either of them under its name. The exit code is 0 if all is well, or was
// mended, else 1.
//
// --fix cuts off the end of the last file, from the first thing on that is
// wrong with it, after a "y" on standard input. --truncate-to-timestamp cuts it
// off where the annotations (aof-timestamp-enabled) say that what follows was
// written after T, in Unix seconds. Both change the file only once all of it
// was read, and durably.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/redoubt-kv/redoubt/core/vfs"
)

func main() {
	os.Exit(run(os.Args, os.Stdin, os.Stdout, os.Stderr))
}

// run is the program. args[0] is its name. What it finds goes to stdout; how
// far it is to stderr, if that is a terminal.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) (exitCode int) {
	t := &tool{name: args[0], fs: vfs.OS, stdin: stdin, out: stdout, bar: newBar(stderr)}
	defer t.bar.clear()
	args = args[1:]
	switch base := filepath.Base(t.name); {
	case strings.Contains(base, "redis-check-rdb"):
		return t.rdb(args, "Usage: "+t.name+" <rdb-file-name>", stderr)
	case strings.Contains(base, "redis-check-aof"):
		return t.aof(args, "Usage: "+t.name+" [--fix|--truncate-to-timestamp $timestamp] <file.manifest|file.aof>")
	case len(args) > 0 && args[0] == "rdb":
		return t.rdb(args[1:], "Usage: "+t.name+" rdb FILE", stderr)
	case len(args) > 0 && args[0] == "aof":
		return t.aof(args[1:], "Usage: "+t.name+" aof [--fix] [--truncate-to-timestamp T] FILE|MANIFEST")
	}
	fmt.Fprintf(stderr, "Usage: %s rdb FILE\n       %s aof [--fix] [--truncate-to-timestamp T] FILE|MANIFEST\n", t.name, t.name)
	return 1
}

// tool is one run of the program.
type tool struct {
	name  string
	fs    vfs.FS
	stdin io.Reader
	out   io.Writer
	bar   *bar
}

func (t *tool) printf(format string, args ...any) {
	t.bar.clear()
	fmt.Fprintf(t.out, format, args...)
}

// say is printf that ends the line and returns the exit code of an error.
func (t *tool) say(format string, args ...any) (exitCode int) {
	t.printf(format+"\n", args...)
	return 1
}
