package server

import (
	"crypto/tls"
	"errors"
	"sync/atomic"
	"time"

	"github.com/redoubt-kv/redoubt/core/server/settings"
	"github.com/redoubt-kv/redoubt/core/tlsconfig"
)

// What Redis replies when CONFIG SET of a port, or of what TLS needs, fails.
const (
	cannotListen      = "Unable to listen on this port. Check server logs."
	cannotReconfigure = "Unable to update TLS configuration. Check server logs."
)

// secured is the configuration of TLS, by which every handshake goes that begins
// from now on.
type secured struct {
	current  atomic.Pointer[tls.Config] // of what listens
	outgoing atomic.Pointer[tls.Config] // of connections to other servers; nil: they go without TLS
}

// listening is the configuration of a listener, which leaves all to the current one.
func (t *secured) listening() *tls.Config {
	return &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		return t.current.Load(), nil
	}}
}

// configure reads the files that the settings name, if anything is to use TLS.
func (t *secured) configure(set *settings.Settings) error {
	if !set.TLSCluster {
		t.outgoing.Store(nil)
	}
	if set.TLSPort == 0 && !set.TLSCluster {
		return nil
	}
	path := func(name string) string {
		if name == "" {
			return ""
		}
		return set.Path(name)
	}
	c, err := tlsconfig.New(tlsconfig.Options{
		CertFile: path(set.TLSCertFile), KeyFile: path(set.TLSKeyFile), KeyFilePass: set.TLSKeyFilePass,
		CACertFile: path(set.TLSCACertFile), CACertDir: path(set.TLSCACertDir),
		ClientAuth: set.TLSAuthClients.ClientAuth(),
		Protocols:  set.TLSProtocols, Ciphers: set.TLSCiphers, Ciphersuites: set.TLSCiphersuites,
		SessionCaching: set.TLSSessionCaching, SessionTimeout: time.Duration(set.TLSSessionCacheTimeout) * time.Second,
	})
	if err != nil {
		return err
	}
	if set.TLSCluster {
		client := tlsconfig.ClientOptions{
			CertFile: path(set.TLSClientCertFile), KeyFile: path(set.TLSClientKeyFile), KeyFilePass: set.TLSClientKeyFilePass,
			CACertFile: path(set.TLSCACertFile), CACertDir: path(set.TLSCACertDir),
			Protocols: set.TLSProtocols, Ciphers: set.TLSCiphers,
		}
		if client.CertFile == "" {
			client.CertFile, client.KeyFile, client.KeyFilePass = path(set.TLSCertFile), path(set.TLSKeyFile), set.TLSKeyFilePass
		}
		outgoing, err := tlsconfig.NewClient(client)
		if err != nil {
			return err
		}
		t.outgoing.Store(outgoing)
	}
	t.current.Store(c)
	return nil
}

// reconfigureTLS is for CONFIG SET of what TLS needs; clients that are connected
// stay as they are.
func (s *Server) reconfigureTLS() error {
	if err := s.tls.configure(s.working); err != nil {
		s.log.warning("Failed to configure TLS: %v", err)
		return errors.New(cannotReconfigure)
	}
	return nil
}

// firstPort is the port that INFO shows.
func firstPort(set *settings.Settings) int {
	if set.Port == 0 {
		return set.TLSPort
	}
	return set.Port
}

// moveTLS is for CONFIG SET tls-port.
func (s *Server) moveTLS() error {
	if err := s.reconfigureTLS(); err != nil {
		return err
	}
	return s.relisten(s.working, cannotListen, secureTCP)
}
