package aof

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/clock"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/rdb"
	"github.com/redoubt-kv/redoubt/core/vfs"
	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// rdbBase writes the base of an append-only file as an RDB file.
func rdbBase(store *keyspace.Store) func(io.Writer) error {
	return func(w io.Writer) error {
		n := store.Snapshot(nil)
		defer n.Release()
		e := rdb.NewEncoder(w, rdb.EncoderOptions{Compress: true, Checksum: true})
		info := rdb.Info{RedisVersion: "7.4.0", RedoubtVersion: "0", CreatedUnix: 1, AOFBase: true}
		if err := rdb.WriteSnapshot(e, n, store, info, rdb.NoClocks, time.Now().UnixMilli(), nil); err != nil {
			return err
		}
		return e.Footer()
	}
}

func commandBase(store *keyspace.Store) func(io.Writer) error {
	return func(w io.Writer) error {
		n := store.Snapshot(nil)
		defer n.Release()
		return WriteCommands(w, n, CommandsOptions{})
	}
}

func command(args ...string) string {
	s := fmt.Sprintf("*%d\r\n", len(args))
	for _, a := range args {
		s += fmt.Sprintf("$%d\r\n%s\r\n", len(a), a)
	}
	return s
}

// The files go to redis-server and back: made here, continued there with a
// rewrite, continued here.
func TestFilesMoveBothWays(t *testing.T) {
	for _, preamble := range []bool{true, false} {
		t.Run(fmt.Sprint("preamble ", preamble), func(t *testing.T) {
			root := t.TempDir()
			options := Options{FS: vfs.OS, Dir: filepath.Join(root, "appendonlydir"), Name: "appendonly.aof", Clock: clock.NewReal()}
			data := redistest.Start(t, "--enable-debug-command", "yes")
			fill(t, data)
			base := commandBase
			if preamble {
				base = rdbBase
			}
			w, err := Open(options, Settings{Policy: Always, Timestamps: true})
			if err != nil {
				t.Fatal(err)
			}
			empty := newStore(t)
			if err := w.Start(StartOptions{Base: base(empty), Preamble: preamble}); err != nil {
				t.Fatal(err)
			}
			at := int64(0)
			add := func(units string) {
				at += int64(len(units))
				w.Append([]byte(units))
				if !w.Turn(at) {
					t.Fatal(w.Err())
				}
			}
			add(command("SELECT", "0") + command("SET", "k", "lost by the rewrite"))
			re, err := w.PrepareSwitch(preamble)
			if err != nil {
				t.Fatal(err)
			}
			re.Cut(at)
			if err := re.WriteBase(base(loadFrom(t, data))); err != nil {
				t.Fatal(err)
			}
			add(command("SELECT", "3") + command("SET", "ours", "1"))
			add(command("MULTI") + command("INCR", "ours") + command("RPUSH", "l", "a", "b") + command("EXEC"))
			if err := re.Install(); err != nil {
				t.Fatal(err)
			}
			if err := w.Stop(); err != nil {
				t.Fatal(err)
			}
			redis := func() *redistest.Server {
				return redistest.StartIn(t, root, "--appendonly", "yes", "--enable-debug-command", "yes", "--aof-use-rdb-preamble", map[bool]string{true: "yes", false: "no"}[preamble])
			}
			s := redis()
			for _, db := range []int{0, 9} {
				s.Must(t, "SELECT", db)
				data.Must(t, "SELECT", db)
				if a, b := data.Must(t, "DBSIZE"), s.Must(t, "DBSIZE"); a != b {
					t.Fatalf("database %d has %v keys, want %v", db, b, a)
				}
			}
			s.Must(t, "SELECT", 3)
			if got := fmt.Sprint(s.Must(t, "GET", "ours"), s.Must(t, "LRANGE", "l", 0, -1)); got != "2[a b]" {
				t.Fatal(got)
			}
			s.Must(t, "SET", "theirs", "1")
			s.Must(t, "BGREWRITEAOF")
			for start := time.Now(); !strings.Contains(s.Log(), "Background AOF rewrite finished successfully"); time.Sleep(20 * time.Millisecond) {
				if time.Since(start) > time.Minute {
					t.Fatal(s.Log())
				}
			}
			s.Must(t, "INCR", "theirs")
			digest := s.Must(t, "DEBUG", "DIGEST")
			s.Stop()
			continueTheirs(t, options, preamble)
			s = redis()
			if got := s.Must(t, "DEBUG", "DIGEST"); got != digest {
				t.Fatalf("digest %v, want %v", got, digest)
			}
		})
	}
}

// continueTheirs starts from files of redis-server, and rewrites nothing but the
// increment.
func continueTheirs(t *testing.T, options Options, preamble bool) {
	m, err := LoadManifest(vfs.OS, options.Dir, options.Name)
	if err != nil {
		t.Fatal(err)
	}
	theirs, _ := m.Base()
	data, err := os.ReadFile(filepath.Join(options.Dir, theirs.Name))
	if err != nil {
		t.Fatal(err)
	}
	if preamble != bytes.Contains(data[:200], []byte("\xfa\x08aof-base\xc0\x01")) {
		t.Fatalf("aof-base in %q", data[:200])
	}
	var ours bytes.Buffer
	if err := rdbBase(newStore(t))(&ours); err != nil || !bytes.Contains(ours.Bytes(), []byte("\xfa\x08aof-base\xc0\x01")) {
		t.Fatalf("%v: no aof-base in %q", err, ours.Bytes())
	}
	loaded, err := Load(m, LoadOptions{
		FS: vfs.OS, Dir: options.Dir, Name: options.Name,
		RDB:   func(_ vfs.File, _ string, size int64, _ func(int64) error) (int64, error) { return size, nil },
		Apply: func(int, int, [][]byte) error { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	last, _ := m.LastIncr()
	w, err := Open(options, Settings{Policy: EverySecond})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Start(StartOptions{At: 5, Last: last.Name, Valid: loaded.LastSize}); err != nil {
		t.Fatal(err)
	}
	if st := w.State(); st.Size != loaded.Size || st.BaseSize != loaded.BaseSize {
		t.Fatalf("%+v, loaded %+v", st, loaded)
	}
	w.Append([]byte(command("SELECT", "3") + command("SET", "x", "1") + command("DEL", "x")))
	w.Turn(6)
	if err := w.Stop(); err != nil {
		t.Fatal(err)
	}
}
