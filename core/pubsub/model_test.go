package pubsub

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/redoubt-kv/redoubt/core/glob"
)

// ear is a client that notes what it gets.
type ear struct {
	sub   *Subscriber
	proto int
	heard []string
	cut   bool
}

func (e *ear) Deliver(p *Parcel) { e.heard = append(e.heard, string(p.Bytes(e.proto))) }
func (e *ear) Cut()              { e.cut = true }

// text is what e has heard since the last call.
func (e *ear) text() string {
	s := strings.Join(e.heard, "")
	e.heard = nil
	return s
}

func newEar(r *Registry, b *Box, proto int) *ear {
	e := &ear{proto: proto}
	e.sub = r.NewSubscriber(b, e)
	return e
}

// frame is a message as a client of that protocol gets it.
func frame(proto int, parts ...string) string {
	b := fmt.Sprintf("%c%d\r\n", "*>"[proto-2], len(parts))
	for _, p := range parts {
		b += fmt.Sprintf("$%d\r\n%s\r\n", len(p), p)
	}
	return b
}

// TestModel runs random operations beside sets of names. Boxes are drained at random;
// nobody may hear less, more, or in another order than the model.
func TestModel(t *testing.T) {
	for seed := range uint64(50) {
		r := NewRegistry()
		rnd := rand.New(rand.NewPCG(seed, 1))
		boxes := []*Box{NewBox(func() {}), NewBox(func() {}), NewBox(func() {})}
		type model struct {
			names [kinds]map[string]bool
			due   string // what it is to hear next
		}
		var ears []*ear
		var models []*model
		for i := range 9 {
			ears = append(ears, newEar(r, boxes[i%3], 2+i%2))
			models = append(models, &model{names: [kinds]map[string]bool{{}, {}, {}, {}}})
		}
		channels, patterns := []string{"a", "b", "ab", ""}, []string{"a*", "?", "*", "[ab]"}
		for step := range 2000 {
			i := rnd.IntN(len(ears))
			e, m := ears[i], models[i]
			kind := Kind(rnd.IntN(3))
			name := channels[rnd.IntN(4)]
			if kind == Pattern {
				name = patterns[rnd.IntN(4)]
			}
			switch rnd.IntN(8) {
			case 0, 1:
				if e.sub.Subscribe(kind, []byte(name)) == m.names[kind][name] {
					t.Fatalf("seed %d step %d: subscribed twice, or not", seed, step)
				}
				m.names[kind][name] = true
			case 2:
				if e.sub.Unsubscribe(kind, []byte(name)) != m.names[kind][name] {
					t.Fatalf("seed %d step %d: unsubscribed what was not", seed, step)
				}
				delete(m.names[kind], name)
			case 3:
				if rnd.IntN(10) == 0 {
					e.sub.Close()
					clear(m.names[Channel])
					clear(m.names[Pattern])
					clear(m.names[Sharded])
				}
			case 4:
				boxes[rnd.IntN(3)].Drain()
			default:
				if kind == Pattern {
					kind = Channel
				}
				channel, payload := channels[rnd.IntN(4)], fmt.Sprint(step)
				word, want := map[Kind]string{Channel: "message", Sharded: "smessage"}[kind], 0
				for j, m := range models {
					if m.names[kind][channel] {
						m.due += frame(ears[j].proto, word, channel, payload)
						want++
					}
				}
				if kind == Channel {
					for _, top := range r.patterns { // the order among patterns is the registry's
						if !glob.Match(top.name, channel) {
							continue
						}
						for j, m := range models {
							if m.names[Pattern][top.name] {
								m.due += frame(ears[j].proto, "pmessage", top.name, channel, payload)
								want++
							}
						}
					}
				}
				if got, _ := r.Publish(kind, []byte(channel), []byte(payload), nil); got != want {
					t.Fatalf("seed %d step %d: %d receivers, want %d", seed, step, got, want)
				}
			}
			if step%100 != 99 {
				continue
			}
			for _, b := range boxes {
				b.Drain()
			}
			for j, e := range ears {
				if got := e.text(); got != models[j].due {
					t.Fatalf("seed %d step %d client %d:\n got %q\nwant %q", seed, step, j, got, models[j].due)
				}
				models[j].due = ""
				for _, kind := range []Kind{Channel, Pattern, Sharded} {
					names := e.sub.Names(kind)
					if len(names) != len(models[j].names[kind]) || e.sub.Count(kind) != len(names) ||
						slices.ContainsFunc(names, func(n string) bool { return !models[j].names[kind][n] }) {
						t.Fatalf("names %q, want %v", names, models[j].names[kind])
					}
				}
			}
		}
		for _, e := range ears {
			e.sub.Close()
		}
		for kind := range kinds {
			if n := r.Topics(kind); n != 0 {
				t.Errorf("seed %d: %d topics of kind %d are left", seed, n, kind)
			}
		}
		for i := range r.stripes {
			for kind, topics := range r.stripes[i].channels {
				if len(topics) != 0 {
					t.Errorf("stripe %d has topics of kind %d", i, kind)
				}
			}
		}
	}
}

