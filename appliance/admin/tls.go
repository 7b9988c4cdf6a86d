package admin

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"
)

// secure is the TLS configuration of the endpoint: by its own certificate, else by the
// server's, if that listens with TLS; nil without any. Clients are asked for passwords,
// not for certificates.
func (e *Endpoint) secure() (*tls.Config, error) {
	if e.config.CertFile == "" && e.config.KeyFile == "" {
		if e.handle.TLS() == nil {
			return nil, nil
		}
		return &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			c := e.handle.TLS()
			if c == nil {
				return nil, errors.New("the server has no certificate any more")
			}
			c = c.Clone()
			c.ClientAuth, c.NextProtos = tls.NoClientCert, []string{"http/1.1"}
			c.MinVersion = max(c.MinVersion, tls.VersionTLS12)
			return c, nil
		}}, nil
	}
	pair := &keyPair{certFile: e.config.CertFile, keyFile: cmp.Or(e.config.KeyFile, e.config.CertFile), log: e.log}
	if err := pair.read(); err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return pair.current(), nil },
	}, nil
}

// keyPair is a certificate with its key, read again when a file changes.
type keyPair struct {
	certFile, keyFile string
	log               func(format string, args ...any)

	mu          sync.Mutex
	certificate *tls.Certificate
	states      [2]fileState // of the files when they were looked at last
	looked      time.Time
}

// fileState tells two contents of a file apart.
type fileState struct {
	modified time.Time
	size     int64
}

// lookEvery is how often the files are looked at.
const lookEvery = time.Second

// current is the newest certificate that could be read.
func (k *keyPair) current() *tls.Certificate {
	k.mu.Lock()
	defer k.mu.Unlock()
	if time.Since(k.looked) < lookEvery {
		return k.certificate
	}
	k.looked = time.Now()
	if states := k.state(); states != k.states {
		k.states = states
		if err := k.readLocked(); err != nil {
			k.log("admin: %v; the certificate of before stays", err)
		}
	}
	return k.certificate
}

func (k *keyPair) state() (states [2]fileState) {
	for i, name := range []string{k.certFile, k.keyFile} {
		var info fs.FileInfo
		if info, _ = os.Stat(name); info != nil { // one that is gone has the zero state
			states[i] = fileState{info.ModTime(), info.Size()}
		}
	}
	return states
}

func (k *keyPair) read() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.states, k.looked = k.state(), time.Now()
	return k.readLocked()
}

// readLocked reads the files; mu is held.
func (k *keyPair) readLocked() error {
	c, err := tls.LoadX509KeyPair(k.certFile, k.keyFile)
	if err != nil {
		return fmt.Errorf("read the certificate of the administration: %w", err)
	}
	k.certificate = &c
	return nil
}
