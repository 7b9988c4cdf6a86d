package session

import (
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/pubsub"
	"github.com/redoubt-kv/redoubt/core/tracking"
)

// Clients that keep copies of what they read (CLIENT TRACKING) are told when it
// changes. The way of such a message:
//
//	read    under the key's lock: AfterRead enters the client in the table;
//	        the reply goes behind the client's others
//	write   under the same lock: KeyChanged takes the client out of the table and
//	        puts a letter into the mailbox of its loop
//	loop    delivers its letters when no client's command is being executed: so
//	        the message comes behind the reply to the read, never within a reply
//
// Clients in BCAST mode are not in the table. What changes is gathered by the loop
// that changes it, and told at the end of its turn, before the replies are sent.

// tracker is the state of a client that tracks. The table refers to it, not to the
// Session, which may be long gone when a key that it has read changes.
type tracker struct {
	// session is nil once the client is gone. Any.
	session atomic.Pointer[Session]
	mode    atomic.Uint32
	// target is the client that is told instead; nil: the client itself. Any.
	target atomic.Pointer[Session]
	// bytes is about what the prefixes take. Any.
	bytes atomic.Int64

	prefixes []string // in order; loop
}

// Bits of tracker.mode.
const (
	trackOn = 1 << iota
	trackBroadcast
	trackOptIn
	trackOptOut
	trackCaching
	trackNoLoop
	trackBroken
)

// trackers are those of a server.
type trackers struct {
	table    *tracking.Table[*tracker]
	prefixes tracking.Prefixes[*tracker]
	// turn turns the keyspace's Tracker on and off; set before the first client.
	turn func(on bool)
	// on is len(all). Any.
	on atomic.Int64

	mu  sync.Mutex
	all map[*tracker]struct{} // that are on

	// stray is what was changed outside of loops, for loop 0 to tell of.
	strayMu sync.Mutex
	stray   tracking.Batch[*tracker]
}

func newTrackers() *trackers {
	gone := func(t *tracker) bool { return t.session.Load() == nil }
	return &trackers{table: tracking.NewTable(0, gone), all: map[*tracker]struct{}{}, turn: func(bool) {}}
}

// set turns tracking on or off for t. When nobody tracks any more the table goes:
// that cannot cost anybody a message, as no read is entered while nobody tracks.
func (ts *trackers) set(t *tracker, on bool) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	before := len(ts.all)
	if on {
		ts.all[t] = struct{}{}
	} else {
		delete(ts.all, t)
	}
	ts.on.Store(int64(len(ts.all)))
	if now := len(ts.all); now > 0 != (before > 0) {
		ts.turn(now > 0)
		if now == 0 {
			ts.table.Clear()
		}
	}
}

// list returns those that are on.
func (ts *trackers) list() []*tracker {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	list := make([]*tracker, 0, len(ts.all))
	for t := range ts.all {
		list = append(list, t)
	}
	return list
}

// TrackingBytes is about what the table of readers takes. Any.
func (cs *Clients) TrackingBytes() int64 { return cs.trackers.table.Bytes() }

// TrackingFigures are INFO's.
type TrackingFigures struct{ Clients, Keys, Items, Prefixes int64 }

// TrackingFigures are about the clients that track. Any.
func (cs *Clients) TrackingFigures() TrackingFigures {
	t := cs.trackers
	return TrackingFigures{Clients: t.on.Load(), Keys: t.table.Keys(), Items: t.table.Items(),
		Prefixes: t.prefixes.Len()}
}

// Track has the keyspace tell the Clients what changes while somebody tracks, and be
// told when that is. It is called before the first client.
func (cs *Clients) Track(store *keyspace.Store) {
	cs.trackers.turn = store.SetTracked
	store.Track((*keeper)(cs))
}

// SetTrackingLimit bounds how many keys are remembered with their readers
// (tracking-table-max-keys); 0 is any number. Readers of what is forgotten are told as
// if it had changed. Any.
func (cs *Clients) SetTrackingLimit(keys int64) {
	cs.trackers.table.SetLimit(keys)
	cs.trim()
}

