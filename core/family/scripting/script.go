package scripting

import (
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/script"
)

func (f *family) scriptLoad(c *command.Call) {
	s, text := f.Engine.Load(c.Args[2])
	if s == nil {
		c.Out.Error(text)
		return
	}
	c.Out.BulkString(s.SHA)
}

func (f *family) scriptExists(c *command.Call) {
	c.Out.Array(len(c.Args) - 2)
	for _, a := range c.Args[2:] {
		n := int64(0)
		if d, ok := script.ParseDigest(a); ok && f.Engine.Find(d) != nil {
			n = 1
		}
		c.Out.Int(n)
	}
}

func (f *family) scriptFlush(c *command.Call) {
	if len(c.Args) > 3 || len(c.Args) == 3 && !command.EqualFold(c.Args[2], "sync") && !command.EqualFold(c.Args[2], "async") {
		c.Out.Error("ERR SCRIPT FLUSH only support SYNC|ASYNC option")
		return
	}
	f.Engine.Flush()
	c.Out.OK()
}

func (f *family) scriptKill(c *command.Call) {
	if text := f.Engine.Kill(false); text != "" {
		c.Out.Error(text)
		return
	}
	c.Out.OK()
}

// scriptDebug refuses: there is no debugger.
func scriptDebug(c *command.Call) {
	switch {
	case command.EqualFold(c.Args[2], "no"):
		c.Out.OK()
	case command.EqualFold(c.Args[2], "yes"), command.EqualFold(c.Args[2], "sync"):
		c.Out.Error("ERR SCRIPT DEBUG is not supported: this server has no Lua debugger")
	default:
		c.Out.Error("ERR Use SCRIPT DEBUG YES/SYNC/NO")
	}
}

func scriptHelp(c *command.Call) {
	c.Help(
		"DEBUG (YES|SYNC|NO)",
		"    Set the debug mode for subsequent scripts executed.",
		"EXISTS <sha1> [<sha1> ...]",
		"    Return information about the existence of the scripts in the script cache.",
		"FLUSH [ASYNC|SYNC]",
		"    Flush the Lua scripts cache. Very dangerous on replicas.",
		"    When called without the optional mode argument, the behavior is determined by the",
		"    lazyfree-lazy-user-flush configuration directive. Valid modes are:",
		"    * ASYNC: Asynchronously flush the scripts cache.",
		"    * SYNC: Synchronously flush the scripts cache.",
		"KILL",
		"    Kill the currently executing Lua script.",
		"LOAD <script>",
		"    Load a script into the scripts cache without executing it.",
	)
}
