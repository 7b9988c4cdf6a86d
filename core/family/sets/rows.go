// Package sets has the commands on sets, Redis's group "set". How a set lies
// in memory is the matter of core/value/set.
package sets

import "github.com/redoubt-kv/redoubt/core/command"

// Commands returns the rows of the group.
func Commands() []command.Row {
	const write, read, denyOOM, fast = command.Write, command.ReadOnly, command.DenyOOM, command.Fast
	unordered := []string{"nondeterministic_output_order"}
	random := []string{"nondeterministic_output"}
	return []command.Row{
		{Name: "sadd", Arity: -3, Flags: write | denyOOM | fast,
			Keys: key("RW", "insert"), Group: "set", Docs: saddDocs, Handler: sadd},
		{Name: "scard", Arity: 2, Flags: read | fast,
			Keys: key("RO"), Group: "set", Docs: scardDocs, Handler: scard},
		{Name: "sdiff", Arity: -2, Flags: read, Tips: unordered,
			Keys: keys(1, "RO", "access"), Group: "set", Docs: sdiffDocs, Handler: sdiff},
		{Name: "sdiffstore", Arity: -3, Flags: write | denyOOM,
			Keys: stored("OW"), Group: "set", Docs: sdiffstoreDocs, Handler: sdiffstore},
		{Name: "sinter", Arity: -2, Flags: read, Tips: unordered,
			Keys: keys(1, "RO", "access"), Group: "set", Docs: sinterDocs, Handler: sinter},
		{Name: "sintercard", Arity: -3, Flags: read | command.MovableKeys,
			Keys:  []command.KeySpec{{Index: 1, KeyNum: true, FirstKey: 1, Step: 1, Flags: []string{"RO", "access"}}},
			Group: "set", Docs: sintercardDocs, Handler: sintercard},
		{Name: "sinterstore", Arity: -3, Flags: write | denyOOM,
			Keys: stored("RW"), Group: "set", Docs: sinterstoreDocs, Handler: sinterstore},
		{Name: "sismember", Arity: 3, Flags: read | fast,
			Keys: key("RO"), Group: "set", Docs: sismemberDocs, Handler: sismember},
		{Name: "smembers", Arity: 2, Flags: read, Tips: unordered,
			Keys: key("RO", "access"), Group: "set", Docs: smembersDocs, Handler: smembers},
		{Name: "smismember", Arity: -3, Flags: read | fast,
			Keys: key("RO", "access"), Group: "set", Docs: smismemberDocs, Handler: smismember},
		{Name: "smove", Arity: 4, Flags: write | fast,
			Keys:  append(key("RW", "access", "delete"), command.KeySpec{Index: 2, Step: 1, Flags: []string{"RW", "insert"}}),
			Group: "set", Docs: smoveDocs, Handler: smove},
		{Name: "spop", Arity: -2, Flags: write | fast, Tips: random,
			Keys: key("RW", "access", "delete"), Group: "set", Docs: spopDocs, Handler: spop},
		{Name: "srandmember", Arity: -2, Flags: read, Tips: random,
			Keys: key("RO", "access"), Group: "set", Docs: srandmemberDocs, Handler: srandmember},
		{Name: "srem", Arity: -3, Flags: write | fast,
			Keys: key("RW", "delete"), Group: "set", Docs: sremDocs, Handler: srem},
		{Name: "sscan", Arity: -3, Flags: read, Tips: random,
			Keys: key("RO", "access"), Group: "set", Docs: sscanDocs, Handler: sscan},
		{Name: "sunion", Arity: -2, Flags: read, Tips: unordered,
			Keys: keys(1, "RO", "access"), Group: "set", Docs: sunionDocs, Handler: sunion},
		{Name: "sunionstore", Arity: -3, Flags: write | denyOOM,
			Keys: stored("OW"), Group: "set", Docs: sunionstoreDocs, Handler: sunionstore},
	}
}

// key is the spec of one key behind the name.
func key(flags ...string) []command.KeySpec {
	return []command.KeySpec{{Index: 1, Step: 1, Flags: flags}}
}

// keys is the spec of keys from an argument to the last one.
func keys(first int, flags ...string) []command.KeySpec {
	return []command.KeySpec{{Index: first, LastKey: -1, Step: 1, Flags: flags}}
}

// stored are the specs of a destination, with its access, and of the sets
// behind it.
func stored(access string) []command.KeySpec {
	return append(key(access, "update"), keys(2, "RO", "access")...)
}
