package rdb

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/redoubt-kv/redoubt/core/vfs"
	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// A file of the Encoder passes redis-check-rdb, and redis-server loads it
// and answers with the values.
func TestRedisLoadsOurFile(t *testing.T) {
	for _, opts := range []EncoderOptions{checked, {}} {
		dir := t.TempDir()
		err := SaveFile(vfs.OS, SaveOptions{Dir: dir, Name: "dump.rdb", TempName: TempName(1), IncrementalSync: true, Encoder: opts},
			func(e *Encoder) error {
				e.Header()
				e.Info(Info{RedisVersion: "7.4.0", RedoubtVersion: "0.1.0", CreatedUnix: 1700000000, UsedMemory: 1 << 20})
				writeValues(e, 2)
				return nil
			})
		if err != nil {
			t.Fatal(err)
		}
		redistest.CheckRDB(t, filepath.Join(dir, "dump.rdb"))
		s := redistest.StartIn(t, dir)
		for _, db := range []int{0, 7} {
			s.Must(t, "SELECT", db)
			if n := s.Must(t, "DBSIZE"); n != int64(len(values())) {
				t.Fatalf("db %d: %v keys", db, n)
			}
			for i, want := range values() {
				key := fmt.Sprint("key:", i)
				if got := s.Must(t, "GET", key); got != string(want) {
					t.Fatalf("%s: %.60q, want %.60q", key, got, want)
				}
				expire := int64(-1)
				if i%4 == 1 {
					expire = 4102444800000 + int64(i)
				}
				if got := s.Must(t, "PEXPIRETIME", key); got != expire {
					t.Fatalf("%s expires at %v, want %d", key, got, expire)
				}
			}
		}
		s.Stop()
	}
}

// A file that redis-server saved comes back from the Decoder.
func TestWeLoadRedisFile(t *testing.T) {
	for _, compression := range []string{"yes", "no"} {
		s := redistest.Start(t, "--rdbcompression", compression)
		for db := range 2 {
			s.Must(t, "SELECT", db*7)
			for i, v := range values() {
				s.Must(t, "SET", fmt.Sprint("key:", i), v)
				if i%4 == 1 {
					s.Must(t, "PEXPIREAT", fmt.Sprint("key:", i), 4102444800000+i)
				}
			}
		}
		s.Must(t, "SAVE")
		var l log
		done, total := int64(0), int64(0)
		path := filepath.Join(s.Dir, "dump.rdb")
		err := LoadFile(vfs.OS, path, DecoderOptions{Progress: func(d, n int64) { done, total = d, n }}, &l)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil || done != info.Size() || total != info.Size() {
			t.Fatalf("progress ended at %d of %d, want %d (%v)", done, total, info.Size(), err)
		}
		for k, e := range l.entries { // Redis wrote no LRU or LFU without a policy
			var i int
			fmt.Sscanf(string(e.Key), "key:%d", &i)
			switch i % 4 {
			case 2:
				e.IdleSec = int64(i) * 100
			case 3:
				e.Freq = int16(uint8(i))
			}
			l.entries[k] = e
		}
		checkValues(t, l.entries, 2)
		s.Stop()
	}
}

func TestLRUAndLFUOfRedis(t *testing.T) {
	for policy, want := range map[string]string{
		"allkeys-lru": `0/k="v" exp=-1 idle=0 freq=-1`,
		"allkeys-lfu": `0/k="v" exp=-1 idle=-1 freq=5`,
	} {
		s := redistest.Start(t, "--maxmemory-policy", policy)
		s.Must(t, "SET", "k", "v")
		s.Must(t, "SAVE")
		var l log
		if err := LoadFile(vfs.OS, filepath.Join(s.Dir, "dump.rdb"), DecoderOptions{}, &l); err != nil {
			t.Fatal(err)
		}
		if got := l.lines[len(l.lines)-1]; got != want {
			t.Errorf("%s: %s, want %s", policy, got, want)
		}
		s.Stop()
	}
}

func TestDumpAndRestoreBothWays(t *testing.T) {
	s := redistest.Start(t)
	same := 0
	for i, v := range values() {
		s.Must(t, "SET", "theirs", v)
		theirs := []byte(s.Must(t, "DUMP", "theirs").(string))
		var p printer
		if err := DecodeDump(theirs, DecoderOptions{}, &p); err != nil || !bytes.Equal(p.text, v) {
			t.Fatalf("value %d: %v, %.60q", i, err, p.text)
		}
		for _, compress := range []bool{false, true} {
			ours := stringDump(v, compress)
			s.Must(t, "RESTORE", "ours", 0, ours, "REPLACE")
			if got := s.Must(t, "GET", "ours"); got != string(v) {
				t.Fatalf("value %d: %.60q, want %.60q", i, got, v)
			}
			if compress && ours[1] != theirs[1] {
				t.Errorf("value %d %.30q: encoding 0x%x, Redis chose 0x%x", i, v, ours[1], theirs[1])
			}
			if compress && bytes.Equal(ours, theirs) {
				same++
			}
		}
	}
	t.Logf("%d of %d payloads are the same, byte for byte", same, len(values()))
	ours := stringDump([]byte("v"), false)
	for i := range ours {
		bad := bytes.Clone(ours)
		bad[i] ^= 0x40
		err := DecodeDump(bad, DecoderOptions{}, &printer{})
		reply, _ := s.Do("RESTORE", "bad", 0, bad)
		if err != ErrDump || reply != redistest.Error("ERR "+ErrDump.Error()) {
			t.Fatalf("byte %d: %v, Redis says %v", i, err, reply)
		}
	}
}
