// Package geohash turns coordinates into the scores of a geo set and back, and
// finds the cells of the world that a search must look at.
//
// # Hashes
//
// A hash of step n cuts the world, longitude ±180° by latitude ±85.05112878°
// (the square of the web's maps), into 2ⁿ columns and 2ⁿ rows. The bits of a
// cell's row and column are interleaved, the column's above the row's:
//
//	bit   2n-1  2n-2  …  1   0
//	      col   row      col row
//
// A score is a hash of step 26, an integer of 52 bits, which a float64 holds
// exactly. The cells in a cell of a smaller step are one range of scores: those
// that begin with its bits.
//
// Palermo, 13.361389 38.115556, has the score 3479099956230698.
//
// Results are to the last bit those of Redis, which computes with C's doubles:
// the order of operations matters, and the trigonometry is in trig.go.
package geohash

import "math"

// The limits of coordinates, in degrees.
const (
	MaxLon = 180.0
	MaxLat = 85.05112878

	// Step is that of scores.
	Step = 26
)

// Hash is a cell of the world.
type Hash struct {
	Bits uint64
	Step uint8
}

// Valid tells whether coordinates are within the limits.
func Valid(lon, lat float64) bool {
	return lon >= -MaxLon && lon <= MaxLon && lat >= -MaxLat && lat <= MaxLat
}

// Encode is the hash of valid coordinates.
func Encode(lon, lat float64, step uint8) Hash {
	return encode(lon, lat, MaxLat, step)
}

// encode is Encode in a world of latitudes up to maxLat.
func encode(lon, lat, maxLat float64, step uint8) Hash {
	y := (lat + maxLat) / (maxLat - -maxLat) * float64(uint64(1)<<step)
	x := (lon + MaxLon) / (MaxLon - -MaxLon) * float64(uint64(1)<<step)
	return Hash{spread(uint32(y)) | spread(uint32(x))<<1, step}
}

// Score is the score of valid coordinates.
func Score(lon, lat float64) float64 {
	return float64(Encode(lon, lat, Step).Bits)
}

// Decode returns the middle of the cell that a score stands for. Any number is
// some place.
func Decode(score float64) (lon, lat float64) {
	a := Hash{toBits(score), Step}.area()
	lon = min(max((a.west+a.east)/2, -MaxLon), MaxLon)
	lat = min(max((a.south+a.north)/2, -MaxLat), MaxLat)
	return lon, lat
}

// toBits is C's conversion of a double to 64 bits as x86 does it, also where C
// leaves it open: scores need not come from coordinates.
func toBits(score float64) uint64 {
	if score >= 1<<63 {
		return toSigned(score-1<<63) ^ 1<<63
	}
	return toSigned(score)
}

func toSigned(f float64) uint64 {
	if f < 1<<63 && f >= -1<<63 {
		return uint64(int64(f))
	}
	return 1 << 63
}

// area is the borders of a cell in degrees.
type area struct{ west, east, south, north float64 }

func (h Hash) area() area {
	row, col := squeeze(h.Bits), squeeze(h.Bits>>1)
	n := float64(uint64(1) << h.Step)
	edge := func(i uint32, limit float64) float64 {
		return -limit + float64(float64(i)/n*(limit - -limit))
	}
	return area{
		west: edge(col, MaxLon), east: edge(col+1, MaxLon),
		south: edge(row, MaxLat), north: edge(row+1, MaxLat),
	}
}

// spread moves bit i of x to bit 2i.
func spread(x uint32) uint64 {
	v := uint64(x)
	v = (v | v<<16) & 0x0000ffff0000ffff
	v = (v | v<<8) & 0x00ff00ff00ff00ff
	v = (v | v<<4) & 0x0f0f0f0f0f0f0f0f
	v = (v | v<<2) & 0x3333333333333333
	return (v | v<<1) & 0x5555555555555555
}

// squeeze moves bit 2i of v to bit i.
func squeeze(v uint64) uint32 {
	v &= 0x5555555555555555
	v = (v | v>>1) & 0x3333333333333333
	v = (v | v>>2) & 0x0f0f0f0f0f0f0f0f
	v = (v | v>>4) & 0x00ff00ff00ff00ff
	v = (v | v>>8) & 0x0000ffff0000ffff
	return uint32(v | v>>16)
}

// moved is the cell so many columns to the east and rows to the north; the world
// is round in both directions.
func (h Hash) moved(cols, rows int) Hash {
	col, row := squeeze(h.Bits>>1), squeeze(h.Bits)
	mask := uint32(1)<<h.Step - 1
	if cols != 0 { // the eastern and the northern limit are a column and a row of their own
		col = (col + uint32(cols)) & mask
	}
	if rows != 0 {
		row = (row + uint32(rows)) & mask
	}
	return Hash{spread(row) | spread(col)<<1, h.Step}
}

// Scores is the range [from, to) of the scores in the cell.
func (h Hash) Scores() (from, to float64) {
	shift := 2 * (Step - h.Step)
	return float64(h.Bits << shift), float64((h.Bits + 1) << shift)
}

const alphabet = "0123456789bcdefghjkmnpqrstuvwxyz"

// Text is the geohash of coordinates in its standard form: latitudes up to ±90°
// and five bits a letter. There are no bits for the eleventh letter, always 0.
func Text(lon, lat float64) (text [11]byte) {
	bits := encode(lon, lat, 90, Step).Bits
	for i := range 10 {
		text[i] = alphabet[bits>>(52-5*(i+1))&31]
	}
	text[10] = alphabet[0]
	return text
}

// earthRadius is that of Redis, in metres.
const earthRadius = 6372797.560856

// degree is one in radians.
const degree = float64(math.Pi) / 180

// Distance is that of two places on the ground, in metres (haversine).
func Distance(lon1, lat1, lon2, lat2 float64) float64 {
	v := sin((lon2*degree - lon1*degree) / 2)
	if v == 0 {
		return latDistance(lat1, lat2)
	}
	lat1r, lat2r := lat1*degree, lat2*degree
	u := sin((lat2r - lat1r) / 2)
	a := float64(u*u) + float64(cos(lat1r)*cos(lat2r)*v*v)
	return 2 * earthRadius * asin(math.Sqrt(a))
}

// latDistance is Distance along a meridian.
func latDistance(lat1, lat2 float64) float64 {
	return earthRadius * math.Abs(float64(lat2*degree)-float64(lat1*degree))
}
