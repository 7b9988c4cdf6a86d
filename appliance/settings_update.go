package appliance

import "time"

// updateSettings are those of an update's trial.
var updateSettings = []setting{
	{"update-wait", into(func(s *Settings) *time.Duration { return &s.UpdateWait }, parsePause)},
	{"update-probation", into(func(s *Settings) *time.Duration { return &s.UpdateProbation }, parsePause)},
}

// The defaults: loading data is the longest of what has to be waited for.
const (
	defaultUpdateWait      = 10 * time.Minute
	defaultUpdateProbation = 10 * time.Second
)
