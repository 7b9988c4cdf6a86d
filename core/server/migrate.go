package server

import (
	"context"
	"crypto/tls"
	"net"
)

// dialTarget connects to the target of MIGRATE, with TLS if tls-cluster says so.
func (s *Server) dialTarget(ctx context.Context, address string) (net.Conn, error) {
	if config := s.tls.outgoing.Load(); config != nil {
		d := tls.Dialer{Config: config}
		return d.DialContext(ctx, "tcp", address)
	}
	var d net.Dialer
	return d.DialContext(ctx, "tcp", address)
}
