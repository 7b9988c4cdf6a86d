package geo

import "github.com/redoubt-kv/redoubt/core/command"

// The documentation of the commands, in alphabetical order: what COMMAND DOCS
// of Redis 7.0 replies.

func geoaddDocs() command.Docs {
	return command.Docs{
		Summary:    "Add one or more geospatial items in the geospatial index represented using a sorted set",
		Since:      "3.2.0",
		Complexity: "O(log(N)) for each item added, where N is the number of elements in the sorted set.",
		History: [][2]string{
			{"6.2.0", "Added the `CH`, `NX` and `XX` options."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "condition", Type: "oneof", Since: "6.2.0", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "nx", Type: "pure-token", Token: "NX"},
				{Name: "xx", Type: "pure-token", Token: "XX"},
			}},
			{Name: "change", Type: "pure-token", Token: "CH", Since: "6.2.0", Flags: []string{"optional"}},
			{Name: "longitude_latitude_member", Type: "block", Flags: []string{"multiple"}, Args: []command.Arg{
				{Name: "longitude", Type: "double"},
				{Name: "latitude", Type: "double"},
				{Name: "member", Type: "string"},
			}},
		},
	}
}

func geodistDocs() command.Docs {
	return command.Docs{
		Summary:    "Returns the distance between two members of a geospatial index",
		Since:      "3.2.0",
		Complexity: "O(log(N))",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "member1", Type: "string"},
			{Name: "member2", Type: "string"},
			{Name: "unit", Type: "oneof", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "m", Type: "pure-token", Token: "M"},
				{Name: "km", Type: "pure-token", Token: "KM"},
				{Name: "ft", Type: "pure-token", Token: "FT"},
				{Name: "mi", Type: "pure-token", Token: "MI"},
			}},
		},
	}
}

func geohashDocs() command.Docs {
	return command.Docs{
		Summary:    "Returns members of a geospatial index as standard geohash strings",
		Since:      "3.2.0",
		Complexity: "O(log(N)) for each member requested, where N is the number of elements in the sorted set.",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "member", Type: "string", Flags: []string{"multiple"}},
		},
	}
}

func geoposDocs() command.Docs {
	return command.Docs{
		Summary:    "Returns longitude and latitude of members of a geospatial index",
		Since:      "3.2.0",
		Complexity: "O(N) where N is the number of members requested.",
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "member", Type: "string", Flags: []string{"multiple"}},
		},
	}
}

func georadiusDocs() command.Docs {
	return command.Docs{
		Summary:    "Query a sorted set representing a geospatial index to fetch members matching a given maximum distance from a point",
		Since:      "3.2.0",
		Complexity: "O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited by center and radius and M is the number of items inside the index.",
		Deprecated: "6.2.0",
		ReplacedBy: "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument",
		Flags:      []string{"deprecated"},
		History: [][2]string{
			{"6.2.0", "Added the `ANY` option for `COUNT`."},
			{"7.0.0", "Added support for uppercase unit names."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "longitude", Type: "double"},
			{Name: "latitude", Type: "double"},
			{Name: "radius", Type: "double"},
			{Name: "unit", Type: "oneof", Args: []command.Arg{
				{Name: "m", Type: "pure-token", Token: "M"},
				{Name: "km", Type: "pure-token", Token: "KM"},
				{Name: "ft", Type: "pure-token", Token: "FT"},
				{Name: "mi", Type: "pure-token", Token: "MI"},
			}},
			{Name: "withcoord", Type: "pure-token", Token: "WITHCOORD", Flags: []string{"optional"}},
			{Name: "withdist", Type: "pure-token", Token: "WITHDIST", Flags: []string{"optional"}},
			{Name: "withhash", Type: "pure-token", Token: "WITHHASH", Flags: []string{"optional"}},
			{Name: "count", Type: "block", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "count", Type: "integer", Token: "COUNT"},
				{Name: "any", Type: "pure-token", Token: "ANY", Since: "6.2.0", Flags: []string{"optional"}},
			}},
			{Name: "order", Type: "oneof", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "asc", Type: "pure-token", Token: "ASC"},
				{Name: "desc", Type: "pure-token", Token: "DESC"},
			}},
			{Name: "key", Type: "key", Token: "STORE", KeySpec: 1, Flags: []string{"optional"}},
			{Name: "key", Type: "key", Token: "STOREDIST", KeySpec: 2, Flags: []string{"optional"}},
		},
	}
}

