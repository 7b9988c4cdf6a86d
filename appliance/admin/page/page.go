// Package page is the status page of a machine.
package page

import "net/http"

const text = `<!doctype html><meta charset="utf-8"><title>Redoubt</title>
<p>See <a href="status.json">status.json</a>.</p>
`

// Page serves the status page, which needs nothing else from anywhere.
func Page() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(text)) // whoever asked may have gone
	})
}
