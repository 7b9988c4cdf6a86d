package zsets

import (
	"fmt"
	"testing"
)

// TestNoAllocations: what is done all day does not allocate, with a listpack and
// with a tree.
func TestNoAllocations(t *testing.T) {
	p := small(t, 128, 64)
	for i := range 1000 {
		p.Own("zadd", "large", i, fmt.Sprint("member:", i))
	}
	for i := range 20 {
		p.Own("zadd", "small", i, fmt.Sprint("member:", i))
	}
	for _, key := range []string{"large", "small"} {
		for _, line := range [][]string{
			{"zadd", key, "5", "member:5"},
			{"zincrby", key, "0", "member:5"},
			{"zscore", key, "member:7"},
			{"zrank", key, "member:7"},
			{"zcard", key},
			{"zcount", key, "3", "(9"},
			{"zrange", key, "0", "9"},
			{"zrange", key, "9", "0", "byscore", "rev", "withscores"},
			{"zrangebyscore", key, "3", "+inf", "withscores", "limit", "2", "5"},
			{"zrem", key, "none"},
		} {
			p.NoAllocs(line...)
		}
		p.NoAllocsOf([]string{"zadd", key, "7.5", "member:5"}, []string{"zadd", key, "5", "member:5"})
		p.NoAllocsOf([]string{"zincrby", key, "1.5", "member:5"}, []string{"zincrby", key, "-1.5", "member:5"})
		p.NoAllocsOf([]string{"zrem", key, "member:5"}, []string{"zadd", key, "5", "member:5"})
	}
	p.NoAllocsOf([]string{"zpopmin", "small"}, []string{"zadd", "small", "0", "member:0"})
	p.NoAllocsOf([]string{"zremrangebyscore", "small", "5", "5"}, []string{"zadd", "small", "5", "member:5"})
}
