package rdb

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// loadBoth loads a file serially and in parallel, and wants the same outcome.
func loadBoth(t testing.TB, file []byte, d DecoderOptions, o LoadOptions, wrap func(io.Reader) io.Reader) error {
	t.Helper()
	var outcomes [2]string
	var first error
	for i := range outcomes {
		store, err := keyspace.New(keyspace.Options{Heap: page.Options{Reserve: 256 << 20}, Shards: 4, Databases: 3, Seed: 7, Now: func() int64 { return 2000 }})
		if err != nil {
			t.Fatal(err)
		}
		o.Workers *= i
		n, err := Load(wrap(bytes.NewReader(file)), store, d, o)
		if err != nil {
			outcomes[i] = err.Error()
			first = err
		} else {
			rest := n.Rest
			n.Rest = nil
			outcomes[i] = fmt.Sprintf("%+v\n%s", n, contentsOf(store))
			if !bytes.HasPrefix(file[n.Consumed:], rest) {
				t.Fatalf("behind the %d bytes of the file comes %.50q, not %.50q", n.Consumed, file[n.Consumed:], rest)
			}
		}
		checkEmpty(t, store)
		store.Close()
		if i == 0 {
			o.Workers = max(o.Workers, 1+int(file[len(file)/2])%3)
		}
	}
	if outcomes[0] != outcomes[1] {
		t.Fatalf("serially: %.2000s\nin parallel: %.2000s", outcomes[0], outcomes[1])
	}
	return first
}

// contentsOf lists all keys with what DUMP gives for them.
func contentsOf(store *keyspace.Store) string {
	tx := store.NewTx()
	tx.LockAll(0)
	defer tx.Unlock()
	var d Dumper
	var lines []byte
	for db := range store.Databases() {
		tx.DB(db).Each(func(e keyspace.Entry) bool {
			lines = fmt.Appendf(lines, "%d %q due %d clock %d: %q\n", db, e.Key(), e.Due(), e.Clock(), d.Append(nil, e, false))
			return true
		})
	}
	return sorted(lines)
}

// randomFile makes a file of entries of every type, some of them long.
func randomFile(r *rand.Rand, values [][]byte) []byte {
	var file bytes.Buffer
	e := NewEncoder(&file, EncoderOptions{Checksum: r.IntN(4) > 0})
	e.Header()
	e.Aux("redis-ver", "7.0.15")
	for i := range r.IntN(200) {
		switch r.IntN(12) {
		case 0:
			e.SelectDB(uint64(r.IntN(3)))
		case 1:
			e.ResizeDB(r.Uint64(), 3)
		case 2:
			e.Aux(fmt.Sprint("aux", i), strings.Repeat("x", r.IntN(300)))
		}
		if r.IntN(4) == 0 {
			e.ExpireMs(r.Int64N(4000))
		}
		if r.IntN(4) == 0 {
			e.Freq(uint8(r.IntN(256)))
		} else if r.IntN(4) == 0 {
			e.Idle(r.Uint64N(1000))
		}
		v := values[r.IntN(len(values))]
		e.Type(Type(v[0]))
		switch r.IntN(3) {
		case 0:
			e.String(fmt.Append(nil, i+1000))
		case 1:
			e.String(fmt.Appendf(nil, "key %d %s", i, strings.Repeat("k", r.IntN(100))))
		default:
			e.String(fmt.Appendf(nil, "k%d", i))
		}
		e.buf = append(e.buf, v[1:]...)
	}
	e.Footer()
	return file.Bytes()
}

// soundValues are values of all types, with their type bytes.
func soundValues(r *rand.Rand) (values [][]byte) {
	for _, c := range otherVersions() {
		var p printer
		if err := DecodeDump(sign(c.value), DecoderOptions{}, &p); err == nil || err == ErrEmpty {
			values = append(values, c.value)
		}
	}
	body := func(write func(e *Encoder)) {
		e := Encoder{w: io.Discard, buf: make([]byte, 0, 1<<20), opts: EncoderOptions{Compress: true}}
		write(&e)
		values = append(values, bytes.Clone(e.buf))
	}
	for _, n := range []int{1, 60, 130, 700} {
		member := func(i int) []byte { return fmt.Appendf(nil, "m%d", i*n%701) }
		body(func(e *Encoder) { // as Redis writes it
			e.Type(TypeZSet2)
			e.Length(uint64(n))
			for i := n; i > 0; i-- {
				e.String(member(i))
				e.buf = append(e.buf, le64(math.Float64bits(float64(i/3-20)))...)
			}
		})
		body(func(e *Encoder) {
			e.Type(TypeZSet2)
			e.Length(uint64(n))
			for i := range n {
				e.String(member(i))
				e.buf = append(e.buf, le64(math.Float64bits(float64(r.IntN(50))))...)
			}
		})
		body(func(e *Encoder) {
			e.Type(TypeSet)
			e.Length(uint64(n))
			for i := range n {
				e.String(member(i))
			}
		})
		body(func(e *Encoder) {
			e.Type(TypeSet)
			e.Length(uint64(n))
			for i := range n {
				e.String(fmt.Append(nil, i))
			}
		})
		body(func(e *Encoder) {
			e.Type(TypeHash)
			e.Length(uint64(n))
			for i := range n {
				e.String(member(i))
				e.String(bytes.Repeat([]byte("v"), r.IntN(70)))
			}
		})
		body(func(e *Encoder) {
			e.Type(TypeList)
			e.Length(uint64(n))
			for i := range n {
				e.String(bytes.Repeat([]byte("e"), i%50*i%70))
			}
		})
		body(func(e *Encoder) {
			e.Type(TypeString)
			e.String(bytes.Repeat(member(n), n*3))
		})
	}
	return values
}

