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
	"time"
)

var (
	pictureDir = flag.String("pictures", "", "folder to write screenshots to")
	machineURL = flag.String("machine", "", "with -pictures: photograph this endpoint (default: a machine that is booted in QEMU)")
	dataAddr   = flag.String("data", "", "with -machine: the address of its data port")
	token      = flag.String("token", "", "with -machine: a token to sign in with")
	loadFor    = flag.Duration("load", 5*time.Minute, "with -pictures: how long to load the machine before")
	loadRate   = flag.Int("rate", 1500, "with -pictures: about how many commands a second to send")
)

// TestPictures writes screenshots: of a machine under load, and of the states that
// such a one does not show.
func TestPictures(t *testing.T) {
	if *pictureDir == "" {
		t.Skip("no folder is named by -pictures")
	}
	b := newBrowser(t)
	if *machineURL == "" {
		states(t, b)
		*machineURL, *dataAddr, *token = startMachine(t)
	}
	url, addr := *machineURL, *dataAddr
	use(t, addr, *loadFor)
	b.photograph("status-light", desktop, url)
	b.photograph("status-dark", screen{1440, 1000, 1, true}, url)
	b.photograph("status-phone", phone, url)
}

// states are those that a machine under load does not show.
func states(t *testing.T, b *browser) {
	f := newFake(t)
	f.change, f.quiet = locked, true
	b.photograph("status-locked", desktop, f.URL)
	b.photograph("status-locked-phone", phone, f.URL)
	f = newFake(t)
	f.change = rolledBack
	b.photograph("status-rolled-back", desktop, f.URL)
}

// photograph writes a picture of the whole page; on a phone, of its first screens.
// The crosshair is in dark ones.
func (b *browser) photograph(name string, s screen, url string) {
	b.t.Helper()
	if s.width < 500 {
		s.height = 2 * s.height
	}
	b.look(s)
	b.open(url)
	if url == *machineURL && *token != "" {
		b.wait("!document.getElementById('sign').hidden")
		b.click("#sign")
		b.enter("#ask-secret", *token)
		b.click("#ask-go")
		b.wait("document.getElementById('log').childElementCount > 0")
	}
	b.wait("/^[1-9]/.test(document.querySelector('#commands tbody td')?.textContent) || document.querySelector('.plot .now').textContent === '0/s'")
	if s.dark {
		b.run(`const c = document.querySelector("canvas"), box = c.getBoundingClientRect();
			c.dispatchEvent(new PointerEvent("pointermove", { bubbles: true, clientX: box.left + box.width * 0.8, clientY: box.top + 50 }))`, nil)
		b.wait("document.querySelector('canvas').ariaLabel.includes(' at ')")
		time.Sleep(200 * time.Millisecond) // it is drawn with the next picture
	}
	write(b.t, name, b.picture(s.width > 500))
	b.open("about:blank")
}

// write writes a picture with at most 256 colours, which a page of text and thin lines
// hardly has more of: it is a third of the size then.
func write(t testing.TB, name string, picture []byte) {
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
