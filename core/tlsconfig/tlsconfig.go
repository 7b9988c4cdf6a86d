// Package tlsconfig makes the configuration of a TLS server from what redis.conf
// says, which speaks OpenSSL's language: files in PEM, names and expressions of
// cipher suites. Go's crypto/tls can do less than OpenSSL; what it cannot do is an
// error that names it, never left out in silence.
package tlsconfig

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// ClientAuth says whether clients have to show a certificate.
type ClientAuth uint8

// Kinds of ClientAuth. A certificate that is shown is verified with all but None,
// which does not ask for any.
const (
	None ClientAuth = iota
	Optional
	Required
)

// Options are the directives of redis.conf whose names start with "tls-". Paths are
// opened as they are.
type Options struct {
	CertFile, KeyFile, KeyFilePass string
	CACertFile, CACertDir          string
	ClientAuth                     ClientAuth
	Protocols                      string // "" for TLS 1.2 and 1.3
	Ciphers                        string // of TLS up to 1.2; "" for those that Go takes for safe
	Ciphersuites                   string // of TLS 1.3
	SessionCaching                 bool
	SessionTimeout                 time.Duration
	// Now is for the age of sessions; nil is time.Now.
	Now func() time.Time
}

// maxFile bounds a file of certificates or keys.
const maxFile = 16 << 20

// New reads the files and makes the configuration. Sessions that began with another
// one cannot be resumed with it.
func New(o Options) (*tls.Config, error) {
	switch {
	case o.CertFile == "":
		return nil, errors.New("No tls-cert-file configured!")
	case o.KeyFile == "":
		return nil, errors.New("No tls-key-file configured!")
	case o.ClientAuth != None && o.CACertFile == "" && o.CACertDir == "":
		return nil, errors.New("Either tls-ca-cert-file or tls-ca-cert-dir must be specified when tls-auth-clients is enabled!")
	}
	c := &tls.Config{SessionTicketsDisabled: !o.SessionCaching}
	var err error
	if c.MinVersion, c.MaxVersion, err = Protocols(o.Protocols); err != nil {
		return nil, err
	}
	if c.CipherSuites, err = Ciphers(o.Ciphers); err != nil {
		return nil, fmt.Errorf("Failed to configure ciphers: %w", err)
	}
	if err := CheckCiphersuites(o.Ciphersuites); err != nil {
		return nil, fmt.Errorf("Failed to configure ciphersuites: %w", err)
	}
	certificate, err := Certificate(o.CertFile, o.KeyFile, o.KeyFilePass)
	if err != nil {
		return nil, err
	}
	c.Certificates = []tls.Certificate{certificate}
	if o.CACertFile != "" || o.CACertDir != "" {
		if c.ClientCAs, err = authorities(o.CACertFile, o.CACertDir); err != nil {
			return nil, fmt.Errorf("Failed to configure CA certificate(s) file/directory: %w", err)
		}
	}
	c.ClientAuth = [...]tls.ClientAuthType{tls.NoClientCert, tls.VerifyClientCertIfGiven, tls.RequireAndVerifyClientCert}[o.ClientAuth]
	if o.SessionCaching {
		limitSessions(c, o.SessionTimeout, o.Now)
	}
	return c, nil
}

// Certificate reads a certificate with those that lead to its root, and its key.
func Certificate(certFile, keyFile, pass string) (tls.Certificate, error) {
	chain, err := readFile(certFile)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("Failed to load certificate: %w", err)
	}
	text, err := readFile(keyFile)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("Failed to load private key: %w", err)
	}
	key, err := decryptKey(text, pass)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("Failed to load private key: %s: %w", keyFile, err)
	}
	pair, err := tls.X509KeyPair(chain, key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("Failed to load certificate: %s with key %s: %w", certFile, keyFile, err)
	}
	return pair, nil
}

// authorities are the certificates in a file, and in all files of a directory.
func authorities(file, dir string) (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	if file != "" {
		text, err := readFile(file)
		if err != nil {
			return nil, err
		}
		if !pool.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("%s has no certificate", file)
		}
	}
	if dir == "" {
		return pool, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	found := false
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if st, err := os.Stat(path); err != nil || !st.Mode().IsRegular() || st.Size() > maxFile {
			continue // a directory, or a link to nothing: OpenSSL would not find it either
		}
		text, err := readFile(path)
		if err != nil {
			return nil, err
		}
		found = pool.AppendCertsFromPEM(text) || found
	}
	if !found {
		return nil, fmt.Errorf("no file in %s has a certificate", dir)
	}
	return pool, nil
}

func readFile(path string) ([]byte, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() || st.Size() > maxFile {
		return nil, fmt.Errorf("%s is no file of at most %d bytes", path, maxFile)
	}
	return os.ReadFile(path)
}
