package migration

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/resp"
)

const (
	errConnect = "IOERR error or timeout connecting to the client"
	errWrite   = "IOERR error or timeout writing to target instance"
	errRead    = "IOERR error or timeout reading to target instance"
)

// transfer restores items at the target, marks those that it has acknowledged, and
// returns what is wrong, "" if nothing is. A connection that was kept may have been
// closed by the target: if that is noticed before the first reply, there is a
// second try.
func (m *move) transfer(items []*item) (text string) {
	text, again := m.attempt(items)
	if again {
		text, _ = m.attempt(items)
	}
	return text
}

func (m *move) attempt(items []*item) (text string, again bool) {
	timeout := duration(m.timeoutMs)
	t, err := m.f.Targets.take(m.host, m.port, timeout)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET):
		return errWrite, false // Redis learns of it as it writes
	case err != nil:
		return errConnect, false
	}
	request, sent := m.request.encode(items, t.db)
	if err := t.write(request, timeout); err != nil {
		t.conn.Close()
		return errWrite, !isTimeout(err)
	}
	text, replies, err := m.replies(t, sent, timeout)
	switch {
	case err != nil:
		t.conn.Close()
		if text != "" {
			return text, false
		}
		return errRead, replies == 0 && !isTimeout(err)
	case text != "":
		t.db = noDB
	default:
		t.db = m.db
	}
	m.f.Targets.give(t)
	return text, false
}

// replies reads the replies to what encode has made. It returns the first error that
// the target has replied, how many items it has replied to, and why no more came.
func (m *move) replies(t *target, sent []*item, timeout time.Duration) (text string, n int, err error) {
	refused := ""
	for range m.steps(t.db) { // AUTH, SELECT
		line, err := t.line(timeout)
		if err != nil {
			return "", 0, err
		}
		if refused == "" && strings.HasPrefix(line, "-") {
			refused = line
		}
	}
	for n, it := range sent {
		line, err := t.line(timeout)
		if err != nil {
			return text, n, err
		}
		if refused != "" {
			line = refused
		}
		if rest, failed := strings.CutPrefix(line, "-"); !failed {
			it.acked = true
		} else if text == "" {
			text = "ERR Target instance replied with error: " + rest
		}
	}
	return text, len(sent), nil
}

// steps is how many requests precede those of the items.
func (m *move) steps(selected int64) (n int) {
	if m.auth != nil {
		n++
	}
	if selected != m.db {
		n++
	}
	return n
}

// encode makes the requests that the target is sent, for those items whose time has
// not come.
func (r *request) encode(items []*item, selected int64) (request []byte, sent []*item) {
	var w resp.Writer
	if r.auth != nil {
		w.Array(1 + len(r.auth))
		w.BulkString("AUTH")
		for _, word := range r.auth {
			w.BulkString(word)
		}
	}
	if selected != r.db {
		w.Array(2)
		w.BulkString("SELECT")
		w.BulkString(strconv.FormatInt(r.db, 10))
	}
	now := time.Now().UnixMilli()
	for _, it := range items {
		if it.due == keyspace.NoTTL || it.due >= now {
			r.restore(&w, it, now)
			sent = append(sent, it)
		}
	}
	return w.B, sent
}

func (r *request) restore(w *resp.Writer, it *item, now int64) {
	words, ttl := 4, int64(0)
	if it.due != keyspace.NoTTL {
		ttl = max(1, it.due-now)
	}
	if r.replaces {
		words = 5
	}
	w.Array(words)
	w.BulkString("RESTORE")
	w.Bulk(it.key)
	w.BulkString(strconv.FormatInt(ttl, 10))
	w.Bulk(it.payload)
	if r.replaces {
		w.BulkString("REPLACE")
	}
}

func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// duration is ms as a time.Duration, at most a year.
func duration(ms int64) time.Duration {
	const year = 365 * 24 * int64(time.Hour/time.Millisecond)
	return time.Duration(min(ms, year)) * time.Millisecond
}
