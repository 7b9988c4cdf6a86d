package hashes

import (
	"testing"

	"github.com/redoubt-kv/redoubt/internal/redistest"
	"github.com/redoubt-kv/redoubt/internal/rowtest"
)

func TestRowsLikeRedis(t *testing.T) {
	s := redistest.Start(t)
	rowtest.Compare(t, s, plainRows())
	rowtest.Complete(t, s, "hash", plainRows())
}

// Redis 7.0 does not have these: their rows are held to its documentation by
// hand.
func TestFieldRowsAreComplete(t *testing.T) {
	for _, r := range fieldRows() {
		d := r.Docs()
		if r.Handler == nil || d.Summary == "" || d.Complexity == "" || r.Group != "hash" || d.Since < "7.4" || len(d.Args) < 2 {
			t.Errorf("%s: %+v", r.Name, d)
		}
	}
}
