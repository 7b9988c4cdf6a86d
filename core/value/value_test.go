package value

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/redoubt-kv/redoubt/core/page"
)

const inline = 1024 // what the keyspace passes

// cell is a string beside its model.
type cell struct {
	t     *testing.T
	w     Where
	kind  Kind
	b     []byte
	model []byte
}

func newWhere(t testing.TB, guard bool) Where {
	h, err := page.New(page.Options{Reserve: 1 << 30, Guard: guard})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return Where{Arena: h.Arena(0), Table: 1, Pos: 7}
}

func (c *cell) str() String { return StringOf(c.w.Arena.Heap(), c.kind, c.b) }

func (c *cell) store(kind Kind, b []byte) { c.kind, c.b = kind, append([]byte(nil), b...) }

// encode replaces the string.
func (c *cell) encode(val []byte, raw bool) {
	Release(c.w, c.kind, c.b)
	var room [16]byte
	kind, b := EncodeString(c.w, val, raw, inline, room[:])
	c.store(kind, b)
	c.model = append([]byte(nil), val...)
}

// write is SetRange.
func (c *cell) write(off int, data []byte) {
	kind, b := SetRange(c.w, c.str(), int64(off), data, inline, make([]byte, 0, inline+64))
	c.store(kind, b)
	if n := off + len(data); n > len(c.model) {
		c.model = append(c.model, make([]byte, n-len(c.model))...)
	}
	copy(c.model[off:], data)
}

// check compares all ways to read with the model; from and to are any range.
func (c *cell) check(from, to int) {
	c.t.Helper()
	s := c.str()
	if s.Len() != int64(len(c.model)) || !bytes.Equal(s.AppendTo(nil), c.model) || !bytes.Equal(s.Bytes(nil), c.model) {
		c.t.Fatalf("kind %d: %d bytes differ from the model's %d", c.kind, s.Len(), len(c.model))
	}
	lo := min(max(from, 0), len(c.model))
	hi := max(min(to, len(c.model)), lo)
	if got := s.AppendRange([]byte("x"), int64(from), int64(to)); string(got[1:]) != string(c.model[lo:hi]) {
		c.t.Fatalf("kind %d: range [%d, %d) of %d differs", c.kind, from, to, len(c.model))
	}
	var pieces []byte
	s.Pieces(int64(from), int64(to), func(p []byte) bool { pieces = append(pieces, p...); return true })
	if !bytes.Equal(pieces, c.model[lo:hi]) {
		c.t.Fatalf("kind %d: pieces of [%d, %d) differ", c.kind, from, to)
	}
	if lo < len(c.model) && s.At(int64(lo)) != c.model[lo] {
		c.t.Fatalf("kind %d: byte %d differs", c.kind, lo)
	}
	n, ok := s.Int()
	want, err := strconv.ParseInt(string(c.model), 10, 64)
	if canonical := err == nil && strconv.FormatInt(want, 10) == string(c.model); ok != canonical || ok && n != want {
		c.t.Fatalf("%.30q as a number: %d, %v", c.model, n, ok)
	}
	memory := int64(0)
	Nodes(c.w.Arena.Heap(), c.kind, c.b, func(ref page.Ref) { memory += int64(c.w.Arena.Heap().Size(ref)) })
	if memory != s.Memory() {
		c.t.Fatalf("Memory is %d, the nodes have %d", s.Memory(), memory)
	}
}

// seams are the lengths around which the representation changes.
var seams = []int{0, 20, MaxEmbstr, inline, maxNode, 2 * ChunkSize, 3 * ChunkSize, 5 * ChunkSize}

// near returns an offset or length at a seam.
func near(a, b byte) int { return max(0, seams[int(a)%len(seams)]+int(b)%5-2) }

// run reads operations from in: one byte what, two each for offset and length.
func run(t *testing.T, w Where, in []byte) {
	h := w.Arena.Heap()
	c := &cell{t: t, w: w, kind: StringEmbstr}
	var pin *page.Pin
	var frozen cell // what the pin sees
	release := func() {
		if pin != nil {
			frozen.check(0, len(frozen.model))
			pin.Release(func(_ int, fn func()) { fn() })
			pin = nil
		}
	}
	for ; len(in) >= 5; in = in[5:] {
		off, n := near(in[1], in[2]), near(in[3], in[4])
		data := bytes.Repeat([]byte{in[2] ^ in[4], 'a', in[0]}, n/3+1)[:n]
		switch in[0] % 8 {
		case 0:
			c.encode(data, in[0]&8 != 0)
		case 1:
			c.encode(strconv.AppendInt(nil, int64(off)*int64(n)*math.MaxInt32-int64(n), 10), false)
		case 2, 3:
			c.write(off, data)
		case 4:
			c.write(len(c.model), data[:min(n, 700)])
		case 5:
			kind, b := Copy(w, c.str(), make([]byte, 0, inline+64))
			Release(w, c.kind, c.b)
			c.store(kind, b)
		case 6:
			if pin == nil {
				frozen = *c
				frozen.model = bytes.Clone(c.model)
				pin = h.Pin()
			}
		case 7:
			release()
		}
		c.check(off, off+n)
	}
	release()
	Release(w, c.kind, c.b)
	if h.Used() != 0 {
		t.Fatalf("%d bytes of nodes are left", h.Used())
	}
	if err := h.Check(nil); err != nil {
		t.Fatal(err)
	}
}

