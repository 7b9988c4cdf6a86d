package session

import "fmt"

// CheckWeights verifies M1 and M2.
func (cs *Clients) CheckWeights() error {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	w := &cs.weights
	w.mu.Lock()
	defer w.mu.Unlock()
	sum, evictable := int64(0), 0
	for s := cs.first; s != nil; s = s.next {
		sum += s.weight.Load()
		_, in := w.classes[weightClass(s.weight.Load())][s]
		stays := s.flags.Load()&flagNoEvict != 0
		if in == stays {
			return fmt.Errorf("M2: client %d of %d bytes is in its class: %v; it may be evicted: %v", s.id, s.weight.Load(), in, !stays)
		}
		if in {
			evictable++
		}
	}
	if total := w.total.Load(); total != sum {
		return fmt.Errorf("M1: total is %d, the sum %d", total, sum)
	}
	classed := 0
	for _, class := range w.classes {
		classed += len(class)
	}
	if classed != evictable {
		return fmt.Errorf("M2: %d in classes, %d to be there", classed, evictable)
	}
	return nil
}

// WeightClass is weightClass.
func WeightClass(bytes int64) int { return weightClass(bytes) }
