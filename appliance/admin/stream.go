package admin

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// How the log is streamed.
const (
	logBytes     = 64 << 10         // of the log, where nothing else is asked for
	followers    = 8                // streams at one time
	sayAliveTime = 15 * time.Second // a line that says nothing, for those between here and there
)

// logTail answers /log: the last ?kib=N KiB; with ?follow=1 also what comes, as it comes,
// as text or, to those who accept only that, as server-sent events.
func (e *Endpoint) logTail(w http.ResponseWriter, r *http.Request) {
	size := logBytes
	if kib := r.URL.Query().Get("kib"); kib != "" {
		n, err := strconv.ParseUint(kib, 10, 20)
		if err != nil {
			reply(w, http.StatusBadRequest, "kib: want a number from 0 to 1048575")
			return
		}
		size = int(n) << 10
	}
	text, next := e.machine.Log().Tail(size)
	if r.URL.Query().Get("follow") != "1" {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write(text) // whoever asked may have gone
		return
	}
	if e.followers.Add(1) > followers {
		e.followers.Add(-1)
		w.Header().Set("Retry-After", "60")
		reply(w, http.StatusServiceUnavailable, "too many follow the log already")
		return
	}
	defer e.followers.Add(-1)
	e.follow(w, r, text, next)
}

// follow sends text and whatever is written to the log from position next on, until the
// reader goes, is too slow, or the endpoint closes. What is no longer kept when the
// reader is ready for it is left out.
func (e *Endpoint) follow(w http.ResponseWriter, r *http.Request, text []byte, next int64) {
	events := strings.HasPrefix(r.Header.Get("Accept"), "text/event-stream")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if events {
		w.Header().Set("Content-Type", "text/event-stream")
	}
	to := newSteady(w)
	alive := time.NewTicker(sayAliveTime)
	defer alive.Stop()
	for {
		if events {
			text = asEvents(text)
		}
		if _, err := to.Write(text); err != nil {
			return
		}
		if err := to.c.Flush(); err != nil {
			return
		}
		var more <-chan struct{}
		if text, next, more = e.machine.Log().From(next); len(text) > 0 {
			continue
		}
		select {
		case <-more:
		case <-alive.C:
			if events {
				text = []byte(":\n\n")
				if _, err := to.Write(text); err != nil {
					return
				}
				text = nil
			}
		case <-r.Context().Done():
			return
		case <-e.closing:
			return
		}
	}
}

// asEvents makes a server-sent event of each line.
func asEvents(text []byte) []byte {
	var out []byte
	for line := range bytes.Lines(text) {
		out = append(out, "data: "...)
		out = append(out, bytes.TrimRight(line, "\r\n")...)
		out = append(out, "\n\n"...)
	}
	return out
}
