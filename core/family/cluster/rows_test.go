package cluster

import (
	"testing"

	"github.com/redoubt-kv/redoubt/internal/redistest"
	"github.com/redoubt-kv/redoubt/internal/rowtest"
)

func TestRowsAreRedis(t *testing.T) {
	rowtest.Compare(t, redistest.Start(t), Commands())
}