func (cs *Clients) trim() {
	cs.trackers.table.Trim(func(key string, readers []*tracker) {
		tellReaders(readers, []byte(key), nil)
	})
}

// AfterRead is command.Executor.AfterRead: it enters the client as a reader of the
// call's keys, which are locked.
func (cs *Clients) AfterRead(c *command.Call) {
	s, ok := c.Client.(*Session)
	if !ok {
		return
	}
	t, fits := s.tracker.Load(), true
	c.EachKey(func(key []byte) {
		fits = cs.trackers.table.Remember(key, t) && fits
	})
	if !fits {
		cs.trim()
	}
}

// keeper is the Clients as the keyspace's Tracker.
type keeper Clients

// batchBytes is from how many bytes of keys on a turn's batch is told before its end.
const batchBytes = 1 << 20

// KeyChanged implements keyspace.Tracker.
func (k *keeper) KeyChanged(tx *keyspace.Tx, key []byte, byStore bool) {
	ts := k.trackers
	by, _ := tx.By.(*Session)
	if byStore {
		by = nil
	}
	if ts.prefixes.Len() > 0 {
		k.gather(tx, key, by)
	}
	tellReaders(ts.table.Take(key), key, by)
}

// gather keeps key for those who listen to its prefixes.
func (k *keeper) gather(tx *keyspace.Tx, key []byte, by *Session) {
	ts := k.trackers
	var who *tracker
	if by != nil {
		who = by.tracker.Load()
	}
	if l, ok := tx.Owner.(*Loop); ok {
		if l.changed.Add(&ts.prefixes, key, who); l.changed.Bytes() >= batchBytes {
			l.Broadcast()
		}
		return
	}
	ts.strayMu.Lock()
	before := ts.stray.Empty()
	ts.stray.Add(&ts.prefixes, key, who)
	begun := before && !ts.stray.Empty()
	ts.strayMu.Unlock()
	if begun {
		k.loops[0].box.Put((*strayTeller)(k), nothing)
	}
}

// nothing is a message that only has somebody look.
var nothing = pubsub.Raw(nil)

// strayTeller has loop 0 tell what was changed outside of loops.
type strayTeller Clients

// Deliver implements pubsub.Receiver.
func (st *strayTeller) Deliver(*pubsub.Parcel) {
	st.trackers.strayMu.Lock()
	batch := st.trackers.stray
	st.trackers.stray = tracking.Batch[*tracker]{}
	st.trackers.strayMu.Unlock()
	broadcast(st.trackers, &batch)
}

// Cut implements pubsub.Receiver.
func (st *strayTeller) Cut() {}

// Broadcast tells those who listen to prefixes what the loop has changed since it was
// called last. Loop, at the end of a turn.
func (l *Loop) Broadcast() {
	if !l.changed.Empty() {
		broadcast(l.clients.trackers, &l.changed)
	}
}

func broadcast(ts *trackers, batch *tracking.Batch[*tracker]) {
	batch.Flush(&ts.prefixes, func(_ string, listeners []*tracker, keys []string, by func(string) *tracker) {
		all := keysMessage(keys)
		for _, t := range listeners {
			m := all
			if t.mode.Load()&trackNoLoop != 0 {
				others := slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return by(key) == t })
				if len(others) == 0 {
					continue
				}
				m = keysMessage(others)
			}
			t.tell(m)
		}
	})
}

// AllChanged implements keyspace.Tracker.
func (k *keeper) AllChanged(*keyspace.Tx) {
	for _, t := range k.trackers.list() {
		t.tell(everything)
	}
	k.trackers.table.Clear()
}

// tellReaders tells the readers of key, which by has changed, but for himself if he
// does not want to know.
func tellReaders(readers []*tracker, key []byte, by *Session) {
	if len(readers) == 0 {
		return
	}
	m := keysMessage([]string{string(key)})
	for _, t := range readers {
		switch mode := t.mode.Load(); {
		case mode&(trackOn|trackBroadcast) != trackOn:
		case mode&trackNoLoop != 0 && by != nil && t.session.Load() == by:
		default:
			t.tell(m)
		}
	}
}