// TestParallel loads random files in both ways, whole and spoiled, in chunks of
// all sizes.
func TestParallel(t *testing.T) {
	rounds := 60
	if testing.Short() {
		rounds = 15
	}
	failed := 0
	for seed := range uint64(rounds) {
		r := rand.New(rand.NewPCG(seed, 1))
		values := soundValues(r)
		file := randomFile(r, values)
		d := DecoderOptions{SkipChecksum: r.IntN(3) == 0}
		if r.IntN(2) == 0 {
			d.Size = int64(len(file))
		}
		o := LoadOptions{NowMs: 2000, DropExpired: r.IntN(2) == 0, Workers: 1, chunk: 512 << r.IntN(8), most: 1 << (4 + r.IntN(14)), many: 1 << r.IntN(14)}
		wrap := func(r io.Reader) io.Reader { return r }
		if r.IntN(4) == 0 {
			wrap = iotest.HalfReader
		}
		if err := loadBoth(t, file, d, o, wrap); err != nil {
			t.Fatalf("seed %d: a sound file: %v", seed, err)
		}
		loadBoth(t, append(bytes.Clone(file), "*1\r\n$4\r\nPING\r\n"...), DecoderOptions{}, o, wrap)
		for range 4 {
			bad := bytes.Clone(file)
			switch r.IntN(4) {
			case 0:
				bad = bad[:r.IntN(len(bad))+1]
			case 1:
				at := r.IntN(len(bad))
				bad = append(bad[:at:at], file[r.IntN(len(file)):]...) // keys twice, or pieces missing
			default:
				for range 1 + r.IntN(3) {
					bad[r.IntN(len(bad))] = byte(r.Uint32())
				}
			}
			if loadBoth(t, bad, d, o, wrap) != nil {
				failed++
			}
		}
	}
	if failed < rounds {
		t.Errorf("only %d spoiled files were refused", failed)
	}
}

// A file of redis-server with values of every type, and long ones.
func TestParallelFileOfRedis(t *testing.T) {
	s := redistest.Start(t, "--enable-debug-command", "yes")
	defer s.Stop()
	fill(t, s, 3)
	s.Must(t, "SELECT", 2)
	fill(t, s, 4)
	s.Must(t, "DEBUG", "POPULATE", 3000, "p", 100)
	s.Must(t, "SETRANGE", "long", 3<<20, "x")
	for i := range 100 {
		s.Must(t, "RPUSH", "large", strings.Repeat(fmt.Sprint(i), 20000))
	}
	s.Must(t, "SAVE")
	file, err := os.ReadFile(filepath.Join(s.Dir, "dump.rdb"))
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{0, 600, 5000} {
		err := loadBoth(t, file, DecoderOptions{Size: int64(len(file))}, LoadOptions{NowMs: 1, Workers: 1, chunk: size}, func(r io.Reader) io.Reader { return r })
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Stop ends a load, in either way.
func TestStop(t *testing.T) {
	file := encode(t, checked, func(e *Encoder) {
		for i := range 500 {
			e.StringEntry(fmt.Append(nil, "key", i), []byte("value"))
		}
	})
	for _, workers := range []int{0, 2} {
		var asked atomic.Int64
		store := newStore(t)
		_, err := Load(bytes.NewReader(file), store, DecoderOptions{}, LoadOptions{Workers: workers, chunk: 512,
			Stop: func() bool { return asked.Add(1) > 20 }})
		if err == nil || !strings.Contains(err.Error(), ErrStopped.Error()) {
			t.Errorf("%d workers: %v", workers, err)
		}
		checkEmpty(t, store)
	}
}

// FuzzLoad loads any bytes in both ways.
func FuzzLoad(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	values := soundValues(r)
	for range 10 {
		f.Add(randomFile(r, values), uint8(r.IntN(256)))
	}
	for i, c := range otherVersions() {
		f.Add(raw(int(c.value[0]), 1, "k", c.value[1:], 0, 1, "l", 1, "v", 0xff, le64(0)), uint8(i))
	}
	f.Fuzz(func(t *testing.T, file []byte, choice uint8) {
		if len(file) == 0 {
			return
		}
		d := DecoderOptions{SkipChecksum: true, MaxString: 1 << 20}
		if choice&1 == 1 {
			d.Size = int64(len(file))
		}
		o := LoadOptions{NowMs: 2000, DropExpired: choice&2 == 2, Workers: 1, chunk: 512 << (choice >> 2 & 7), most: 16 << (choice >> 5), many: 4 << (choice >> 4)}
		loadBoth(t, file, d, o, func(r io.Reader) io.Reader { return r })
	})
}
