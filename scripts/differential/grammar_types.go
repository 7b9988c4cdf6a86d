package main

import "fmt"

// typeGroups are the grammars of the types that hold many elements. Keys are
// those of all other groups, so that commands meet values of other types.
var typeGroups = []group{
	{"list", 6, listRules},
	{"set", 6, setRules},
	{"hash", 6, hashRules},
	{"sorted set", 6, zsetRules},
	{"geo", 2, geoRules},
	{"stream", 6, streamRules},
	{"sort", 2, sortRules},
	{"transaction", 3, transactionRules},
	{"large", 2, largeRules},
}

const listRules = `
LPUSH key member+
RPUSH key member+
LPUSHX key member+
RPUSHX key member+
LPOP key ?count
RPOP key ?count
LLEN key
LINDEX key index
LSET key index member
LINSERT key BEFORE|AFTER|junk member member
LREM key index member
LRANGE key index index
LTRIM key index index
LPOS key member ?RANK,index ?COUNT,count ?MAXLEN,count
LMOVE key key LEFT|RIGHT|junk LEFT|RIGHT
RPOPLPUSH key key
LMPOP 1 key LEFT|RIGHT|junk ?COUNT,count
LMPOP 2 key key LEFT|RIGHT ?COUNT,count
LMPOP count key LEFT
BLPOP key+ 0.01
BRPOP key+ timeout
BLMOVE key key LEFT|RIGHT LEFT|RIGHT timeout
BRPOPLPUSH key key timeout
BLMPOP timeout 2 key key LEFT|RIGHT ?COUNT,count
LPUSH key value+
RPUSH key int+
`

const setRules = `
SADD key member+
SADD key small+
SADD key int+
SADD key value+
SREM key member+
SREM key small+
SISMEMBER key member|small
SMISMEMBER key member+
SCARD key
SMEMBERS key
SPOP key ?count
SRANDMEMBER key ?count
SMOVE key key member|small
SINTER key+
SINTERCARD 2 key key ?LIMIT,count
SINTERCARD count key
SINTERSTORE key key+
SUNION key+
SUNIONSTORE key key+
SDIFF key+
SDIFFSTORE key key+
SSCAN key 0 ?MATCH,pattern ?COUNT,small
SSCAN key ''
`

const hashRules = `
HSET key field,value+
HSET key field
HSETNX key field value
HMSET key field,value+
HGET key field
HMGET key field+
HDEL key field+
HLEN key
HSTRLEN key field
HINCRBY key field int
HINCRBYFLOAT key field float
HKEYS key
HVALS key
HGETALL key
HEXISTS key field
HRANDFIELD key ?count ?WITHVALUES
HSCAN key 0 ?MATCH,pattern ?COUNT,small
HSCAN key ''
`

const zsetRules = `
ZADD key score,member+
ZADD key NX|XX|GT|LT|CH ?NX|XX|GT|LT|CH score,member+
ZADD key INCR ?NX|XX|GT|LT score member
ZADD key score
ZINCRBY key score member
ZSCORE key member
ZMSCORE key member+
ZCARD key
ZCOUNT key bound bound
ZLEXCOUNT key lex lex
ZRANGE key index index ?REV ?WITHSCORES
ZRANGE key bound bound BYSCORE ?REV ?LIMIT,index,index ?WITHSCORES
ZRANGE key lex lex BYLEX ?REV ?LIMIT,index,index
ZRANGESTORE key key index index ?REV
ZRANGESTORE key key bound bound BYSCORE ?LIMIT,index,index
ZRANGEBYSCORE key bound bound ?WITHSCORES ?LIMIT,index,index
ZREVRANGEBYSCORE key bound bound ?WITHSCORES ?LIMIT,index,index
ZRANGEBYLEX key lex lex ?LIMIT,index,index
ZREVRANGEBYLEX key lex lex ?LIMIT,index,index
ZREVRANGE key index index ?WITHSCORES
ZRANK key member
ZREVRANK key member
ZREM key member+
ZREMRANGEBYRANK key index index
ZREMRANGEBYSCORE key bound bound
ZREMRANGEBYLEX key lex lex
ZPOPMIN key ?count
ZPOPMAX key ?count
ZMPOP 2 key key MIN|MAX ?COUNT,count
ZMPOP count key MIN|junk
BZPOPMIN key+ timeout
BZPOPMAX key+ timeout
BZMPOP timeout 1 key MIN|MAX ?COUNT,count
ZRANDMEMBER key ?count ?WITHSCORES
ZUNION 2 key key ?WEIGHTS,score,score ?AGGREGATE,SUM|MIN|MAX ?WITHSCORES
ZINTER 2 key key ?WEIGHTS,score,score ?AGGREGATE,SUM|MIN|MAX ?WITHSCORES
ZDIFF 2 key key ?WITHSCORES
ZINTERCARD 2 key key ?LIMIT,count
ZUNIONSTORE key 2 key key ?WEIGHTS,score,score ?AGGREGATE,SUM|MIN|MAX
ZINTERSTORE key 2 key key ?WEIGHTS,score,score
ZINTERSTORE key count key
ZDIFFSTORE key 2 key key
ZSCAN key 0 ?MATCH,pattern ?COUNT,small
`

