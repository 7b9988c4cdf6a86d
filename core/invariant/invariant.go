// Package invariant separates checks that every build makes from those that
// only the invariants build makes: there each mutation is followed by a check
// of the structure it touched, and freed nodes are filled with Mangled.
package invariant

import "fmt"

// Mangled fills freed memory in the invariants build.
const Mangled = 0xCC

// Check panics with the number and text of a broken invariant. Callers guard
// it with Enabled so that release builds do not evaluate its arguments.
func Check(ok bool, number, format string, args ...any) {
	if !ok {
		panic(fmt.Sprintf("invariant %s broken: %s", number, fmt.Sprintf(format, args...)))
	}
}
