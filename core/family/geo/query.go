package geo

import (
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/geohash"
	"github.com/redoubt-kv/redoubt/core/value/zset"
)

// form is which of the commands that search it is.
type form uint8

const (
	aroundPlace  form = 1 << iota // GEORADIUS
	aroundMember                  // GEORADIUSBYMEMBER
	readOnly                      // no STORE and STOREDIST
	options                       // GEOSEARCH: all is given by options
	intoFirst                     // GEOSEARCHSTORE: the first key takes the result
)

func georadius(c *command.Call)           { search(c, 1, aroundPlace) }
func georadiusRO(c *command.Call)         { search(c, 1, aroundPlace|readOnly) }
func georadiusByMember(c *command.Call)   { search(c, 1, aroundMember) }
func georadiusByMemberRO(c *command.Call) { search(c, 1, aroundMember|readOnly) }
func geosearch(c *command.Call)           { search(c, 1, options) }
func geosearchstore(c *command.Call)      { search(c, 2, options|intoFirst) }

// order in which places are replied.
type order uint8

const (
	unordered order = iota
	nearestFirst
	farthestFirst
)

// query is what such a command is asked for.
type query struct {
	form
	z     *zset.ZSet // nil if there is no key
	shape geohash.Shape

	from, by bool // where to search and in what is given
	member   bool // from is a member's place

	withDist, withHash, withCoord bool
	order                         order
	count                         int64 // 0 for all
	any                           bool  // any will do, not only the nearest

	storing   bool // the result becomes the value of dst
	dst       []byte
	storeDist bool // with distances as scores
}

// parse reads the arguments. Where they are wrong it has replied so and returns
// false.
func (q *query) parse(c *command.Call) bool {
	i, ok := q.parseFixed(c)
	for ok && i < len(c.Args) {
		var n int
		if n, ok = q.option(c, i); ok && n == 0 {
			c.Out.Error(command.ErrSyntax)
			return false
		}
		i += n
	}
	return ok && q.sensible(c)
}

// parseFixed reads the arguments that are not options; next is the first behind.
func (q *query) parseFixed(c *command.Call) (next int, ok bool) {
	switch {
	case q.form&aroundPlace != 0:
		if !q.place(c, 2) {
			return 0, false
		}
		return 6, q.radius(c, 4)
	case q.form&aroundMember != 0 && q.z == nil:
		return 5, true // whatever they are
	case q.form&aroundMember != 0:
		if !q.memberPlace(c, 2) {
			return 0, false
		}
		return 5, q.radius(c, 3)
	case q.form&intoFirst != 0:
		q.storing, q.dst = true, c.Args[1]
		return 3, true
	}
	return 2, true
}

func (q *query) place(c *command.Call, i int) (ok bool) {
	q.shape.Lon, q.shape.Lat, ok = place(c, i)
	q.from = true
	return ok
}

func (q *query) memberPlace(c *command.Call, i int) bool {
	q.from, q.member = true, true
	if q.z == nil {
		return true
	}
	score, there := q.z.Score(c.Args[i])
	if !there {
		c.Out.Error("ERR could not decode requested zset member")
		return false
	}
	q.shape.Lon, q.shape.Lat = geohash.Decode(score)
	return true
}

func (q *query) radius(c *command.Call, i int) (ok bool) {
	q.by = true
	if q.shape.Radius, ok = float(c, i, "ERR need numeric radius"); !ok {
		return false
	}
	if q.shape.Radius < 0 {
		c.Out.Error("ERR radius cannot be negative")
		return false
	}
	q.shape.Unit, ok = unit(c, i+1)
	return ok
}

func (q *query) box(c *command.Call, i int) (ok bool) {
	q.by, q.shape.Box = true, true
	if q.shape.Width, ok = float(c, i, "ERR need numeric width"); !ok {
		return false
	}
	if q.shape.Height, ok = float(c, i+1, "ERR need numeric height"); !ok {
		return false
	}
	if q.shape.Width < 0 || q.shape.Height < 0 {
		c.Out.Error("ERR height or width cannot be negative")
		return false
	}
	q.shape.Unit, ok = unit(c, i+2)
	return ok
}

// option reads the option at argument i and returns how many arguments it is, 0
// if it is none that may stand there.
func (q *query) option(c *command.Call, i int) (n int, ok bool) {
	left := len(c.Args) - i - 1
	switch {
	case c.Is(i, "WITHDIST"):
		q.withDist = true
	case c.Is(i, "WITHHASH"):
		q.withHash = true
	case c.Is(i, "WITHCOORD"):
		q.withCoord = true
	case c.Is(i, "ANY"):
		q.any = true
	case c.Is(i, "ASC"):
		q.order = nearestFirst
	case c.Is(i, "DESC"):
		q.order = farthestFirst
	case c.Is(i, "COUNT") && left >= 1:
		return 2, q.limit(c, i+1)
	case q.form&options != 0:
		return q.searchOption(c, i, left)
	case q.form&readOnly == 0 && (c.Is(i, "STORE") || c.Is(i, "STOREDIST")) && left >= 1:
		q.storing, q.dst, q.storeDist = true, c.Args[i+1], c.Is(i, "STOREDIST")
		return 2, true
	default:
		return 0, true
	}
	return 1, true
}

// searchOption is option for those of GEOSEARCH alone.
func (q *query) searchOption(c *command.Call, i, left int) (n int, ok bool) {
	switch {
	case q.form&intoFirst != 0 && c.Is(i, "STOREDIST"):
		q.storeDist = true
		return 1, true
	case c.Is(i, "FROMMEMBER") && left >= 1 && (!q.from || q.member):
		return 2, q.memberPlace(c, i+1)
	case c.Is(i, "FROMLONLAT") && left >= 2 && !q.member:
		return 3, q.place(c, i+1)
	case c.Is(i, "BYRADIUS") && left >= 2 && !q.shape.Box:
		return 3, q.radius(c, i+1)
	case c.Is(i, "BYBOX") && left >= 3 && (!q.by || q.shape.Box):
		return 4, q.box(c, i+1)
	}
	return 0, true
}

func (q *query) limit(c *command.Call, i int) (ok bool) {
	if q.count, ok = c.Int(i); ok && q.count <= 0 {
		c.Out.Error("ERR COUNT must be > 0")
		return false
	}
	return ok
}

// sensible checks that the options fit together.
func (q *query) sensible(c *command.Call) bool {
	switch {
	case q.storing && (q.withDist || q.withHash || q.withCoord):
		what := "STORE option in GEORADIUS"
		if q.form&intoFirst != 0 {
			what = "GEOSEARCHSTORE"
		}
		c.Out.Error("ERR " + what + " is not compatible with WITHDIST, WITHHASH and WITHCOORD options")
	case q.form&options != 0 && !q.from:
		c.Out.Errorf("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for %s", c.Args[0])
	case q.form&options != 0 && !q.by:
		c.Out.Errorf("ERR exactly one of BYRADIUS and BYBOX can be specified for %s", c.Args[0])
	case q.any && q.count == 0:
		c.Out.Error("ERR the ANY argument requires COUNT argument")
	default:
		return true
	}
	return false
}
