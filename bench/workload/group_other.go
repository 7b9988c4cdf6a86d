//go:build !unix

package workload

import "os/exec"

// ownGroup has nothing to do where there are no process groups.
func ownGroup(*exec.Cmd) {}

// killGroup kills the command. One that is gone already is what was wanted.
func killGroup(cmd *exec.Cmd) { _ = cmd.Process.Kill() }
