package geo

import (
	"math"
	"strconv"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/geohash"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/resp"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/zset"
)

// find looks up the sorted set at key for reading. Where the key holds another
// type that has been replied, and ok is false.
func find(c *command.Call, key []byte) (z zset.ZSet, found, ok bool) {
	e, found := c.DB.Find(key, keyspace.ForRead)
	if !found {
		return z, false, true
	}
	if e.Type() != value.TypeZSet {
		c.Out.Error(command.ErrWrongType)
		return z, false, false
	}
	return zset.Of(e.Space(), e.Kind(), e.Value()), true, true
}

// place reads longitude and latitude from arguments i and i+1. Where they are
// none that has been replied.
func place(c *command.Call, i int) (lon, lat float64, ok bool) {
	if lon, ok = float(c, i, command.ErrNotFloat); !ok {
		return 0, 0, false
	}
	if lat, ok = float(c, i+1, command.ErrNotFloat); !ok {
		return 0, 0, false
	}
	if !geohash.Valid(lon, lat) {
		c.Out.Error("ERR invalid longitude,latitude pair " + fixed(lon) + "," + fixed(lat))
		return 0, 0, false
	}
	return lon, lat, true
}

// fixed is f as C's %f.
func fixed(f float64) string {
	if math.IsInf(f, 0) {
		return string(resp.AppendDouble(nil, f))
	}
	return strconv.FormatFloat(f, 'f', 6, 64)
}

// float reads argument i; where it is no number text has been replied.
func float(c *command.Call, i int, text string) (f float64, ok bool) {
	if f, ok = value.ParseFloat(c.Args[i]); !ok {
		c.Out.Error(text)
	}
	return f, ok
}

// unit reads argument i as a unit of length and returns it in metres. Where it is
// none that has been replied.
func unit(c *command.Call, i int) (metres float64, ok bool) {
	switch {
	case c.Is(i, "M"):
		return 1, true
	case c.Is(i, "KM"):
		return 1000, true
	case c.Is(i, "FT"):
		return 0.3048, true
	case c.Is(i, "MI"):
		return 1609.34, true
	}
	c.Out.Error("ERR unsupported unit provided. please use M, KM, FT, MI")
	return 0, false
}

// replyDistance replies a distance with four decimals, as a string also in RESP3.
// Redis rounds it as a number of ten thousandths.
func replyDistance(c *command.Call, d float64) {
	n := uint64(math.RoundToEven(d * 10000)) // half the equator fits in feet
	var text [32]byte
	b := strconv.AppendUint(text[:0], n/10000, 10)
	b = append(b, '.')
	for unit := uint64(1000); unit > 0; unit /= 10 {
		b = append(b, byte('0'+n/unit%10))
	}
	c.Out.Bulk(b)
}

func replyPlace(c *command.Call, lon, lat float64) {
	c.Out.Array(2)
	c.Out.HumanDouble(lon)
	c.Out.HumanDouble(lat)
}

func geodist(c *command.Call) {
	metres := 1.0
	switch {
	case len(c.Args) > 5:
		c.Out.Error(command.ErrSyntax)
		return
	case len(c.Args) == 5:
		var ok bool
		if metres, ok = unit(c, 4); !ok {
			return
		}
	}
	z, found, ok := find(c, c.Args[1])
	if !ok {
		return
	}
	if found {
		a, thereA := z.Score(c.Args[2])
		b, thereB := z.Score(c.Args[3])
		if thereA && thereB {
			lonA, latA := geohash.Decode(a)
			lonB, latB := geohash.Decode(b)
			replyDistance(c, geohash.Distance(lonA, latA, lonB, latB)/metres)
			return
		}
	}
	c.Out.Null()
}

func geoHash(c *command.Call) {
	eachPlace(c, c.Out.Null, func(lon, lat float64) {
		text := geohash.Text(lon, lat)
		c.Out.Bulk(text[:])
	})
}

func geopos(c *command.Call) {
	eachPlace(c, c.Out.NullArray, func(lon, lat float64) { replyPlace(c, lon, lat) })
}

// eachPlace replies an array with an element for each member that is asked for.
func eachPlace(c *command.Call, missing func(), there func(lon, lat float64)) {
	z, found, ok := find(c, c.Args[1])
	if !ok {
		return
	}
	members := c.Args[2:]
	c.Out.Array(len(members))
	for _, member := range members {
		var score float64
		ok := found
		if ok {
			score, ok = z.Score(member)
		}
		if ok {
			there(geohash.Decode(score))
		} else {
			missing()
		}
	}
}