// STOREDIST is left to the tests of family/geo: the last digit of a distance depends
// on the processor in Redis, and is compared by DEBUG DIGEST.
const geoRules = `
GEOADD key ?NX|XX|CH lon,lat,member+
GEODIST key member member ?m|km|ft|mi|junk
GEOHASH key member+
GEOPOS key member+
GEORADIUS key lon lat radius m|km ?WITHCOORD ?WITHDIST ?WITHHASH ?ASC|DESC ?COUNT,count
GEORADIUSBYMEMBER key member radius km ?WITHDIST ?ASC|DESC
GEORADIUS key lon lat radius km STORE key
GEOSEARCH key FROMMEMBER,member|FROMLONLAT,lon,lat BYRADIUS,radius,km|BYBOX,radius,radius,km ASC|DESC ?COUNT,count ?WITHDIST ?WITHCOORD ?WITHHASH
GEOSEARCHSTORE key key FROMLONLAT,lon,lat BYRADIUS,radius,km ASC
GEOSEARCHSTORE key key FROMMEMBER,member BYBOX,radius,radius,m ASC
`

const streamRules = `
XADD key ?NOMKSTREAM ?MAXLEN,count|MINID,streamid streamid field,value+
XADD key MAXLEN = count streamid field value
XADD key MAXLEN ~ count ?LIMIT,count streamid field value
XADD key streamid field
XADD key 5-*|100-*|9999-* field value
XLEN key
XRANGE key streambound streambound ?COUNT,count
XREVRANGE key streambound streambound ?COUNT,count
XREAD ?COUNT,count STREAMS key streamid
XREAD STREAMS key key streamid streamid
XREAD STREAMS key key streamid
XREAD BLOCK 5 STREAMS key streamid|$
XDEL key streamid+
XTRIM key MAXLEN|MINID ?=|~ streamid|count ?LIMIT,count
XSETID key streamid ?ENTRIESADDED,count ?MAXDELETEDID,streamid
XGROUP CREATE key group streamid|$ ?MKSTREAM ?ENTRIESREAD,count
XGROUP SETID key group streamid|$ ?ENTRIESREAD,count
XGROUP DESTROY key group
XGROUP CREATECONSUMER key group consumer
XGROUP DELCONSUMER key group consumer
XGROUP HELP
XREADGROUP GROUP group consumer ?COUNT,count ?NOACK STREAMS key >
XREADGROUP GROUP group consumer STREAMS key streamid
XREADGROUP GROUP group consumer BLOCK 5 STREAMS key >
XACK key group streamid+
XPENDING key group
XPENDING key group streambound streambound count ?consumer
XPENDING key group IDLE 0|100000000 - + count
XCLAIM key group consumer 0 streamid+ ?JUSTID ?FORCE ?RETRYCOUNT,count ?LASTID,streamid
XCLAIM key group consumer 100000000 streamid
XAUTOCLAIM key group consumer 0 streamid ?COUNT,count ?JUSTID
XINFO STREAM key
XINFO STREAM key FULL ?COUNT,count
XINFO GROUPS key
XINFO CONSUMERS key group
XINFO HELP
`

const sortRules = `
SORT key ?ALPHA ?ASC|DESC ?LIMIT,index,index
SORT key ALPHA STORE key
SORT_RO key ALPHA ?LIMIT,index,index
SORT key BY pattern ALPHA
SORT key BY nosort ?GET,# ?GET,pattern
SORT key ALPHA GET # GET k*->f1 GET pattern
SORT key BY k*->f1 DESC
SORT key ?junk
`

