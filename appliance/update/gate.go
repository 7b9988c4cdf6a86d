package update

import (
	"context"
	"fmt"
	"time"
)

// Check is one thing that has to be well.
type Check struct {
	Name string
	Well func() error
}

// Gate is what a new version has to get through: all checks have to become well within
// Wait, and then to stay so for Probation.
type Gate struct {
	Checks    []Check
	Wait      time.Duration
	Probation time.Duration
	Every     time.Duration // between two rounds of checks
}

// Pass returns nil when the version is through, and otherwise what is not well. The end
// of ctx is an error.
func (g Gate) Pass(ctx context.Context) error {
	tick := time.NewTicker(g.Every)
	defer tick.Stop()
	begun := time.Now()
	var wellSince time.Time
	for {
		failed := g.round()
		now := time.Now()
		switch {
		case failed != nil && !wellSince.IsZero():
			return fmt.Errorf("it was ready, and then not any more: %w", failed)
		case failed != nil && now.Sub(begun) >= g.Wait:
			return fmt.Errorf("it was not ready within %s: %w", g.Wait, failed)
		case failed == nil && wellSince.IsZero():
			wellSince = now
		}
		if failed == nil && now.Sub(wellSince) >= g.Probation {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// round returns the first check that is not well.
func (g Gate) round() error {
	for _, c := range g.Checks {
		if err := c.Well(); err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
	}
	return nil
}
