//go:build !unix

package workload

// syncDisks has no counterpart here.
func syncDisks() {}
