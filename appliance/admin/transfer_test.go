package admin

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// A snapshot that is downloaded is a file that redis-server loads, and restoring it
// brings its data back.
func TestSnapshotAndRestore(t *testing.T) {
	r := newRig(t, Config{}, nil).serve()
	r.client.Must(t, "DEBUG", "POPULATE", "20000", "key", "100")
	r.client.Must(t, "RPUSH", "list", "a", "b")
	r.client.Must(t, "SET", "expires", "1", "PX", "1000000")
	before := r.client.Must(t, "DEBUG", "DIGEST")
	response := r.do("GET", "/snapshot.rdb", nil)
	if d := response.Header.Get("Content-Disposition"); !strings.Contains(d, ".rdb") {
		t.Errorf("Content-Disposition %q", d)
	}
	file, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "dump.rdb"), file, 0o600); err != nil {
		t.Fatal(err)
	}
	oracle := redistest.StartIn(t, dir, "--save", "", "--dbfilename", "dump.rdb", "--enable-debug-command", "yes")
	if got := redistest.MustDial(t, oracle.Addr).Must(t, "DEBUG", "DIGEST"); got != before {
		t.Errorf("redis-server loads %v, want %v", got, before)
	}
	for _, length := range []bool{true, false} {
		r.client.Must(t, "FLUSHALL")
		r.client.Must(t, "SET", "other", "1")
		var body io.Reader = bytes.NewReader(file)
		if !length {
			body = io.MultiReader(body) // chunked
		}
		response := r.do("PUT", "/snapshot.rdb", body)
		var got struct{ Keys, Replaced, Bytes int64 }
		if err := json.NewDecoder(response.Body).Decode(&got); err != nil || response.StatusCode != 200 {
			t.Fatalf("restore: %s, %v", response.Status, err)
		}
		if got.Keys != 20002 || got.Replaced != 1 || got.Bytes != int64(len(file)) {
			t.Errorf("restored %+v", got)
		}
		if now := r.client.Must(t, "DEBUG", "DIGEST"); now != before {
			t.Errorf("digest %v, want %v", now, before)
		}
	}
}

// What cannot be restored is refused with the reason, and changes nothing.
func TestRestoreRefused(t *testing.T) {
	r := newRig(t, Config{}, nil).serve()
	r.client.Must(t, "DEBUG", "POPULATE", "1000", "key", "1000")
	good := r.get("/snapshot.rdb")
	large := r.get("/snapshot.rdb")
	r.client.Must(t, "FLUSHALL")
	r.client.Must(t, "SET", "here", "1")
	before := r.client.Must(t, "DEBUG", "DIGEST")
	for _, c := range []struct {
		name string
		file []byte
		code int
		text string
	}{
		{"empty", nil, 422, "offset 0x0"},
		{"truncated", good[:len(good)/2], 422, "offset 0x"},
		{"garbage", []byte("REDIS0011garbage"), 422, "offset 0x"},
		{"huge length", []byte("REDIS0009\xfe\x00\x00\x81\x7f\xff\xff\xff\xff\xff\xff\xffk"), 422, "offset 0x"},
	} {
		response := r.do("PUT", "/snapshot.rdb", bytes.NewReader(c.file))
		text, _ := io.ReadAll(response.Body)
		if response.StatusCode != c.code || !strings.Contains(string(text), c.text) {
			t.Errorf("%s: %s: %s", c.name, response.Status, text)
		}
	}
	r.client.Must(t, "CONFIG", "SET", "maxmemory", "2mb")
	response := r.do("PUT", "/snapshot.rdb", bytes.NewReader(large))
	if text, _ := io.ReadAll(response.Body); response.StatusCode != 413 || !strings.Contains(string(text), "does not fit in memory") {
		t.Errorf("too large: %s: %s", response.Status, text)
	}
	// One who announces more than he sends, and goes.
	c := r.dial()
	fmt.Fprintf(c, "PUT /snapshot.rdb HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n%s", len(good), good[:100])
	r.eventually("the upload runs", func() bool { return r.e.transfer.Load() != nil })
	if got := r.do("GET", "/snapshot.rdb", nil); got.StatusCode != http.StatusConflict || got.Header.Get("Retry-After") == "" {
		t.Errorf("a second transfer: %s", got.Status)
	}
	c.Close()
	r.eventually("the upload has ended", func() bool { return r.e.transfer.Load() == nil })
	if now := r.client.Must(t, "DEBUG", "DIGEST"); now != before {
		t.Error("the data has changed")
	}
}

