package page

import (
	"math"
	"regexp"
	"strconv"
	"testing"
)

// Text on its background has the contrast that WCAG 2 asks for (level AA, 4.5 to 1),
// in both schemes; the lines of the plots are text in the table's sense too.
func TestContrast(t *testing.T) {
	blocks := regexp.MustCompile(`(?s):root \{(.*?)\}`).FindAllStringSubmatch(read("style.css"), -1)
	if len(blocks) != 2 {
		t.Fatalf("%d sets of colours, want light and dark", len(blocks))
	}
	for i, scheme := range []string{"light", "dark"} {
		colors := map[string]string{}
		for _, m := range regexp.MustCompile(`--([a-z-]+): #([0-9a-f]{3,6});`).FindAllStringSubmatch(blocks[i][1], -1) {
			colors[m[1]] = m[2]
		}
		for _, pair := range [][2]string{
			{"text", "page"}, {"text", "card"}, {"text", "hover"}, {"text", "bad-page"}, {"soft", "page"}, {"soft", "card"}, {"soft", "bad-page"},
			{"good", "page"}, {"good", "card"}, {"warn", "page"}, {"warn", "card"}, {"bad", "page"}, {"bad", "card"}, {"bad", "bad-page"},
			{"one", "card"}, {"two", "card"}, {"three", "card"},
		} {
			if ratio := contrast(t, colors[pair[0]], colors[pair[1]]); ratio < 4.5 {
				t.Errorf("%s: %s on %s has a contrast of %.2f", scheme, pair[0], pair[1], ratio)
			}
		}
	}
	if ratio := contrast(t, "777", "ffffff"); ratio < 4.47 || ratio > 4.49 {
		t.Errorf("#777 on white: %.3f", ratio)
	}
}

// contrast is the ratio of two colours' relative luminances by WCAG 2.
func contrast(t *testing.T, a, b string) float64 {
	x, y := luminance(t, a)+0.05, luminance(t, b)+0.05
	return max(x, y) / min(x, y)
}

func luminance(t *testing.T, hex string) (sum float64) {
	t.Helper()
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	if len(hex) != 6 {
		t.Fatalf("no colour: %q", hex)
	}
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		v := float64(n) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum
}
