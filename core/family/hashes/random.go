package hashes

import (
	"math"
	"math/rand/v2"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/value/hash"
)

func hrandfield(c *command.Call) {
	if len(c.Args) == 2 {
		randomField(c)
		return
	}
	count, ok := c.Int(2)
	if !ok {
		return
	}
	if count == math.MinInt64 {
		c.Out.Error("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807")
		return
	}
	withValues := len(c.Args) == 4 && c.Is(3, "WITHVALUES")
	if len(c.Args) > 3 && !withValues {
		c.Out.Error(command.ErrSyntax)
		return
	}
	if withValues && (count < -math.MaxInt64/2 || count > math.MaxInt64/2) {
		c.Out.Error("ERR value is out of range")
		return
	}
	randomFields(c, count, withValues)
}

func randomField(c *command.Call) {
	h, found, ok := lookup(c)
	if !ok {
		return
	}
	if !found || h.Len() == 0 {
		c.Out.Null()
		return
	}
	p := h.Picker(rand.Uint64)
	field, _ := p.Pick()
	bulk(c, field)
}

// randomFields replies count different fields, or if it is negative as many
// independent choices.
func randomFields(c *command.Call, count int64, withValues bool) {
	h, found, ok := lookup(c)
	if !ok {
		return
	}
	n := 0
	if found {
		n = h.Len()
	}
	if n == 0 || count == 0 {
		c.Out.Array(0)
		return
	}
	r := randomReply{c, c.Out.Mark(), withValues}
	switch {
	case count < 0:
		r.begin(int(-count))
		r.independent(&h, count)
	case count*sampleShare >= int64(n) || count >= int64(n) || !h.Large():
		count = min(count, int64(n))
		r.begin(int(count))
		h.Sample(int(count), rand.Uint64, r.field)
	default:
		r.begin(int(count))
		r.different(&h, int(count))
	}
}

// sampleShare is how many times as many fields as are wanted a large hash has,
// where picking them one by one begins to be cheaper than going through all.
const sampleShare = 8

// randomReply writes fields, in RESP3 as pairs if values are wanted.
type randomReply struct {
	c          *command.Call
	mark       int // where the reply begins
	withValues bool
}

func (r randomReply) begin(n int) {
	if r.withValues && r.c.Out.Proto != 3 {
		n *= 2
	}
	r.c.Out.Array(n)
}

func (r randomReply) field(field, val hash.Item) {
	if !r.withValues {
		bulk(r.c, field)
		return
	}
	if r.c.Out.Proto == 3 {
		r.c.Out.Array(2)
	}
	bulk(r.c, field)
	bulk(r.c, val)
}

// maxReply is the bytes from which a reply is refused that only the number of
// fields asked for makes so long.
const maxReply = 1 << 30

// independent picks -count times.
func (r randomReply) independent(h *hash.Hash, count int64) {
	out := r.c.Out
	start := len(out.B)
	p := h.Picker(rand.Uint64)
	for ; count < 0 && !out.Full(); count++ {
		if len(out.B)-start > maxReply {
			out.B = out.B[:r.mark]
			out.Error("ERR the reply would be longer than 1 GiB")
			return
		}
		r.field(p.Pick())
	}
}

// different picks until n different fields were picked.
func (r randomReply) different(h *hash.Hash, n int) {
	p := h.Picker(rand.Uint64)
	picked := make(map[string]bool, n)
	for len(picked) < n {
		field, val := p.Pick()
		if name := field.Bytes(nil); !picked[string(name)] {
			picked[string(name)] = true
			r.field(field, val)
		}
	}
}
