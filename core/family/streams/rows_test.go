package streams

import (
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/internal/redistest"
	"github.com/redoubt-kv/redoubt/internal/rowtest"
)

func TestRowsLikeRedis(t *testing.T) {
	s, rows := redistest.Start(t), Commands()
	rowtest.Compare(t, s, rows)
	names := map[string]bool{}
	for _, r := range rows {
		names[r.Name] = true
	}
	for _, name := range s.Must(t, "COMMAND", "LIST", "FILTERBY", "PATTERN", "x*").([]any) {
		if !names[name.(string)] && !strings.Contains(name.(string), "|") {
			t.Errorf("%s is missing", name)
		}
	}
}
