// Package geo has the commands on places, Redis's group "geo". Places are the
// members of sorted sets, with their geohash as score; package geohash knows the
// arithmetic.
package geo

import "github.com/redoubt-kv/redoubt/core/command"

// Commands returns the rows of the group.
func Commands() []command.Row {
	const write, read, denyOOM, movable = command.Write, command.ReadOnly, command.DenyOOM, command.MovableKeys
	return []command.Row{
		{Name: "geoadd", Arity: -5, Flags: write | denyOOM, Keys: key("RW", "update"), Group: "geo", Docs: geoaddDocs, Handler: geoadd},
		{Name: "geodist", Arity: -4, Flags: read, Keys: key("RO", "access"), Group: "geo", Docs: geodistDocs, Handler: geodist},
		{Name: "geohash", Arity: -2, Flags: read, Keys: key("RO", "access"), Group: "geo", Docs: geohashDocs, Handler: geoHash},
		{Name: "geopos", Arity: -2, Flags: read, Keys: key("RO", "access"), Group: "geo", Docs: geoposDocs, Handler: geopos},
		{Name: "georadius", Arity: -6, Flags: write | denyOOM | movable,
			Keys: storing(6), Group: "geo", Docs: georadiusDocs, Handler: georadius},
		{Name: "georadius_ro", Arity: -6, Flags: read,
			Keys: key("RO", "access"), Group: "geo", Docs: georadiusRODocs, Handler: georadiusRO},
		{Name: "georadiusbymember", Arity: -5, Flags: write | denyOOM | movable,
			Keys: storing(5), Group: "geo", Docs: georadiusbymemberDocs, Handler: georadiusByMember},
		{Name: "georadiusbymember_ro", Arity: -5, Flags: read,
			Keys: key("RO", "access"), Group: "geo", Docs: georadiusbymemberRODocs, Handler: georadiusByMemberRO},
		{Name: "geosearch", Arity: -7, Flags: read,
			Keys: key("RO", "access"), Group: "geo", Docs: geosearchDocs, Handler: geosearch},
		{Name: "geosearchstore", Arity: -8, Flags: write | denyOOM,
			Keys: []command.KeySpec{
				{Index: 1, Step: 1, Flags: []string{"OW", "update"}},
				{Index: 2, Step: 1, Flags: []string{"RO", "access"}}},
			Group: "geo", Docs: geosearchstoreDocs, Handler: geosearchstore},
	}
}

// key is the spec of one key behind the name.
func key(flags ...string) []command.KeySpec {
	return []command.KeySpec{{Index: 1, Step: 1, Flags: flags}}
}

// storing is the specs of a key, and of those behind STORE and STOREDIST, which
// may stand from argument from on.
func storing(from int) []command.KeySpec {
	return append(key("RO", "access"),
		command.KeySpec{Keyword: "STORE", From: from, Step: 1, Flags: []string{"OW", "update"}},
		command.KeySpec{Keyword: "STOREDIST", From: from, Step: 1, Flags: []string{"OW", "update"}})
}
