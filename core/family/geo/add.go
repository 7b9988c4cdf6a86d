package geo

import (
	"strconv"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/geohash"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/zset"
)

// addition is what GEOADD is asked for.
type addition struct {
	mode    zset.Mode
	changed bool     // CH: reply how many were changed, not only added
	places  [][]byte // longitude, latitude, member …
	scores  []float64
}

func geoadd(c *command.Call) {
	var room [16]float64
	a := addition{scores: room[:0]}
	if a.parse(c) {
		a.run(c)
	}
}

func (a *addition) parse(c *command.Call) bool {
	i := 2
	for ; ; i++ {
		if c.Is(i, "NX") {
			a.mode |= zset.OnlyNew
		} else if c.Is(i, "XX") {
			a.mode |= zset.OnlyPresent
		} else if c.Is(i, "CH") {
			a.changed = true
		} else {
			break
		}
	}
	a.places = c.Args[i:]
	if len(a.places) == 0 || len(a.places)%3 != 0 || a.mode == zset.OnlyNew|zset.OnlyPresent {
		c.Out.Error(command.ErrSyntax)
		return false
	}
	for ; i < len(c.Args); i += 3 {
		lon, lat, ok := place(c, i)
		if !ok {
			return false
		}
		a.scores = append(a.scores, geohash.Score(lon, lat))
	}
	return true
}

// record records ZADD with the options as they were sent.
func (a *addition) record(c *command.Call) {
	if !c.Recording() {
		return
	}
	options := c.Args[2 : len(c.Args)-len(a.places)]
	args := append([][]byte{[]byte("zadd"), c.Args[1]}, options...)
	for i, score := range a.scores {
		args = append(args, strconv.AppendInt(nil, int64(score), 10), a.places[3*i+2])
	}
	c.RecordAs(args...)
}

func (a *addition) run(c *command.Call) {
	key := c.Args[1]
	cell, found := c.DB.Change(key, keyspace.ForWrite)
	switch {
	case found && cell.Kind.Type() != value.TypeZSet:
		c.Out.Error(command.ErrWrongType)
		return
	case !found && a.mode&zset.OnlyPresent != 0:
		c.Out.Int(0)
		return
	case !found:
		cell = c.DB.New(key)
		zset.New(cell)
	}
	added, updated := 0, 0
	ed := zset.Edit(cell)
	for i, score := range a.scores {
		switch outcome, _ := ed.Add(a.places[3*i+2], score, a.mode); outcome {
		case zset.Added:
			added++
		case zset.Updated:
			updated++
		}
	}
	ed.Close() // nothing was taken away
	c.DB.Commit(cell)
	if added+updated > 0 { // Redis turns the command into ZADD
		c.Changed(keyspace.EventZSet, "zadd", key, added+updated)
		a.record(c)
	}
	if a.changed {
		added += updated
	}
	c.Out.Int(int64(added))
}
