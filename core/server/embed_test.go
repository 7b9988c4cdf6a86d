package server_test

import (
	"context"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/core/server"
	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// startEmbedded runs a server inside of a program that is the test, on all
// addresses, and returns what that program holds of it.
func startEmbedded(t *testing.T, embed server.Embedding) (*server.Handle, int) {
	t.Helper()
	port, err := redistest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	started, ended := make(chan *server.Handle, 1), make(chan struct{})
	embed.Reserve = server.TestReserve
	embed.Started = func(h *server.Handle) { started <- h }
	log := &text{}
	go func() {
		defer close(ended)
		args := []string{"--port", strconv.Itoa(port), "--dir", t.TempDir(), "--save", "", "--protected-mode", "no"}
		server.RunEmbedded(ctx, args, strings.NewReader(""), log, log, embed)
	}()
	t.Cleanup(func() { cancel(); <-ended })
	select {
	case h := <-started:
		r := &running{t: t, log: log}
		r.eventually("ready", h.Ready)
		return h, port
	case <-ended:
		t.Fatalf("the server ended: %s", log)
	}
	return nil, 0
}

// The program around the server has its section in INFO, by default and by name.
func TestApplianceSection(t *testing.T) {
	_, port := startEmbedded(t, server.Embedding{Appliance: func() string { return "appliance_version:7\r\n" }})
	c := redistest.MustDial(t, address(port))
	for _, words := range [][]any{{"INFO"}, {"INFO", "Appliance"}} {
		got, err := c.Do(words...)
		if s, _ := got.(string); err != nil || !strings.HasSuffix(s, "# Appliance\r\nappliance_version:7\r\n") {
			t.Errorf("%v: got %q, %v", words, got, err)
		}
	}
}

// The program around the server hears once that the data has been loaded.
func TestReadyHook(t *testing.T) {
	ready := make(chan struct{}, 2)
	_, port := startEmbedded(t, server.Embedding{Ready: func() { ready <- struct{}{} }})
	<-ready
	expect(t, redistest.MustDial(t, address(port)), "PONG", "PING")
	if len(ready) > 0 {
		t.Error("heard of it twice")
	}
}

// A locked server tells clients from other hosts why, and serves those of its own.
func TestLocked(t *testing.T) {
	_, port := startEmbedded(t, server.Embedding{Locked: "its user data cannot be read"})
	c := redistest.MustDial(t, address(port))
	expect(t, c, "PONG", "PING")
	// Any other address of this host stands for another host.
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	conn, err := dialer.Dial("tcp", address(port))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	reply := make([]byte, 100)
	n, err := conn.Read(reply)
	if got := string(reply[:n]); got != "-DENIED its user data cannot be read\r\n" {
		t.Errorf("got %q, %v", got, err)
	}
}
