package zsets

import (
	"testing"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/internal/redistest"
	"github.com/redoubt-kv/redoubt/internal/rowtest"
)

func TestRowsLikeRedis(t *testing.T) {
	s, rows := redistest.Start(t), Commands()
	for i := range rows {
		if r := &rows[i]; r.Name == "zrank" || r.Name == "zrevrank" { // as they were before 7.2
			docs := r.Docs()
			docs.History, docs.Args = nil, docs.Args[:2]
			r.Arity, r.Docs = 3, func() command.Docs { return docs }
		}
	}
	rowtest.Compare(t, s, rows)
	rowtest.Complete(t, s, "sortedset", rows)
}
