package redistest

import "os"

// terminate kills: Windows has no signal that asks a process to end.
func terminate(p *os.Process) { p.Kill() }
