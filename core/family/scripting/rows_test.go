package scripting_test

import (
	"testing"

	"github.com/redoubt-kv/redoubt/core/family/scripting"
	"github.com/redoubt-kv/redoubt/internal/redistest"
	"github.com/redoubt-kv/redoubt/internal/rowtest"
)

func TestRowsAreRedis(t *testing.T) {
	rowtest.Compare(t, redistest.Start(t), scripting.Commands(scripting.Options{}))
}
