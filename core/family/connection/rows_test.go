package connection_test

import (
	"testing"

	"github.com/redoubt-kv/redoubt/core/family/connection"
	"github.com/redoubt-kv/redoubt/internal/redistest"
	"github.com/redoubt-kv/redoubt/internal/rowtest"
)

// What is not in Redis 7.0 is taken from the rows before they are compared.
func TestRowsAreRedis(t *testing.T) {
	rows := connection.Commands(connection.Server{})
	for i := range rows {
		subs := rows[i].Subcommands[:0:0]
		for _, s := range rows[i].Subcommands {
			if s.Docs().Since < "7.2" {
				subs = append(subs, s)
			}
		}
		rows[i].Subcommands = subs
	}
	rowtest.Compare(t, redistest.Start(t), rows)
}
