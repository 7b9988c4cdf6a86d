package server_test

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// TestSlowSubscribers: clients that do not read are cut for the output limit of the
// class pubsub, others that are killed or leave go, and nobody else loses a message,
// or its order.
func TestSlowSubscribers(t *testing.T) {
	for _, transport := range []string{"epoll", "portable"} {
		t.Run(transport, func(t *testing.T) { slowSubscribers(t, transport) })
	}
}

func slowSubscribers(t *testing.T, transport string) {
	const publishers, each, size = 3, 400, 32 << 10
	r := start(t, t.TempDir(), "--save", "", "--loops", "3", "--transport", transport,
		"--client-output-buffer-limit", "pubsub", "4mb", "0", "0")
	admin := r.dial()
	var readers, publishing sync.WaitGroup
	var whole [4][]string
	var heard [4]atomic.Int64
	var published atomic.Int64
	for i := range whole {
		w := dialWire(t, address(r.port))
		if i%2 == 0 {
			w.send("HELLO", "3")
			w.send("PING", "greeted")
			w.until("greeted")
		}
		w.send("SUBSCRIBE", "news")
		w.send("PSUBSCRIBE", "new*")
		w.until(":2")
		readers.Add(1)
		go func() {
			defer readers.Done()
			whole[i] = listenTo(t, w.r, 2*publishers*each, &heard[i])
		}()
	}
	var slow []*wire
	for range 3 {
		w := dialWire(t, address(r.port))
		w.send("SUBSCRIBE", "news")
		slow = append(slow, w) // reads nothing of it
	}
	r.eventually("all subscribed", func() bool {
		return fmt.Sprint(admin.Must(t, "PUBSUB", "NUMSUB", "news")) == "[news 7]"
	})
	var over atomic.Bool
	readers.Add(1)
	go func() { // comes, hears something, is killed or goes
		defer readers.Done()
		killer := r.dial()
		for n := 0; !over.Load(); n++ {
			c, err := redistest.Dial(address(r.port))
			if err != nil {
				t.Error(err)
				return
			}
			c.Must(t, "CLIENT", "SETNAME", "guest")
			id := c.Must(t, "CLIENT", "ID")
			c.Must(t, "SUBSCRIBE", "news")
			c.Receive()
			if n%2 == 0 {
				killer.Must(t, "CLIENT", "KILL", "ID", id)
			}
			c.Close()
		}
	}()
	for p := range publishers {
		publishing.Add(1)
		go func() {
			defer publishing.Done()
			c := r.dial()
			for n := range each {
				text := fmt.Sprintf("%d.%d.", p, n)
				if got := c.Must(t, "PUBLISH", "news", text+strings.Repeat("x", size-len(text))).(int64); got < 2*int64(len(whole)) {
					t.Errorf("message %s has %d receivers", text, got)
				}
				// Those who read are not to be cut because the machine is busy.
				soFar := 2 * (published.Add(1) - 20)
				for i := range heard {
					for heard[i].Load() < soFar && !t.Failed() {
						time.Sleep(time.Millisecond)
					}
				}
			}
		}()
	}
	publishing.Wait()
	over.Store(true)
	readers.Wait()
	for i := range whole {
		if len(whole[i]) != 2*publishers*each {
			t.Fatalf("client %d has %d messages", i, len(whole[i]))
		}
		for n, id := range whole[i] {
			if id != whole[0][n] {
				t.Fatalf("client %d hears %s where client 0 hears %s", i, id, whole[0][n])
			}
		}
	}
	r.eventually("the slow ones cut", func() bool {
		return fmt.Sprint(admin.Must(t, "PUBSUB", "NUMSUB", "news")) == "[news 4]"
	})
	if n := strings.Count(r.log.String(), "for overcoming of output buffer limits"); n != len(slow) {
		t.Errorf("%d clients were cut, want %d", n, len(slow))
	}
	for _, w := range slow {
		w.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		if n, err := io.Copy(io.Discard, w.r); n > publishers*each*size {
			t.Errorf("a client that was cut got %d bytes, %v", n, err)
		}
	}
}

// listenTo reads n messages and returns the beginnings of their payloads.
func listenTo(t *testing.T, r *bufio.Reader, n int, heard *atomic.Int64) (ids []string) {
	for len(ids) < n {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Errorf("after %d messages: %v", len(ids), err)
			return ids
		}
		if strings.HasSuffix(line, "xx\r\n") {
			ids = append(ids, strings.TrimRight(line, "x\r\n"))
			heard.Add(1)
		}
	}
	return ids
}

// TestPublishersWait: who publishes faster than another loop delivers waits for it, and
// goes on then.
func TestPublishersWait(t *testing.T) {
	r := start(t, t.TempDir(), "--save", "", "--loops", "2", "--enable-debug-command", "yes",
		"--client-output-buffer-limit", "pubsub", "0", "0", "0")
	// One listener on each loop, of which DEBUG SLEEP stops one.
	var listeners []*wire
	for range 2 {
		w := dialWire(t, address(r.port))
		w.send("HELLO", "3")
		w.send("SUBSCRIBE", "news")
		w.until(":1")
		listeners = append(listeners, w)
	}
	const messages, size = 100, 1 << 20
	var reading sync.WaitGroup
	for _, w := range listeners {
		reading.Add(1)
		go func() {
			defer reading.Done()
			for n := 0; n < messages; {
				line, err := w.r.ReadSlice('\n')
				for err == bufio.ErrBufferFull {
					line, err = w.r.ReadSlice('\n')
				}
				if err != nil {
					t.Errorf("after %d messages: %v", n, err)
					return
				}
				if string(line) == fmt.Sprintf("$%d\r\n", size) {
					n++
				}
			}
		}()
	}
	listeners[0].send("DEBUG", "SLEEP", "0.5")
	c := r.dial()
	payload := strings.Repeat("x", size)
	for range messages {
		if got := c.Must(t, "PUBLISH", "news", payload); got != int64(2) {
			t.Errorf("%v receivers", got)
		}
	}
	reading.Wait()
}

// TestMessageToBusyClient: what is published to a client whose script is busy, while its
// loop serves others, comes to it whole and before the script's reply.
func TestMessageToBusyClient(t *testing.T) {
	r := start(t, t.TempDir(), "--save", "", "--loops", "2", "--busy-reply-threshold", "200")
	const script = `local t = redis.call('time'); local from = t[1] * 1000000 + t[2]
		repeat t = redis.call('time') until t[1] * 1000000 + t[2] - from > 500000
		return 'finished'`
	for range 2 { // a client of each loop
		a, b := dialWire(t, address(r.port)), r.dial()
		a.send("HELLO", "3")
		a.send("SUBSCRIBE", "c")
		a.until(":1")
		a.send("EVAL", script, "0")
		time.Sleep(20 * time.Millisecond)
		heard := 0
		for n := range 20 {
			reply, err := b.Do("PUBLISH", "c", fmt.Sprint("m", n))
			if err != nil {
				t.Fatal(err)
			}
			if reply == int64(1) {
				heard++
			} // else BUSY
		}
		text := a.until("finished")
		if got := strings.Count(text, ">3\r\n$7\r\nmessage\r\n"); got != heard {
			t.Errorf("%d messages were published, %d came before the reply: %q", heard, got, text)
		}
		a.conn.Close()
		r.eventually("the client gone", func() bool { return fmt.Sprint(b.Must(t, "PUBSUB", "NUMSUB", "c")) == "[c 0]" })
	}
}
