package server

import (
	"errors"

	"github.com/redoubt-kv/redoubt/core/server/settings"
)

// oomAdjustment is oom-score-adj in effect. Only the start and changes of the
// configuration touch it.
type oomAdjustment struct {
	active bool
	base   int // the score before it was adjusted first
}

// Bounds of what the kernel takes.
const minOOMScore, maxOOMScore = -1000, 1000

// apply adjusts the score, or gives the one before back.
func (o *oomAdjustment) apply(set *settings.Settings) error {
	if !o.active && set.OOMScoreAdj == settings.OOMScoreNo {
		return nil
	}
	if !o.active {
		base, err := oomScore()
		if err != nil {
			return err
		}
		o.base, o.active = base, true
	}
	score := set.OOMScoreAdjValues[0]
	switch set.OOMScoreAdj {
	case settings.OOMScoreNo:
		o.active = false
		score = o.base
	case settings.OOMScoreRelative:
		score += o.base
	}
	return setOOMScore(min(max(score, minOOMScore), maxOOMScore))
}

// adjustOOMScore is for CONFIG SET.
func (s *Server) adjustOOMScore() error {
	if err := s.oom.apply(s.working); err != nil {
		s.log.warning("Unable to write oom_score_adj: %v", err)
		return errors.New("Failed to set current oom_score_adj. Check server logs.")
	}
	return nil
}
