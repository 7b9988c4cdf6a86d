package tlsconfig

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
)

// ClientOptions are for connections to other servers.
type ClientOptions struct {
	CertFile, KeyFile, KeyFilePass string
	CACertFile, CACertDir          string
	Protocols, Ciphers             string
}

// NewClient makes the configuration of a client that shows a certificate and takes
// that of the server if the authorities have signed it, whatever names are in it: as
// Redis, which knows other servers by their addresses.
func NewClient(o ClientOptions) (*tls.Config, error) {
	if o.CACertFile == "" && o.CACertDir == "" {
		return nil, errors.New("Either tls-ca-cert-file or tls-ca-cert-dir must be specified when tls-cluster is enabled!")
	}
	roots, err := authorities(o.CACertFile, o.CACertDir)
	if err != nil {
		return nil, fmt.Errorf("Failed to configure CA certificate(s) file/directory: %w", err)
	}
	certificate, err := Certificate(o.CertFile, o.KeyFile, o.KeyFilePass)
	if err != nil {
		return nil, err
	}
	c := &tls.Config{
		Certificates: []tls.Certificate{certificate},
		// VerifyConnection does what this leaves out, but for the name.
		InsecureSkipVerify: true,
		VerifyConnection: func(cs tls.ConnectionState) error {
			return verify(cs.PeerCertificates, roots)
		},
	}
	if c.MinVersion, c.MaxVersion, err = Protocols(o.Protocols); err != nil {
		return nil, err
	}
	if c.CipherSuites, err = Ciphers(o.Ciphers); err != nil {
		return nil, fmt.Errorf("Failed to configure ciphers: %w", err)
	}
	return c, nil
}

// verify checks a chain of certificates, that of the server first.
func verify(chain []*x509.Certificate, roots *x509.CertPool) error {
	if len(chain) == 0 {
		return errors.New("the server shows no certificate")
	}
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	if err != nil {
		return fmt.Errorf("verify the server's certificate: %w", err)
	}
	return nil
}
