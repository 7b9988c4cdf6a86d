// Package zsets has the commands on sorted sets, Redis's group "sorted-set".
//
// All ranges come down to ranks: package zset finds those of the first and the
// last member of a range, and the replies are streamed from one to the other.
package zsets

import "github.com/redoubt-kv/redoubt/core/command"

// Commands returns the rows of the group.
func Commands() []command.Row {
	const write, read, denyOOM, fast = command.Write, command.ReadOnly, command.DenyOOM, command.Fast
	const movable, blocking, noScript = command.MovableKeys, command.Blocking, command.NoScript
	return []command.Row{
		{Name: "bzmpop", Arity: -5, Flags: write | blocking | movable,
			Keys: counted(2, "RW", "access", "delete"), Group: "sorted-set", Docs: bzmpopDocs, Handler: bzmpop},
		{Name: "bzpopmax", Arity: -3, Flags: write | noScript | blocking | fast,
			Keys: allButLast("RW", "access", "delete"), Group: "sorted-set", Docs: bzpopmaxDocs, Handler: bzpopmax},
		{Name: "bzpopmin", Arity: -3, Flags: write | noScript | blocking | fast,
			Keys: allButLast("RW", "access", "delete"), Group: "sorted-set", Docs: bzpopminDocs, Handler: bzpopmin},
		{Name: "zadd", Arity: -4, Flags: write | denyOOM | fast,
			Keys: key("RW", "update"), Group: "sorted-set", Docs: zaddDocs, Handler: zadd},
		{Name: "zcard", Arity: 2, Flags: read | fast, Keys: key("RO"), Group: "sorted-set", Docs: zcardDocs, Handler: zcard},
		{Name: "zcount", Arity: 4, Flags: read | fast,
			Keys: key("RO", "access"), Group: "sorted-set", Docs: zcountDocs, Handler: zcount},
		{Name: "zdiff", Arity: -3, Flags: read | movable,
			Keys: counted(1, "RO", "access"), Group: "sorted-set", Docs: zdiffDocs, Handler: zdiff},
		{Name: "zdiffstore", Arity: -4, Flags: write | denyOOM | movable,
			Keys: stored(), Group: "sorted-set", Docs: zdiffstoreDocs, Handler: zdiffstore},
		{Name: "zincrby", Arity: 4, Flags: write | denyOOM | fast,
			Keys: key("RW", "access", "update"), Group: "sorted-set", Docs: zincrbyDocs, Handler: zincrby},
		{Name: "zinter", Arity: -3, Flags: read | movable,
			Keys: counted(1, "RO", "access"), Group: "sorted-set", Docs: zinterDocs, Handler: zinter},
		{Name: "zintercard", Arity: -3, Flags: read | movable,
			Keys: counted(1, "RO", "access"), Group: "sorted-set", Docs: zintercardDocs, Handler: zintercard},
		{Name: "zinterstore", Arity: -4, Flags: write | denyOOM | movable,
			Keys: stored(), Group: "sorted-set", Docs: zinterstoreDocs, Handler: zinterstore},
		{Name: "zlexcount", Arity: 4, Flags: read | fast,
			Keys: key("RO", "access"), Group: "sorted-set", Docs: zlexcountDocs, Handler: zlexcount},
		{Name: "zmpop", Arity: -4, Flags: write | movable,
			Keys: counted(1, "RW", "access", "delete"), Group: "sorted-set", Docs: zmpopDocs, Handler: zmpop},
		{Name: "zmscore", Arity: -3, Flags: read | fast,
			Keys: key("RO", "access"), Group: "sorted-set", Docs: zmscoreDocs, Handler: zmscore},
		{Name: "zpopmax", Arity: -2, Flags: write | fast,
			Keys: key("RW", "access", "delete"), Group: "sorted-set", Docs: zpopmaxDocs, Handler: zpopmax},
		{Name: "zpopmin", Arity: -2, Flags: write | fast,
			Keys: key("RW", "access", "delete"), Group: "sorted-set", Docs: zpopminDocs, Handler: zpopmin},
		{Name: "zrandmember", Arity: -2, Flags: read, Tips: []string{"nondeterministic_output"},
			Keys: key("RO", "access"), Group: "sorted-set", Docs: zrandmemberDocs, Handler: zrandmember},
		{Name: "zrange", Arity: -4, Flags: read,
			Keys: key("RO", "access"), Group: "sorted-set", Docs: zrangeDocs, Handler: zrange},
		{Name: "zrangebylex", Arity: -4, Flags: read,
			Keys: key("RO", "access"), Group: "sorted-set", Docs: zrangebylexDocs, Handler: zrangebylex},
		{Name: "zrangebyscore", Arity: -4, Flags: read,
			Keys: key("RO", "access"), Group: "sorted-set", Docs: zrangebyscoreDocs, Handler: zrangebyscore},
		{Name: "zrangestore", Arity: -5, Flags: write | denyOOM,
			Keys: []command.KeySpec{
				{Index: 1, Step: 1, Flags: []string{"OW", "update"}},
				{Index: 2, Step: 1, Flags: []string{"RO", "access"}}},
			Group: "sorted-set", Docs: zrangestoreDocs, Handler: zrangestore},
		{Name: "zrank", Arity: -3, Flags: read | fast,
			Keys: key("RO", "access"), Group: "sorted-set", Docs: zrankDocs, Handler: zrank},
		{Name: "zrem", Arity: -3, Flags: write | fast, Keys: key("RW", "delete"), Group: "sorted-set", Docs: zremDocs, Handler: zrem},
		{Name: "zremrangebylex", Arity: 4, Flags: write,
			Keys: key("RW", "delete"), Group: "sorted-set", Docs: zremrangebylexDocs, Handler: zremrangebylex},
		{Name: "zremrangebyrank", Arity: 4, Flags: write,
			Keys: key("RW", "delete"), Group: "sorted-set", Docs: zremrangebyrankDocs, Handler: zremrangebyrank},
		{Name: "zremrangebyscore", Arity: 4, Flags: write,
			Keys: key("RW", "delete"), Group: "sorted-set", Docs: zremrangebyscoreDocs, Handler: zremrangebyscore},
		{Name: "zrevrange", Arity: -4, Flags: read,
			Keys: key("RO", "access"), Group: "sorted-set", Docs: zrevrangeDocs, Handler: zrevrange},
		{Name: "zrevrangebylex", Arity: -4, Flags: read,
			Keys: key("RO", "access"), Group: "sorted-set", Docs: zrevrangebylexDocs, Handler: zrevrangebylex},
		{Name: "zrevrangebyscore", Arity: -4, Flags: read,
			Keys: key("RO", "access"), Group: "sorted-set", Docs: zrevrangebyscoreDocs, Handler: zrevrangebyscore},
		{Name: "zrevrank", Arity: -3, Flags: read | fast,
			Keys: key("RO", "access"), Group: "sorted-set", Docs: zrevrankDocs, Handler: zrevrank},
		{Name: "zscan", Arity: -3, Flags: read, Tips: []string{"nondeterministic_output"},
			Keys: key("RO", "access"), Group: "sorted-set", Docs: zscanDocs, Handler: zscan},
		{Name: "zscore", Arity: 3, Flags: read | fast,
			Keys: key("RO", "access"), Group: "sorted-set", Docs: zscoreDocs, Handler: zscore},
		{Name: "zunion", Arity: -3, Flags: read | movable,
			Keys: counted(1, "RO", "access"), Group: "sorted-set", Docs: zunionDocs, Handler: zunion},
		{Name: "zunionstore", Arity: -4, Flags: write | denyOOM | movable,
			Keys: stored(), Group: "sorted-set", Docs: zunionstoreDocs, Handler: zunionstore},
	}
}

// key is the spec of one key behind the name.
func key(flags ...string) []command.KeySpec {
	return []command.KeySpec{{Index: 1, Step: 1, Flags: flags}}
}

// counted is the spec of keys behind their number, which is argument at.
func counted(at int, flags ...string) []command.KeySpec {
	return []command.KeySpec{{Index: at, KeyNum: true, FirstKey: 1, Step: 1, Flags: flags}}
}

// allButLast is the spec of keys before a timeout.
func allButLast(flags ...string) []command.KeySpec {
	return []command.KeySpec{{Index: 1, LastKey: -2, Step: 1, Flags: flags}}
}

// stored is the specs of a destination and counted sources.
func stored() []command.KeySpec {
	return append([]command.KeySpec{{Index: 1, Step: 1, Flags: []string{"OW", "update"}}},
		counted(2, "RO", "access")...)
}
