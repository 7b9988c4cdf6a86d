package rdb

import (
	"fmt"

	"github.com/redoubt-kv/redoubt/core/keyspace"
)

// Checker reads values as a load does, in depth, and keeps none: what it finds
// fault with could not be loaded. It is for one goroutine.
type Checker struct {
	store *keyspace.Store
	tx    *keyspace.Tx
	value build
}

// NewChecker returns a Checker, which has a region of nodes of its own until
// Close.
func NewChecker() (*Checker, error) {
	store, err := keyspace.New(keyspace.Options{Shards: 1, Databases: 1, Seed: 1, Now: func() int64 { return 0 }})
	if err != nil {
		return nil, fmt.Errorf("room for checking values: %w", err)
	}
	return &Checker{store: store, tx: store.NewTx()}, nil
}

// Check reads the value of an entry. The error is ErrEmpty for an empty
// collection, which a load passes over, or an *Error.
func (c *Checker) Check(e *Entry) error {
	err := c.read(e)
	for c.store.CollectGarbage() {
	}
	return err
}

func (c *Checker) read(e *Entry) error {
	c.tx.LockKey(e.Key, 0)
	defer c.tx.Unlock()
	c.value.start(c.tx.DB(0), e.Key)
	err := e.Read(&c.value)
	c.value.Drop()
	return err
}

// Close gives the region back.
func (c *Checker) Close() { c.store.Close() }
