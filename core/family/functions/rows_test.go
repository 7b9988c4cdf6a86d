package functions_test

import (
	"testing"

	"github.com/redoubt-kv/redoubt/core/family/functions"
	"github.com/redoubt-kv/redoubt/core/script"
	"github.com/redoubt-kv/redoubt/internal/redistest"
	"github.com/redoubt-kv/redoubt/internal/rowtest"
)

func TestRowsAreRedis(t *testing.T) {
	rowtest.Compare(t, redistest.Start(t), functions.Commands(functions.Options{Engine: script.New(script.Options{})}))
}
