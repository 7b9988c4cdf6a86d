package load

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Audience is clients that have subscribed to a channel and count what they get.
type Audience struct {
	conns []net.Conn
	bytes atomic.Int64
	lost  atomic.Pointer[error] // why a connection ended that was not closed
	ended atomic.Bool
	wg    sync.WaitGroup
}

// listenerBytes is the buffer of each client.
const listenerBytes = 4 << 10

// Subscribe connects n clients to addr and subscribes each to the channel.
func Subscribe(addr, channel string, n int) (*Audience, error) {
	a := &Audience{}
	for range n {
		conn, err := net.DialTimeout("tcp", addr, dialTimeout)
		if err != nil {
			a.Close()
			return nil, fmt.Errorf("connect subscriber: %w", err)
		}
		a.conns = append(a.conns, conn)
		r := NewReader(bufio.NewReaderSize(conn, listenerBytes))
		if _, err = conn.Write(AppendCommand(nil, "SUBSCRIBE", channel)); err == nil {
			_, err = r.Read()
		}
		if err != nil {
			a.Close()
			return nil, fmt.Errorf("subscribe: %w", err)
		}
		a.wg.Add(1)
		go a.listen(conn)
	}
	return a, nil
}

// listen counts what comes.
func (a *Audience) listen(conn net.Conn) {
	defer a.wg.Done()
	buf := make([]byte, listenerBytes)
	for {
		n, err := conn.Read(buf)
		a.bytes.Add(int64(n))
		if err == nil {
			continue
		}
		if !a.ended.Load() {
			if err == io.EOF {
				err = errors.New("the server has ended the connection of a subscriber")
			}
			a.lost.Store(&err)
		}
		return
	}
}

// Await returns once all clients together have got that many bytes, not counting what an
// earlier Await has waited for.
func (a *Audience) Await(ctx context.Context, bytes int64) error {
	for a.bytes.Load() < bytes {
		if err := a.lost.Load(); err != nil {
			return *err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
	if got := a.bytes.Swap(0); got != bytes {
		return fmt.Errorf("subscribers have got %d bytes, not %d", got, bytes)
	}
	return nil
}

// Close ends the clients.
func (a *Audience) Close() {
	a.ended.Store(true)
	for _, conn := range a.conns {
		conn.Close()
	}
	a.wg.Wait()
}
