package geo

import (
	"bytes"
	"cmp"
	"math"
	"slices"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/geohash"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value/zset"
)

func search(c *command.Call, srcAt int, f form) {
	z, found, ok := find(c, c.Args[srcAt])
	if !ok {
		return
	}
	q := query{form: f}
	if found {
		q.z = &z
	}
	if !q.parse(c) {
		return
	}
	var points []point
	if found {
		points = q.choose(q.collect())
	}
	if q.storing {
		q.store(c, points)
	} else {
		q.reply(c, points)
	}
}

// point is a member in the shape.
type point struct {
	member         []byte
	score          float64
	lon, lat, dist float64 // dist in metres
}

// collect returns the members in the shape, cell by cell, until there are enough.
func (q *query) collect() (points []point) {
	limit := math.MaxInt
	if q.any {
		limit = int(min(q.count, math.MaxInt))
	}
	var room [9]geohash.Hash
	for _, cell := range q.shape.Cells(room[:0]) {
		r := zset.ScoreRange{MaxEx: true}
		r.Min, r.Max = cell.Scores()
		from, to := q.z.ByScore(&r, false, math.MaxInt64)
		if from == to {
			continue
		}
		at := q.z.At(from)
		for ; from < to; from++ {
			if len(points) >= limit {
				return points
			}
			p := point{score: at.Score()}
			p.lon, p.lat = geohash.Decode(p.score)
			within := false
			if p.dist, within = q.shape.Distance(p.lon, p.lat); within {
				p.member = bytes.Clone(at.Member())
				points = append(points, p)
			}
			at.Next()
		}
	}
	return points
}

// choose returns those of the points that were asked for, in order. If only so
// many were, they are the nearest.
func (q *query) choose(points []point) []point {
	if q.order == unordered && q.count > 0 && !q.any {
		q.order = nearestFirst
	}
	switch q.order {
	case nearestFirst:
		slices.SortStableFunc(points, func(a, b point) int { return cmp.Compare(a.dist, b.dist) })
	case farthestFirst:
		slices.SortStableFunc(points, func(a, b point) int { return cmp.Compare(b.dist, a.dist) })
	}
	if q.count > 0 && int64(len(points)) > q.count {
		points = points[:q.count]
	}
	return points
}

func (q *query) reply(c *command.Call, points []point) {
	extra := 0
	for _, with := range []bool{q.withDist, q.withHash, q.withCoord} {
		if with {
			extra++
		}
	}
	c.Out.Array(len(points))
	for i := range points {
		p := &points[i]
		if extra > 0 {
			c.Out.Array(1 + extra)
		}
		c.Out.Bulk(p.member)
		if q.withDist {
			replyDistance(c, p.dist/q.shape.Unit)
		}
		if q.withHash {
			c.Out.Int(integer(p.score))
		}
		if q.withCoord {
			replyPlace(c, p.lon, p.lat)
		}
	}
}

// integer is C's conversion of a double to a long long as x86 does it.
func integer(f float64) int64 {
	if f >= -1<<63 && f < 1<<63 {
		return int64(f)
	}
	return math.MinInt64
}

// store makes the points the value of the destination.
func (q *query) store(c *command.Call, points []point) {
	if len(points) == 0 {
		if c.DB.Delete(q.dst) {
			c.Changed(keyspace.EventGeneric, "del", q.dst, 1)
		}
		c.Out.Int(0)
		return
	}
	longest := 0
	for i := range points {
		p := &points[i]
		if q.storeDist {
			p.score = p.dist / q.shape.Unit
		}
		longest = max(longest, len(p.member))
	}
	slices.SortFunc(points, func(a, b point) int {
		if c := cmp.Compare(a.score, b.score); c != 0 {
			return c
		}
		return bytes.Compare(a.member, b.member)
	})
	cell := c.DB.New(q.dst)
	zset.New(cell)
	ed := zset.Edit(cell)
	ed.Expect(int64(len(points)), longest)
	for i := range points {
		ed.Append(points[i].member, points[i].score)
	}
	ed.Close()
	c.DB.Commit(cell)
	event := "georadiusstore"
	if q.form&options != 0 {
		event = "geosearchstore"
	}
	c.Changed(keyspace.EventZSet, event, q.dst, len(points))
	c.Out.Int(int64(len(points)))
}
