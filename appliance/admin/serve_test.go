package admin

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestHealthAndReadiness(t *testing.T) {
	r := newRig(t, Config{}, nil)
	for path, want := range map[string]string{"/healthz": "ok\n", "/readyz": "ready\n"} {
		if w := r.ask(fromAfar, "GET", path, nil); w.Code != 200 || w.Body.String() != want {
			t.Errorf("%s: %d %q", path, w.Code, w.Body)
		}
	}
	r.machine.about.Locked = "its user data cannot be read"
	if w := r.ask(fromAfar, "GET", "/readyz", nil); w.Code != 503 || w.Body.String() != "locked: its user data cannot be read\n" {
		t.Errorf("locked: %d %q", w.Code, w.Body)
	}
	if w := r.ask(fromAfar, "GET", "/healthz", nil); w.Code != 200 {
		t.Errorf("a locked machine is not healthy: %d", w.Code)
	}
}

func TestStatus(t *testing.T) {
	r := newRig(t, Config{Open: true}, nil, "--maxmemory", "100mb")
	r.client.Must(t, "SET", "a", "b")
	r.machine.log.Write([]byte("one\ntwo\n"))
	r.e.sampler.take()
	for range 20 {
		r.client.Must(t, "GET", "a")
	}
	r.e.sampler.take()
	for name, by := range map[string]who{"here": fromHere, "afar": fromAfar} {
		w := r.ask(by, "GET", "/status.json", nil)
		var s Status
		if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil {
			t.Fatal(err)
		}
		if s.Version != "1.2" || s.UptimeS != 90 || !s.Ready || s.Slot != "a" || len(s.Boot) != 1 || s.Boot[0].Ms != 1500 || s.Update != nil {
			t.Errorf("%s: the machine: %+v", name, s)
		}
		if s.Memory.Max != 100<<20 || s.Memory.Used == 0 || s.Memory.Total == 0 || s.Server["redis_mode"] != "standalone" || s.Server["maxmemory"] != 100.0*(1<<20) {
			t.Errorf("%s: the server: %+v", name, s.Memory)
		}
		if s.Latency.P50 <= 0 || s.Latency.P999 < s.Latency.P50 {
			t.Errorf("%s: latency %+v", name, s.Latency)
		}
		found := false
		for _, c := range s.Commands {
			found = found || c.Name == "get" && c.Calls == 20 && c.P99 > 0
		}
		if !found {
			t.Errorf("%s: commands %+v", name, s.Commands)
		}
		if trusted := name == "here"; s.MayAct != trusted || (len(s.Log) > 0) != trusted {
			t.Errorf("%s: may act %v, log %q", name, s.MayAct, s.Log)
		}
	}
	var h struct {
		Fields  []string
		Samples [][]float64
	}
	if err := json.Unmarshal(r.ask(fromAfar, "GET", "/history.json", nil).Body.Bytes(), &h); err != nil {
		t.Fatal(err)
	}
	if len(h.Samples) != 1 || len(h.Samples[0]) != len(h.Fields) {
		t.Errorf("history: %+v", h)
	}
	for range historyLen + 5 {
		r.e.sampler.take()
	}
	if n := len(r.e.sampler.samples()); n != historyLen {
		t.Errorf("%d samples are kept", n)
	}
}

// While a script has the data, the status is that of before.
func TestStatusDuringAScript(t *testing.T) {
	r := newRig(t, Config{}, nil, "--busy-reply-threshold", "50")
	first := r.ask(fromHere, "GET", "/status.json", nil)
	r.client.Send("EVAL", "while true do end", 0)
	r.eventually("the script is busy", func() bool {
		other := r.again()
		defer other.Close()
		got, _ := other.Do("PING")
		return strings.HasPrefix(toText(got), "BUSY")
	})
	time.Sleep(sampleEvery) // the figures of before are old by now
	start := time.Now()
	w := r.ask(fromHere, "GET", "/status.json", nil)
	if took := time.Since(start); w.Code != 200 || took > 10*time.Second {
		t.Errorf("the status: %d after %v", w.Code, took)
	}
	var before, during Status
	if err := errors.Join(json.Unmarshal(first.Body.Bytes(), &before), json.Unmarshal(w.Body.Bytes(), &during)); err != nil {
		t.Fatal(err)
	}
	if during.SampledMs != before.SampledMs || during.TimeMs <= before.TimeMs {
		t.Errorf("sampled at %d, before at %d", during.SampledMs, before.SampledMs)
	}
	other := r.again()
	defer other.Close()
	other.Must(t, "SCRIPT", "KILL")
}

func TestHeadersForBrowsers(t *testing.T) {
	r := newRig(t, Config{Open: true}, nil)
	for _, path := range []string{"/", "/status.json", "/nowhere", "/log"} {
		h := r.ask(fromAfar, "GET", path, nil).Header()
		if h.Get("Cache-Control") == "" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("X-Frame-Options") != "DENY" ||
			!strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") || !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			t.Errorf("%s: %v", path, h)
		}
	}
}

