//go:build !linux

package server

import (
	"github.com/redoubt-kv/redoubt/core/transport"
	"github.com/redoubt-kv/redoubt/core/transport/portable"
)

const transportName = "portable"

// bestIsPlain says that the best transport takes no TLS.
const bestIsPlain = false

func bestTransport(c transport.Config) (transport.Server, error) { return portable.New(c) }
