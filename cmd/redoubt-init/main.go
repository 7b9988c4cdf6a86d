//go:build linux

// Redoubt-init is PID 1, and the only program, of a Redoubt machine: the
// appliance with the server inside. docs/appliance.md describes the machine.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/redoubt-kv/redoubt/appliance"
	"github.com/redoubt-kv/redoubt/core/server"
)

func main() {
	if err := appliance.Main(serve); err != nil {
		fmt.Fprintln(os.Stderr, "redoubt-init:", err)
		os.Exit(1)
	}
}

// serve runs the server with the console for all its output and no input.
func serve(ctx context.Context, args []string, log io.Writer, embed server.Embedding) int {
	return server.RunEmbedded(ctx, args, strings.NewReader(""), log, log, embed)
}
