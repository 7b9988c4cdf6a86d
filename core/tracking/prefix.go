package tracking

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Prefixes are those that clients listen to. Any goroutine may use them; the zero
// value is ready.
type Prefixes[C comparable] struct {
	n atomic.Int64 // len(all)

	mu  sync.RWMutex
	all map[string]*Prefix[C]
	// lengths are those of all, ascending, with how many have each: a key is looked
	// up once for each length, not compared with each prefix.
	lengths []lengthCount
}

type lengthCount struct{ length, n int }

// Prefix is what keys begin with that some clients want to hear of. It belongs to
// its Prefixes' lock.
type Prefix[C comparable] struct {
	text    string
	clients map[C]struct{}
}

// Len is how many prefixes somebody listens to.
func (p *Prefixes[C]) Len() int64 { return p.n.Load() }

// Add has c listen to a prefix; it may do so already.
func (p *Prefixes[C]) Add(c C, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	x := p.all[text]
	if x == nil {
		x = &Prefix[C]{text: text, clients: map[C]struct{}{}}
		if p.all == nil {
			p.all = map[string]*Prefix[C]{}
		}
		p.all[text] = x
		p.count(len(text), 1)
	}
	x.clients[c] = struct{}{}
}

// Remove has c listen to these prefixes no longer.
func (p *Prefixes[C]) Remove(c C, texts []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, text := range texts {
		x := p.all[text]
		if x == nil {
			continue
		}
		delete(x.clients, c)
		if len(x.clients) == 0 {
			delete(p.all, text)
			p.count(len(text), -1)
		}
	}
}

// count notes that there is one prefix of a length more, or one less.
func (p *Prefixes[C]) count(length, by int) {
	p.n.Add(int64(by))
	i, known := slices.BinarySearchFunc(p.lengths, length, func(l lengthCount, want int) int { return l.length - want })
	if !known {
		p.lengths = slices.Insert(p.lengths, i, lengthCount{length, 0})
	}
	if p.lengths[i].n += by; p.lengths[i].n == 0 {
		p.lengths = slices.Delete(p.lengths, i, i+1)
	}
}

// match calls fn with the prefixes of key.
func (p *Prefixes[C]) match(key []byte, fn func(x *Prefix[C])) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	for _, l := range p.lengths {
		if l.length > len(key) {
			return
		}
		if x := p.all[string(key[:l.length])]; x != nil {
			fn(x)
		}
	}
}

// listeners returns those who listen to x.
func (p *Prefixes[C]) listeners(x *Prefix[C]) []C {
	p.mu.RLock()
	defer p.mu.RUnlock()
	list := make([]C, 0, len(x.clients))
	for c := range x.clients {
		list = append(list, c)
	}
	return list
}

// Overlap tells whether some key begins with both.
func Overlap(a, b string) bool {
	n := min(len(a), len(b))
	return a[:n] == b[:n]
}

// Batch gathers keys that have changed, each once, for those who listen to their
// prefixes. It belongs to one goroutine; the zero value is ready.
type Batch[C comparable] struct {
	// changed has, by prefix, the keys with who changed each last.
	changed map[*Prefix[C]]map[string]C
	bytes   int
}

// Add notes that by has changed key; the zero C stands for nobody whom the change
// does not concern.
func (b *Batch[C]) Add(p *Prefixes[C], key []byte, by C) {
	p.match(key, func(x *Prefix[C]) {
		keys := b.changed[x]
		if keys == nil {
			if b.changed == nil {
				b.changed = map[*Prefix[C]]map[string]C{}
			}
			keys = map[string]C{}
			b.changed[x] = keys
		}
		before := len(keys)
		keys[string(key)] = by
		if len(keys) > before {
			b.bytes += len(key)
		}
	})
}

// Bytes is how long all keys are together, 0 if there are none or they are empty.
func (b *Batch[C]) Bytes() int { return b.bytes }

// Empty tells whether there is nothing to tell.
func (b *Batch[C]) Empty() bool { return len(b.changed) == 0 }

// Flush calls tell for each prefix, in their order, with its listeners and the
// keys, in their order; by tells who has changed a key last. It empties the batch
// before, and holds no lock while tell runs.
func (b *Batch[C]) Flush(p *Prefixes[C], tell func(prefix string, listeners []C, keys []string, by func(key string) C)) {
	changed := b.changed
	b.changed, b.bytes = nil, 0
	order := make([]*Prefix[C], 0, len(changed))
	for x := range changed {
		order = append(order, x)
	}
	slices.SortFunc(order, func(x, y *Prefix[C]) int { return strings.Compare(x.text, y.text) })
	for _, x := range order {
		last := changed[x]
		keys := make([]string, 0, len(last))
		for key := range last {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		tell(x.text, p.listeners(x), keys, func(key string) C { return last[key] })
	}
}
