package command

// queue is what a transaction is going to run. Its memory is used again by the
// next transaction of the loop, if it is not much.
//
// Arguments are copied one behind the other, into pieces of memory that never
// move: a piece that is full is left to the requests that lie in it.
//
//	requests  [row args] [row args] …
//	                 |        |
//	args             [][][] … [][]         slices of
//	text             SETkey:1value:1SETkey:2 …
type queue struct {
	requests []queued
	args     [][]byte // the last piece, up to what is taken
	text     []byte   // likewise
	size     int64    // about what the requests take, in bytes
}

// queued is a request that EXEC is to run.
type queued struct {
	row  *Row
	args [][]byte // copies
}

// queuedBytes is about what a queued request takes beside its arguments.
const queuedBytes, argBytes = 64, 24

// What a piece holds: the first one, and the most if no single request needs more.
// Up to the most is kept for the next transaction.
const (
	leastArgs, mostArgs = 32, 2048
	leastText, mostText = 1 << 10, 64 << 10
	mostRequests        = 1024
)

// add appends a copy of a request.
func (q *queue) add(row *Row, args [][]byte) {
	q.requests = append(q.requests, queued{row, q.copy(args)})
}

// copy copies args.
func (q *queue) copy(args [][]byte) [][]byte {
	bytes := 0
	for _, a := range args {
		bytes += len(a)
	}
	q.size += queuedBytes + argBytes*int64(len(args)) + int64(bytes)
	if cap(q.args)-len(q.args) < len(args) {
		q.args = make([][]byte, 0, piece(cap(q.args), len(args), leastArgs, mostArgs))
	}
	if cap(q.text)-len(q.text) < bytes {
		q.text = make([]byte, 0, piece(cap(q.text), bytes, leastText, mostText))
	}
	first, text := len(q.args), q.text
	for _, a := range args {
		from := len(text)
		text = append(text, a...)
		q.args = append(q.args, text[from:len(text):len(text)])
	}
	q.text = text
	return q.args[first:len(q.args):len(q.args)]
}

// piece is how much the piece after one of size was holds, of which need is needed
// at once.
func piece(was, need, least, most int) int {
	return max(need, min(max(least, 2*was), most))
}

// reset empties q and keeps what memory is worth keeping.
func (q *queue) reset() {
	clear(q.requests)
	clear(q.args)
	q.requests, q.args, q.text, q.size = q.requests[:0], q.args[:0], q.text[:0], 0
	if cap(q.requests) > mostRequests {
		q.requests = nil
	}
	if cap(q.args) > mostArgs {
		q.args = nil
	}
	if cap(q.text) > mostText {
		q.text = nil
	}
}
