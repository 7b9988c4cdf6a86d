package geohash

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func TestKnownPlaces(t *testing.T) {
	if got := Score(13.361389, 38.115556); got != 3479099956230698 {
		t.Errorf("Palermo is %.0f", got)
	}
	lon, lat := Decode(3479099956230698)
	if lon != 13.361389338970184 || lat != 38.1155563954963 {
		t.Errorf("Palermo is at %v %v", lon, lat)
	}
	if got := Text(lon, lat); string(got[:]) != "sqc8b49rny0" {
		t.Errorf("Palermo is %s", got)
	}
	lon2, lat2 := Decode(Score(15.087269, 37.502669))
	if got := fmt.Sprintf("%.4f", Distance(lon, lat, lon2, lat2)); got != "166274.1516" {
		t.Errorf("Catania is %s m from Palermo", got)
	}
}

func TestDecodeIsTheMiddleOfTheCell(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 10000 {
		score := float64(rnd.Uint64N(1 << 52))
		lon, lat := Decode(score)
		if !Valid(lon, lat) || Score(lon, lat) != score {
			t.Fatalf("%.0f is at %v %v, which is %.0f", score, lon, lat, Score(lon, lat))
		}
	}
}

func TestLimits(t *testing.T) {
	for _, lon := range []float64{-MaxLon, MaxLon} {
		for _, lat := range []float64{-MaxLat, MaxLat} {
			if !Valid(lon, lat) {
				t.Errorf("%v %v is no place", lon, lat)
			}
			if x, y := Decode(Score(lon, lat)); math.Abs(x-lon) > 1e-5 || math.Abs(y-lat) > 1e-5 {
				t.Errorf("%v %v comes back as %v %v", lon, lat, x, y)
			}
		}
	}
	if Valid(180.1, 0) || Valid(0, 85.06) || Valid(math.NaN(), 0) {
		t.Error("a place beyond the limits")
	}
}

// TestCellsCover: what is in a shape is in one of its cells, away from the poles
// and the equator, where Redis's bounds are too narrow.
func TestCellsCover(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 3000 {
		s := Shape{Lon: rnd.Float64()*300 - 150, Lat: 20 + rnd.Float64()*40, Unit: 1}
		reach := math.Exp(rnd.Float64() * 13)
		if s.Box = rnd.IntN(2) == 0; s.Box {
			s.Width, s.Height = reach*rnd.Float64(), reach*rnd.Float64()
		} else {
			s.Radius = reach
		}
		cells := s.Cells(nil)
		for range 20 {
			d := reach / 111000
			lon, lat := s.Lon+(rnd.Float64()*2-1)*d, s.Lat+(rnd.Float64()*2-1)*d
			if !Valid(lon, lat) {
				continue
			}
			score := Score(lon, lat)
			if _, within := s.Distance(lon, lat); within && !covered(cells, score) {
				t.Fatalf("%+v: %v %v is in none of %v", s, lon, lat, cells)
			}
		}
	}
}

func covered(cells []Hash, score float64) bool {
	for _, c := range cells {
		if from, to := c.Scores(); score >= from && score < to {
			return true
		}
	}
	return false
}

func TestWholeWorld(t *testing.T) {
	s := Shape{Lon: 10, Lat: 10, Unit: 1000, Radius: 1e9}
	cells := s.Cells(nil)
	for range 1000 {
		if score := float64(rand.Uint64N(1 << 52)); !covered(cells, score) {
			t.Fatalf("%.0f is in none of %v", score, cells)
		}
	}
	if len(cells) != 4 {
		t.Errorf("%d cells of step 1: %v", len(cells), cells)
	}
}

// FuzzShapes: no shape and no score makes a search go wrong.
func FuzzShapes(f *testing.F) {
	f.Add(13.0, 38.0, 100.0, 0.0, false, 3479099956230698.0)
	f.Add(180.0, 85.05112878, 1e300, 5.0, true, -5.0)
	f.Add(-180.0, -85.05112878, 0.0, 0.0, true, 1e300)
	f.Add(0.0, 0.0, math.Inf(1), 1.0, false, math.Inf(-1))
	f.Fuzz(func(t *testing.T, lon, lat, a, b float64, box bool, score float64) {
		x, y := Decode(score)
		if !Valid(x, y) {
			t.Fatalf("%v is at %v %v", score, x, y)
		}
		if !Valid(lon, lat) || !(a >= 0) || !(b >= 0) {
			return
		}
		s := Shape{Lon: lon, Lat: lat, Unit: 0.3048, Radius: a, Width: a, Height: b, Box: box}
		cells := s.Cells(nil)
		if len(cells) == 0 || len(cells) > 9 {
			t.Fatalf("%d cells", len(cells))
		}
		for _, c := range cells {
			if from, to := c.Scores(); c.Step < 1 || c.Step > Step || from >= to {
				t.Fatalf("cell %v has the scores %v to %v", c, from, to)
			}
		}
		s.Distance(x, y)
	})
}

func BenchmarkDistance(b *testing.B) {
	for b.Loop() {
		Distance(13.361389, 38.115556, 15.087269, 37.502669)
	}
}