// TestOneOrder publishes from many goroutines to clients on several loops, each a
// goroutine that also comes and goes: all hear the messages of a channel in one order,
// without a gap from when they subscribed to when they left.
func TestOneOrder(t *testing.T) {
	const loops, publishers, each = 4, 4, 3000
	r := NewRegistry()
	heard := make([]string, loops)
	var publishing, listening sync.WaitGroup
	over := make(chan struct{})
	for l := range loops {
		wake := make(chan struct{}, 1)
		b := NewBox(func() {
			select {
			case wake <- struct{}{}:
			default:
			}
		})
		all, guest := newEar(r, b, 2), newEar(r, b, 3)
		all.sub.Subscribe(Channel, []byte("c"))
		listening.Add(1)
		go func() {
			defer listening.Done()
			visit := func() {
				before := len(strings.Join(all.heard, ""))
				guest.sub.Subscribe(Pattern, []byte("c"))
				guest.sub.Subscribe(Channel, []byte("c"))
				from := len(strings.Join(all.heard, "")) // what came before is heard
				b.Drain()
				guest.sub.Unsubscribe(Channel, []byte("c"))
				text := strings.Join(all.heard, "")
				want := strings.ReplaceAll(text[from:], "*3", ">3")
				got := ""
				for _, f := range guest.heard {
					for _, part := range strings.SplitAfter(strings.ReplaceAll(f, ">", "\x00>"), "\x00") {
						if part = strings.TrimSuffix(part, "\x00"); strings.HasPrefix(part, ">3") {
							got += part
						}
					}
				}
				if got != want || from < before {
					t.Errorf("a guest heard %q, others %q", got, want)
				}
				guest.heard = nil
				guest.sub.Close()
				guest.heard = nil
			}
			for n := 0; ; n++ {
				select {
				case <-wake:
					b.Drain()
					if n%64 == 0 {
						visit()
					}
				case <-over:
					b.Drain()
					heard[l] = all.text()
					all.sub.Close()
					return
				}
			}
		}()
	}
	for p := range publishers {
		publishing.Add(1)
		go func() {
			defer publishing.Done()
			for n := range each {
				if got, _ := r.Publish(Channel, []byte("c"), fmt.Appendf(nil, "%d.%d", p, n), nil); got < loops {
					t.Errorf("%d receivers", got)
				}
			}
		}()
	}
	publishing.Wait()
	close(over)
	listening.Wait()
	for l := range loops {
		if heard[l] != heard[0] {
			t.Errorf("loop %d heard another order than loop 0", l)
		}
	}
	if n := strings.Count(heard[0], "message"); n != publishers*each {
		t.Errorf("%d messages heard, want %d", n, publishers*each)
	}
}

