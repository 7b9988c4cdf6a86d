package update

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestGate(t *testing.T) {
	const ms = time.Millisecond
	errNot := errors.New("no answer")
	for name, c := range map[string]struct {
		well func(round int) bool
		want string // "" passes
	}{
		"well":         {func(int) bool { return true }, ""},
		"later":        {func(n int) bool { return n > 3 }, ""},
		"never":        {func(int) bool { return false }, "not ready within 200ms: server: no answer"},
		"not for long": {func(n int) bool { return n != 4 }, "and then not any more: server: no answer"},
	} {
		t.Run(name, func(t *testing.T) {
			n := 0
			g := Gate{Wait: 200 * ms, Probation: 20 * ms, Every: ms, Checks: []Check{
				{"network", func() error { return nil }},
				{"server", func() error {
					if n++; c.well(n) {
						return nil
					}
					return errNot
				}},
			}}
			if name == "not for long" {
				g.Probation = time.Hour
			}
			err := g.Pass(context.Background())
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	g := Gate{Wait: time.Hour, Every: ms, Checks: []Check{{"server", func() error { return errNot }}}}
	if err := g.Pass(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("ended: %v", err)
	}
}
