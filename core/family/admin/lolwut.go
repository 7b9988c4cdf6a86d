package admin

import (
	"math/rand/v2"
	"strings"

	"github.com/redoubt-kv/redoubt/core/command"
)

// A redoubt seen from above, in profile below.
const drawing = `
             .-----^-----.
            /             \
      .----'   .-------.   '----.
      |       /  o   o  \       |
      <      |     +     |      >
      |       \  o   o  /       |
      '----.   '-------'   .----'
            \             /
             '-----v-----'
  _____        _  _  _  _  _        _____
       \______| || || || || |______/
`

// lolwut draws what the version of Redis that is named drew: 5 and 6 had pictures
// of their own, whose sizes may follow.
func (f *family) lolwut(c *command.Call) {
	version, sizes := int64(0), 1
	if len(c.Args) >= 3 && c.Is(1, "VERSION") {
		var ok bool
		if version, ok = c.Int(2); !ok {
			return
		}
		sizes = 3
	}
	ver := "Redis ver. " + f.Version + "\n"
	switch version {
	case 5:
		if n, ok := lolwutSizes(c, sizes, 66, 8, 12); ok {
			picture := schotter(clamp(n[0], 1000), clamp(n[1], 200), clamp(n[2], 200))
			c.Out.Verbatim("txt", picture.braille()+"\nGeorg Nees - schotter, plotter on paper, 1968. "+ver)
		}
	case 6:
		if n, ok := lolwutSizes(c, sizes, 80, 20); ok {
			picture := skyline(clamp(n[0], 1000), clamp(n[1], 1000))
			c.Out.Verbatim("txt", picture.greys()+"\nDedicated to the 8 bit game developers of past and present.\n"+
				"Original 8 bit image from Plaguemon by hikikomori. "+ver)
		}
	default:
		c.Out.Verbatim("txt", strings.TrimPrefix(drawing, "\n")+"\n"+ver)
	}
}

// lolwutSizes are the arguments from the one numbered first on, or defaults.
func lolwutSizes(c *command.Call, first int, sizes ...int64) ([]int64, bool) {
	for i := range sizes {
		if first+i >= len(c.Args) {
			break
		}
		n, ok := c.Int(first + i)
		if !ok {
			return nil, false
		}
		sizes[i] = n
	}
	return sizes, true
}

func clamp(n, most int64) int { return int(min(max(n, 1), most)) }

// schotter is after Georg Nees: rows of squares that lose their order downwards,
// first in their angle, then in their place.
func schotter(columns, perRow, rows int) *canvas {
	width, border := columns*2, 0
	if width > 4 {
		border = 2
	}
	side := float64(width-2*border) / float64(perRow)
	picture := newCanvas(width, int(side*float64(rows))+2*border, 0)
	for row := range rows {
		disorder := 0.0
		if row > 1 {
			disorder = float64(row) / float64(rows)
		}
		wrong := func() float64 { return (2*rand.Float64() - 1) * disorder }
		for column := range perRow {
			x := (float64(column)+0.5)*side + float64(border) + wrong()*side/3
			y := (float64(row)+0.5)*side + float64(border) + wrong()*side/3
			picture.square(float64(int(x)), float64(int(y)), side, wrong())
		}
	}
	return picture
}

// building is a skyscraper of a skyline.
type building struct {
	left, width, height int
	colour              byte
	windows             bool
}

// skyline is three layers of buildings before a white sky, the nearer the darker;
// only the nearest ones have windows.
func skyline(width, height int) *canvas {
	picture := newCanvas(width, height, 3)
	const outside = -10 // where the first building may begin
	upTo := func(n int) int { return rand.IntN(max(n, 1)) }
	for left := outside; left < width; {
		left += upTo(8)
		b := building{left: left, width: 10 + upTo(9), height: height/2 + upTo(height)/2, colour: 2}
		b.drawOn(picture)
		left += b.width / 2
	}
	for left := outside; left < width; {
		left += upTo(8)
		b := building{left: left, width: 10 + upTo(9), height: height/2 + upTo(height)/3, colour: 1}
		b.drawOn(picture)
		left += b.width + 1
	}
	for left := outside; left < width; {
		left += upTo(8)
		b := building{left: left, width: 5 + upTo(14), height: height/3 + upTo(height)/2, windows: true}
		b.width += b.width % 4 % 3
		b.drawOn(picture)
		left += b.width + 5
	}
	return picture
}

// drawOn draws from the ground up; the roof is narrower by two pixels on each side.
func (b building) drawOn(picture *canvas) {
	ground := picture.height - 1
	roof := ground - b.height + 1
	for y := ground; y >= roof; y-- {
		for x := b.left; x < b.left+b.width; x++ {
			if y == roof && (x < b.left+2 || x >= b.left+b.width-2) {
				continue
			}
			colour := b.colour
			if b.isWindow(x-b.left, y-roof, ground-roof) {
				colour = byte(1 + rand.IntN(2))
				if (x-b.left-1)%2 == 1 { // two pixels are one window
					colour = picture.at(x-1, y)
				}
			}
			picture.draw(x, y, colour)
		}
	}
}

// isWindow tells it of a pixel by its place in the building: every other one, off
// the walls, roof and ground.
func (b building) isWindow(x, y, ground int) bool {
	inner := x > 1 && x < b.width-2 && y > 1 && y < ground-1
	return b.windows && inner && (x-1)/2%2 == 1 && (y-1)%2 == 1
}
