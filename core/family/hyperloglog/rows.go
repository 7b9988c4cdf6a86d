// Package hyperloglog has the commands of Redis's group "hyperloglog". The
// values are strings; package hll knows their bytes.
package hyperloglog

import "github.com/redoubt-kv/redoubt/core/command"

// Options are what the commands take from the configuration. The functions are
// called in each command that needs them, by any goroutine.
type Options struct {
	// SparseMax is hll-sparse-max-bytes: a larger one becomes dense.
	SparseMax func() int64
}

type family struct{ Options }

// Commands returns the rows of the group.
func Commands(o Options) []command.Row {
	f := family{o}
	const write, read, denyOOM, admin, fast = command.Write, command.ReadOnly, command.DenyOOM, command.Admin, command.Fast
	return []command.Row{
		{Name: "pfadd", Arity: -2, Flags: write | denyOOM | fast,
			Keys:  []command.KeySpec{{Index: 1, Step: 1, Flags: []string{"RW", "insert"}}},
			Group: "hyperloglog", Docs: pfaddDocs, Handler: f.pfadd},
		{Name: "pfcount", Arity: -2, Flags: read | command.MayReplicate,
			Keys: []command.KeySpec{{
				Notes: "RW because it may change the internal representation of the key, and propagate to replicas",
				Index: 1, LastKey: -1, Step: 1, Flags: []string{"RW", "access"}}},
			Group: "hyperloglog", Docs: pfcountDocs, Handler: pfcount},
		{Name: "pfdebug", Arity: 3, Flags: write | denyOOM | admin,
			Keys:  []command.KeySpec{{Index: 2, Step: 1, Flags: []string{"RW", "access"}}},
			Group: "hyperloglog", Docs: pfdebugDocs, Handler: pfdebug},
		{Name: "pfmerge", Arity: -2, Flags: write | denyOOM,
			Keys: []command.KeySpec{
				{Index: 1, Step: 1, Flags: []string{"RW", "access", "insert"}},
				{Index: 2, LastKey: -1, Step: 1, Flags: []string{"RO", "access"}}},
			Group: "hyperloglog", Docs: pfmergeDocs, Handler: f.pfmerge},
		{Name: "pfselftest", Arity: 1, Flags: admin, Group: "hyperloglog", Docs: pfselftestDocs, Handler: f.pfselftest},
	}
}
