package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/redoubt-kv/redoubt/core/server"
)

// begin claims the one place for transfers of snapshots, restores and updates; if it is
// taken, it answers so and returns false.
func (e *Endpoint) begin(w http.ResponseWriter, what string) bool {
	if e.transfer.CompareAndSwap(nil, &what) {
		return true
	}
	running := "another transfer"
	if r := e.transfer.Load(); r != nil {
		running = *r
	}
	w.Header().Set("Retry-After", "5")
	reply(w, http.StatusConflict, running+" is running; one at a time")
	return false
}

func (e *Endpoint) end() { e.transfer.Store(nil) }

// steady has the deadlines of a transfer follow its progress: each part of a body has
// replyTime, however long all of it takes.
type steady struct {
	w    http.ResponseWriter
	c    *http.ResponseController
	sent int64
	over atomic.Bool // no deadline is put off any more
}

func newSteady(w http.ResponseWriter) *steady {
	return &steady{w: w, c: http.NewResponseController(w)}
}

// writePart is how much of a body has replyTime to be sent.
const writePart = 64 << 10

// Write sends p in parts.
func (s *steady) Write(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		if err := s.c.SetWriteDeadline(time.Now().Add(replyTime)); err != nil {
			return n, fmt.Errorf("bound the time of a reply: %w", err)
		}
		if s.over.Load() { // also if it was set in between
			return n, os.ErrDeadlineExceeded
		}
		var sent int
		sent, err = s.w.Write(p[n:min(len(p), n+writePart)])
		n += sent
	}
	s.sent += int64(n)
	return n, err
}

// snapshot answers GET /snapshot.rdb: the data of this moment as an RDB file.
func (e *Endpoint) snapshot(w http.ResponseWriter, r *http.Request) {
	if !e.begin(w, "a snapshot's download") {
		return
	}
	defer e.end()
	name := time.Now().UTC().Format("redoubt-20060102-150405.rdb")
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	to := newSteady(w)
	err := e.handle.WriteSnapshot(r.Context(), to)
	switch {
	case err == nil:
	case to.sent > 0:
		e.log("admin: the download of a snapshot by %s ended after %d bytes: %v", r.RemoteAddr, to.sent, err)
		panic(http.ErrAbortHandler) // the reader sees that it is not whole
	default:
		w.Header().Del("Content-Disposition")
		refuse(w, err)
	}
}

// SetWriteDeadline ends what is being written and what would be: it is called when the
// snapshot is over, and not again.
func (s *steady) SetWriteDeadline(t time.Time) error {
	s.over.Store(true)
	return s.c.SetWriteDeadline(t)
}

// restore answers PUT /snapshot.rdb: it replaces all data.
func (e *Endpoint) restore(w http.ResponseWriter, r *http.Request) {
	if !e.begin(w, "a restore") {
		return
	}
	defer e.end()
	e.log("admin: %s restores the data from a file of %d bytes", r.RemoteAddr, r.ContentLength)
	body := &steadyBody{r: r.Body, c: http.NewResponseController(w)}
	done, err := e.handle.Restore(r.Context(), body, r.ContentLength)
	if err != nil {
		refuse(w, err)
		return
	}
	_ = body.c.SetWriteDeadline(time.Now().Add(replyTime)) // it took as long as it took
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(struct { // whoever asked may have gone
		Keys      int64   `json:"keys"`
		Expired   int64   `json:"expired"`
		Functions int64   `json:"functions"`
		Replaced  int64   `json:"replaced"`
		Bytes     int64   `json:"bytes"`
		Seconds   float64 `json:"seconds"`
	}{done.Keys, done.Expired, done.Functions, done.Replaced, done.Bytes, done.Took.Seconds()})
}

// steadyBody is a request's body each part of which has bodyTime to come.
type steadyBody struct {
	r io.Reader
	c *http.ResponseController
}

// Read reads a part.
func (s *steadyBody) Read(p []byte) (int, error) {
	now := time.Now()
	if err := s.c.SetReadDeadline(now.Add(bodyTime)); err != nil {
		return 0, fmt.Errorf("bound the time of a request: %w", err)
	}
	n, err := s.r.Read(p)
	if err != nil {
		_ = s.c.SetReadDeadline(time.Time{}) // what follows takes its time; net/http sets its own for the next request
	}
	return n, err
}

// refuse answers with the reason why something was not done.
func refuse(w http.ResponseWriter, err error) {
	code := http.StatusInternalServerError
	switch {
	case errors.Is(err, server.ErrSaving), errors.Is(err, server.ErrRestoring):
		code = http.StatusConflict
	case errors.Is(err, server.ErrLoading), errors.Is(err, server.ErrStopping):
		code = http.StatusServiceUnavailable
	case errors.Is(err, server.ErrBadFile):
		code = http.StatusUnprocessableEntity
	case errors.Is(err, server.ErrNoMemory):
		code = http.StatusRequestEntityTooLarge
	case errors.Is(err, server.ErrNoSpace):
		code = http.StatusInsufficientStorage
	case errors.Is(err, io.ErrUnexpectedEOF):
		code = http.StatusBadRequest
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(replyTime))
	if code == http.StatusConflict || code == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	reply(w, code, err.Error())
}
