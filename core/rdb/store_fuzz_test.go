package rdb

import (
	"bytes"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/hash"
)

// contents reads a payload as text in an order of its own.
func contents(t testing.TB, payload []byte) string {
	t.Helper()
	var p printer
	if err := DecodeDump(payload, DecoderOptions{}, &p); err != nil {
		t.Fatal(err)
	}
	return sorted(p.text)
}

// FuzzRestore restores any bytes as a value: what is taken comes out as a
// payload that gives the same value again, and no node is left of it or of
// what is refused.
func FuzzRestore(f *testing.F) {
	for i, c := range otherVersions() {
		f.Add(c.value, byte(i))
	}
	for i, value := range redisPayloads(f) {
		f.Add(value, byte(i))
	}
	store := newStore(f)
	limits := []*value.Limits{value.DefaultLimits(), {ListMaxListpackSize: 2}, {
		HashMaxListpackEntries: 9, HashMaxListpackValue: 9, SetMaxIntsetEntries: 9, SetMaxListpackEntries: 9, SetMaxListpackValue: 9,
		ZSetMaxListpackEntries: 9, ZSetMaxListpackValue: 9, ListMaxListpackSize: -5,
	}}
	f.Fuzz(func(t *testing.T, body []byte, choice byte) {
		store.SetLimits(limits[int(choice)%len(limits)])
		tx := store.NewTx()
		tx.LockAll(0)
		defer tx.Unlock()
		var d Dumper
		var dumps [2][]byte
		in := sign(body)
		for i := range dumps {
			key := []byte("k")
			v, err := Restore(tx.DB(0), key, in, DecoderOptions{MaxString: 1 << 20})
			if err != nil && i > 0 {
				t.Fatalf("own payload %q: %v", in, err)
			}
			if err == nil {
				v.Commit(keyspace.NoTTL)
				e, _ := tx.DB(0).Find(key, keyspace.Peek)
				dumps[i] = d.Append(nil, e, choice&1 == 1)
				in = dumps[i]
				tx.DB(0).Delete(key)
			}
			tx.Unlock()
			for store.CollectGarbage() {
			}
			tx.LockAll(0)
			if used := store.UsedMemory(); used != 0 {
				t.Fatalf("%d bytes are left (%v)", used, err)
			}
			if err != nil {
				return
			}
		}
		if a, b := contents(t, dumps[0]), contents(t, dumps[1]); a != b {
			t.Fatalf("%.300q became %.300q", a, b)
		}
		if got, want := contents(t, dumps[0]), contents(t, sign(body)); !sameText(got, want) {
			t.Fatalf("%.300q became %.300q", want, got)
		}
	})
}

// sameText compares contents but for streams, whose nodes may be others, and the
// sign of a zero score, which a listpack does not keep.
func sameText(a, b string) bool {
	a, b = strings.ReplaceAll(a+"\n", " -0\n", " 0\n"), strings.ReplaceAll(b+"\n", " -0\n", " 0\n")
	return a == b || strings.Contains(a, "Length:") && strings.Contains(b, "Length:")
}

// A hash whose fields expire: its payload and its file are of version 12, and
// keep the times.
func TestDueTimesOfFields(t *testing.T) {
	for _, limit := range []int{512, 1} {
		store := newStore(t)
		store.SetLimits(&value.Limits{HashMaxListpackEntries: limit, HashMaxListpackValue: 64})
		tx := store.NewTx()
		tx.LockAll(5)
		db := tx.DB(0)
		payload := sign(raw(24, le64(1000), 4, 0, short("a"), short("1"), 0x40, 101, short("b"), short("2"), 1, short("c"), short("3"), 0, short("d"), short("4"))[headerSize:])
		v, err := Restore(db, []byte("h"), payload, DecoderOptions{})
		if err != nil {
			t.Fatal(err)
		}
		v.Commit(keyspace.NoTTL)
		e, _ := db.Find([]byte("h"), keyspace.Peek)
		var d Dumper
		dump := d.Append(nil, e, true)
		const want = "\"a\" \"1\" 0\n\"b\" \"2\" 1100\n\"c\" \"3\" 1000\n\"d\" \"4\" 0"
		if got := contents(t, dump); got != want || dump[len(dump)-dumpFooter] != MaxVersion {
			t.Errorf("limit %d: %s, version %d", limit, got, dump[len(dump)-dumpFooter])
		}
		if v, err := Restore(db, []byte("i"), dump, DecoderOptions{}); err != nil {
			t.Error(err)
		} else {
			v.Commit(keyspace.NoTTL)
		}
		tx.Unlock()
		var file bytes.Buffer
		snap := store.Snapshot(nil)
		enc := NewEncoder(&file, checked)
		if err := WriteSnapshot(enc, snap, store, Info{}, NoClocks, 0, nil); err != nil || enc.Footer() != nil {
			t.Fatal(err)
		}
		snap.Release()
		var l log
		dec := NewDecoder(&file, DecoderOptions{})
		if err := dec.Decode(&l); err != nil || dec.Version() != MaxVersion {
			t.Fatal(err, dec.Version())
		}
		if got := sorted(l.entries["0/i"].Value); got != want {
			t.Errorf("limit %d, file: %s", limit, got)
		}
		tx.LockAll(5)
		for _, key := range []string{"h", "i"} { // no field expires any more
			c, _ := db.Change([]byte(key), keyspace.Peek)
			fields := hash.Edit(c, 5, 0)
			fields.SetDue([]byte("b"), hash.NoDue)
			fields.Delete([]byte("c"))
			fields.Close()
			db.Commit(c)
		}
		tx.Unlock()
		if snap = store.Snapshot(nil); snap.FieldsExpire() {
			t.Errorf("limit %d: fields expire still", limit)
		}
		snap.Release()
		checkEmpty(t, store)
	}
}