// Who sends nothing, or one byte at a time, is cut off; headers have a bound; and one
// address takes no more than its share of the connections.
func TestGreedyClients(t *testing.T) {
	r := newRig(t, Config{}, nil)
	r.e.server.ReadHeaderTimeout = 300 * time.Millisecond
	r.serve()
	silent := r.dial()
	dripping := r.dial()
	go func() {
		for _, b := range []byte("GET /healthz HTTP/1.1\r\nHost: " + strings.Repeat("x", 500)) {
			if _, err := dripping.Write([]byte{b}); err != nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}()
	for name, c := range map[string]net.Conn{"silent": silent, "dripping": dripping} {
		c.SetReadDeadline(time.Now().Add(30 * time.Second))
		if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("the %s client stays", name)
		}
	}
	large := r.dial()
	large.Write([]byte("GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("x", 2*maxHeader) + "\r\n\r\n"))
	if line, _ := bufio.NewReader(large).ReadString('\n'); !strings.Contains(line, "431") {
		t.Errorf("a large header: %q", line)
	}
	var open []net.Conn
	for range maxPerAddress + 10 {
		open = append(open, r.dial())
	}
	refused := 0
	for _, c := range open {
		c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		if _, err := c.Read(make([]byte, 1)); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			refused++
		}
	}
	if refused < 10 {
		t.Errorf("%d of %d connections were refused", refused, len(open))
	}
	for _, c := range open {
		c.Close()
	}
	r.eventually("places are free again", func() bool {
		response, err := http.Get("http://" + r.address + "/healthz")
		if err == nil {
			response.Body.Close()
		}
		return err == nil
	})
}

func TestLogRing(t *testing.T) {
	l := NewLog(100)
	if text, next := l.Tail(50); len(text) != 0 || next != 0 {
		t.Errorf("empty: %q, %d", text, next)
	}
	var all []byte
	for i := range 200 {
		line := []byte(strings.Repeat(string(rune('a'+i%26)), i%30) + "\n")
		l.Write(line)
		all = append(all, line...)
		for _, size := range []int{10, 60, 1000} {
			text, next := l.Tail(size)
			if next != int64(len(all)) || len(text) > min(size, 100) || !bytes.HasSuffix(all, text) {
				t.Fatalf("after line %d: %q, %d", i, text, next)
			}
			if before := len(all) - len(text); before > 0 && len(text) > 0 && all[before-1] != '\n' {
				t.Fatalf("after line %d: begins within a line: %q", i, text)
			}
		}
	}
	l.Write(bytes.Repeat([]byte("z"), 1000))
	if text, _, _ := l.From(0); len(text) != 100 {
		t.Errorf("%d bytes are kept", len(text))
	}
	if text, next, _ := l.From(1 << 40); len(text) != 0 || next != int64(len(all))+1000 {
		t.Errorf("beyond the end: %q, %d", text, next)
	}
}

func TestLogIsFollowed(t *testing.T) {
	r := newRig(t, Config{}, nil).serve()
	r.machine.log.Write([]byte("before\n"))
	plain := bufio.NewReader(r.do("GET", "/log?follow=1", nil).Body)
	events := bufio.NewReader(r.do("GET", "/log?follow=1", nil, "Accept", "text/event-stream").Body)
	find := func(from *bufio.Reader, want string) {
		t.Helper()
		for {
			line, err := from.ReadString('\n')
			if err != nil {
				t.Fatalf("%q: %v", want, err)
			}
			if line == want+"\n" {
				return
			}
		}
	}
	find(plain, "before")
	find(events, "data: before")
	r.machine.log.Write([]byte("after\n"))
	find(plain, "after")
	find(events, "data: after")
	for range followers - 2 {
		r.do("GET", "/log?follow=1", nil)
	}
	if got := r.do("GET", "/log?follow=1", nil).StatusCode; got != http.StatusServiceUnavailable {
		t.Errorf("one follower too many: %d", got)
	}
	if got := r.do("GET", "/log?kib=-1", nil).StatusCode; got != http.StatusBadRequest {
		t.Errorf("kib=-1: %d", got)
	}
	if err := r.e.Close(); err != nil { // ends those who follow
		t.Error(err)
	}
}

// With a certificate it is HTTPS, and another certificate in the files is taken without
// a restart; one that cannot be read is not.
func TestTLS(t *testing.T) {
	dir := t.TempDir()
	r := newRig(t, Config{}, nil)
	first := writeCertificate(t, dir, "first")
	r.e.config.CertFile, r.e.config.KeyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	r.serve()
	subject := func() string {
		t.Helper()
		pool := x509.NewCertPool()
		c, err := tls.Dial("tcp", r.address, &tls.Config{RootCAs: pool, InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return c.ConnectionState().PeerCertificates[0].Subject.CommonName
	}
	if got := subject(); got != "first" {
		t.Errorf("certificate of %s", got)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(first)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	defer client.CloseIdleConnections()
	response, err := client.Get("https://" + r.address + "/healthz")
	if err != nil || response.StatusCode != 200 {
		t.Fatalf("%v, %v", response, err)
	}
	response.Body.Close()
	if _, err := tls.Dial("tcp", r.address, &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11}); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
	if err := os.WriteFile(r.e.config.CertFile, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	time.Sleep(lookEvery + 100*time.Millisecond)
	if got := subject(); got != "first" {
		t.Errorf("with a bad file: certificate of %s", got)
	}
	writeCertificate(t, dir, "second")
	time.Sleep(lookEvery + 100*time.Millisecond)
	if got := subject(); got != "second" {
		t.Errorf("after the change: certificate of %s", got)
	}
	r.e.config.CertFile = filepath.Join(dir, "none.pem")
	if _, err := r.e.Listen(); err == nil {
		t.Error("listens without a certificate")
	}
}
