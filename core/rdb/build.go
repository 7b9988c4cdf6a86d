package rdb

import (
	"fmt"

	"github.com/redoubt-kv/redoubt/core/keyspace"
)

// build is the Builder that makes a key of a database.
type build struct {
	drop
	db  *keyspace.DB
	key []byte
	due int64
}

func (b *build) String(v []byte) error {
	b.db.SetString(b.key, v, b.due)
	return nil
}

var _ = fmt.Sprint
