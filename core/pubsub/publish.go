package pubsub

import "github.com/redoubt-kv/redoubt/core/glob"

// The first elements of messages.
var (
	wordMessage  = []byte("message")
	wordPMessage = []byte("pmessage")
	wordSMessage = []byte("smessage")
)

// Heard tells whether a message of a channel of that kind could reach anybody: a load
// or two.
func (r *Registry) Heard(kind Kind) bool {
	return r.topics[kind].Load() > 0 || kind == Channel && r.topics[Pattern].Load() > 0
}

// Publish sends payload to those who have subscribed to the channel, of kind Channel or
// Sharded, and returns how many subscriptions that are. here is the box of the loop that
// calls, which is not waited for; nil for a goroutine that is no loop. full is a box, if
// any, that holds so much that the publisher should wait. Any goroutine, also with shards
// locked.
func (r *Registry) Publish(kind Kind, channel, payload []byte, here *Box) (receivers int, full *Box) {
	if !r.Heard(kind) {
		return 0, nil
	}
	p := posting{limit: r.limit.Load(), here: here}
	st := r.stripe(channel)
	st.mu.Lock()
	if t := st.channels[kind][string(channel)]; t != nil {
		word := wordMessage
		if kind == Sharded {
			word = wordSMessage
		}
		p.post(t, st.newMessage(t, word, channel, payload))
	}
	if kind == Channel {
		for _, t := range r.patterns {
			if glob.Match(t.name, channel) {
				p.post(t, st.newMessage(t, wordPMessage, []byte(t.name), channel, payload))
			}
		}
	}
	st.mu.Unlock()
	if p.much {
		here.Drain()
	}
	return p.receivers, p.full
}

// Monitored tells whether there is a monitor: one load.
func (r *Registry) Monitored() bool { return r.topics[monitoring].Load() > 0 }

// Show sends line, a whole reply that is not changed any more, to all monitors. Any
// goroutine, also with shards locked.
func (r *Registry) Show(line []byte) {
	p := posting{}
	st := r.stripe(nil)
	st.mu.Lock()
	defer st.mu.Unlock()
	if t := st.channels[monitoring][""]; t != nil {
		p.post(t, Raw(line))
	}
}

// posting is one message on its way into boxes.
type posting struct {
	limit     int64
	here      *Box
	receivers int
	full      *Box
	much      bool // is in here
}

// post puts a letter for each audience of t, whose lock is held, into its box.
func (p *posting) post(t *topic, m Message) {
	p.receivers += t.members
	for _, a := range t.audiences {
		first, waiting := a.post(m, p.limit)
		if first {
			a.box.wake()
		}
		switch {
		case a.box == p.here:
			p.much = p.much || waiting >= eagerBytes
		case waiting >= boxBytes:
			p.full = a.box
		}
	}
}

// post puts m into the box for the audience, and returns how much is in that then. If
// far more than limit would wait for each member, it has them cut instead, and drops
// what comes until that is done.
func (a *audience) post(m Message, limit int64) (first bool, waiting int64) {
	b := a.box
	size := int64(m.Len())
	b.mu.Lock()
	switch most := limit + spareBytes; {
	case limit == 0 || a.waiting+size <= most:
		first = b.add(letter{m: m, all: a})
		a.waiting += size
	case a.waiting <= most:
		first = b.add(letter{all: a})
		a.waiting = most + 1
	}
	waiting = b.bytes
	b.mu.Unlock()
	return first, waiting
}
