package pubsub

import (
	"slices"

	"github.com/redoubt-kv/redoubt/core/glob"
)

// Channels are those of a kind, Channel or Sharded, that somebody has subscribed to and
// that match the pattern, in alphabetical order; a nil pattern matches all. Any goroutine.
func (r *Registry) Channels(kind Kind, pattern []byte) (names []string) {
	for i := range r.stripes {
		st := &r.stripes[i]
		st.mu.Lock()
		for name := range st.channels[kind] {
			if pattern == nil || glob.Match(pattern, name) {
				names = append(names, name)
			}
		}
		st.mu.Unlock()
	}
	slices.Sort(names)
	return names
}

// Topics is how many different channels or patterns there are subscriptions to. Any
// goroutine.
func (r *Registry) Topics(kind Kind) int { return int(r.topics[kind].Load()) }

// Subscribers is how many have subscribed to a channel of a kind, Channel or Sharded. Any
// goroutine.
func (r *Registry) Subscribers(kind Kind, channel []byte) int {
	st := r.stripe(channel)
	st.mu.Lock()
	defer st.mu.Unlock()
	if t := st.channels[kind][string(channel)]; t != nil {
		return t.members
	}
	return 0
}
