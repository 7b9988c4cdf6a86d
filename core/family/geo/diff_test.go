package geo

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/family/zsets"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/internal/familytest"
)

func pair(t testing.TB, entries int) *familytest.Pair {
	rows := append([]command.Row{}, Commands()...)
	p := familytest.New(t, append(rows, zsets.Commands()...), "--zset-max-listpack-entries", fmt.Sprint(entries))
	l := *value.DefaultLimits()
	l.ZSetMaxListpackEntries = entries
	p.Store().SetLimits(&l)
	p.Set("string", "x")
	return p
}

// script runs lines of words on both sides.
func script(p *familytest.Pair, text string) {
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		var args []any
		for _, w := range strings.Fields(line) {
			args = append(args, w)
		}
		p.Same(args...)
	}
	p.SameState()
}

func TestLikeRedis(t *testing.T) {
	for _, entries := range []int{128, 0} {
		p := pair(t, entries)
		for proto := 2; proto <= 3; proto++ {
			p.Proto(proto)
			script(p, tables)
		}
	}
}

const tables = `
geoadd s 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
geoadd s 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
geoadd s nx 13.5 38 Palermo 15 37 Siracusa
geoadd s xx 13.5 38 Palermo 16 37 nowhere
geoadd s ch 13.361389 38.115556 Palermo 12.758489 38.788135 edge1
geoadd s ch xx 17.241510 38.788135 edge2
geoadd s 17.241510 38.788135 edge2
geoadd s nx xx 1 1 a
geoadd s nx ch xx
geoadd s 1 1
geoadd s 1 1 a 2
geoadd s x 1 a
geoadd s 1 x a
geoadd s 1 1 a 1 x b
geoadd s 181 1 a
geoadd s 1 86 a
geoadd s -inf 1 a
geoadd s 1e300 1 a
geoadd s nan 1 a
geoadd string 1 1 a
geoadd string 1 x a
geoadd new xx 1 1 a
geoadd limits 180 85.05112878 ne -180 -85.05112878 sw 180 -85.05112878 se -180 85.05112878 nw 0 0 zero
zrange limits 0 -1 withscores
geopos limits ne sw se nw zero
geohash limits ne sw se nw zero
geopos s Palermo none Catania
geopos none Palermo none
geopos s
geopos none
geopos string a
geohash s Palermo none Catania
geohash none a
geohash s
geohash string a
geodist s Palermo Catania
geodist s Palermo Catania m
geodist s Palermo Catania KM
geodist s Palermo Catania ft
geodist s Palermo Catania mi
geodist s Palermo Catania parsec
geodist s Palermo Catania m m
geodist s Palermo Palermo
geodist s Palermo none
geodist none a b
geodist none a b parsec
geodist string a b
geodist limits ne sw ft
geodist limits ne se ft
geodist limits ne zero
georadius s 15 37 200 km
georadius s 15 37 200 km withdist
georadius s 15 37 200 km withdist withcoord withhash
georadius s 15 37 200 km withdist desc
georadius s 15 37 200 km withdist asc
georadius s 15 37 200 km count 1
georadius s 15 37 200 km count 1 desc
georadius s 15 37 200 km count 1 any
georadius s 15 37 200 km any
georadius s 15 37 200 km count 0
georadius s 15 37 200 km count x
georadius s 15 37 200 km count
georadius s 15 37 200 km store
georadius s 15 37 200 km nonsense
georadius s 15 37 200 parsec
georadius s 15 37 x km
georadius s 15 37 -1 km
georadius s 15 x 200 km
georadius s 200 37 200 km
georadius s 15 37 0 km
georadius none 15 37 200 km
georadius none 15 37 x km
georadius string 15 37 200 km
georadius s 15 37 200 km store d
zrange d 0 -1 withscores
georadius s 15 37 200 km storedist d
zcard d
georadius s 15 37 200 km storedist d count 1
zcard d
georadius s 15 37 200 km store d withdist
georadius s 15 37 200 km storedist d withhash
georadius s 15 37 200 km withcoord storedist d
georadius s 15 37 200 km store d store d2
georadius s 15 37 200 km store d3 storedist d4
georadius s 15 37 1 m store d
georadius s 15 37 1 m store d
georadius none 15 37 200 km store d2
georadius none 15 37 200 km store d2
georadius_ro s 15 37 200 km withdist
georadius_ro s 15 37 200 km store d
georadius_ro s 15 37 200 km storedist d
georadiusbymember s Palermo 200 km
georadiusbymember s Palermo 200 km withdist asc
georadiusbymember s none 200 km
georadiusbymember s Palermo x km
georadiusbymember none Palermo x parsec
georadiusbymember none Palermo x parsec nonsense
georadiusbymember none Palermo x parsec store d3
georadiusbymember s Palermo 200 km store d
georadiusbymember string Palermo 200 km
georadiusbymember_ro s Palermo 200 km withcoord
georadiusbymember_ro s Palermo 200 km store d
geosearch s frommember Palermo byradius 200 km asc
geosearch s frommember Palermo bybox 400 400 km asc withdist withcoord withhash
geosearch s fromlonlat 15 37 bybox 400 400 km desc count 3
geosearch s fromlonlat 15 37 bybox 400 400 km count 3 any
geosearch s fromlonlat 15 37 bybox -1 400 km
geosearch s fromlonlat 15 37 bybox 1 x km
geosearch s fromlonlat 15 37 bybox x 1 km
geosearch s fromlonlat 15 37 bybox 1 1 parsec
geosearch s fromlonlat 15 37 bybox 1 1
geosearch s fromlonlat 15 37 byradius 1
geosearch s fromlonlat 15 37 byradius 1 km bybox 1 1 km
geosearch s fromlonlat 15 37 bybox 1 1 km byradius 1 km
geosearch s fromlonlat 15 37 byradius 1 km byradius 200 km
geosearch s fromlonlat 15 37 frommember Palermo byradius 1 km
geosearch s frommember Palermo fromlonlat 15 37 byradius 1 km
geosearch s frommember Palermo frommember Catania byradius 1 km
geosearch s frommember none byradius 1 km
geosearch s frommember Palermo asc withdist asc
GeoSearch s byradius 1 km asc withdist asc
geosearch s frommember Palermo byradius 1 km storedist
geosearch s frommember Palermo byradius 1 km store d
geosearch s frommember Palermo byradius 1 km any
geosearch none frommember Palermo byradius 1 km
geosearch none frommember Palermo asc withdist asc
geosearch none fromlonlat 15 37 bybox 400 400 km nonsense
geosearch string frommember Palermo byradius 1 km
geosearchstore d s frommember Palermo byradius 200 km
zrange d 0 -1 withscores
geosearchstore d s fromlonlat 15 37 bybox 400 400 km storedist
zcard d
geosearchstore d s fromlonlat 15 37 bybox 400 400 km count 2 desc
zrange d 0 -1
geosearchstore d s fromlonlat 15 37 bybox 400 400 km withdist
geosearchstore d s fromlonlat 15 37 bybox 1 1 m
geosearchstore d none fromlonlat 15 37 bybox 1 1 m
geosearchstore d string fromlonlat 15 37 bybox 1 1 m
geosearchstore s s fromlonlat 15 37 bybox 4000 4000 km
geosearch limits fromlonlat 0 0 byradius 30000 km asc
geosearch limits fromlonlat 180 85 byradius 1000 km asc
geosearch limits fromlonlat 180 85.05112878 bybox 1000 1000 km asc
geosearch limits fromlonlat -180 -85.05112878 bybox 1000 1000 ft asc
geosearch limits frommember ne byradius 0 m
geosearch limits frommember ne byradius inf m count 2 any
zadd strange 1e300 a 5 b -5 c inf d -inf e 0.5 f 4503599627370496 g
geopos strange a b c d e f g
geohash strange a b c d e f g
geodist strange a b
geosearch strange fromlonlat 1e-5 0 byradius inf m withdist withhash
geosearch strange fromlonlat 1e-5 0 byradius 1e300 m withdist asc
geosearch strange fromlonlat 1e-5 0 bybox 1e300 inf km withdist withcoord
zremrangebyrank s 0 -1
zremrangebyrank limits 0 -1
`

