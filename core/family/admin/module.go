package admin

import (
	"bytes"

	"github.com/redoubt-kv/redoubt/core/command"
)

func (f *family) moduleList(c *command.Call) { c.Out.Array(0) }

// Modules are libraries of C code for Redis's own address space.
const noModules = "ERR Error loading the extension. Please check the server logs. (This server is no C program: it cannot load modules of Redis.)"

func (f *family) moduleLoad(c *command.Call) { c.Out.Error(noModules) }

// moduleLoadex checks what Redis does before it looks at the file:
// path [CONFIG name value …] [ARGS arg …].
func (f *family) moduleLoadex(c *command.Call) {
	for i := 3; i < len(c.Args); i++ {
		switch {
		case c.Is(i, "CONFIG") && i+2 < len(c.Args):
			i += 2
		case c.Is(i, "CONFIG"):
			c.Out.Error("ERR CONFIG specified without the required configuration name and value")
			return
		case c.Is(i, "ARGS"):
			i = len(c.Args)
		default:
			c.Out.Error(command.ErrSyntax)
			return
		}
	}
	c.Out.Error(noModules)
}

func (f *family) moduleUnload(c *command.Call) {
	c.Out.Error("ERR Error unloading module: no such module with that name")
}

func (f *family) moduleHelp(c *command.Call) {
	c.Help(
		"LIST",
		"    Return a list of loaded modules.",
		"LOAD <path> [<arg> ...]",
		"    Load a module library from <path>, passing to it any optional arguments.",
		"LOADEX <path> [[CONFIG NAME VALUE] [CONFIG NAME VALUE]] [ARGS ...]",
		"    Load a module library from <path>, while passing it module configurations and optional arguments.",
		"UNLOAD <name>",
		"    Unload a module.",
	)
}

// failover has nobody to hand over to. FAILOVER [TO host port [FORCE]] [ABORT]
// [TIMEOUT ms].
func (f *family) failover(c *command.Call) {
	if len(c.Args) == 2 && c.Is(1, "ABORT") {
		c.Out.Error("ERR No failover in progress.")
		return
	}
	timeout, to := false, false
	for i := 1; i < len(c.Args); i++ {
		switch word := bytes.ToUpper(c.Args[i]); {
		case string(word) == "TIMEOUT" && i+1 < len(c.Args) && !timeout:
			ms, ok := c.Int(i + 1)
			if !ok {
				return
			}
			if ms <= 0 {
				c.Out.Error("ERR FAILOVER timeout must be greater than 0")
				return
			}
			timeout, i = true, i+1
		case string(word) == "TO" && i+2 < len(c.Args) && !to:
			if _, ok := c.Int(i + 2); !ok {
				return
			}
			to, i = true, i+2
		case string(word) == "FORCE":
		default:
			c.Out.Error(command.ErrSyntax)
			return
		}
	}
	c.Out.Error("ERR FAILOVER requires connected replicas.")
}
