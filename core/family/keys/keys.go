// Package keys holds the commands that work on keys whatever their values
// are: existence, names, due times, iteration, whole databases, and what
// OBJECT tells about a key.
//
// A key lies in the same shard in every database, so that MOVE and COPY need
// no more locks than their key specs say.
package keys

import (
	"bytes"
	"sync"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
)

// Settings are the directives the family obeys, asked at each use. Its
// methods are called with shards locked, by any goroutine, and must not wait.
type Settings interface {
	LazyUserFlush() bool // lazyfree-lazy-user-flush: FLUSHALL and FLUSHDB are ASYNC by default
	// SharesIntegers is false while maxmemory is set with a policy that
	// needs each key's own access clock, LRU or LFU.
	SharesIntegers() bool
	CompressRDB() bool    // rdbcompression
	MaxStringLen() uint64 // proto-max-bulk-len, in bytes
	// SkipChecksums tells that RESTORE is not to look at checksums (DEBUG
	// SET-SKIP-CHECKSUM-VALIDATION).
	SkipChecksums() bool
	// Refused is told why RESTORE does not take a payload.
	Refused(err error)
}

// Options are what the family needs from the server.
type Options struct {
	Settings Settings
	// Flushed is called after FLUSHALL has emptied all databases, with every
	// shard locked: the server ends a background save, whose data is gone, and
	// saves the empty keyspace if save points are set.
	Flushed func(tx *keyspace.Tx) (saved bool)
}

type family struct {
	Options
	dumpers sync.Pool // of *rdb.Dumper
}

const errDBRange = "ERR DB index is out of range"

// del is DEL and UNLINK: large values are freed in the background in any case.
func del(c *command.Call) {
	deleted := int64(0)
	for _, key := range c.Args[1:] {
		if !c.DB.Delete(key) {
			continue
		}
		deleted++
		c.Changed(keyspace.EventGeneric, "del", key, 1)
	}
	c.Out.Int(deleted)
}

func exists(c *command.Call) { countFound(c, keyspace.Count) }
func touch(c *command.Call)  { countFound(c, keyspace.ForRead) }

func countFound(c *command.Call, how keyspace.Access) {
	found := int64(0)
	for _, key := range c.Args[1:] {
		if _, ok := c.DB.Find(key, how); ok {
			found++
		}
	}
	c.Out.Int(found)
}

func typeOf(c *command.Call) {
	e, ok := c.DB.Find(c.Args[1], keyspace.Count)
	if !ok {
		c.Out.Simple("none")
		return
	}
	c.Out.Simple(e.Type().Name())
}

func rename(c *command.Call) {
	if _, ok := c.DB.Find(c.Args[1], keyspace.ForWrite); !ok {
		c.Out.Error(command.ErrNoKey)
		return
	}
	if !bytes.Equal(c.Args[1], c.Args[2]) {
		renameTo(c)
	}
	c.Out.OK()
}

func renameNX(c *command.Call) {
	if _, ok := c.DB.Find(c.Args[1], keyspace.ForWrite); !ok {
		c.Out.Error(command.ErrNoKey)
		return
	}
	if _, taken := c.DB.Find(c.Args[2], keyspace.ForWrite); taken {
		c.Out.Int(0)
		return
	}
	renameTo(c)
	c.Out.Int(1)
}

func renameTo(c *command.Call) {
	from, to := c.Args[1], c.Args[2]
	c.DB.Exists(to) // an expired key there goes with its own event
	c.DB.Move(from, c.DB, to)
	c.Changed(keyspace.EventGeneric, "rename_from", from, 1)
	c.Changed(keyspace.EventGeneric, "rename_to", to, 0)
}

// otherDB reads argument i as the index of a database. Where there is none the
// error has been replied.
func otherDB(c *command.Call, i int) (db *keyspace.DB, ok bool) {
	n, ok := c.Int32(i)
	if !ok {
		return nil, false
	}
	if n < 0 || n >= c.Tx.Store().Databases() {
		c.Out.Error(errDBRange)
		return nil, false
	}
	return c.Tx.DB(n), true
}

func move(c *command.Call) {
	key := c.Args[1]
	to, ok := otherDB(c, 2)
	if !ok {
		return
	}
	if to.Index() == c.DB.Index() {
		c.Out.Error(command.ErrSameObject)
		return
	}
	_, here := c.DB.Find(key, keyspace.ForWrite)
	if !here {
		c.Out.Int(0)
		return
	}
	if _, taken := to.Find(key, keyspace.ForWrite); taken {
		c.Out.Int(0)
		return
	}
	c.DB.Move(key, to, key)
	c.Changed(keyspace.EventGeneric, "move_from", key, 1)
	c.ChangedIn(to, keyspace.EventGeneric, "move_to", key, 0)
	c.Out.Int(1)
}

func copyKey(c *command.Call) {
	from, key, to, replace := c.Args[1], c.Args[2], c.DB, false
	for i := 3; i < len(c.Args); i++ {
		switch {
		case c.Is(i, "REPLACE"):
			replace = true
		case c.Is(i, "DB") && i+1 < len(c.Args):
			i++
			db, ok := otherDB(c, i)
			if !ok {
				return
			}
			to = db
		default:
			c.Out.Error(command.ErrSyntax)
			return
		}
	}
	if to.Index() == c.DB.Index() && bytes.Equal(from, key) {
		c.Out.Error(command.ErrSameObject)
		return
	}
	if _, ok := c.DB.Find(from, keyspace.ForRead); !ok {
		c.Out.Int(0)
		return
	}
	if _, taken := to.Find(key, keyspace.ForWrite); taken && !replace {
		c.Out.Int(0)
		return
	}
	c.DB.Copy(from, to, key)
	c.ChangedIn(to, keyspace.EventGeneric, "copy_to", key, 1)
	c.Out.Int(1)
}
