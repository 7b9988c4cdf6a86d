// Package bitmaps has the commands on the bits of string values, Redis's group
// "bitmap".
//
// Bit 0 is the most significant bit of the first byte. A string may be
// hundreds of megabytes, in chunks: the commands read pieces and write ranges,
// and only BITOP builds a whole string.
package bitmaps

import "github.com/redoubt-kv/redoubt/core/command"

// Options are what the commands take from the configuration. The functions are
// called in each command that needs them, by any goroutine.
type Options struct {
	// MaxBulk is proto-max-bulk-len in bytes: no command makes a longer
	// string.
	MaxBulk func() int64
}

type family struct{ Options }

// Commands returns the rows of the group.
func Commands(o Options) []command.Row {
	f := family{o}
	const write, read, denyOOM, fast = command.Write, command.ReadOnly, command.DenyOOM, command.Fast
	return []command.Row{
		{Name: "bitcount", Arity: -2, Flags: read,
			Keys: key("RO", "access"), Group: "bitmap", Docs: bitcountDocs, Handler: bitcount},
		{Name: "bitfield", Arity: -2, Flags: write | denyOOM,
			Keys: []command.KeySpec{{Notes: "This command allows both access and modification of the key",
				Index: 1, Step: 1, Flags: []string{"RW", "access", "update", "variable_flags"}}},
			KeyFlags: bitfieldKeyFlags, Group: "bitmap", Docs: bitfieldDocs, Handler: f.bitfield},
		{Name: "bitfield_ro", Arity: -2, Flags: read | fast,
			Keys: key("RO", "access"), Group: "bitmap", Docs: bitfieldRODocs, Handler: f.bitfieldRO},
		{Name: "bitop", Arity: -4, Flags: write | denyOOM,
			Keys: []command.KeySpec{
				{Index: 2, Step: 1, Flags: []string{"OW", "update"}},
				{Index: 3, LastKey: -1, Step: 1, Flags: []string{"RO", "access"}}},
			Group: "bitmap", Docs: bitopDocs, Handler: bitop},
		{Name: "bitpos", Arity: -3, Flags: read,
			Keys: key("RO", "access"), Group: "bitmap", Docs: bitposDocs, Handler: bitpos},
		{Name: "getbit", Arity: 3, Flags: read | fast,
			Keys: key("RO", "access"), Group: "bitmap", Docs: getbitDocs, Handler: f.getbit},
		{Name: "setbit", Arity: 4, Flags: write | denyOOM,
			Keys: key("RW", "access", "update"), Group: "bitmap", Docs: setbitDocs, Handler: f.setbit},
	}
}

// key is the spec of one key behind the name.
func key(flags ...string) []command.KeySpec {
	return []command.KeySpec{{Index: 1, Step: 1, Flags: flags}}
}