// TestModel compares strings with slices around every seam, with pins.
func TestModel(t *testing.T) {
	for _, guard := range []bool{false, true} {
		seed := rand.Uint64()
		r := rand.New(rand.NewPCG(seed, 0))
		t.Logf("guard %v: seed %d", guard, seed)
		w := newWhere(t, guard)
		for range 25 {
			in := make([]byte, 5*60)
			for i := range in {
				in[i] = byte(r.Uint32())
			}
			run(t, w, in)
		}
	}
}

// FuzzModel is TestModel with operations of the fuzzer's choice.
func FuzzModel(f *testing.F) {
	f.Add([]byte{0, 0, 0, 4, 2, 6, 0, 0, 0, 0, 2, 4, 1, 3, 3, 3, 6, 0, 2, 2, 7, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, in []byte) { run(t, newWhere(t, false), in[:min(len(in), 200)]) })
}

// TestKinds: the representation and encoding of each length.
func TestKinds(t *testing.T) {
	w := newWhere(t, false)
	for _, c := range []struct {
		val      string
		raw      bool
		kind     Kind
		encoding string
		nodes    int
	}{
		{"", false, StringEmbstr, "embstr", 0},
		{"300", false, StringInt, "int", 0},
		{"300", true, StringRaw, "raw", 0},
		{"-9223372036854775808", false, StringInt, "int", 0},
		{"9223372036854775808", false, StringEmbstr, "embstr", 0},
		{"007", false, StringEmbstr, "embstr", 0},
		{length(MaxEmbstr), false, StringEmbstr, "embstr", 0},
		{length(MaxEmbstr + 1), false, StringRaw, "raw", 0},
		{length(inline), false, StringRaw, "raw", 0},
		{length(inline + 1), false, StringNode, "raw", 1},
		{length(maxNode), false, StringNode, "raw", 1},
		{length(maxNode + 1), false, StringChunks, "raw", 1 + 3},
		{length(4 * ChunkSize), false, StringChunks, "raw", 1 + 4},
	} {
		x := &cell{t: t, w: w, kind: StringEmbstr}
		x.encode([]byte(c.val), c.raw)
		nodes := 0
		Nodes(w.Arena.Heap(), x.kind, x.b, func(page.Ref) { nodes++ })
		if x.kind != c.kind || x.str().Encoding() != c.encoding || nodes != c.nodes || x.kind.Type() != TypeString {
			t.Errorf("%d bytes %.20q: kind %d %s with %d nodes, want %d %s with %d", len(c.val), c.val,
				x.kind, x.str().Encoding(), nodes, c.kind, c.encoding, c.nodes)
		}
	}
}

func length(n int) string { return string(bytes.Repeat([]byte("x"), n)) }

// TestSparse: a byte far away costs a chunk and the index, not what lies before.
func TestSparse(t *testing.T) {
	w := newWhere(t, false)
	c := &cell{t: t, w: w, kind: StringEmbstr}
	kind, b := SetRange(w, c.str(), 512<<20-1, []byte("z"), inline, make([]byte, 0, inline+64))
	c.store(kind, b)
	s := c.str()
	if s.Len() != 512<<20 || s.At(512<<20-1) != 'z' || s.At(300<<20) != 0 {
		t.Fatal("the string differs")
	}
	if s.Memory() > 256<<10 {
		t.Errorf("%d bytes of nodes", s.Memory())
	}
	Release(w, c.kind, c.b)
	if w.Arena.Heap().Used() != 0 {
		t.Error("nodes are left")
	}
}

// TestInts: a number has the fewest bytes and prints back, at every limit.
func TestInts(t *testing.T) {
	for bits := range 64 {
		for _, n := range []int64{1<<bits - 1, 1 << bits, -1 << bits, -1<<bits - 1} {
			b := AppendInt(nil, n)
			if decodeInt(b) != n || len(b) > 1 && decodeInt(b[:len(b)/2]) == n {
				t.Errorf("%d is stored as % x", n, b)
			}
			if got, ok := ParseInt([]byte(fmt.Sprint(n))); !ok || got != n {
				t.Errorf("ParseInt(%d) = %d, %v", n, got, ok)
			}
		}
	}
	for _, text := range []string{"", "-", "+1", "-0", "00", "1 ", "9223372036854775808", "-9223372036854775809", "99999999999999999999", "1a"} {
		if n, ok := ParseInt([]byte(text)); ok {
			t.Errorf("ParseInt(%q) = %d", text, n)
		}
	}
}