func georadiusRODocs() command.Docs {
	return command.Docs{
		Summary:    "A read-only variant for GEORADIUS",
		Since:      "3.2.10",
		Complexity: "O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited by center and radius and M is the number of items inside the index.",
		Deprecated: "6.2.0",
		ReplacedBy: "`GEOSEARCH` with the `BYRADIUS` argument",
		Flags:      []string{"deprecated"},
		History: [][2]string{
			{"6.2.0", "Added the `ANY` option for `COUNT`."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "longitude", Type: "double"},
			{Name: "latitude", Type: "double"},
			{Name: "radius", Type: "double"},
			{Name: "unit", Type: "oneof", Args: []command.Arg{
				{Name: "m", Type: "pure-token", Token: "M"},
				{Name: "km", Type: "pure-token", Token: "KM"},
				{Name: "ft", Type: "pure-token", Token: "FT"},
				{Name: "mi", Type: "pure-token", Token: "MI"},
			}},
			{Name: "withcoord", Type: "pure-token", Token: "WITHCOORD", Flags: []string{"optional"}},
			{Name: "withdist", Type: "pure-token", Token: "WITHDIST", Flags: []string{"optional"}},
			{Name: "withhash", Type: "pure-token", Token: "WITHHASH", Flags: []string{"optional"}},
			{Name: "count", Type: "block", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "count", Type: "integer", Token: "COUNT"},
				{Name: "any", Type: "pure-token", Token: "ANY", Since: "6.2.0", Flags: []string{"optional"}},
			}},
			{Name: "order", Type: "oneof", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "asc", Type: "pure-token", Token: "ASC"},
				{Name: "desc", Type: "pure-token", Token: "DESC"},
			}},
		},
	}
}

func georadiusbymemberDocs() command.Docs {
	return command.Docs{
		Summary:    "Query a sorted set representing a geospatial index to fetch members matching a given maximum distance from a member",
		Since:      "3.2.0",
		Complexity: "O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited by center and radius and M is the number of items inside the index.",
		Deprecated: "6.2.0",
		ReplacedBy: "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments",
		Flags:      []string{"deprecated"},
		History: [][2]string{
			{"7.0.0", "Added support for uppercase unit names."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "member", Type: "string"},
			{Name: "radius", Type: "double"},
			{Name: "unit", Type: "oneof", Args: []command.Arg{
				{Name: "m", Type: "pure-token", Token: "M"},
				{Name: "km", Type: "pure-token", Token: "KM"},
				{Name: "ft", Type: "pure-token", Token: "FT"},
				{Name: "mi", Type: "pure-token", Token: "MI"},
			}},
			{Name: "withcoord", Type: "pure-token", Token: "WITHCOORD", Flags: []string{"optional"}},
			{Name: "withdist", Type: "pure-token", Token: "WITHDIST", Flags: []string{"optional"}},
			{Name: "withhash", Type: "pure-token", Token: "WITHHASH", Flags: []string{"optional"}},
			{Name: "count", Type: "block", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "count", Type: "integer", Token: "COUNT"},
				{Name: "any", Type: "pure-token", Token: "ANY", Flags: []string{"optional"}},
			}},
			{Name: "order", Type: "oneof", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "asc", Type: "pure-token", Token: "ASC"},
				{Name: "desc", Type: "pure-token", Token: "DESC"},
			}},
			{Name: "key", Type: "key", Token: "STORE", KeySpec: 1, Flags: []string{"optional"}},
			{Name: "key", Type: "key", Token: "STOREDIST", KeySpec: 2, Flags: []string{"optional"}},
		},
	}
}

func georadiusbymemberRODocs() command.Docs {
	return command.Docs{
		Summary:    "A read-only variant for GEORADIUSBYMEMBER",
		Since:      "3.2.10",
		Complexity: "O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited by center and radius and M is the number of items inside the index.",
		Deprecated: "6.2.0",
		ReplacedBy: "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments",
		Flags:      []string{"deprecated"},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "member", Type: "string"},
			{Name: "radius", Type: "double"},
			{Name: "unit", Type: "oneof", Args: []command.Arg{
				{Name: "m", Type: "pure-token", Token: "M"},
				{Name: "km", Type: "pure-token", Token: "KM"},
				{Name: "ft", Type: "pure-token", Token: "FT"},
				{Name: "mi", Type: "pure-token", Token: "MI"},
			}},
			{Name: "withcoord", Type: "pure-token", Token: "WITHCOORD", Flags: []string{"optional"}},
			{Name: "withdist", Type: "pure-token", Token: "WITHDIST", Flags: []string{"optional"}},
			{Name: "withhash", Type: "pure-token", Token: "WITHHASH", Flags: []string{"optional"}},
			{Name: "count", Type: "block", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "count", Type: "integer", Token: "COUNT"},
				{Name: "any", Type: "pure-token", Token: "ANY", Flags: []string{"optional"}},
			}},
			{Name: "order", Type: "oneof", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "asc", Type: "pure-token", Token: "ASC"},
				{Name: "desc", Type: "pure-token", Token: "DESC"},
			}},
		},
	}
}