// TestLikeRedisAtRandom searches random places in random shapes.
func TestLikeRedisAtRandom(t *testing.T) {
	for _, seed := range []uint64{1, 2} {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 0))
			p := pair(t, 128)
			where := func() (lon, lat float64) {
				if rnd.IntN(4) == 0 {
					return rnd.Float64()*360 - 180, (rnd.Float64()*2 - 1) * 85.05
				}
				return 10 + rnd.NormFloat64(), 50 + rnd.NormFloat64()*5
			}
			for i := range 400 {
				lon, lat := where()
				p.Same("geoadd", "k", lon, lat, i)
			}
			for range 150 {
				lon, lat := where()
				reach := math.Exp(rnd.Float64() * 9.7)
				line := []any{"k", "fromlonlat", lon, lat, "byradius", reach, "km"}
				if rnd.IntN(2) == 0 {
					line = []any{"k", "frommember", rnd.IntN(400), "bybox", reach, reach * rnd.Float64(), "mi"}
				}
				p.Same(append(append([]any{"geosearch"}, line...), "withdist", "withcoord", []string{"asc", "desc"}[rnd.IntN(2)])...)
				p.Same(append([]any{"geosearch"}, line...)...)
				p.Same(append(append([]any{"geosearch"}, line...), "count", 1+rnd.IntN(20), "any")...)
				p.Same(append(append([]any{"geosearchstore", "d"}, line...), "storedist")...)
				sameDistances(t, p, "d")
				if t.Failed() {
					t.FailNow()
				}
			}
		})
	}
}

// sameDistances compares the scores at key, of whose last digits Redis's depend on
// the processor.
func sameDistances(t *testing.T, p *familytest.Pair, key string) {
	t.Helper()
	raw, err := p.Oracle().Raw("zrange", key, "0", "-1", "withscores")
	if err != nil {
		t.Fatal(err)
	}
	got, want := strings.Fields(p.Own("zrange", key, "0", "-1", "withscores")), strings.Fields(raw)
	if len(got) != len(want) {
		t.Fatalf("%d words, want %d", len(got), len(want))
	}
	for i := range got {
		if got[i] == want[i] || got[i][0] == '$' {
			continue
		}
		a, errA := strconv.ParseFloat(got[i], 64)
		b, errB := strconv.ParseFloat(want[i], 64)
		if errA != nil || errB != nil || math.Abs(a-b) > 1e-14*b {
			t.Fatalf("got %s, want %s", got[i], want[i])
		}
	}
}
