package session_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/core/command"
)

var multiFields = regexp.MustCompile(`flags=\S+|multi=\S+|watch=\S+|multi-mem=\S+`)

// fields are those of CLIENT LIST about the transaction of client id.
func (h *hall) fields(id int64) string {
	line := string(h.core.clients.List(nil, command.ClientFilter{ID: id}, 0))
	return strings.Join(multiFields.FindAllString(line, -1), " ")
}

func TestTransactionIsListed(t *testing.T) {
	h := newHall(t)
	h.expect("a", "WATCH k l k", "+OK,")
	expect(t, h.fields(1), "flags=N multi=-1 watch=2 multi-mem=192")
	h.expect("a", "MULTI\r\nSET k 1\r\nGET k", "+OK,+QUEUED,+QUEUED,")
	expect(t, h.fields(1), "flags=x multi=2 watch=2 multi-mem=449")
	before := h.core.clients.Memory()
	h.expect("b", "SET l 2", "+OK,")
	expect(t, h.fields(1), "flags=xd multi=2 watch=2 multi-mem=449")
	h.expect("a", "SET k "+strings.Repeat("x", 1000), "+QUEUED,") // not kept: EXEC is going to refuse
	expect(t, h.fields(1), "flags=xd multi=2 watch=2 multi-mem=449")
	h.expect("a", "EXEC", "*-1,")
	expect(t, h.fields(1), "flags=N multi=-1 watch=0 multi-mem=0")
	h.clients["b"].s.Closed(nil)
	if after := h.core.clients.Memory(); before-after != 449 {
		t.Errorf("clients take %d bytes with a queue, %d without", before, after)
	}
}

// What ends a transaction ends its watches: no shard keeps any.
func TestWhatEndsTransactions(t *testing.T) {
	for _, end := range []string{"EXEC", "DISCARD", "RESET", "EXEC now", "QUIT", "UNWATCH\r\nEXEC"} {
		h := newHall(t)
		h.do("a", "WATCH k l\r\nMULTI\r\nGET k\r\n"+end)
		if end == "QUIT" {
			h.clients["a"].s.Closed(nil)
		}
		h.untended(end)
	}
	h := newHall(t)
	h.do("a", "WATCH k l\r\nUNWATCH")
	h.untended("UNWATCH")
}

// untended checks that nobody watches any key.
func (h *hall) untended(after string) {
	h.t.Helper()
	if watched, _ := h.store.Tended(); watched > 0 {
		h.t.Errorf("after %s %d keys are still watched", after, watched)
	}
}

// Between MULTI and EXEC nothing waits, and what EXEC pushes serves clients after
// all of it has run.
func TestWaitingAndTransactions(t *testing.T) {
	h := newHall(t)
	h.expect("a", "TAKE k 0", "")
	h.expect("b", "TAKE k 0", "")
	h.expect("p", "MULTI\r\nTAKE k 0\r\nPUSH k 12\r\nTAKE k 0\r\nPUSH k 3\r\nDEL x\r\nEXEC",
		"+OK,+QUEUED,+QUEUED,+QUEUED,+QUEUED,+QUEUED,*5,*-1,:2,*2,$1,k,$1,1,:2,+OK, a:*2,$1,k,$1,2, b:*2,$1,k,$1,3,")
	h.expect("a", "TAKE k 0", "")
	h.expect("p", "MULTI\r\nPUSH k 1\r\nDEL k\r\nEXEC", "+OK,+QUEUED,+QUEUED,*2,:1,+OK,")
	h.expect("p", "WATCH k", "+OK,")
	h.expect("b", "PUSH k 1", ":1, a:*2,$1,k,$1,1,")
	h.expect("p", "MULTI\r\nEXEC", "+OK,*-1,") // changed, if only for a moment
}

func TestReplyOffWithinExec(t *testing.T) {
	h := newHall(t)
	in := "PING\r\nMULTI\r\nPING a\r\nCLIENT REPLY %s\r\nPING b\r\nEXEC\r\nPING c\r\nCLIENT REPLY ON\r\nPING d"
	h.expect("a", fmt.Sprintf(in, "OFF"), "+PONG,+OK,+QUEUED,+QUEUED,+QUEUED,*3,$1,a,+OK,$1,d,")
	h.expect("a", fmt.Sprintf(in, "SKIP"), "+PONG,+OK,+QUEUED,+QUEUED,+QUEUED,*3,$1,a,$1,b,+OK,$1,d,")
	h.expect("a", "CLIENT REPLY OFF\r\n"+fmt.Sprintf(in, "ON"), "+OK,$1,b,$1,c,+OK,$1,d,")
}
