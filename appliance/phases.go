//go:build linux

package appliance

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Phase is a point of a boot that has been passed.
type Phase struct {
	Name string        // one word, as in "listening"
	At   time.Duration // since the kernel's start
}

// phases are the points that this boot has passed, in order. The zero value is
// ready for use; any goroutine may use it.
type phases struct {
	now func() time.Duration // since the kernel's start; nil: the kernel's clock

	mu     sync.Mutex
	passed []Phase
}

// mark notes that the phase has been passed, now. Blanks in the name become
// underscores. What is passed again, as when a lease is renewed, keeps its time.
func (p *phases) mark(name string) {
	now := uptime
	if p.now != nil {
		now = p.now
	}
	name = strings.ReplaceAll(name, " ", "_")
	p.mu.Lock()
	defer p.mu.Unlock()
	if !slices.ContainsFunc(p.passed, func(q Phase) bool { return q.Name == name }) {
		p.passed = append(p.passed, Phase{name, now()})
	}
}

// list returns what has been passed so far.
func (p *phases) list() []Phase {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.passed)
}

// info is a line of INFO for each phase.
func (p *phases) info() string {
	var s strings.Builder
	for _, phase := range p.list() {
		fmt.Fprintf(&s, "appliance_boot_%s_ms:%d\r\n", phase.Name, phase.At.Milliseconds())
	}
	return s.String()
}

// String is the line for the console.
func (p *phases) String() string {
	var words []string
	for _, phase := range p.list() {
		words = append(words, fmt.Sprintf("%s %d", phase.Name, phase.At.Milliseconds()))
	}
	return strings.Join(words, ", ") + " ms"
}
