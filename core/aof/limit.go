package aof

import "time"

// After so many failures in a row, rewrites that nobody asked for wait, longer
// each time (Redis: AOF_REWRITE_LIMITE_THRESHOLD, AOF_REWRITE_LIMITE_MAX_MINUTES).
const (
	limitAfter   = 3
	limitLongest = time.Hour
	// staleRetry is between rewrites without which nothing can be written.
	staleRetry = 10 * time.Second
)

// rewriteLimit counts failures of rewrites in a row. The zero value is none.
type rewriteLimit struct {
	failures int
	delay    time.Duration // the last one; 0: none yet
	until    time.Duration // on the monotonic clock; 0: no delay runs
	failedAt time.Duration // on the monotonic clock, if failures is not 0
}

// limited tells whether a rewrite must wait. Where that begins, started is true.
func (l *rewriteLimit) limited(now time.Duration) (limited, started bool) {
	if l.failures < limitAfter {
		*l = rewriteLimit{failures: l.failures, failedAt: l.failedAt}
		return false, false
	}
	if l.until != 0 {
		if now < l.until {
			return true, false
		}
		l.until = 0
		return false, false
	}
	l.delay = min(max(time.Minute, 2*l.delay), limitLongest)
	l.until = now + l.delay
	return true, true
}

// RewriteLimited tells whether rewrites that nobody asked for must wait, because
// the last ones have failed: 1, 2, 4, … 60 minutes; but ten seconds only where the
// current file is stale, since commands that write are refused until then.
func (w *Writer) RewriteLimited() bool {
	now := w.o.Clock.Mono()
	w.mu.Lock()
	if w.stale != nil {
		defer w.mu.Unlock()
		return w.limit.failures > 0 && now-w.limit.failedAt < staleRetry
	}
	limited, started := w.limit.limited(now)
	delay := w.limit.delay
	w.mu.Unlock()
	if started {
		w.o.Warning("Background AOF rewrite has repeatedly failed and triggered the limit, will retry in %d minutes", int(delay/time.Minute))
	}
	return limited
}

// RewriteFailures is how many rewrites in a row have failed.
func (w *Writer) RewriteFailures() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.limit.failures
}

// AllowRewrite ends the limit: somebody asks for a rewrite.
func (w *Writer) AllowRewrite() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.limit.failures = 0
}

// rewriteFailed counts and logs the failure of a rewrite, and returns err.
func (w *Writer) rewriteFailed(err error) error {
	now := w.o.Clock.Mono()
	w.mu.Lock()
	w.limit.failures++
	w.limit.failedAt = now
	w.mu.Unlock()
	w.o.Warning("Background AOF rewrite terminated with error: %v", err)
	return err
}
