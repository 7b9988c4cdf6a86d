package settings

import (
	"errors"
	"math"

	"github.com/redoubt-kv/redoubt/core/config"
	"github.com/redoubt-kv/redoubt/core/tlsconfig"
)

func tlsDirectives(s *Settings) []config.Directive {
	const outgoing = "for connections of MIGRATE, if tls-cluster is yes"
	return []config.Directive{
		{Name: "tls-port", Value: config.Number(&s.TLSPort, config.Integer, 0, 65535)},
		{Name: "tls-cert-file", Flags: config.Volatile, Group: "tls", Value: config.OptionalString(&s.TLSCertFile, nil),
			Note: "CONFIG SET, also of the same name, reads the files anew, as with all names of files here; new connections go by them"},
		{Name: "tls-key-file", Flags: config.Volatile, Group: "tls", Value: config.OptionalString(&s.TLSKeyFile, nil)},
		{Name: "tls-key-file-pass", Flags: config.Sensitive, Group: "tls", Value: config.OptionalString(&s.TLSKeyFilePass, nil),
			Note: "for keys in PKCS #8 with PBES2, and in OpenSSL's own PEM"},
		{Name: "tls-client-cert-file", Flags: config.Volatile, Group: "tls", Value: config.OptionalString(&s.TLSClientCertFile, nil),
			Note: outgoing},
		{Name: "tls-client-key-file", Flags: config.Volatile, Group: "tls", Value: config.OptionalString(&s.TLSClientKeyFile, nil),
			Note: outgoing},
		{Name: "tls-client-key-file-pass", Flags: config.Sensitive, Group: "tls", Value: config.OptionalString(&s.TLSClientKeyFilePass, nil),
			Note: outgoing},
		{Name: "tls-dh-params-file", Flags: config.Volatile, Group: "tls", Value: config.OptionalString(&s.TLSDHParamsFile, nil),
			Status: config.NoEffect, Note: "Go's crypto/tls has no Diffie-Hellman but on elliptic curves, which needs no parameters"},
		{Name: "tls-ca-cert-file", Flags: config.Volatile, Group: "tls", Value: config.OptionalString(&s.TLSCACertFile, nil)},
		{Name: "tls-ca-cert-dir", Flags: config.Volatile, Group: "tls", Value: config.OptionalString(&s.TLSCACertDir, nil),
			Note: "every file in it that has certificates counts, whatever its name is"},
		{Name: "tls-auth-clients", Group: "tls", Value: config.Enum(&s.TLSAuthClients, tlsAuthNames)},
		{Name: "tls-replication", Group: "tls", Value: config.Bool(&s.TLSReplication, nil),
			Status: config.NoEffect, Note: "replication is not implemented"},
		{Name: "tls-cluster", Group: "tls", Value: config.Bool(&s.TLSCluster, nil),
			Note: "has MIGRATE use TLS; cluster mode itself is not implemented"},
		{Name: "tls-protocols", Group: "tls", Value: config.OptionalString(&s.TLSProtocols, checkTLSProtocols),
			Note: "without a gap: crypto/tls knows a lowest and a highest version"},
		{Name: "tls-ciphers", Group: "tls", Value: config.OptionalString(&s.TLSCiphers, checkTLSCiphers),
			Note: "an OpenSSL cipher list; suites that Go's crypto/tls does not have are refused by name, and DEFAULT means those it takes for safe"},
		{Name: "tls-ciphersuites", Group: "tls", Value: config.OptionalString(&s.TLSCiphersuites, tlsconfig.CheckCiphersuites),
			Note: "Go's crypto/tls always offers TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384 and TLS_CHACHA20_POLY1305_SHA256: only a list of these three is accepted"},
		{Name: "tls-prefer-server-ciphers", Group: "tls", Value: config.Bool(&s.TLSPreferServerCiphers, nil),
			Status: config.NoEffect, Note: "Go's crypto/tls chooses among the suites of both sides by their safety and the processor's abilities"},
		{Name: "tls-session-caching", Group: "tls", Value: config.Bool(&s.TLSSessionCaching, nil)},
		{Name: "tls-session-cache-size", Group: "tls", Value: config.Number(&s.TLSSessionCacheSize, config.Integer, 0, math.MaxInt32),
			Status: config.NoEffect, Note: "sessions are kept by the clients, encrypted, and take no memory here"},
		{Name: "tls-session-cache-timeout", Group: "tls", Value: config.Number(&s.TLSSessionCacheTimeout, config.Integer, 0, math.MaxInt32)},
	}
}

// TLSAuth is tls-auth-clients.
type TLSAuth int

// Values of tls-auth-clients, in Redis's order.
const (
	TLSAuthNo TLSAuth = iota
	TLSAuthYes
	TLSAuthOptional
)

var tlsAuthNames = []config.Name[TLSAuth]{
	{Name: "no", Value: TLSAuthNo}, {Name: "yes", Value: TLSAuthYes}, {Name: "optional", Value: TLSAuthOptional},
}

// ClientAuth is the choice as package tlsconfig has it.
func (a TLSAuth) ClientAuth() tlsconfig.ClientAuth {
	return [...]tlsconfig.ClientAuth{tlsconfig.None, tlsconfig.Required, tlsconfig.Optional}[a]
}

func checkTLSProtocols(words string) error {
	_, _, err := tlsconfig.Protocols(words)
	return err
}

func checkTLSCiphers(list string) error {
	_, err := tlsconfig.Ciphers(list)
	if err != nil {
		return errors.New("tls-ciphers: " + err.Error())
	}
	return nil
}
