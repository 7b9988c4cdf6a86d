package admin

import "github.com/redoubt-kv/redoubt/core/command"

// Monitor is a client that can be shown what others run.
type Monitor interface {
	command.Client
	// Monitor begins to show it; false says that it has begun before.
	Monitor() bool
}

// monitor replies nothing to a client that monitors already, as Redis.
func monitor(c *command.Call) {
	switch client, ok := c.Client.(Monitor); {
	case !ok || c.Nested:
		c.Out.Error("ERR MONITOR isn't allowed for DENY BLOCKING client")
	case client.Monitor():
		c.Out.OK()
	}
}