// TestSlowLoop: in the box of a loop that does not come to empty it no more waits for a
// client than it may, and publishers are told to wait.
func TestSlowLoop(t *testing.T) {
	r := NewRegistry()
	slow, fast := NewBox(func() {}), NewBox(func() {})
	a, b, c := newEar(r, slow, 2), newEar(r, fast, 2), newEar(r, slow, 2)
	for _, e := range []*ear{a, b} {
		e.sub.Subscribe(Channel, []byte("big"))
	}
	c.sub.Subscribe(Channel, []byte("small"))
	r.SetLimit(1 << 20)
	payload := make([]byte, 100_000)
	for range 500 {
		r.Publish(Channel, []byte("big"), payload, fast)
		fast.Drain()
	}
	r.Publish(Channel, []byte("small"), []byte("x"), fast)
	if slow.bytes > 34<<20 {
		t.Errorf("%d bytes wait in the box", slow.bytes)
	}
	slow.Drain()
	if !a.cut || b.cut || c.cut || len(c.heard) != 1 || len(b.heard) != 500 {
		t.Errorf("cut: %v %v %v; heard: %d of 500, %d of 1", a.cut, b.cut, c.cut, len(b.heard), len(c.heard))
	}
	a.sub.Close() // as the client that is cut does
	r.SetLimit(0)
	a.sub.Subscribe(Channel, []byte("big"))
	var full *Box
	n := 0
	for ; full == nil && n < 1000; n++ {
		_, full = r.Publish(Channel, []byte("big"), payload, fast)
	}
	if full != slow || n*len(payload) < boxBytes-len(payload) {
		t.Fatalf("after %d messages the full box is %p, not %p", n, full, slow)
	}
	resumed := false
	if !full.Full(func() { resumed = true }) {
		t.Fatal("the box is not full")
	}
	slow.Drain()
	if !resumed || slow.Full(func() {}) {
		t.Error("nobody was told that there is room again")
	}
}

// TestPublishAllocs: a message is one piece of memory, whatever the number of its
// subscribers.
func TestPublishAllocs(t *testing.T) {
	r := NewRegistry()
	b := NewBox(func() {})
	for range 100 {
		newEarThatForgets(r, b).Subscribe(Channel, []byte("c"))
	}
	channel, payload := []byte("c"), []byte("some payload")
	n := testing.AllocsPerRun(100, func() {
		r.Publish(Channel, channel, payload, b)
		b.Drain()
	})
	if n > 2 { // the message, the parcel
		t.Errorf("PUBLISH to 100 allocates %v times", n)
	}
}

// TestChunks: messages in a row share memory, none overwrites another, and a client in
// RESP3 changes none of them.
func TestChunks(t *testing.T) {
	r := NewRegistry()
	b := NewBox(func() {})
	old, modern := newEar(r, b, 2), newEar(r, b, 3)
	for _, e := range []*ear{modern, old} {
		e.sub.Subscribe(Channel, []byte("news"))
		e.sub.Subscribe(Channel, []byte("nEws")) // of the same stripe
	}
	var want string
	for n := range 3000 {
		channel, size := "news", n%40
		switch {
		case n%97 == 0:
			channel = "nEws"
		case n%31 == 0:
			size = chunkMessage + n%7 - 40
		}
		payload := strings.Repeat("x", size)
		r.Publish(Channel, []byte(channel), []byte(payload), b)
		want += frame(2, "message", channel, payload)
		if n%13 == 0 {
			b.Drain()
		}
	}
	b.Drain()
	if got := old.text(); got != want {
		t.Error("RESP2: the messages differ")
	}
	if got := modern.text(); got != strings.ReplaceAll(want, "*3\r", ">3\r") {
		t.Error("RESP3: the messages differ")
	}
	n := testing.AllocsPerRun(200, func() {
		for range 16 {
			r.Publish(Channel, []byte("news"), []byte("some payload"), b)
		}
	})
	if n > 2 {
		t.Errorf("16 messages allocate %v times", n)
	}
}

type deaf struct{}

func (deaf) Deliver(p *Parcel) { p.Bytes(2) }
func (deaf) Cut()              {}

func newEarThatForgets(r *Registry, b *Box) *Subscriber { return r.NewSubscriber(b, deaf{}) }
