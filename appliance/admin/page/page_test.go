package page

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

// Bounds of the document, in bytes: as it is, and as it is sent.
const (
	maxSize    = 50 << 10
	maxGzipped = 17 << 10
)

func TestSize(t *testing.T) {
	d := load()
	t.Logf("%d bytes, %d compressed", len(d.html), len(d.gzipped))
	if len(d.html) > maxSize || len(d.gzipped) > maxGzipped {
		t.Errorf("%d bytes, %d compressed: more than %d, %d", len(d.html), len(d.gzipped), maxSize, maxGzipped)
	}
}

// What a document may load from elsewhere, and what a policy without
// 'unsafe-inline' would refuse.
var foreign = map[string]*regexp.Regexp{
	"an address":        regexp.MustCompile(`(?i)(https?:)?//[a-z0-9-]+\.[a-z]`),
	"an import":         regexp.MustCompile(`@import|\bimport\s*\(|url\(`),
	"a source":          regexp.MustCompile(`(?i)<[^>]*\ssrc\s*=`),
	"a style attribute": regexp.MustCompile(`(?i)<[^>]*\sstyle\s*=`),
	"a handler":         regexp.MustCompile(`(?i)<[^>]*\son[a-z]+\s*=`),
	"markup from text":  regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function`),
	"something stored":  regexp.MustCompile(`localStorage|sessionStorage|document\.cookie|indexedDB`),
}

func TestSelfContained(t *testing.T) {
	// A namespace's name is no address.
	html := strings.ReplaceAll(string(HTML()), "xmlns='http://www.w3.org/2000/svg'", "")
	for what, pattern := range foreign {
		if found := pattern.FindString(html); found != "" {
			t.Errorf("the page has %s: %q", what, found)
		}
	}
}

func TestForeignCatches(t *testing.T) {
	for what, text := range map[string]string{
		"an address": `<a href="//cdn.example/x">`, "an import": `@import "x"`, "a source": `<img src=x>`, "a style attribute": `<p style="color:red">`,
		"a handler": `<p onclick="x()">`, "markup from text": `e.innerHTML = s`, "something stored": `localStorage.x = 1`,
	} {
		if !foreign[what].MatchString(text) {
			t.Errorf("%s is not found in %q", what, text)
		}
	}
}

// The hashes of the policy are those of what stands in the document.
func TestPolicy(t *testing.T) {
	policy := ContentSecurityPolicy()
	for _, element := range []string{"script", "style"} {
		found := regexp.MustCompile(`(?s)<`+element+`>(.*?)</`+element+`>`).FindAllSubmatch(HTML(), -1)
		if len(found) != 1 {
			t.Fatalf("%d elements %s", len(found), element)
		}
		sum := sha256.Sum256(found[0][1])
		want := element + "-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
		if !strings.Contains(policy, want+";") {
			t.Errorf("the policy %q has no %q", policy, want)
		}
	}
	if strings.Contains(policy, "unsafe") || !strings.HasPrefix(policy, "default-src 'none'") {
		t.Errorf("policy %q", policy)
	}
}

func TestServe(t *testing.T) {
	get := func(method string, header ...string) *http.Response {
		r := httptest.NewRequest(method, "/", nil)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		Page().ServeHTTP(w, r)
		return w.Result()
	}
	body := func(r io.Reader) string {
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	plain := get("GET")
	if got := body(plain.Body); got != string(HTML()) {
		t.Errorf("%d bytes, want %d", len(got), len(HTML()))
	}
	if plain.Header.Get("Content-Security-Policy") != ContentSecurityPolicy() || plain.Header.Get("Content-Encoding") != "" {
		t.Errorf("headers %v", plain.Header)
	}
	for accepted, want := range map[string]bool{"gzip": true, "br, gzip;q=0.5": true, "gzip;q=0, br": false, "gzip;q=0.0": false, "br": false, "*": false} {
		r := get("GET", "Accept-Encoding", accepted)
		if got := r.Header.Get("Content-Encoding") == "gzip"; got != want {
			t.Errorf("Accept-Encoding %q: compressed %v", accepted, got)
			continue
		}
		if want {
			unpacked, err := gzip.NewReader(r.Body)
			if err != nil {
				t.Fatal(err)
			}
			if body(unpacked) != string(HTML()) {
				t.Error("the compressed page is another")
			}
		}
	}
	if r := get("HEAD"); body(r.Body) != "" || r.ContentLength <= 0 {
		t.Errorf("HEAD: length %d", r.ContentLength)
	}
	if r := get("GET", "If-None-Match", plain.Header.Get("ETag")); r.StatusCode != http.StatusNotModified || body(r.Body) != "" {
		t.Errorf("the page that is known: %s", r.Status)
	}
}
