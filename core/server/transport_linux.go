package server

import (
	"github.com/redoubt-kv/redoubt/core/transport"
	"github.com/redoubt-kv/redoubt/core/transport/epoll"
)

const transportName = "epoll"

// bestIsPlain says that the best transport takes no TLS.
const bestIsPlain = true

func bestTransport(c transport.Config) (transport.Server, error) { return epoll.New(c) }
