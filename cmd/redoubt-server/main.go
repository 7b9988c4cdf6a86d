// Redoubt-server is a Redis-compatible server that never forks.
//
//	redoubt-server [/path/to/redis.conf] [--directive value …] [-]
//
// Every directive of redis.conf may be in the file, in the options, or with "-"
// in standard input; the last one counts. SIGTERM and SIGINT end it as
// SHUTDOWN does. The exit code is 0 after that, 1 after an error.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/redoubt-kv/redoubt/core/server"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	os.Exit(server.Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
