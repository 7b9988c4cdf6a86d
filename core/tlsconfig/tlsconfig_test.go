package tlsconfig

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestProtocols(t *testing.T) {
	for _, c := range []struct {
		words         string
		low, high     uint16
		wrong, unlike string
	}{
		{words: "", low: tls.VersionTLS12, high: tls.VersionTLS13},
		{words: "TLSv1.2", low: tls.VersionTLS12, high: tls.VersionTLS12},
		{words: " tlsv1.3  TLSv1.2", low: tls.VersionTLS12, high: tls.VersionTLS13},
		{words: "TLSv1 TLSv1.1 TLSv1.2", low: tls.VersionTLS10, high: tls.VersionTLS12},
		{words: "TLSv1.1 TLSv1.3", wrong: "no way to leave out TLSv1.2"},
		{words: "SSLv3", wrong: "Invalid tls-protocols"},
	} {
		low, high, err := Protocols(c.words)
		if c.wrong != "" {
			if err == nil || !strings.Contains(err.Error(), c.wrong) {
				t.Errorf("%q: error %v, want %q", c.words, err, c.wrong)
			}
			continue
		}
		if err != nil || low != c.low || high != c.high {
			t.Errorf("%q: %x to %x, %v", c.words, low, high, err)
		}
	}
}

func TestCiphers(t *testing.T) {
	for _, c := range []struct {
		list  string
		names string // of the suites chosen, in the table's order
		wrong string
	}{
		{list: "AES128-SHA256", names: "AES128-SHA256"},
		{list: "AES128-SHA256:ECDHE-RSA-AES128-GCM-SHA256", names: "ECDHE-RSA-AES128-GCM-SHA256 AES128-SHA256"},
		{list: "ECDHE+CHACHA20, kRSA+AESGCM", names: "ECDHE-ECDSA-CHACHA20-POLY1305 ECDHE-RSA-CHACHA20-POLY1305 AES128-GCM-SHA256 AES256-GCM-SHA384"},
		{list: "ALL:!AES:-CHACHA20", names: "ECDHE-RSA-DES-CBC3-SHA DES-CBC3-SHA"},
		{list: "AESGCM:!kRSA:!ECDSA:kRSA+AESGCM:@STRENGTH", names: "ECDHE-RSA-AES128-GCM-SHA256 ECDHE-RSA-AES256-GCM-SHA384"},
		{list: "DEFAULT:!MEDIUM:!aNULL:!SHA1:!ECDSA:!AES256", names: "ECDHE-RSA-AES128-GCM-SHA256 ECDHE-RSA-CHACHA20-POLY1305"},
		{list: "kRSA:-AES:AES256-SHA", names: "AES256-SHA DES-CBC3-SHA"},
		{list: "AES128-SHA256:AES256-SHA256", wrong: "no cipher suite 'AES256-SHA256'"},
		{list: "DHE-RSA-AES256-GCM-SHA384", wrong: "no cipher suite 'DHE-RSA-AES256-GCM-SHA384'"},
		{list: "ECDHE+CAMELLIA", wrong: "'ECDHE+CAMELLIA'"},
		{list: "ECDSA+kRSA", wrong: "'ECDSA+kRSA'"},
		{list: "DEFAULT:!nonsense", wrong: "'nonsense'"},
		{list: "!ALL:DEFAULT", wrong: "no cipher match"},
		{list: "@SECLEVEL=2:DEFAULT", wrong: "'@SECLEVEL=2'"},
		{list: "-", wrong: "''"},
	} {
		ids, err := Ciphers(c.list)
		if c.wrong != "" {
			if err == nil || !strings.Contains(err.Error(), c.wrong) {
				t.Errorf("%q: error %v, want %q", c.list, err, c.wrong)
			}
			continue
		}
		var names []string
		for _, s := range suites {
			if slices.Contains(ids, s.id) {
				names = append(names, s.name)
			}
		}
		if err != nil || strings.Join(names, " ") != c.names {
			t.Errorf("%q: %v, %v", c.list, names, err)
		}
	}
	if ids, err := Ciphers(" "); ids != nil || err != nil {
		t.Errorf("nothing: %v, %v", ids, err)
	}
}

// TestSuites: each suite of Go's is in the table or is left out for a reason.
func TestSuites(t *testing.T) {
	safe, err := Ciphers("DEFAULT")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		old := slices.ContainsFunc(s.SupportedVersions, func(v uint16) bool { return v <= tls.VersionTLS12 })
		known := slices.ContainsFunc(suites, func(own suite) bool { return own.id == s.ID })
		if old && !strings.Contains(s.Name, "RC4") && !known {
			t.Errorf("%s is not in the table", s.Name)
		}
		if old && s.Insecure == slices.Contains(safe, s.ID) {
			t.Errorf("%s: insecure %v, but DEFAULT has it: %v", s.Name, s.Insecure, slices.Contains(safe, s.ID))
		}
	}
}

