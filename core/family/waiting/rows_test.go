package waiting_test

import (
	"testing"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/family/waiting"
	"github.com/redoubt-kv/redoubt/internal/redistest"
	"github.com/redoubt-kv/redoubt/internal/rowtest"
)

func TestRowsAreRedis(t *testing.T) {
	rows := waiting.Commands(waiting.Options{})
	var known []command.Row
	for _, r := range rows {
		if r.Name != "waitaof" { // which Redis 7.0 does not have
			known = append(known, r)
		}
	}
	rowtest.Compare(t, redistest.Start(t), known)
}
