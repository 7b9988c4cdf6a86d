package command

import (
	"bytes"
	"fmt"
	"math/rand"
	"testing"
)

// A queue is used again and again, for few and for many requests, small and large:
// each request is as it was added, whatever the caller does with its own arguments,
// and what is kept in between is bounded.
func TestQueueKeepsRequests(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	var q queue
	for range 300 {
		var want []string
		var size int64
		row := &Row{}
		for range 1 << random.Intn(12) {
			args := make([][]byte, random.Intn(5))
			size += queuedBytes
			for i := range args {
				args[i] = bytes.Repeat([]byte{byte(random.Int())}, random.Intn(20))
				if random.Intn(1000) == 0 {
					args[i] = make([]byte, mostText+random.Intn(mostText))
				}
				size += argBytes + int64(len(args[i]))
			}
			q.add(row, args)
			want = append(want, fmt.Sprint(args))
			for _, a := range args {
				clear(a)
			}
		}
		if len(q.requests) != len(want) || q.size != size {
			t.Fatalf("%d requests of %d bytes, want %d of %d", len(q.requests), q.size, len(want), size)
		}
		for i, r := range q.requests {
			if got := fmt.Sprint(r.args); got != want[i] || r.row != row {
				t.Fatalf("request %d of %d: %.200s, want %.200s", i, len(want), got, want[i])
			}
			for j, a := range r.args {
				if len(a) != cap(a) {
					t.Fatalf("argument %d can grow into the next one", j)
				}
			}
		}
		q.reset()
		if cap(q.requests) > mostRequests || cap(q.args) > mostArgs || cap(q.text) > mostText || q.size != 0 {
			t.Fatalf("kept: %d requests, %d arguments, %d bytes", cap(q.requests), cap(q.args), cap(q.text))
		}
		for _, r := range q.requests[:cap(q.requests)] {
			if r.row != nil || r.args != nil {
				t.Fatal("an empty queue holds a request")
			}
		}
		for _, a := range q.args[:cap(q.args)] {
			if a != nil {
				t.Fatal("an empty queue holds arguments")
			}
		}
	}
}
