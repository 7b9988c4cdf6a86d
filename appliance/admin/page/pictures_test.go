package page

import (
	"bytes"
	"flag"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

var (
	pictureDir = flag.String("pictures", "", "folder to write screenshots to")
	machineURL = flag.String("machine", "", "with -pictures: photograph this endpoint, not a fake one")
)

// TestPictures writes screenshots: of the endpoint of -machine, or else of the states
// that a machine under load does not show.
func TestPictures(t *testing.T) {
	if *pictureDir == "" {
		t.Skip("no folder is named by -pictures")
	}
	b := newBrowser(t)
	screens := map[string]screen{
		"light": desktop, "dark": {1440, 1000, 1, true}, "phone": phone, "phone-dark": {390, 844, 2, true},
	}
	take := func(name string, s screen, url string, whole bool) {
		b.look(s)
		b.open(url)
		b.wait("/^[1-9]/.test(document.querySelector('#commands tbody td')?.textContent) || document.querySelector('.plot .now').textContent === '0/s'")
		write(t, name, b.picture(whole))
		b.open("about:blank")
	}
	if *machineURL != "" {
		for name, s := range screens {
			take("status-"+name, s, *machineURL, s.width > 500)
		}
		return
	}
	f := newFake(t)
	for name, change := range map[string]func(map[string]any){"locked": locked, "loading": loading, "rolled-back": rolledBack} {
		f.set(func() { f.change, f.quiet = change, name == "locked" })
		take("status-"+name, desktop, f.URL, true)
		take("status-"+name+"-phone", phone, f.URL, false)
	}
}

// write writes a picture with at most 256 colours, which a page of text and thin lines
// hardly has more of: it is a third of the size then.
func write(t *testing.T, name string, picture []byte) {
	t.Helper()
	whole, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, paletted(whole)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(*pictureDir, name+".png")
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %d KB", path, out.Len()/1000)
}

// paletted maps each pixel to the nearest of 256 colours: the most frequent one, then
// again and again that which is missed most, by how frequent and how far it is.
func paletted(from image.Image) *image.Paletted {
	bounds, counts := from.Bounds(), map[color.RGBA]int{}
	at := func(x, y int) color.RGBA { return color.RGBAModel.Convert(from.At(x, y)).(color.RGBA) }
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			counts[at(x, y)]++
		}
	}
	type missed struct {
		color           color.RGBA
		count, distance int // to the nearest colour that is taken; squared
	}
	var rest []missed
	for c, n := range counts {
		rest = append(rest, missed{c, n, 1 << 20})
	}
	slices.SortFunc(rest, func(a, b missed) int {
		return bytes.Compare([]byte{a.color.R, a.color.G, a.color.B}, []byte{b.color.R, b.color.G, b.color.B})
	})
	var palette color.Palette
	for len(palette) < min(256, len(counts)) {
		most := slices.MaxFunc(rest, func(a, b missed) int { return a.count*a.distance - b.count*b.distance })
		palette = append(palette, most.color)
		for i := range rest {
			rest[i].distance = min(rest[i].distance, distance(rest[i].color, most.color))
		}
	}
	to, known := image.NewPaletted(bounds, palette), map[color.RGBA]uint8{}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			c := at(x, y)
			index, ok := known[c]
			if !ok {
				index = uint8(palette.Index(c))
				known[c] = index
			}
			to.SetColorIndex(x, y, index)
		}
	}
	return to
}

func distance(a, b color.RGBA) int {
	d := func(a, b uint8) int { return (int(a) - int(b)) * (int(a) - int(b)) }
	return d(a.R, b.R) + d(a.G, b.G) + d(a.B, b.B)
}
