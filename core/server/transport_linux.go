package server

import (
	"fmt"

	"github.com/redoubt-kv/redoubt/core/server/settings"
	"github.com/redoubt-kv/redoubt/core/transport"
	"github.com/redoubt-kv/redoubt/core/transport/epoll"
)

// bestIsPlain says that the best transport takes no TLS.
const bestIsPlain = true

// bestTransport makes the transport of that kind, or the best that the system lets it
// make, and names it. note says why it is not a better one.
func bestTransport(kind settings.Transport, c transport.Config) (s transport.Server, name, note string, err error) {
	if kind != settings.TransportEpoll {
		if s, err = epoll.NewBatched(c); err == nil {
			return s, "io_uring", "", nil
		}
		if kind == settings.TransportIOUring {
			return nil, "", "", fmt.Errorf("transport io_uring: %w", err)
		}
		note = fmt.Sprintf("The event loops do without io_uring: %v", err)
	}
	s, err = epoll.New(c)
	return s, "epoll", note, err
}
