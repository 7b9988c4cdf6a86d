package server

import (
	"github.com/redoubt-kv/redoubt/core/transport"
	"github.com/redoubt-kv/redoubt/core/transport/epoll"
)

const transportName = "epoll"

func bestTransport(c transport.Config) (transport.Server, error) { return epoll.New(c) }
