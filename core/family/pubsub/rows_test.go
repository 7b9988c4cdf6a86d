package pubsub_test

import (
	"testing"

	family "github.com/redoubt-kv/redoubt/core/family/pubsub"
	"github.com/redoubt-kv/redoubt/core/pubsub"
	"github.com/redoubt-kv/redoubt/internal/redistest"
	"github.com/redoubt-kv/redoubt/internal/rowtest"
)

func TestRowsAreRedis(t *testing.T) {
	rowtest.Compare(t, redistest.Start(t), family.Commands(pubsub.NewRegistry()))
}
