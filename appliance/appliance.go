// Package appliance is what a machine needs that a process does not: mounts,
// network, console, power, a data disk, and a rule for crashes. Main is PID 1 of
// an image; the server runs inside it, as a function.
//
// A boot goes through the steps of bootSteps, in order. A step that fails says
// so on the console and the machine stops as oncrash wants it. Then the server
// runs until one of these ends it:
//
//	SHUTDOWN (the program returns 0)          → power off
//	the ACPI power button                     → the program is told to end → power off
//	Ctrl-Alt-Del                              → the program is told to end → reboot
//	an error (the program returns 1 … 255)    → as oncrash says
//	a panic or a kernel fault (PID 1 is gone) → the kernel panics and reboots, or
//	                                            halts; the next boot sees it
package appliance

import (
	"context"
	"io"

	"github.com/redoubt-kv/redoubt/core/server"
)

// Program is the server. It gets redis-server's arguments (a file, then
// "--directive", "value", …), runs until ctx is cancelled, which stands for
// SIGTERM, or until a client asks for SHUTDOWN, and returns its exit code. Lines
// for the console go to log, which never blocks for long. What the machine adds to
// the server, and asks of it, is in embed.
type Program func(ctx context.Context, args []string, log io.Writer, embed server.Embedding) int
