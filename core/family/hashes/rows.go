// Package hashes has the commands on hashes, Redis's group "hash", with those
// on the expiry of single fields that came with 7.4 and 8.0.
package hashes

import "github.com/redoubt-kv/redoubt/core/command"

const (
	write   = command.Write
	read    = command.ReadOnly
	denyOOM = command.DenyOOM
	fast    = command.Fast
)

var (
	anyOrder  = []string{"nondeterministic_output_order"}
	anyOutput = []string{"nondeterministic_output"}
)

// Commands returns the rows of the group.
func Commands() []command.Row { return append(plainRows(), fieldRows()...) }

func plainRows() []command.Row {
	return []command.Row{
		{Name: "hdel", Arity: -3, Flags: write | fast,
			Keys: key("RW", "delete"), Group: "hash", Docs: hdelDocs, Handler: hdel},
		{Name: "hexists", Arity: 3, Flags: read | fast,
			Keys: key("RO"), Group: "hash", Docs: hexistsDocs, Handler: hexists},
		{Name: "hget", Arity: 3, Flags: read | fast,
			Keys: key("RO", "access"), Group: "hash", Docs: hgetDocs, Handler: hget},
		{Name: "hgetall", Arity: 2, Flags: read, Tips: anyOrder,
			Keys: key("RO", "access"), Group: "hash", Docs: hgetallDocs, Handler: hgetall},
		{Name: "hincrby", Arity: 4, Flags: write | denyOOM | fast,
			Keys: key("RW", "access", "update"), Group: "hash", Docs: hincrbyDocs, Handler: hincrby},
		{Name: "hincrbyfloat", Arity: 4, Flags: write | denyOOM | fast,
			Keys: key("RW", "access", "update"), Group: "hash", Docs: hincrbyfloatDocs, Handler: hincrbyfloat},
		{Name: "hkeys", Arity: 2, Flags: read, Tips: anyOrder,
			Keys: key("RO", "access"), Group: "hash", Docs: hkeysDocs, Handler: hkeys},
		{Name: "hlen", Arity: 2, Flags: read | fast,
			Keys: key("RO"), Group: "hash", Docs: hlenDocs, Handler: hlen},
		{Name: "hmget", Arity: -3, Flags: read | fast,
			Keys: key("RO", "access"), Group: "hash", Docs: hmgetDocs, Handler: hmget},
		{Name: "hmset", Arity: -4, Flags: write | denyOOM | fast,
			Keys: key("RW", "update"), Group: "hash", Docs: hmsetDocs, Handler: hset},
		{Name: "hrandfield", Arity: -2, Flags: read, Tips: anyOutput,
			Keys: key("RO", "access"), Group: "hash", Docs: hrandfieldDocs, Handler: hrandfield},
		{Name: "hscan", Arity: -3, Flags: read, Tips: anyOutput,
			Keys: key("RO", "access"), Group: "hash", Docs: hscanDocs, Handler: hscan},
		{Name: "hset", Arity: -4, Flags: write | denyOOM | fast,
			Keys: key("RW", "update"), Group: "hash", Docs: hsetDocs, Handler: hset},
		{Name: "hsetnx", Arity: 4, Flags: write | denyOOM | fast,
			Keys: key("RW", "insert"), Group: "hash", Docs: hsetnxDocs, Handler: hsetnx},
		{Name: "hstrlen", Arity: 3, Flags: read | fast,
			Keys: key("RO"), Group: "hash", Docs: hstrlenDocs, Handler: hstrlen},
		{Name: "hvals", Arity: 2, Flags: read, Tips: anyOrder,
			Keys: key("RO", "access"), Group: "hash", Docs: hvalsDocs, Handler: hvals},
	}
}

func fieldRows() []command.Row {
	getex := key("RW", "access", "update")
	getex[0].Notes = "RW and UPDATE because it changes the TTL"
	return []command.Row{
		{Name: "hexpire", Arity: -6, Flags: write | denyOOM | fast, Keys: key("RW", "update"),
			Group: "hash", Docs: func() command.Docs {
				return expireDocs("Set the expiry of fields of a hash in seconds from now", "seconds")
			}, Handler: hexpire},
		{Name: "hexpireat", Arity: -6, Flags: write | denyOOM | fast, Keys: key("RW", "update"),
			Group: "hash", Docs: func() command.Docs {
				return expireDocs("Set the expiry of fields of a hash as a Unix time in seconds", "unix-time-seconds")
			}, Handler: hexpireat},
		{Name: "hexpiretime", Arity: -5, Flags: read | fast, Keys: key("RO", "access"),
			Group: "hash", Docs: func() command.Docs { return ttlDocs("Get the expiry of fields of a hash as a Unix time in seconds") }, Handler: hexpiretime},
		{Name: "hgetdel", Arity: -5, Flags: write | fast, Keys: key("RW", "access", "delete"),
			Group: "hash", Docs: hgetdelDocs, Handler: hgetdel},
		{Name: "hgetex", Arity: -5, Flags: write | fast, Keys: getex, Group: "hash", Docs: hgetexDocs, Handler: hgetex},
		{Name: "hpersist", Arity: -5, Flags: write | fast, Keys: key("RW", "update"),
			Group: "hash", Docs: func() command.Docs { return ttlDocs("Remove the expiry of fields of a hash") }, Handler: hpersist},
		{Name: "hpexpire", Arity: -6, Flags: write | denyOOM | fast, Keys: key("RW", "update"),
			Group: "hash", Docs: func() command.Docs {
				return expireDocs("Set the expiry of fields of a hash in milliseconds from now", "milliseconds")
			}, Handler: hpexpire},
		{Name: "hpexpireat", Arity: -6, Flags: write | denyOOM | fast, Keys: key("RW", "update"),
			Group: "hash", Docs: func() command.Docs {
				return expireDocs("Set the expiry of fields of a hash as a Unix time in milliseconds", "unix-time-milliseconds")
			}, Handler: hpexpireat},
		{Name: "hpexpiretime", Arity: -5, Flags: read | fast, Keys: key("RO", "access"),
			Group: "hash", Docs: func() command.Docs {
				return ttlDocs("Get the expiry of fields of a hash as a Unix time in milliseconds")
			}, Handler: hpexpiretime},
		{Name: "hpttl", Arity: -5, Flags: read | fast, Tips: anyOutput, Keys: key("RO", "access"),
			Group: "hash", Docs: func() command.Docs { return ttlDocs("Get the time that fields of a hash have left, in milliseconds") }, Handler: hpttl},
		{Name: "hsetex", Arity: -6, Flags: write | denyOOM | fast, Keys: key("RW", "update"),
			Group: "hash", Docs: hsetexDocs, Handler: hsetex},
		{Name: "httl", Arity: -5, Flags: read | fast, Tips: anyOutput, Keys: key("RO", "access"),
			Group: "hash", Docs: func() command.Docs { return ttlDocs("Get the time that fields of a hash have left, in seconds") }, Handler: httl},
	}
}

// key is the spec of the one key behind the name.
func key(flags ...string) []command.KeySpec {
	return []command.KeySpec{{Index: 1, LastKey: 0, Step: 1, Flags: flags}}
}
