package streams

import (
	"strconv"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/value/stream"
)

// recordClaim records that p is pending for the consumer with this name, of a
// group that was delivered entries up to last: by an XCLAIM that leads there from
// wherever p was before (Redis: streamPropagateXCLAIM).
func recordClaim(c *command.Call, key, group, consumer []byte, p stream.Pending, last stream.ID) {
	if !c.Recording() {
		return
	}
	var rooms [4][41]byte
	c.Record(c.DB.Index(), []byte("XCLAIM"), key, group, consumer, []byte("0"), p.ID.AppendTo(rooms[0][:0]),
		[]byte("TIME"), strconv.AppendInt(rooms[1][:0], p.Time, 10),
		[]byte("RETRYCOUNT"), strconv.AppendUint(rooms[2][:0], p.Count, 10),
		[]byte("FORCE"), []byte("JUSTID"), []byte("LASTID"), last.AppendTo(rooms[3][:0]))
}

// recordGroup records how far a group is.
func recordGroup(c *command.Call, key, group []byte, g stream.GroupEditor) {
	if !c.Recording() {
		return
	}
	var rooms [2][41]byte
	c.Record(c.DB.Index(), []byte("XGROUP"), []byte("SETID"), key, group, g.LastID().AppendTo(rooms[0][:0]),
		[]byte("ENTRIESREAD"), strconv.AppendInt(rooms[1][:0], g.Read(), 10))
}

// recordConsumer records that the consumer was made, where no entry will tell.
func (r *reading) recordConsumer(c *command.Call, key []byte) {
	c.Record(c.DB.Index(), []byte("XGROUP"), []byte("CREATECONSUMER"), key, c.Args[r.name], c.Args[r.name+1])
}
