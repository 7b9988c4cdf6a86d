package geo

import (
	"testing"

	"github.com/redoubt-kv/redoubt/internal/redistest"
	"github.com/redoubt-kv/redoubt/internal/rowtest"
)

func TestRowsLikeRedis(t *testing.T) {
	s, rows := redistest.Start(t), Commands()
	rowtest.Compare(t, s, rows)
	rowtest.Complete(t, s, "geo", rows)
}
