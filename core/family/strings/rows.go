// Package strings has the commands on string values, Redis's group "string".
//
// GET, SET, INCR and their like are what a cache does all day: they look a key
// up once, copy a value once (into the reply), and allocate nothing.
package strings

import "github.com/redoubt-kv/redoubt/core/command"

// Options are what the commands take from the configuration. The functions are
// called in each command that needs them, by any goroutine.
type Options struct {
	// MaxBulk is proto-max-bulk-len in bytes: no command makes a longer
	// string.
	MaxBulk func() int64
	// LazyUserDel is lazyfree-lazy-user-del: GETDEL is recorded as UNLINK.
	LazyUserDel func() bool
}

type family struct{ Options }

// Commands returns the rows of the group.
func Commands(o Options) []command.Row {
	f := family{o}
	const write, read, denyOOM, fast = command.Write, command.ReadOnly, command.DenyOOM, command.Fast
	return []command.Row{
		{Name: "append", Arity: 3, Flags: write | denyOOM | fast,
			Keys: key("RW", "insert"), Group: "string", Docs: appendDocs, Handler: f.append},
		{Name: "decr", Arity: 2, Flags: write | denyOOM | fast,
			Keys: key("RW", "access", "update"), Group: "string", Docs: decrDocs, Handler: decr},
		{Name: "decrby", Arity: 3, Flags: write | denyOOM | fast,
			Keys: key("RW", "access", "update"), Group: "string", Docs: decrbyDocs, Handler: decrby},
		{Name: "get", Arity: 2, Flags: read | fast,
			Keys: key("RO", "access"), Group: "string", Docs: getDocs, Handler: get},
		{Name: "getdel", Arity: 2, Flags: write | fast,
			Keys: key("RW", "access", "delete"), Group: "string", Docs: getdelDocs, Handler: f.getdel},
		{Name: "getex", Arity: -2, Flags: write | fast,
			Keys:  noted("RW and UPDATE because it changes the TTL", key("RW", "access", "update")),
			Group: "string", Docs: getexDocs, Handler: getex},
		{Name: "getrange", Arity: 4, Flags: read,
			Keys: key("RO", "access"), Group: "string", Docs: getrangeDocs, Handler: getrange},
		{Name: "getset", Arity: 3, Flags: write | denyOOM | fast,
			Keys: key("RW", "access", "update"), Group: "string", Docs: getsetDocs, Handler: getset},
		{Name: "incr", Arity: 2, Flags: write | denyOOM | fast,
			Keys: key("RW", "access", "update"), Group: "string", Docs: incrDocs, Handler: incr},
		{Name: "incrby", Arity: 3, Flags: write | denyOOM | fast,
			Keys: key("RW", "access", "update"), Group: "string", Docs: incrbyDocs, Handler: incrby},
		{Name: "incrbyfloat", Arity: 3, Flags: write | denyOOM | fast,
			Keys: key("RW", "access", "update"), Group: "string", Docs: incrbyfloatDocs, Handler: incrbyfloat},
		{Name: "lcs", Arity: -3, Flags: read,
			Keys: keys(1, 1, "RO", "access"), Group: "string", Docs: lcsDocs, Handler: f.lcs},
		{Name: "mget", Arity: -2, Flags: read | fast,
			Tips: []string{"request_policy:multi_shard"},
			Keys: keys(-1, 1, "RO", "access"), Group: "string", Docs: mgetDocs, Handler: mget},
		{Name: "mset", Arity: -3, Flags: write | denyOOM,
			Tips: []string{"request_policy:multi_shard", "response_policy:all_succeeded"},
			Keys: keys(-1, 2, "OW", "update"), Group: "string", Docs: msetDocs, Handler: mset},
		{Name: "msetnx", Arity: -3, Flags: write | denyOOM,
			Tips: []string{"request_policy:multi_shard", "response_policy:agg_min"},
			Keys: keys(-1, 2, "OW", "insert"), Group: "string", Docs: msetnxDocs, Handler: msetnx},
		{Name: "psetex", Arity: 4, Flags: write | denyOOM,
			Keys: key("OW", "update"), Group: "string", Docs: psetexDocs, Handler: psetex},
		{Name: "set", Arity: -3, Flags: write | denyOOM,
			Keys: noted("RW and ACCESS due to the optional `GET` argument",
				key("RW", "access", "update", "variable_flags")),
			KeyFlags: setKeyFlags, Group: "string", Docs: setDocs, Handler: set},
		{Name: "setex", Arity: 4, Flags: write | denyOOM,
			Keys: key("OW", "update"), Group: "string", Docs: setexDocs, Handler: setex},
		{Name: "setnx", Arity: 3, Flags: write | denyOOM | fast,
			Keys: key("OW", "insert"), Group: "string", Docs: setnxDocs, Handler: setnx},
		{Name: "setrange", Arity: 4, Flags: write | denyOOM,
			Keys: key("RW", "update"), Group: "string", Docs: setrangeDocs, Handler: f.setrange},
		{Name: "strlen", Arity: 2, Flags: read | fast,
			Keys: key("RO"), Group: "string", Docs: strlenDocs, Handler: strlen},
		{Name: "substr", Arity: 4, Flags: read,
			Keys: key("RO", "access"), Group: "string", Docs: substrDocs, Handler: getrange},
	}
}

// key is the spec of one key behind the name.
func key(flags ...string) []command.KeySpec { return keys(0, 1, flags...) }

// keys is the spec of keys from the first argument on, each step-th of them.
func keys(last, step int, flags ...string) []command.KeySpec {
	return []command.KeySpec{{Index: 1, LastKey: last, Step: step, Flags: flags}}
}

func noted(note string, specs []command.KeySpec) []command.KeySpec {
	specs[0].Notes = note
	return specs
}