// tell sends m, the keys that are no longer what they were, to the client or to the
// one it has named. Any, also with locks held.
func (t *tracker) tell(m pubsub.Message) {
	s := t.session.Load()
	if s == nil {
		return
	}
	to := t.target.Load()
	switch {
	case to == nil:
		s.mail((*invalidated)(s), m)
	case to.flags.Load()&flagClosing == 0:
		to.mail((*redirected)(to), m)
	default:
		t.mode.Or(trackBroken)
		s.mail((*abandoned)(s), redirectMessage(to.id))
	}
}

// everything is the message that no key is what it was; protocols write it in
// different ways.
var everything = pubsub.Raw([]byte(allKeys))

const allKeys = "$-1\r\n"

// keysMessage is an array of keys.
func keysMessage(keys []string) pubsub.Message {
	size := 16
	for _, key := range keys {
		size += len(key) + 16
	}
	b := appendLine(make([]byte, 0, size), '*', int64(len(keys)))
	for _, key := range keys {
		b = append(append(appendLine(b, '$', int64(len(key))), key...), "\r\n"...)
	}
	return pubsub.Raw(b)
}

// redirectMessage is the number of a client.
func redirectMessage(id int64) pubsub.Message { return pubsub.Raw(appendLine(nil, ':', id)) }

func appendLine(b []byte, kind byte, n int64) []byte {
	return append(strconv.AppendInt(append(b, kind), n, 10), "\r\n"...)
}

// What messages begin with.
const (
	pushInvalid = ">2\r\n$10\r\ninvalidate\r\n"
	pushBroken  = ">2\r\n$21\r\ntracking-redir-broken\r\n"
	textInvalid = "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n"
)

// tellInvalid sends p behind head.
func (s *Session) tellInvalid(head string, p *pubsub.Parcel) {
	what := p.Bytes(2)
	if string(what) == allKeys && s.Proto() > 2 {
		what = []byte("_\r\n")
	}
	s.deliver(append([]byte(head), what...))
}

// invalidated is a Session that is told of its own copies. RESP2 has no way to do so.
type invalidated Session

// Deliver implements pubsub.Receiver.
func (t *invalidated) Deliver(p *pubsub.Parcel) {
	s := (*Session)(t)
	if s.delays(t, p) {
		return
	}
	s.taken(p)
	if s.flags.Load()&flagClosing == 0 && s.Proto() > 2 {
		s.tellInvalid(pushInvalid, p)
	}
}

// Cut implements pubsub.Receiver.
func (t *invalidated) Cut() { (*Session)(t).Cut() }

// redirected is a Session that is told of another one's copies; with RESP2 as of a
// message of a channel, if it has subscribed to any.
type redirected Session

// Deliver implements pubsub.Receiver.
func (t *redirected) Deliver(p *pubsub.Parcel) {
	s := (*Session)(t)
	if s.delays(t, p) {
		return
	}
	s.taken(p)
	switch flags := s.flags.Load(); {
	case flags&flagClosing != 0:
	case s.Proto() > 2:
		s.tellInvalid(pushInvalid, p)
	case flags&flagSubscribed != 0:
		s.tellInvalid(textInvalid, p)
	}
}

// Cut implements pubsub.Receiver.
func (t *redirected) Cut() { (*Session)(t).Cut() }

// abandoned is a Session whose messages were to go to a client that is gone.
type abandoned Session

// Deliver implements pubsub.Receiver.
func (t *abandoned) Deliver(p *pubsub.Parcel) {
	s := (*Session)(t)
	if s.delays(t, p) {
		return
	}
	s.taken(p)
	if s.flags.Load()&flagClosing == 0 && s.Proto() > 2 {
		s.deliver(append([]byte(pushBroken), p.Bytes(2)...))
	}
}

// Cut implements pubsub.Receiver.
func (t *abandoned) Cut() { (*Session)(t).Cut() }
