// Package page is the status page of a machine: one HTML document with its style
// and its program inside, which asks the server that it came from for
// /status.json each second and loads nothing else.
//
// The document is put together from page.html, style.css and the files of script,
// in the order of their names. A Content-Security-Policy with the hash of the one
// style and of the one script forbids all others, so that a text of the server
// (a line of the log, a name) that got into the document as markup would do nothing.
package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed page.html style.css script/*.js
var sources embed.FS

// document is the page as it is served.
type document struct {
	html, gzipped []byte
	policy        string // Content-Security-Policy
	tag           string // ETag
}

// The page is made when it is first asked for: a machine that nobody looks at
// does not keep it in memory twice.
var load = sync.OnceValue(func() *document {
	style, script := spaces.ReplaceAllString(squeeze(read("style.css")), "$1"), scripts()
	html := strings.NewReplacer("/*STYLE*/", style, "/*SCRIPT*/", script).Replace(squeeze(read("page.html")))
	d := &document{html: []byte(html), policy: policy(style, script)}
	sum := sha256.Sum256(d.html)
	d.tag = `"` + hex.EncodeToString(sum[:12]) + `"`
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is valid
	_, _ = w.Write(d.html)                                // a bytes.Buffer takes everything
	_ = w.Close()
	d.gzipped = b.Bytes()
	return d
})

// spaces are those of a style that mean nothing.
var spaces = regexp.MustCompile(`\s*([{};,]|: )\s*`)

// read returns an embedded file, which is there: the compiler has seen it.
func read(name string) string {
	b, err := sources.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// squeeze leaves out what only readers of the sources need: indentation, empty lines,
// and comments that have a line to themselves. No text of ours spans lines.
func squeeze(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

// scripts is the program: the files of script, each a room of one function's body.
func scripts() string {
	entries, err := sources.ReadDir("script")
	if err != nil {
		panic(err)
	}
	var b strings.Builder
	b.WriteString("\n(() => {\n\"use strict\";\n")
	for _, e := range entries {
		b.WriteString(squeeze(read("script/" + e.Name())))
	}
	b.WriteString("})();\n")
	return b.String()
}

// policy allows the one style and the one script, requests to the server that the
// page came from, and an icon inside the page. Nothing else loads, and no other site may
// show the page in a frame.
func policy(style, script string) string {
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return strings.Join([]string{
		"default-src 'none'", "script-src " + hash(script), "style-src " + hash(style),
		"connect-src 'self'", "img-src data:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
	}, "; ")
}

// HTML is the document. The caller does not change it.
func HTML() []byte { return load().html }

// ContentSecurityPolicy is the header of that name which the document needs, with
// the hashes of its style and script.
func ContentSecurityPolicy() string { return load().policy }

// Page serves the document. It asks its own server for /status.json and
// /history.json; what it may do beyond that it learns from the status.
func Page() http.Handler { return http.HandlerFunc(serve) }

func serve(w http.ResponseWriter, r *http.Request) {
	d, h := load(), w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", d.policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-cache")
	h.Set("Vary", "Accept-Encoding")
	h.Set("ETag", d.tag)
	if strings.Contains(r.Header.Get("If-None-Match"), d.tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := d.html
	if acceptsGzip(r.Header) {
		h.Set("Content-Encoding", "gzip")
		body = d.gzipped
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // whoever asked may have gone
	}
}

// acceptsGzip looks for gzip in Accept-Encoding, without a weight of 0.
func acceptsGzip(h http.Header) bool {
	return slices.ContainsFunc(strings.Split(h.Get("Accept-Encoding"), ","), func(coding string) bool {
		name, weight, _ := strings.Cut(coding, ";")
		return strings.TrimSpace(name) == "gzip" && strings.Trim(weight, " q=0.") != "" || strings.TrimSpace(coding) == "gzip"
	})
}