func TestCiphersuites(t *testing.T) {
	const all = "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256"
	for list, wrong := range map[string]string{
		"": "", all: "", "TLS_AES_256_GCM_SHA384": "offers TLS_AES_128_GCM_SHA256", all + ":TLS_AES_128_CCM_SHA256": "no cipher suite 'TLS_AES_128_CCM_SHA256'",
	} {
		err := CheckCiphersuites(list)
		if (err == nil) != (wrong == "") || err != nil && !strings.Contains(err.Error(), wrong) {
			t.Errorf("%q: %v", list, err)
		}
	}
}

// authority makes certificates.
type authority struct {
	t    *testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	next int64
}

func newAuthority(t *testing.T, dir string) *authority {
	a := &authority{t: t, dir: dir, next: 1}
	a.key, a.cert = a.make("ca", nil)
	return a
}

// make writes name.crt and name.key.
func (a *authority) make(name string, signer *authority) (*ecdsa.PrivateKey, *x509.Certificate) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(a.next), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"localhost"}, IsCA: signer == nil, BasicConstraintsValid: true}
	a.next++
	parent, by := template, key
	if signer != nil {
		parent, by = signer.cert, signer.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, by)
	if err != nil {
		a.t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	a.write(name+".crt", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	a.write(name+".key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}))
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return key, cert
}

func (a *authority) write(name string, text []byte) {
	a.t.Helper()
	if err := os.WriteFile(filepath.Join(a.dir, name), text, 0o600); err != nil {
		a.t.Fatal(err)
	}
}

func (a *authority) path(name string) string { return filepath.Join(a.dir, name) }

// handshake connects client to server once and returns the client's state.
func handshake(t *testing.T, server, client *tls.Config) (tls.ConnectionState, error) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	b, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	a, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []net.Conn{a, b} {
		c.SetDeadline(time.Now().Add(20 * time.Second))
	}
	done := make(chan error, 1)
	go func() {
		s := tls.Server(a, server)
		err := s.Handshake()
		if err == nil {
			_, err = s.Write([]byte("x")) // the client reads the tickets before it
		}
		done <- err
		a.Close()
	}()
	c := tls.Client(b, client)
	err = c.Handshake()
	if err == nil {
		_, err = c.Read(make([]byte, 1))
	}
	state := c.ConnectionState()
	b.Close()
	if serverErr := <-done; serverErr != nil {
		err = serverErr
	}
	return state, err
}

func TestClientCertificates(t *testing.T) {
	a := newAuthority(t, t.TempDir())
	a.make("server", a)
	a.make("client", a)
	foreign := newAuthority(t, t.TempDir())
	foreign.make("client", foreign)
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	load := func(o *authority) []tls.Certificate {
		c, err := Certificate(o.path("client.crt"), o.path("client.key"), "")
		if err != nil {
			t.Fatal(err)
		}
		return []tls.Certificate{c}
	}
	// What a client shows whom the server does not know goes by no hint.
	show := func(certs []tls.Certificate) *tls.Config {
		return &tls.Config{RootCAs: roots, ServerName: "localhost", GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			if certs == nil {
				return &tls.Certificate{}, nil
			}
			return &certs[0], nil
		}}
	}
	for _, c := range []struct {
		auth              ClientAuth
		none, own, others bool // which clients get in
	}{{None, true, true, true}, {Optional, true, true, false}, {Required, false, true, false}} {
		for _, versions := range []string{"TLSv1.2", "TLSv1.3"} {
			o := Options{CertFile: a.path("server.crt"), KeyFile: a.path("server.key"), CACertDir: a.dir, ClientAuth: c.auth, Protocols: versions}
			if c.auth == Required {
				o.CACertFile, o.CACertDir = a.path("ca.crt"), ""
			}
			config, err := New(o)
			if err != nil {
				t.Fatal(err)
			}
			for name, client := range map[string]struct {
				certs []tls.Certificate
				in    bool
			}{"none": {nil, c.none}, "own": {load(a), c.own}, "foreign": {load(foreign), c.others}} {
				if _, err := handshake(t, config, show(client.certs)); (err == nil) != client.in {
					t.Errorf("auth %d, %s, certificate %s: %v", c.auth, versions, name, err)
				}
			}
		}
	}
}

func TestSessions(t *testing.T) {
	a := newAuthority(t, t.TempDir())
	a.make("server", a)
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	for _, version := range []string{"TLSv1.2", "TLSv1.3"} {
		now := time.Now()
		o := Options{CertFile: a.path("server.crt"), KeyFile: a.path("server.key"), Protocols: version,
			SessionCaching: true, SessionTimeout: 300 * time.Second, Now: func() time.Time { return now }}
		config, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		client := &tls.Config{RootCAs: roots, ServerName: "localhost", ClientSessionCache: tls.NewLRUClientSessionCache(1)}
		resumes := func(what string, c *tls.Config, want bool) {
			t.Helper()
			state, err := handshake(t, c, client)
			if err != nil || state.DidResume != want {
				t.Errorf("%s, %s: resumed %v, %v", version, what, state.DidResume, err)
			}
		}
		resumes("first", config, false)
		resumes("second", config, true)
		now = now.Add(301 * time.Second)
		resumes("too old", config, false)
		resumes("after that", config, true)
		other, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		resumes("another configuration", other, false)
		o.SessionCaching = false
		if other, err = New(o); err != nil {
			t.Fatal(err)
		}
		resumes("without", other, false)
		resumes("still without", other, false)
	}
}

