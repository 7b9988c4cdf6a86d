//go:build !linux

package server

import (
	"errors"

	"github.com/redoubt-kv/redoubt/core/server/settings"
	"github.com/redoubt-kv/redoubt/core/transport"
	"github.com/redoubt-kv/redoubt/core/transport/portable"
)

// bestIsPlain says that the best transport takes no TLS.
const bestIsPlain = false

// bestTransport makes the transport of that kind, and names it.
func bestTransport(kind settings.Transport, c transport.Config) (s transport.Server, name, note string, err error) {
	if kind == settings.TransportIOUring || kind == settings.TransportEpoll {
		return nil, "", "", errors.New("this system has no transport but portable")
	}
	s, err = portable.New(c)
	return s, "portable", "", err
}
