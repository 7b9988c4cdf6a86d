package geohash

import "math"

// Shape is what a search looks in: a circle or a box around a place.
type Shape struct {
	Lon, Lat float64
	// Radius, or Width and Height if Box is set, are in units of Unit metres.
	Box           bool
	Radius        float64
	Width, Height float64
	Unit          float64
}

// Distance is how far coordinates are from the middle, in metres; within tells
// whether they are in the shape. A place is in a box if it is no more than half
// the height away along its meridian and half the width along its parallel.
func (s *Shape) Distance(lon, lat float64) (metres float64, within bool) {
	if !s.Box {
		if s.beyond(lon, lat) {
			return 0, false
		}
		metres = Distance(s.Lon, s.Lat, lon, lat)
		return metres, !(metres > s.Radius*s.Unit)
	}
	if latDistance(lat, s.Lat) > s.Height*s.Unit/2 || Distance(lon, lat, s.Lon, lat) > s.Width*s.Unit/2 {
		return 0, false
	}
	return Distance(s.Lon, s.Lat, lon, lat), true
}

// beyond tells of most coordinates outside of the circle that they are, by a
// tenth of the work that Distance has to be exact to the last bit. What is not
// outside by a millionth of the radius and a millimetre is left to that.
func (s *Shape) beyond(lon, lat float64) bool {
	reach := (s.Radius*s.Unit*(1+1e-6) + 1e-3) / (2 * earthRadius)
	if !(reach < math.Pi/2) {
		return false
	}
	const half = degree / 2
	u := math.Sin((lat - s.Lat) * half)
	limit := math.Sin(reach)
	limit *= limit
	if u*u > limit {
		return true
	}
	v := math.Sin((lon - s.Lon) * half)
	return u*u+math.Cos(lat*degree)*math.Cos(s.Lat*degree)*v*v > limit
}

// bounds are the borders of a box in degrees that the shape is in. They are those
// of Redis, which are too narrow where the shape spans the equator.
func (s *Shape) bounds() area {
	height, width := s.Unit*s.Radius, s.Unit*s.Radius
	if s.Box {
		height, width = s.Unit*(s.Height/2), s.Unit*(s.Width/2)
	}
	dLat := height / earthRadius / degree
	dLon := func(lat float64) float64 { return width / earthRadius / cos(lat*degree) / degree }
	a := area{south: s.Lat - dLat, north: s.Lat + dLat}
	d := dLon(s.Lat + dLat)
	if s.Lat < 0 {
		d = dLon(s.Lat - dLat)
	}
	a.west, a.east = s.Lon-d, s.Lon+d
	return a
}

// steps is the step of cells so large that the shape is in one and its eight
// neighbours.
func (s *Shape) steps() uint8 {
	reach := s.Radius
	if s.Box {
		reach = math.Sqrt(float64(s.Width/2*(s.Width/2)) + float64(s.Height/2*(s.Height/2)))
	}
	reach *= s.Unit
	if reach == 0 {
		return Step
	}
	const half = 20037726.37 // metres, of the equator
	n := -1
	for ; reach < half; reach *= 2 {
		n++
	}
	if s.Lat > 66 || s.Lat < -66 { // cells are narrow near the poles
		n--
		if s.Lat > 80 || s.Lat < -80 {
			n--
		}
	}
	return uint8(min(max(n, 1), Step))
}

// neighbours of a cell in the order in which Redis looks into them, which its
// replies show.
var neighbours = [9]struct{ cols, rows int }{
	{0, 0}, {0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1},
}

// Cells appends the cells to look into: that of the middle and those of its
// neighbours that the shape may reach into.
func (s *Shape) Cells(dst []Hash) []Hash {
	want := s.bounds()
	h := Encode(s.Lon, s.Lat, s.steps())
	if h.Step > 1 && !h.reaches(want) {
		h = Encode(s.Lon, s.Lat, h.Step-1)
	}
	a := h.area()
	var last Hash // the neighbour taken last
	for i, n := range neighbours {
		if h.Step >= 2 && i > 0 && (n.rows < 0 && a.south < want.south || n.rows > 0 && a.north > want.north ||
			n.cols < 0 && a.west < want.west || n.cols > 0 && a.east > want.east) {
			continue
		}
		// In a world of 2 by 2 cells the neighbours on both sides are the same.
		c := h.moved(n.cols, n.rows)
		if i == 0 {
			dst = append(dst, h)
		} else if c != last {
			dst = append(dst, c)
			last = c
		}
	}
	return dst
}

// reaches tells whether the cell with its neighbours covers the area.
func (h Hash) reaches(a area) bool {
	return !(h.moved(0, 1).area().north < a.north || h.moved(0, -1).area().south > a.south ||
		h.moved(1, 0).area().east < a.east || h.moved(-1, 0).area().west > a.west)
}