// TestEncryptedKeys reads what openssl writes.
func TestEncryptedKeys(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed")
	}
	a := newAuthority(t, t.TempDir())
	a.make("server", a)
	for name, args := range map[string][]string{
		"pkcs8 aes256":      {"pkcs8", "-topk8", "-v2", "aes-256-cbc"},
		"pkcs8 aes128 sha1": {"pkcs8", "-topk8", "-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA1"},
		"pkcs8 3des":        {"pkcs8", "-topk8", "-v2", "des3"},
		"traditional":       {"ec", "-aes256"},
	} {
		to := a.path("encrypted.key")
		args = append(args, "-in", a.path("server.key"), "-out", to, "-passout", "pass:1234")
		if out, err := exec.Command(openssl, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", name, err, out)
		}
		if _, err := Certificate(a.path("server.crt"), to, "1234"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, wrong := range []string{"", "12345"} {
			if _, err := Certificate(a.path("server.crt"), to, wrong); err == nil {
				t.Errorf("%s: the pass phrase %q opens it", name, wrong)
			}
		}
	}
}

func TestErrors(t *testing.T) {
	a := newAuthority(t, t.TempDir())
	a.make("server", a)
	a.make("other", a)
	a.write("empty", nil)
	good := Options{CertFile: a.path("server.crt"), KeyFile: a.path("server.key"), CACertFile: a.path("ca.crt"), ClientAuth: Required}
	if _, err := New(good); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(o *Options){
		"No tls-cert-file":                func(o *Options) { o.CertFile = "" },
		"No tls-key-file":                 func(o *Options) { o.KeyFile = "" },
		"Either tls-ca-cert-file":         func(o *Options) { o.CACertFile = "" },
		"Failed to load certificate":      func(o *Options) { o.CertFile = a.path("nowhere") },
		"Failed to load private key":      func(o *Options) { o.KeyFile = a.path("nowhere") },
		"private key does not match":      func(o *Options) { o.KeyFile = a.path("other.key") },
		"empty has no certificate":        func(o *Options) { o.CACertFile = a.path("empty") },
		"is no file":                      func(o *Options) { o.CACertFile = a.dir },
		"no such file":                    func(o *Options) { o.CACertDir = a.path("nowhere") },
		"Failed to configure ciphers:":    func(o *Options) { o.Ciphers = "ADH" },
		"Failed to configure ciphersuite": func(o *Options) { o.Ciphersuites = "TLS_AES_128_GCM_SHA256" },
		"Invalid tls-protocols":           func(o *Options) { o.Protocols = "TLSv9" },
	} {
		o := good
		spoil(&o)
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// FuzzKey: no file of a key may do more than fail.
func FuzzKey(f *testing.F) {
	f.Add([]byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMA==\n-----END ENCRYPTED PRIVATE KEY-----\n"), "x")
	f.Add([]byte("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00112233445566778899AABBCCDDEEFF\n\nMAAA\n-----END RSA PRIVATE KEY-----\n"), "")
	f.Fuzz(func(t *testing.T, text []byte, pass string) {
		if len(text) > 1<<12 {
			return
		}
		decryptKey(text, pass)
		if ids, err := Ciphers(pass); err == nil && ids != nil && len(ids) == 0 {
			t.Error("no suites and no error")
		}
	})
}

// TestClient: a client takes servers that its authorities have signed, by any name,
// and no others.
func TestClient(t *testing.T) {
	a := newAuthority(t, t.TempDir())
	a.make("server", a)
	a.make("client", a)
	foreign := newAuthority(t, t.TempDir())
	foreign.make("server", foreign)
	client, err := NewClient(ClientOptions{CertFile: a.path("client.crt"), KeyFile: a.path("client.key"), CACertFile: a.path("ca.crt")})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		from *authority
		ok   bool
	}{{a, true}, {foreign, false}} {
		server, err := New(Options{CertFile: c.from.path("server.crt"), KeyFile: c.from.path("server.key"), CACertFile: a.path("ca.crt"), ClientAuth: Required})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := handshake(t, server, client); (err == nil) != c.ok {
			t.Errorf("want %v: %v", c.ok, err)
		}
	}
	if _, err := NewClient(ClientOptions{CertFile: a.path("client.crt"), KeyFile: a.path("client.key")}); err == nil {
		t.Error("a client that trusts nobody")
	}
}
