package sets

import (
	"testing"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/internal/redistest"
	"github.com/redoubt-kv/redoubt/internal/rowtest"
)

func TestRowsLikeRedis(t *testing.T) {
	s, rows := redistest.Start(t), Commands()
	rowtest.Compare(t, s, rows)
	// SORT is of the category, but works on other types too.
	sort := command.Row{Name: "sort", Handler: scard}
	sortRO := command.Row{Name: "sort_ro", Handler: scard}
	rowtest.Complete(t, s, "set", append(rows, sort, sortRO))
}