func geosearchDocs() command.Docs {
	return command.Docs{
		Summary:    "Query a sorted set representing a geospatial index to fetch members inside an area of a box or a circle.",
		Since:      "6.2.0",
		Complexity: "O(N+log(M)) where N is the number of elements in the grid-aligned bounding box area around the shape provided as the filter and M is the number of items inside the shape",
		History: [][2]string{
			{"7.0.0", "Added support for uppercase unit names."},
		},
		Args: []command.Arg{
			{Name: "key", Type: "key"},
			{Name: "from", Type: "oneof", Args: []command.Arg{
				{Name: "member", Type: "string", Token: "FROMMEMBER"},
				{Name: "longitude_latitude", Type: "block", Token: "FROMLONLAT", Args: []command.Arg{
					{Name: "longitude", Type: "double"},
					{Name: "latitude", Type: "double"},
				}},
			}},
			{Name: "by", Type: "oneof", Args: []command.Arg{
				{Name: "circle", Type: "block", Args: []command.Arg{
					{Name: "radius", Type: "double", Token: "BYRADIUS"},
					{Name: "unit", Type: "oneof", Args: []command.Arg{
						{Name: "m", Type: "pure-token", Token: "M"},
						{Name: "km", Type: "pure-token", Token: "KM"},
						{Name: "ft", Type: "pure-token", Token: "FT"},
						{Name: "mi", Type: "pure-token", Token: "MI"},
					}},
				}},
				{Name: "box", Type: "block", Args: []command.Arg{
					{Name: "width", Type: "double", Token: "BYBOX"},
					{Name: "height", Type: "double"},
					{Name: "unit", Type: "oneof", Args: []command.Arg{
						{Name: "m", Type: "pure-token", Token: "M"},
						{Name: "km", Type: "pure-token", Token: "KM"},
						{Name: "ft", Type: "pure-token", Token: "FT"},
						{Name: "mi", Type: "pure-token", Token: "MI"},
					}},
				}},
			}},
			{Name: "order", Type: "oneof", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "asc", Type: "pure-token", Token: "ASC"},
				{Name: "desc", Type: "pure-token", Token: "DESC"},
			}},
			{Name: "count", Type: "block", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "count", Type: "integer", Token: "COUNT"},
				{Name: "any", Type: "pure-token", Token: "ANY", Flags: []string{"optional"}},
			}},
			{Name: "withcoord", Type: "pure-token", Token: "WITHCOORD", Flags: []string{"optional"}},
			{Name: "withdist", Type: "pure-token", Token: "WITHDIST", Flags: []string{"optional"}},
			{Name: "withhash", Type: "pure-token", Token: "WITHHASH", Flags: []string{"optional"}},
		},
	}
}

func geosearchstoreDocs() command.Docs {
	return command.Docs{
		Summary:    "Query a sorted set representing a geospatial index to fetch members inside an area of a box or a circle, and store the result in another key.",
		Since:      "6.2.0",
		Complexity: "O(N+log(M)) where N is the number of elements in the grid-aligned bounding box area around the shape provided as the filter and M is the number of items inside the shape",
		History: [][2]string{
			{"7.0.0", "Added support for uppercase unit names."},
		},
		Args: []command.Arg{
			{Name: "destination", Type: "key"},
			{Name: "source", Type: "key", KeySpec: 1},
			{Name: "from", Type: "oneof", Args: []command.Arg{
				{Name: "member", Type: "string", Token: "FROMMEMBER"},
				{Name: "longitude_latitude", Type: "block", Token: "FROMLONLAT", Args: []command.Arg{
					{Name: "longitude", Type: "double"},
					{Name: "latitude", Type: "double"},
				}},
			}},
			{Name: "by", Type: "oneof", Args: []command.Arg{
				{Name: "circle", Type: "block", Args: []command.Arg{
					{Name: "radius", Type: "double", Token: "BYRADIUS"},
					{Name: "unit", Type: "oneof", Args: []command.Arg{
						{Name: "m", Type: "pure-token", Token: "M"},
						{Name: "km", Type: "pure-token", Token: "KM"},
						{Name: "ft", Type: "pure-token", Token: "FT"},
						{Name: "mi", Type: "pure-token", Token: "MI"},
					}},
				}},
				{Name: "box", Type: "block", Args: []command.Arg{
					{Name: "width", Type: "double", Token: "BYBOX"},
					{Name: "height", Type: "double"},
					{Name: "unit", Type: "oneof", Args: []command.Arg{
						{Name: "m", Type: "pure-token", Token: "M"},
						{Name: "km", Type: "pure-token", Token: "KM"},
						{Name: "ft", Type: "pure-token", Token: "FT"},
						{Name: "mi", Type: "pure-token", Token: "MI"},
					}},
				}},
			}},
			{Name: "order", Type: "oneof", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "asc", Type: "pure-token", Token: "ASC"},
				{Name: "desc", Type: "pure-token", Token: "DESC"},
			}},
			{Name: "count", Type: "block", Flags: []string{"optional"}, Args: []command.Arg{
				{Name: "count", Type: "integer", Token: "COUNT"},
				{Name: "any", Type: "pure-token", Token: "ANY", Flags: []string{"optional"}},
			}},
			{Name: "storedist", Type: "pure-token", Token: "STOREDIST", Flags: []string{"optional"}},
		},
	}
}
