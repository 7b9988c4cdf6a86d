// Package lists has the commands on lists, Redis's group "list".
package lists

import "github.com/redoubt-kv/redoubt/core/command"

// The ends of a list.
const (
	left  = true
	right = false
)

// Commands returns the rows of the group.
func Commands() []command.Row {
	const write, read, denyOOM, fast = command.Write, command.ReadOnly, command.DenyOOM, command.Fast
	const noScript, blocking = command.NoScript, command.Blocking
	return []command.Row{
		{Name: "blmove", Arity: 6, Flags: write | denyOOM | noScript | blocking,
			Keys: twoKeys(), Group: "list", Docs: blmoveDocs, Handler: blmove},
		{Name: "blmpop", Arity: -5, Flags: write | blocking | command.MovableKeys,
			Keys: numberedKeys(2), Group: "list", Docs: blmpopDocs, Handler: blmpop},
		{Name: "blpop", Arity: -3, Flags: write | noScript | blocking,
			Keys: keysAndTimeout(), Group: "list", Docs: blpopDocs, Handler: blockingPop(left)},
		{Name: "brpop", Arity: -3, Flags: write | noScript | blocking,
			Keys: keysAndTimeout(), Group: "list", Docs: brpopDocs, Handler: blockingPop(right)},
		{Name: "brpoplpush", Arity: 4, Flags: write | denyOOM | noScript | blocking,
			Keys: twoKeys(), Group: "list", Docs: brpoplpushDocs, Handler: brpoplpush},
		{Name: "lindex", Arity: 3, Flags: read,
			Keys: key("RO", "access"), Group: "list", Docs: lindexDocs, Handler: lindex},
		{Name: "linsert", Arity: 5, Flags: write | denyOOM,
			Keys: key("RW", "insert"), Group: "list", Docs: linsertDocs, Handler: linsert},
		{Name: "llen", Arity: 2, Flags: read | fast,
			Keys: key("RO"), Group: "list", Docs: llenDocs, Handler: llen},
		{Name: "lmove", Arity: 5, Flags: write | denyOOM,
			Keys: twoKeys(), Group: "list", Docs: lmoveDocs, Handler: lmove},
		{Name: "lmpop", Arity: -4, Flags: write | command.MovableKeys,
			Keys: numberedKeys(1), Group: "list", Docs: lmpopDocs, Handler: lmpop},
		{Name: "lpop", Arity: -2, Flags: write | fast,
			Keys: key("RW", "access", "delete"), Group: "list", Docs: lpopDocs, Handler: pop(left)},
		{Name: "lpos", Arity: -3, Flags: read,
			Keys: key("RO", "access"), Group: "list", Docs: lposDocs, Handler: lpos},
		{Name: "lpush", Arity: -3, Flags: write | denyOOM | fast,
			Keys: key("RW", "insert"), Group: "list", Docs: lpushDocs, Handler: push(left, false)},
		{Name: "lpushx", Arity: -3, Flags: write | denyOOM | fast,
			Keys: key("RW", "insert"), Group: "list", Docs: lpushxDocs, Handler: push(left, true)},
		{Name: "lrange", Arity: 4, Flags: read,
			Keys: key("RO", "access"), Group: "list", Docs: lrangeDocs, Handler: lrange},
		{Name: "lrem", Arity: 4, Flags: write,
			Keys: key("RW", "delete"), Group: "list", Docs: lremDocs, Handler: lrem},
		{Name: "lset", Arity: 4, Flags: write | denyOOM,
			Keys: key("RW", "update"), Group: "list", Docs: lsetDocs, Handler: lset},
		{Name: "ltrim", Arity: 4, Flags: write,
			Keys: key("RW", "delete"), Group: "list", Docs: ltrimDocs, Handler: ltrim},
		{Name: "rpop", Arity: -2, Flags: write | fast,
			Keys: key("RW", "access", "delete"), Group: "list", Docs: rpopDocs, Handler: pop(right)},
		{Name: "rpoplpush", Arity: 3, Flags: write | denyOOM,
			Keys: twoKeys(), Group: "list", Docs: rpoplpushDocs, Handler: rpoplpush},
		{Name: "rpush", Arity: -3, Flags: write | denyOOM | fast,
			Keys: key("RW", "insert"), Group: "list", Docs: rpushDocs, Handler: push(right, false)},
		{Name: "rpushx", Arity: -3, Flags: write | denyOOM | fast,
			Keys: key("RW", "insert"), Group: "list", Docs: rpushxDocs, Handler: push(right, true)},
	}
}

// key is the spec of one key behind the name.
func key(flags ...string) []command.KeySpec {
	return []command.KeySpec{{Index: 1, Step: 1, Flags: flags}}
}

// twoKeys are the specs of source and destination.
func twoKeys() []command.KeySpec {
	return []command.KeySpec{
		{Index: 1, Step: 1, Flags: []string{"RW", "access", "delete"}},
		{Index: 2, Step: 1, Flags: []string{"RW", "insert"}},
	}
}

// keysAndTimeout is the spec of all arguments but the last being keys.
func keysAndTimeout() []command.KeySpec {
	return []command.KeySpec{{Index: 1, LastKey: -2, Step: 1, Flags: []string{"RW", "access", "delete"}}}
}

// numberedKeys is the spec of keys behind their number, which is argument i.
func numberedKeys(i int) []command.KeySpec {
	return []command.KeySpec{{Index: i, KeyNum: true, FirstKey: 1, Step: 1, Flags: []string{"RW", "access", "delete"}}}
}
