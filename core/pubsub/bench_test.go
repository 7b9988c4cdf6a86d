package pubsub

import (
	"fmt"
	"testing"
)

// BenchmarkPublish publishes in turns of 16 messages, with a Drain after each.
func BenchmarkPublish(b *testing.B) {
	for _, subscribers := range []int{0, 1, 10, 1000} {
		b.Run(fmt.Sprint(subscribers), func(b *testing.B) {
			r, box := NewRegistry(), NewBox(func() {})
			for range subscribers {
				r.NewSubscriber(box, deaf{}).Subscribe(Channel, []byte("news"))
			}
			r.NewSubscriber(box, deaf{}).Subscribe(Channel, []byte("other"))
			channel, payload := []byte("news"), make([]byte, 32)
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				if r.Publish(Channel, channel, payload, box); n%16 == 15 {
					box.Drain()
				}
			}
		})
	}
}
