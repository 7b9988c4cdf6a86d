package admin

import (
	"math"
	"strings"
)

// canvas is a picture of small colours, drawn on row by row.
type canvas struct {
	width, height int
	pixels        []byte
}

func newCanvas(width, height int, colour byte) *canvas {
	c := &canvas{width, height, make([]byte, width*height)}
	for i := range c.pixels {
		c.pixels[i] = colour
	}
	return c
}

func (c *canvas) inside(x, y int) bool { return x >= 0 && x < c.width && y >= 0 && y < c.height }

// at is the colour of a pixel, 0 outside.
func (c *canvas) at(x, y int) byte {
	if !c.inside(x, y) {
		return 0
	}
	return c.pixels[y*c.width+x]
}

func (c *canvas) draw(x, y int, colour byte) {
	if c.inside(x, y) {
		c.pixels[y*c.width+x] = colour
	}
}

// line draws by Bresenham's algorithm: error is how far the pixel is off the line,
// times the line's extent.
func (c *canvas) line(x, y, toX, toY int) {
	dx, dy := max(toX-x, x-toX), max(toY-y, y-toY)
	stepX, stepY := 1, 1
	if toX < x {
		stepX = -1
	}
	if toY < y {
		stepY = -1
	}
	for off := dx - dy; ; {
		c.draw(x, y, 1)
		if x == toX && y == toY {
			return
		}
		twice := 2 * off
		if twice > -dy {
			off -= dy
			x += stepX
		}
		if twice < dx {
			off += dx
			y += stepY
		}
	}
}

// square draws one around x, y, turned by an angle.
func (c *canvas) square(x, y, side, angle float64) {
	radius := math.Round(side / math.Sqrt2)
	var corners [4][2]int
	for i := range corners {
		sin, cos := math.Sincos(angle + math.Pi/4 + float64(i)*math.Pi/2)
		corners[i] = [2]int{int(math.Round(x + sin*radius)), int(math.Round(y + cos*radius))}
	}
	for i, from := range corners {
		to := corners[(i+1)%4]
		c.line(from[0], from[1], to[0], to[1])
	}
}

// braille renders a canvas of two colours: each character is a cell of 2 by 4 dots,
// whose bits Unicode numbers so, from U+2800 on:
//
//	0 3
//	1 4
//	2 5
//	6 7
func (c *canvas) braille() string {
	dots := [8][2]int{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}, {0, 3}, {1, 3}}
	var b strings.Builder
	for y := 0; y < c.height; y += 4 {
		for x := 0; x < c.width; x += 2 {
			r := rune(0x2800)
			for bit, d := range dots {
				if c.at(x+d[0], y+d[1]) != 0 {
					r |= 1 << bit
				}
			}
			b.WriteRune(r)
		}
		c.endLine(&b, y)
	}
	return b.String()
}

// greys renders colours 0 (black) to 3 (white) by the escape sequences of a
// terminal, a blank for each pixel.
func (c *canvas) greys() string {
	codes := [...]string{"0;30;40m", "0;90;100m", "0;37;47m", "0;97;107m"}
	var b strings.Builder
	for y := range c.height {
		for x := range c.width {
			b.WriteString("\x1b[" + codes[c.at(x, y)&3] + " \x1b[0m")
		}
		c.endLine(&b, y)
	}
	return b.String()
}

// endLine ends the line of pixel row y, but for that of the last row.
func (c *canvas) endLine(b *strings.Builder, y int) {
	if y != c.height-1 {
		b.WriteByte('\n')
	}
}
