package pubsub

// Each tells of each subscription of a kind, Channel, Pattern or Sharded, and whose it
// is. visit must not use the registry. Any goroutine.
func (r *Registry) Each(kind Kind, visit func(name string, owner Receiver)) {
	for i := range r.stripes {
		st := &r.stripes[i]
		st.mu.Lock()
		if kind == Pattern { // those are all under any lock
			for _, t := range r.patterns {
				t.each(visit)
			}
			st.mu.Unlock()
			return
		}
		for _, t := range st.channels[kind] {
			t.each(visit)
		}
		st.mu.Unlock()
	}
}

func (t *topic) each(visit func(name string, owner Receiver)) {
	for _, a := range t.audiences {
		for _, p := range a.members {
			visit(t.name, p.of.owner)
		}
	}
}
