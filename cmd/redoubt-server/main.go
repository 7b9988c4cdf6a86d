// Redoubt-server is a Redis-compatible server that never forks.
//
//	redoubt-server [/path/to/redis.conf] [--directive value …] [-]
//
// Every directive of redis.conf may be in the file, in the options, or with "-"
// in standard input; the last one counts. SIGTERM and SIGINT end it as
// SHUTDOWN does, a second SIGINT at once. The exit code is 0 after that, 1 after
// an error. After a crash it leaves a report in the log and dies of a signal:
// docs/durability.md tells which.
package main

import (
	"os"

	"github.com/redoubt-kv/redoubt/core/server"
)

func main() { os.Exit(server.Main(os.Args[1:])) }