// What MULTI queues is drawn by all groups; EXEC comes often enough.
const transactionRules = `
MULTI
MULTI
EXEC
EXEC
EXEC
EXEC
DISCARD
WATCH key+
UNWATCH
`

// Collections around the thresholds between representations.
const largeRules = `
RPUSH large many
LPUSH large many
LTRIM large index index
LREM large index member
LINSERT large BEFORE|AFTER member value
LSET large index bigvalue
LRANGE large index index
SADD large many
SREM large many
SINTERSTORE large large large
SUNIONSTORE large large large
SDIFFSTORE large large large
HSET large manypairs
HDEL large many
HSET large field bigvalue
HGETALL large
ZADD large manyscores
ZREM large many
ZREMRANGEBYRANK large index index
ZREMRANGEBYSCORE large bound bound
ZRANGE large 0 -1 WITHSCORES
ZUNIONSTORE large 2 large large
ZRANK large member
OBJECT ENCODING large
RENAME large large
COPY large large REPLACE
DEL large
`

// listTerminals are terminals that stand for several arguments.
var listTerminals = map[string]func(*gen) []string{
	"many":      func(g *gen) []string { return g.many(1) },
	"manypairs": func(g *gen) []string { return g.many(2) },
	"manyscores": func(g *gen) []string {
		words := g.many(2)
		for i := 0; i < len(words); i += 2 {
			words[i] = g.number(-50, 50)
		}
		return words
	},
}

// many is 1 to 200 groups of size members, numbers or texts.
func (g *gen) many(size int) []string {
	form := g.of("%d", "m%d", "member:%d:0123456789")
	if g.IntN(10) == 0 {
		form = "%080d"
	}
	var out []string
	for range (1 + g.IntN(g.IntN(200)+1)) * size {
		out = append(out, fmt.Sprintf(form, g.IntN(1000)))
	}
	return out
}

func typeTerminals() map[string]func(*gen) string {
	return map[string]func(*gen) string{
		"member": func(g *gen) string {
			return g.of("a", "b", "c", "d", "e", "foo", "bar", "m1", "m2", "1", "2", "-5", "", "\x00\xff", "member-of-some-length", g.number(-20, 20))
		},
		"field":   func(g *gen) string { return g.of("f1", "f2", "f3", "f4", "1", "", "a-longer-name-of-a-field") },
		"count":   func(g *gen) string { return g.of("0", "1", "2", "3", "5", "10", "100", "-1", "-5", "x") },
		"timeout": func(g *gen) string { return g.of("0.01", "0.001", "0.02", "-1", "x", "1e400", "nan") },
		"score": func(g *gen) string {
			return g.of(g.number(-10, 10), g.number(-10, 10), "1.5", "-0.25", "0", "-0", "inf", "-inf", "+inf", "nan", "1e10", "3.14159265358979", "abc", "9007199254740993")
		},
		"bound": func(g *gen) string {
			return g.of(g.number(-10, 10), "("+g.number(-10, 10), "-inf", "+inf", "(inf", "1.5", "nan", "x", "(")
		},
		"lex": func(g *gen) string { return g.of("-", "+", "[a", "(a", "[c", "(m1", "[", "(", "a", "[\xff") },
		"lon": func(g *gen) string {
			return g.of("13.361389", "15.087269", "-122.27652", "180", "-180", "0", "181", "x")
		},
		"lat": func(g *gen) string {
			return g.of("38.115556", "37.502669", "37.805186", "85.05112878", "-85", "0", "86", "x")
		},
		"radius": func(g *gen) string { return g.of("0", "1", "100", "200", "5000", "20000", "-1", "x") },
		"streamid": func(g *gen) string {
			return g.of(g.number(0, 30), g.number(0, 30), g.number(0, 30)+"-"+g.number(0, 3), g.number(30, 60), g.number(60, 100)+"-1", "0", "0-0", "18446744073709551615-18446744073709551615", "x", "1-", "-1")
		},
		"streambound": func(g *gen) string {
			return g.of("-", "+", "-", "+", g.number(0, 60), "("+g.number(0, 60)+"-1", "("+g.number(0, 60), "(-", "x")
		},
		"group":    func(g *gen) string { return g.of("g1", "g2", "g3", "") },
		"consumer": func(g *gen) string { return g.of("alice", "bob", "carol") },
		"large":    func(g *gen) string { return g.of("large1", "large2", "large3") },
	}
}
