package server_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// writeCertificate makes name.crt, which signs itself, and name.key.
func writeCertificate(t *testing.T, dir, name string, serial int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{".crt": {Type: "CERTIFICATE", Bytes: der}, ".key": {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(filepath.Join(dir, name+file), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// dialTLS returns a client and the serial number of the server's certificate.
func dialTLS(t *testing.T, port int, config *tls.Config) (*redistest.Client, int64, error) {
	t.Helper()
	if config == nil {
		config = &tls.Config{InsecureSkipVerify: true}
	}
	d := &net.Dialer{Timeout: 20 * time.Second}
	c, err := tls.DialWithDialer(d, "tcp", fmt.Sprintf("127.0.0.1:%d", port), config)
	if err != nil {
		return nil, 0, err
	}
	t.Cleanup(func() { c.Close() })
	return redistest.NewClient(c), c.ConnectionState().PeerCertificates[0].SerialNumber.Int64(), nil
}

func freePort(t *testing.T) int {
	t.Helper()
	port, err := redistest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// TestTLSBesidePlain: clients of both listeners see the same data, wait for each
// other, and what they write is in the append-only file.
func TestTLSBesidePlain(t *testing.T) {
	for _, transport := range []string{"auto", "portable"} {
		dir := t.TempDir()
		writeCertificate(t, dir, "a", 1)
		port := freePort(t)
		r := start(t, dir, "--transport", transport, "--loops", "2", "--appendonly", "yes", "--appendfsync", "always",
			"--tls-port", fmt.Sprint(port), "--tls-cert-file", "a.crt", "--tls-key-file", "a.key", "--tls-auth-clients", "no")
		plain := r.dial()
		for i := range 5 { // more than there are loops
			secure, _, err := dialTLS(t, port, nil)
			if err != nil {
				t.Fatal(err)
			}
			key := fmt.Sprint("key", i)
			secure.Must(t, "SET", key, "v")
			if got := plain.Must(t, "GET", key); got != "v" {
				t.Errorf("%s: %v", key, got)
			}
			if err := secure.Send("BLPOP", "list", "0"); err != nil {
				t.Fatal(err)
			}
			r.eventually("blocked", func() bool {
				return strings.Contains(plain.Must(t, "INFO", "clients").(string), "blocked_clients:1")
			})
			plain.Must(t, "RPUSH", "list", "x")
			if reply, err := secure.Receive(); err != nil || fmt.Sprint(reply) != "[list x]" {
				t.Errorf("BLPOP: %v, %v", reply, err)
			}
		}
		if list := plain.Must(t, "CLIENT", "LIST").(string); strings.Count(list, "\n") != 6 {
			t.Errorf("CLIENT LIST:\n%s", list)
		}
		if info := plain.Must(t, "INFO", "stats").(string); !strings.Contains(info, "total_connections_received:6\r\n") {
			t.Errorf("connections: %s", info)
		}
		r.end()
		r.exit(0)
		again := start(t, dir, "--transport", transport, "--appendonly", "yes")
		if got := again.dial().Must(t, "DBSIZE"); got != int64(5) {
			t.Errorf("keys after a restart: %v", got)
		}
		again.end()
		again.exit(0)
	}
}

// TestTLSReload: certificates, ports and who may come in change without a restart.
func TestTLSReload(t *testing.T) {
	dir := t.TempDir()
	writeCertificate(t, dir, "a", 1)
	writeCertificate(t, dir, "b", 2)
	port := freePort(t)
	r := start(t, dir)
	plain := r.dial()
	refused := func(want string, args ...any) {
		t.Helper()
		reply, err := plain.Do(args...)
		if e, ok := reply.(redistest.Error); err != nil || !ok || !strings.Contains(string(e), want) {
			t.Errorf("%v: %v, %v", args, reply, err)
		}
	}
	refused("Unable to update TLS configuration", "CONFIG", "SET", "tls-port", port)
	refused("Unable to update TLS configuration", "CONFIG", "SET", "tls-port", port, "tls-cert-file", "a.crt", "tls-key-file", "b.key", "tls-auth-clients", "no")
	if got := plain.Must(t, "CONFIG", "GET", "tls-port"); fmt.Sprint(got) != "[tls-port 0]" {
		t.Errorf("tls-port after a failure: %v", got)
	}
	plain.Must(t, "CONFIG", "SET", "tls-port", port, "tls-cert-file", "a.crt", "tls-key-file", "a.key", "tls-auth-clients", "no")
	serial := func(want int64) *redistest.Client {
		t.Helper()
		c, got, err := dialTLS(t, port, nil)
		if err != nil || got != want {
			t.Fatalf("certificate %d, %v", got, err)
		}
		if pong := c.Must(t, "PING"); pong != "PONG" {
			t.Errorf("PING: %v", pong)
		}
		return c
	}
	old := serial(1)
	plain.Must(t, "CONFIG", "SET", "tls-cert-file", "b.crt", "tls-key-file", "b.key")
	serial(2)
	writeCertificate(t, dir, "b", 3)
	serial(2)
	plain.Must(t, "CONFIG", "SET", "tls-cert-file", "b.crt") // the same name, another file
	serial(3)
	refused("Unable to update TLS configuration", "CONFIG", "SET", "tls-cert-file", "nowhere.crt")
	serial(3)
	plain.Must(t, "CONFIG", "SET", "tls-protocols", "TLSv1.2")
	if _, _, err := dialTLS(t, port, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13}); err == nil {
		t.Error("TLS 1.3 is spoken where tls-protocols has TLSv1.2 only")
	}
	refused("no cipher suite 'ADH-AES128-SHA'", "CONFIG", "SET", "tls-ciphers", "ADH-AES128-SHA")
	plain.Must(t, "CONFIG", "SET", "tls-auth-clients", "yes", "tls-ca-cert-file", "b.crt")
	if c, _, err := dialTLS(t, port, nil); err == nil { // TLS 1.3 tells it at the first read
		if _, err := c.Do("PING"); err == nil {
			t.Error("a client without a certificate gets in")
		}
	}
	own, err := tls.LoadX509KeyPair(filepath.Join(dir, "b.crt"), filepath.Join(dir, "b.key"))
	if err != nil {
		t.Fatal(err)
	}
	c, _, err := dialTLS(t, port, &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{own}})
	if err != nil {
		t.Fatal(err)
	}
	c.Must(t, "PING")
	other := freePort(t)
	plain.Must(t, "CONFIG", "SET", "tls-auth-clients", "no")
	c.Must(t, "CONFIG", "SET", "tls-port", other)
	if _, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", port), time.Second); err == nil {
		t.Error("the old port is open")
	}
	port = other
	serial(3)
	old.Must(t, "PING") // who is connected stays
	old.Must(t, "CONFIG", "SET", "port", "0")
	if info := serial(3).Must(t, "INFO", "server").(string); !strings.Contains(info, fmt.Sprintf("tcp_port:%d\r\n", port)) {
		t.Errorf("INFO does not have the port that is left:\n%s", info)
	}
	r.end()
	r.exit(0)
}

// TestTLSFailsAtStart: a server that cannot keep what it is told does not start.
func TestTLSFailsAtStart(t *testing.T) {
	r := launch(t, t.TempDir(), "--tls-port", fmt.Sprint(freePort(t)))
	if code := <-r.code; code != 1 || !strings.Contains(r.log.String(), "No tls-cert-file configured!") {
		t.Errorf("exit code %d, log:\n%s", code, r.log.String())
	}
}

// TestTLSMigrate: with tls-cluster, MIGRATE shows its certificate to a server that
// wants one, and wants one that the authorities have signed.
func TestTLSMigrate(t *testing.T) {
	dir := t.TempDir()
	writeCertificate(t, dir, "a", 1)
	writeCertificate(t, dir, "b", 2)
	port := freePort(t)
	use := func(name, ca string) []string {
		file := func(f string) string { return filepath.Join(dir, f) }
		return []string{"--tls-cert-file", file(name + ".crt"), "--tls-key-file", file(name + ".key"), "--tls-ca-cert-file", file(ca + ".crt")}
	}
	target := start(t, t.TempDir(), append(use("a", "b"), "--tls-port", fmt.Sprint(port))...)
	source := start(t, t.TempDir(), append(use("b", "a"), "--tls-cluster", "yes")...)
	from, to := source.dial(), target.dial()
	from.Must(t, "SET", "k", "v")
	expect(t, from, "OK", "MIGRATE", "127.0.0.1", port, "k", 0, 20000)
	expect(t, to, "v", "GET", "k")
	from.Must(t, "SET", "k", "2")
	from.Must(t, "CONFIG", "SET", "tls-ca-cert-file", filepath.Join(dir, "b.crt"))
	// The connection that is kept may be used once more; to another name, not.
	reply, err := from.Do("MIGRATE", "localhost", port, "k", 0, 20000, "REPLACE")
	if e, ok := reply.(redistest.Error); err != nil || !ok || !strings.HasPrefix(string(e), "IOERR") {
		t.Errorf("to a server that nobody vouches for: %v, %v", reply, err)
	}
	expect(t, from, "OK", "CONFIG", "SET", "tls-cluster", "no")
	target.end()
	target.exit(0)
	source.end()
	source.exit(0)
}