// A reader who goes in the middle of a snapshot ends it, and sees that it is not whole
// if he only pretended.
func TestSnapshotReaderGoes(t *testing.T) {
	r := newRig(t, Config{}, nil, "--rdbcompression", "no").serve()
	r.client.Must(t, "DEBUG", "POPULATE", "100000", "key", "500")
	c := r.dial()
	fmt.Fprintf(c, "GET /snapshot.rdb HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
	if line, err := bufio.NewReader(c).ReadString('\n'); !strings.Contains(line, "200") {
		t.Fatalf("%q, %v", line, err)
	}
	c.Close()
	r.eventually("the download has ended", func() bool { return r.e.transfer.Load() == nil })
	if r.handle.Saving().Running {
		t.Error("a snapshot is still held")
	}
	// A FLUSHALL ends the download of one who reads slowly: he finds no end of the body.
	response := r.do("GET", "/snapshot.rdb", nil)
	r.client.Must(t, "FLUSHALL")
	if _, err := io.ReadAll(response.Body); err == nil {
		t.Error("a download that was cut off looks whole")
	}
	r.eventually("the download has ended", func() bool { return r.e.transfer.Load() == nil })
}

// fakeUpdater takes any update but "bad".
type fakeUpdater struct {
	got  []byte
	back bool
	data bool
}

func (u *fakeUpdater) Status() UpdateStatus { return UpdateStatus{State: "idle", Running: "1.2"} }

func (u *fakeUpdater) Receive(_ context.Context, image io.Reader) (err error) {
	if u.got, err = io.ReadAll(image); err == nil && string(u.got) == "bad" {
		err = errors.New("its manifest is missing")
	}
	return err
}

func (u *fakeUpdater) Rollback(data bool) error {
	if u.back {
		return errors.New("the other root is empty")
	}
	u.back, u.data = true, data
	return nil
}

func TestUpdates(t *testing.T) {
	r := newRig(t, Config{}, nil)
	for _, p := range []string{"GET /update", "PUT /update", "POST /rollback"} {
		method, path, _ := strings.Cut(p, " ")
		if w := r.ask(fromHere, method, path, nil); w.Code != http.StatusNotImplemented || !strings.Contains(w.Body.String(), "one root") {
			t.Errorf("%s without an updater: %d %s", p, w.Code, w.Body)
		}
	}
	u := &fakeUpdater{}
	r.e = New(Config{}, r.machine, r.handle, u, t.Logf)
	if w := r.ask(fromHere, "GET", "/update", nil); w.Code != 200 || !strings.Contains(w.Body.String(), `"running":"1.2"`) {
		t.Errorf("GET: %d %s", w.Code, w.Body)
	}
	r.serve()
	if got := r.do("PUT", "/update", strings.NewReader("bad")); got.StatusCode != 422 {
		t.Errorf("a bad update: %s", got.Status)
	}
	if got := r.do("PUT", "/update", strings.NewReader("good")); got.StatusCode != 200 || string(u.got) != "good" || r.machine.wasAsked("reboot") {
		t.Errorf("a good update: %s, %q", got.Status, u.got)
	}
	if got := r.do("PUT", "/update?reboot=1", strings.NewReader("good")); got.StatusCode != 202 {
		t.Errorf("with a reboot: %s", got.Status)
	}
	r.eventually("reboot", func() bool { return r.machine.wasAsked("reboot") })
	if got := r.do("POST", "/rollback?data=1", nil); got.StatusCode != 202 || !u.data {
		t.Errorf("rollback: %s", got.Status)
	}
	if got := r.do("POST", "/rollback", nil); got.StatusCode != 409 {
		t.Errorf("a second rollback: %s", got.Status)
	}
}
