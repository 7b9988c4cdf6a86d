//go:build !invariants

package invariant

// Enabled is whether this is the invariants build (go build -tags invariants).
const Enabled = false
