//go:build linux

// Redoubt-init is PID 1, and the only program, of a Redoubt machine: the
// appliance with the server inside. docs/appliance.md describes the machine.
package main

import (
	"fmt"
	"os"

	"github.com/redoubt-kv/redoubt/appliance"
	"github.com/redoubt-kv/redoubt/core/server"
)

func main() {
	if err := appliance.Main(server.Run); err != nil {
		fmt.Fprintln(os.Stderr, "redoubt-init:", err)
		os.Exit(1)
	}
}
