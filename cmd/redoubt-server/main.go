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
	ctx, end := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	go watch(signals, end)
	os.Exit(server.Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// watch ends the server at the first signal. A SIGINT after another one ends
// the process at once: somebody insists.
func watch(signals chan os.Signal, end context.CancelCauseFunc) {
	for interrupts := 0; ; {
		switch <-signals {
		case syscall.SIGINT:
			if interrupts++; interrupts > 1 {
				os.Exit(1)
			}
			end(server.ErrInterrupt)
		default:
			end(nil)
		}
	}
}
