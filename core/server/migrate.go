package server

import (
	"context"
	"net"
)

// dialTarget connects to the target of MIGRATE.
func (s *Server) dialTarget(ctx context.Context, address string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, "tcp", address)
}
