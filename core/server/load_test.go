package server_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/core/rdb"
	"github.com/redoubt-kv/redoubt/core/vfs"
	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// writeFile makes an RDB file of n strings.
func writeFile(t *testing.T, dir string, n int) string {
	t.Helper()
	o := rdb.SaveOptions{Dir: dir, Name: "dump.rdb", TempName: "temp.rdb", Encoder: rdb.EncoderOptions{Checksum: true}}
	err := rdb.SaveFile(vfs.OS, o, func(e *rdb.Encoder) error {
		e.Header()
		e.Info(rdb.Info{RedisVersion: "7.0.15", CreatedUnix: 1, UsedMemory: 123456})
		e.SelectDB(0)
		for i := range n {
			e.StringEntry(fmt.Append(nil, "key:", i), []byte("value"))
		}
		return e.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "dump.rdb")
}

// While a file is loaded clients are told so, INFO tells how far it is, and the
// server can be ended without harm to the file.
func TestLoading(t *testing.T) {
	for _, end := range []string{"SHUTDOWN", "SIGTERM"} {
		dir := t.TempDir()
		path := writeFile(t, dir, 20000)
		before, _ := os.ReadFile(path)
		r := launch(t, dir, "--key-load-delay", "2000", "--save", "1 1")
		r.eventually("listening", func() bool {
			c, err := redistest.Dial(address(r.port))
			if err == nil {
				c.Close()
			}
			return err == nil
		})
		c := r.dial()
		for _, line := range []string{"PING", "GET key:1", "SET a b", "DBSIZE", "SAVE"} {
			if got, err := c.Do(words(line)...); err != nil || !strings.HasPrefix(fmt.Sprint(got), "LOADING ") {
				t.Errorf("%s while loading: %v %v", line, got, err)
			}
		}
		r.eventually("the fields of the file", func() bool { return strings.Contains(r.log.String(), "RDB memory usage when created 0.12 Mb") })
		info, err := c.Do("INFO", "persistence")
		for _, want := range []string{"loading:1\r\n", "async_loading:0\r\n", "loading_start_time:1", "loading_rdb_used_mem:123456\r\n",
			fmt.Sprintf("loading_total_bytes:%d\r\n", len(before)), "loading_loaded_bytes:", "loading_loaded_perc:", "loading_eta_seconds:"} {
			if err != nil || !strings.Contains(fmt.Sprint(info), want) {
				t.Errorf("INFO while loading lacks %q: %v %v", want, info, err)
			}
		}
		if end == "SHUTDOWN" {
			c.Do("SHUTDOWN")
		} else {
			r.end()
		}
		r.exit(0)
		if after, _ := os.ReadFile(path); string(after) != string(before) {
			t.Errorf("%s while loading wrote the file", end)
		}
	}
}

// A file that cannot be loaded ends the server, and the log says where and why.
func TestSpoiledFile(t *testing.T) {
	dir := t.TempDir()
	path := writeFile(t, dir, 3000)
	file, _ := os.ReadFile(path)
	for _, c := range []struct {
		name  string
		spoil func(b []byte) []byte
		want  []string
	}{
		{"cut", func(b []byte) []byte { return b[:len(b)/2] }, []string{"short read"}},
		{"checksum", func(b []byte) []byte { b[len(b)-1] ^= 1; return b }, []string{"RDB CRC error"}},
		{"no RDB file", func([]byte) []byte { return []byte("hello, world") }, []string{"wrong signature"}},
		{"key twice", func(b []byte) []byte {
			at := strings.Index(string(b), "\x00\x05key:7\x05value")
			return append(b[:at+13:at+13], b[at:]...)
		}, []string{`key "key:7" is there twice`}},
	} {
		if err := os.WriteFile(path, c.spoil([]byte(string(file))), 0o644); err != nil {
			t.Fatal(err)
		}
		r := launch(t, dir)
		r.exit(1)
		for _, want := range append(c.want, path, "offset 0x", "Internal error in RDB reading offset", "Terminating server after rdb file reading failure.") {
			if !strings.Contains(r.log.String(), want) {
				t.Errorf("%s: the log lacks %q:\n%s", c.name, want, r.log)
			}
		}
	}
}
