package strings

import (
	"testing"

	"github.com/redoubt-kv/redoubt/internal/familytest"
)

func TestRowsLikeRedis(t *testing.T) {
	familytest.CheckRows(t, "string", Commands(testOptions()))
}
