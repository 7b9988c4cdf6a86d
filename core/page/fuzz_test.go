package page

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
)

// cell is what the model knows of a node: everything in it follows from these.
type cell struct {
	ref  Ref
	head [6]byte
	seed uint64
	size int
}

// version is a pin with the model as it was when the pin was taken.
type version struct {
	pin   *Pin
	cells map[uint8]cell
}

// model runs operations on a heap and on a map side by side. The operations
// are read from in; when it is used up they are all zero.
type model struct {
	t     testing.TB
	in    []byte
	heap  *Heap
	cells map[uint8]cell
	pins  []version
	seed  uint64
}

func (m *model) byte() uint8 {
	if len(m.in) == 0 {
		return 0
	}
	b := m.in[0]
	m.in = m.in[1:]
	return b
}

func (m *model) uint16() int { return int(m.byte()) | int(m.byte())<<8 }

// arena is the one that handle k lives in.
func (m *model) arena(k uint8) *Arena { return m.heap.Arena(int(k) % len(m.heap.arenas)) }

// fill covers b with words that follow from seed, in growing repetitions.
func fill(b []byte, seed uint64) {
	for i := range min(len(b)/8, 16) {
		seed = seed*6364136223846793005 + 1442695040888963407
		binary.LittleEndian.PutUint64(b[8*i:], seed)
	}
	for n := min(len(b)&^7, 128); n > 0 && n < len(b); n *= 2 {
		copy(b[n:], b[:n])
	}
}

func (m *model) put(k uint8, ref Ref) {
	m.seed++
	n := m.heap.Node(ref)
	fill(n[6:], m.seed)
	m.cells[k] = cell{ref, [6]byte(n), m.seed, len(n)}
}

func (m *model) compare(cells map[uint8]cell, what string) {
	for k, c := range cells {
		n := m.heap.Node(c.ref)
		want := make([]byte, c.size)
		copy(want, c.head[:])
		fill(want[6:], c.seed)
		if !bytes.Equal(n, want) {
			m.t.Fatalf("%s: node %d of handle %d, %d bytes, has changed", what, c.ref, k, c.size)
		}
	}
}

// size picks a size: half the time small, at most 200 KiB.
func (m *model) size() int {
	n := m.uint16()
	switch n & 7 {
	case 0:
		return n % (200<<10 + 1) * 3 % (200<<10 + 1)
	case 1, 2:
		return n % (MaxNode + 2)
	}
	return n % 4200
}

func (m *model) step() {
	op, k := m.byte(), m.byte()%64
	c, there := m.cells[k]
	switch op % 16 {
	case 0, 1, 2, 3, 4:
		if there {
			m.arena(k).Retire(c.ref, 0, 0)
		}
		size := m.size()
		ref := m.arena(k).Alloc(size, op)
		if n := m.heap.Node(ref); len(n) < size || n[5] != op || n[6] != 0 || n[7] != 0 || !m.heap.Owned(ref) || len(n) != ClassSize(size) {
			m.t.Fatalf("Alloc(%d, %d) gave %d bytes, header % x", size, op, len(n), n[:8])
		}
		m.put(k, ref)
	case 5, 6, 7, 8:
		if there {
			m.own(k, c)
		}
	case 9, 10:
		if there {
			m.arena(k).Retire(c.ref, 0, 0)
			delete(m.cells, k)
		}
	case 11:
		if len(m.pins) < 6 {
			m.takePin()
		}
	case 12:
		if len(m.pins) > 0 {
			m.release(int(k) % len(m.pins))
		}
	case 13:
		m.arena(k).Trim()
	case 14:
		m.heap.Scavenge(int64(k) << 14)
	case 15:
		m.check()
	}
}

func (m *model) own(k uint8, c cell) {
	owned := m.heap.Owned(c.ref)
	ref := m.arena(k).Own(c.ref, 0, 0)
	if owned != (ref == c.ref) || !m.heap.Owned(ref) {
		m.t.Fatalf("Own(%d) of an owned (%t) node gave %d", c.ref, owned, ref)
	}
	c.ref = ref
	copy(c.head[:4], m.heap.Bytes(ref, 4))
	m.compare(map[uint8]cell{k: c}, "copy")
	m.put(k, ref)
}

func (m *model) takePin() {
	cells := map[uint8]cell{}
	for k, c := range m.cells {
		cells[k] = c
	}
	m.pins = append(m.pins, version{m.heap.Pin(), cells})
}

func (m *model) release(i int) {
	m.compare(m.pins[i].cells, "released version")
	m.pins[i].pin.Release(func(_ int, fn func()) { fn() })
	m.pins = append(m.pins[:i], m.pins[i+1:]...)
}

// check compares every version and audits the heap.
func (m *model) check() {
	m.compare(m.cells, "current version")
	a := m.heap.Audit()
	all := append([]version{{nil, m.cells}}, m.pins...)
	var held, want int64
	seen := map[Ref]bool{}
	for i, v := range all {
		visit := a.Version()
		for _, c := range v.cells {
			visit(c.ref)
			if i > 0 && !seen[c.ref] {
				want += int64(m.heap.Size(c.ref))
			}
			seen[c.ref] = true
		}
		if i > 0 {
			m.compare(v.cells, "pinned version")
			held += v.pin.Held()
		}
	}
	if err := a.Check(); err != nil {
		m.t.Fatal(err)
	}
	if held != want {
		m.t.Fatalf("the pins hold %d bytes, %d are seen by them only", held, want)
	}
}

// runHeap runs the operations in data; its first byte chooses the mode.
func runHeap(t testing.TB, data []byte, guard bool) {
	m := &model{t: t, in: data, cells: map[uint8]cell{}}
	mode := m.byte()
	h, err := New(Options{Reserve: 1 << 30, Arenas: 1 + int(mode&3), Guard: guard})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	m.heap = h
	for len(m.in) > 0 {
		m.step()
	}
	m.check()
	for k, c := range m.cells {
		m.arena(k).Retire(c.ref, 0, 0)
		delete(m.cells, k)
	}
	for len(m.pins) > 0 {
		m.release(int(mode) % len(m.pins))
		m.check()
	}
	if h.Used() != 0 {
		t.Fatalf("%d bytes are used when all is freed", h.Used())
	}
	for _, a := range h.arenas {
		a.Trim()
	}
	m.check()
	if r := h.frames.mem[1]; h.Committed() != FrameSize || r.state != stateFree || r.run != h.frames.top-1 {
		t.Fatalf("when all is freed: %s", dumpFrames(h))
	}
}

// randomOps are n bytes of operations.
func randomOps(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func FuzzHeap(f *testing.F) {
	for seed := range uint64(4) {
		f.Add(randomOps(seed, 600), seed == 3)
	}
	f.Fuzz(func(t *testing.T, data []byte, guard bool) {
		if len(data) > 4000 {
			t.Skip("long")
		}
		runHeap(t, data, guard)
	})
}

func TestHeapRandom(t *testing.T) {
	for seed := range uint64(2) {
		for _, guard := range []bool{false, true} {
			t.Run(fmt.Sprintf("seed=%d,guard=%t", seed, guard), func(t *testing.T) {
				runHeap(t, randomOps(seed+100, 1000), guard)
			})
		}
	}
}
