package portable

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/transport"
)

// patience bounds what has to happen at some time.
const patience = 20 * time.Second

// certificate is one that signs itself.
func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// echoing answers with what it gets, and tells why it ended.
type echoing struct {
	c      *transport.Conn
	closed chan error
}

func (e echoing) Data(in []byte) int {
	e.c.Out = append(e.c.Out, in...)
	return len(in)
}

func (e echoing) Closed(err error) { e.closed <- err }

// listening starts a server with a TLS listener; handshakes have the time given.
func listening(t *testing.T, handshake time.Duration) (addr string, closed chan error) {
	t.Helper()
	closed = make(chan error, 100)
	s, err := New(transport.Config{Loops: 2, FirstLoop: 3, Accept: func(c *transport.Conn) transport.Handler {
		if c.LoopIndex() < 3 || c.LoopIndex() > 4 {
			t.Errorf("loop %d", c.LoopIndex())
		}
		return echoing{c, closed}
	}})
	if err != nil {
		t.Fatal(err)
	}
	ls, err := s.Listen(transport.Listen{Network: "tcp", Address: "127.0.0.1:0", HandshakeTimeout: handshake,
		TLS: &tls.Config{Certificates: []tls.Certificate{certificate(t)}}})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve() }()
	t.Cleanup(func() {
		s.Close()
		select {
		case <-served:
		case <-time.After(patience):
			t.Error("Serve does not return")
		}
	})
	ran := make(chan bool)
	if !s.Post(4, func() { close(ran) }) {
		t.Fatal("no Post")
	}
	<-ran
	return ls.Addr().String(), closed
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	nc.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { nc.Close() })
	return nc
}

func ended(t *testing.T, closed chan error) error {
	t.Helper()
	select {
	case err := <-closed:
		return err
	case <-time.After(patience):
		t.Fatal("the connection is not closed")
		return nil
	}
}

func TestTLS(t *testing.T) {
	addr, closed := listening(t, 0)
	c := tls.Client(dial(t, addr), &tls.Config{InsecureSkipVerify: true})
	sent := bytes.Repeat([]byte("0123456789"), 200_000)
	go c.Write(sent)
	got := make([]byte, len(sent))
	if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, sent) {
		t.Fatalf("echo: %v", err)
	}
	c.Close()
	if err := ended(t, closed); !errors.Is(err, io.EOF) {
		t.Errorf("ended by %v", err)
	}
}

// TestSlowHandshakes: whoever does not come to the end of a handshake is gone, at
// whatever point he stops, and a client in between is served.
func TestSlowHandshakes(t *testing.T) {
	addr, closed := listening(t, 300*time.Millisecond)
	hello := []byte{22, 3, 1, 1, 0, 1, 0, 0, 252, 3, 3} // a record of a ClientHello, begun
	silent := dial(t, addr)
	begun := dial(t, addr)
	begun.Write(hello)
	drip := dial(t, addr)
	go func() {
		for range 1000 {
			if _, err := drip.Write(hello[:1]); err != nil {
				return
			}
			hello = append(hello[1:], 0)
			time.Sleep(20 * time.Millisecond)
		}
	}()
	for range 3 {
		if err := ended(t, closed); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("ended by %v", err)
		}
	}
	for _, nc := range []net.Conn{silent, begun} {
		if n, err := nc.Read(make([]byte, 100)); n > 7 || err == nil && n == 0 {
			t.Errorf("read %d bytes, %v", n, err)
		}
	}
	// Time that passed before and after a handshake does not count.
	c := tls.Client(dial(t, addr), &tls.Config{InsecureSkipVerify: true})
	if err := c.Handshake(); err != nil {
		t.Skipf("this machine takes longer than 300 ms for a handshake: %v", err)
	}
	time.Sleep(400 * time.Millisecond)
	c.Write([]byte("x"))
	if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
		t.Errorf("after the time of the handshake: %v", err)
	}
}

func TestNoHandshake(t *testing.T) {
	addr, closed := listening(t, 0)
	for _, garbage := range []string{"PING\r\n", "*1\r\n$4\r\nPING\r\n", "\x16\x03\x01\xff\xff", "\x15\x03\x03\x00\x02\x02\x28", "GET / HTTP/1.1\r\n\r\n"} {
		nc := dial(t, addr)
		nc.Write([]byte(garbage))
		if garbage[0] == 22 {
			nc.Close() // a record that declares 64 KiB
		}
		if err := ended(t, closed); err == nil {
			t.Errorf("%q ended without an error", garbage)
		}
	}
}

// TestTLSDeafReader: a client that does not read blocks nobody, and can be closed.
func TestTLSDeafReader(t *testing.T) {
	addr, closed := listening(t, 0)
	deaf := tls.Client(dial(t, addr), &tls.Config{InsecureSkipVerify: true})
	if err := deaf.Handshake(); err != nil {
		t.Fatal(err)
	}
	go deaf.Write(make([]byte, 32<<20))
	for range 4 { // on both loops
		c := tls.Client(dial(t, addr), &tls.Config{InsecureSkipVerify: true})
		c.Write([]byte("x"))
		if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		c.Close()
		ended(t, closed)
	}
	deaf.NetConn().Close()
	if err := ended(t, closed); err == nil {
		t.Error("no reason")
	}
}

// TestRefusedBeforeHandshake: who is refused gets the reason; those who do not come
// for it are few at any time, and soon gone.
func TestRefusedBeforeHandshake(t *testing.T) {
	s, err := New(transport.Config{Loops: 1, Accept: func(c *transport.Conn) transport.Handler {
		c.Out = append(c.Out, "no\r\n"...)
		c.CloseAfterReply()
		return echoing{c, make(chan error, 1)}
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ls, err := s.Listen(transport.Listen{Network: "tcp", Address: "127.0.0.1:0", TLS: &tls.Config{Certificates: []tls.Certificate{certificate(t)}}})
	if err != nil {
		t.Fatal(err)
	}
	go s.Serve()
	addr := ls.Addr().String()
	c := tls.Client(dial(t, addr), &tls.Config{InsecureSkipVerify: true})
	if reason, err := io.ReadAll(c); err != nil || string(reason) != "no\r\n" {
		t.Errorf("reason %q, %v", reason, err)
	}
	const many = 3 * maxLeaving
	var silent []net.Conn
	for range many {
		silent = append(silent, dial(t, addr))
	}
	for i, nc := range silent { // all end, though none says a word
		if _, err := nc.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("connection %d: %v", i, err)
		}
	}
	for end := time.Now().Add(patience); s.leaving.Load() != 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d are still leaving", s.leaving.Load())
		}
	}
}
