package rdb

import (
	"bytes"
	"errors"
	"testing"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// redisPayloads are values with their types, as redis-server dumps them.
func redisPayloads(f *testing.F) (list [][]byte) {
	for _, settings := range thresholds {
		s := redistest.Start(f, append(settings, "--enable-debug-command", "yes")...)
		for _, key := range fill(f, s, 5) {
			payload := []byte(s.Must(f, "DUMP", key).(string))
			if len(payload) < 4<<10 {
				list = append(list, payload[:len(payload)-dumpFooter])
			}
		}
		s.Stop()
	}
	return list
}

func FuzzDecode(f *testing.F) {
	f.Add(encode(f, checked, func(e *Encoder) {
		e.SelectDB(1)
		e.ResizeDB(2, 1)
		e.ExpireMs(5)
		e.Freq(3)
		e.StringEntry([]byte("key"), bytes.Repeat([]byte("x"), 100))
		e.StringEntry([]byte("12"), []byte("-70000"))
	}), false)
	f.Add(raw(0, 1, "k", 0x80, 0xff, 0xff, 0xff, 0xff, "x"), true)
	for i, c := range otherVersions() {
		f.Add(raw(int(c.value[0]), 1, "k", c.value[1:], 0, 1, "l", 1, "v", 0xff, le64(0)), i%2 == 0)
	}
	f.Fuzz(func(t *testing.T, file []byte, sized bool) {
		opts := DecoderOptions{SkipChecksum: true, MaxString: 1 << 20}
		if sized {
			opts.Size = int64(len(file))
		}
		var l log
		if NewDecoder(bytes.NewReader(file), opts).Decode(&l) != nil {
			return
		}
		again := encode(t, checked, func(e *Encoder) {
			for _, entry := range l.entries {
				e.SelectDB(entry.DB)
				e.StringEntry(entry.Key, entry.Value)
			}
		})
		var l2 log
		if err := NewDecoder(bytes.NewReader(again), DecoderOptions{}).Decode(&l2); err != nil {
			t.Fatal(err)
		}
		for k, entry := range l.entries {
			if !bytes.Equal(l2.entries[k].Value, entry.Value) {
				t.Fatalf("%q changed", k)
			}
		}
	})
}

// FuzzDecodeDump reads values of all types, which printer walks through: what
// passed the checks must hold together.
func FuzzDecodeDump(f *testing.F) {
	f.Add([]byte("\x00\x01v"))
	for _, c := range otherVersions() {
		f.Add(c.value)
	}
	for _, value := range redisPayloads(f) {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var p, again printer
		o := DecoderOptions{MaxString: 1 << 20}
		if err := DecodeDump(sign(body), o, &p); errors.Is(err, ErrDump) || p.ended == (err != nil) {
			t.Fatal(err)
		}
		if DecodeDump(sign(body), o, &again); !bytes.Equal(p.text, again.text) {
			t.Fatal("another value the second time")
		}
		DecodeDump(body, o, &printer{})
	})
}
