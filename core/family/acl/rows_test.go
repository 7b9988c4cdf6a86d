package acl_test

import (
	"testing"

	"github.com/redoubt-kv/redoubt/core/family/acl"
	"github.com/redoubt-kv/redoubt/internal/redistest"
	"github.com/redoubt-kv/redoubt/internal/rowtest"
)

func TestRowsAreRedis(t *testing.T) {
	rowtest.Compare(t, redistest.Start(t), acl.Commands(acl.Server{}))
}
