package tree

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/redoubt-kv/redoubt/core/page"
)

var rewrite = flag.Bool("rewrite", false, "rewrite the golden files")

// golden compares got with the file of that name in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/" + name
	if *rewrite {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test -rewrite regenerates it); got:\n%s", path, got)
	}
}

func newModel(t testing.TB, keys func(n int) []byte, guard bool) *model {
	h, err := page.New(page.Options{Reserve: 1 << 30, Guard: guard})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return &model{t: t, heap: h, keys: keys, tree: Open(page.Place{Arena: h.Arena(0), Table: 1}, 0, 0)}
}

func TestTreeFrozen(t *testing.T) {
	got := []int{MaxNode, maxInlineKey, kindLeaf, kindInner, kindKey, offLow, offDead, offLen, offPrefix,
		headLen, flagValue, flagExternal, offMask, external}
	want := []int{4096, 255, 32, 33, 34, 8, 10, 12, 16, 6, 0x1000, 0x2000, 0xfff, 8}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("number %d is %d, nodes that are stored have %d", i, got[i], want[i])
		}
	}
}

// TestTreeLayoutExample makes the record that the package comment shows in hex.
func TestTreeLayoutExample(t *testing.T) {
	b := make(node, 256)
	b[5] = kindLeaf
	b.initNode(0, []byte("us"))
	b.insert(0, &entry{key: []byte("user:1001"), value: []byte("bar")})
	s := b.slot(0)
	off := int(s & offMask)
	source, err := os.ReadFile("keyed.go")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(source), "\n// ", " ")
	for _, hex := range []string{fmt.Sprintf("% x", b[off:off+b.size(s)]), fmt.Sprintf("% x", be.AppendUint64(nil, s)[:headLen])} {
		if !strings.Contains(text, hex) {
			t.Errorf("the package comment does not show %s", hex)
		}
	}
}

// TestTreeDump labels the bytes of a leaf and of the inner node above it.
func TestTreeDump(t *testing.T) {
	m := newModel(t, nil, false)
	tree := &m.tree
	tree.Set([]byte("user:7"), nil)
	tree.Set([]byte("user:1001"), []byte("bar"))
	tree.Set([]byte("user:"+strings.Repeat("x", 251)), bytes.Repeat([]byte{'v'}, 130))
	for i := range 25 {
		tree.Set(fmt.Appendf(nil, "user:%03d", 100+i), nil)
	}
	tree.DeleteRange(3, 23, nil)
	tree.Set([]byte("user:1001"), []byte("other"))
	var s strings.Builder
	dump(t, &s, m, tree.Root)
	for i := range 30 {
		tree.Set(fmt.Appendf(nil, "v%06d", 100+i*i), make([]byte, 400))
	}
	dump(t, &s, m, tree.Root) // an inner node
	golden(t, "nodes.txt", s.String())
	if err := tree.Check(nil); err != nil {
		t.Error(err)
	}
}

func dump(t *testing.T, s *strings.Builder, m *model, ref page.Ref) {
	b := node(m.heap.Node(ref))
	line := func(label string, from, to int) { fmt.Fprintf(s, "%4d %-9s % x\n", from, label, b[from:to]) }
	line("epoch", 0, 4)
	line("class", 4, 5)
	line("kind", 5, 6)
	line("count", 6, 8)
	line("low", offLow, offDead)
	line("dead", offDead, offLen)
	line("p", offLen, offLen+1)
	line("zero", offLen+1, offPrefix)
	line("prefix", offPrefix, offPrefix+b.prefixLen())
	n, at := b.count(), b.slots()
	for i := range n {
		line("slot", at+8*i, at+8*(i+1))
	}
	if b.inner() {
		line("counts", at+8*n, at+16*n)
		fmt.Fprintf(s, "%4d refs      %d of 4 bytes\n", at+16*n, n)
	}
	order := make([]int, 0, n)
	for i := range n {
		if b.slot(i)&offMask != 0 {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(i, j int) int { return int(b.slot(i)&offMask) - int(b.slot(j)&offMask) })
	for _, i := range order {
		slot := b.slot(i)
		off := int(slot & offMask)
		part := off + b.keyPart(slot)
		if slot&flagExternal != 0 {
			fmt.Fprintf(s, "%4d key ref   a Ref of 4 bytes\n", off)
			line("key size", off+4, off+8)
		} else {
			line("size", off, off+1)
			line("key", off+1, part)
		}
		if v := b.value(i); v != nil {
			end := off + b.size(slot)
			line("val size", part, end-len(v))
			line("value", end-len(v), end)
		}
	}
	s.WriteString("\n")
}

// deepKey makes separators long, so that few entries make many levels.
func deepKey(n int) []byte {
	r := rand.New(rand.NewPCG(uint64(n/40), 1))
	k := make([]byte, 200, 210)
	for i := range k {
		k[i] = byte(r.Uint32())
	}
	return fmt.Appendf(k, "%d", n)
}

// TestTreeDeep lets a tree of several levels grow and shrink in random order.
func TestTreeDeep(t *testing.T) {
	const n = 6000
	for _, guard := range []bool{false, true} {
		m := newModel(t, deepKey, guard)
		r := rand.New(rand.NewPCG(7, 7))
		for i, k := range r.Perm(n) {
			m.set(deepKey(k), bytes.Repeat([]byte{byte(k)}, 200+k%500))
			if i%2000 == 1000 {
				m.check()
				m.pins = append(m.pins, version{m.heap.Pin(), m.tree, slices.Clone(m.pairs)})
			}
		}
		var p path
		m.tree.findIndex(&p, 0)
		if p.depth < 3 {
			t.Errorf("the tree has %d levels of inner nodes", p.depth)
		}
		m.check()
		for i, k := range r.Perm(n) {
			m.delete(deepKey(k))
			if i%2000 == 1000 {
				m.check()
				m.release(0)
			}
		}
		m.check()
		if m.heap.Used() != 0 {
			t.Fatalf("%d bytes are used when all is freed", m.heap.Used())
		}
	}
}

// TestTreeHugeKeys compares keys of 200 KiB that differ at the end only.
func TestTreeHugeKeys(t *testing.T) {
	long := bytes.Repeat([]byte{'k'}, 200<<10)
	m := newModel(t, func(n int) []byte { return fmt.Appendf(long[:len(long):len(long)], "%03d", n) }, false)
	r := rand.New(rand.NewPCG(3, 3))
	for _, n := range r.Perm(150) {
		m.set(m.keys(n), bytes.Repeat([]byte{byte(n)}, 100))
	}
	if node(m.heap.Node(m.tree.Root)).inner() == false {
		t.Error("no separator was made")
	}
	if err := m.tree.Check(nil); err != nil {
		t.Fatal(err)
	}
	for _, n := range r.Perm(150) {
		m.look(&m.tree, m.pairs, m.keys(n), 0x5a)
		m.delete(m.keys(n))
	}
	if m.heap.Used() != 0 {
		t.Fatalf("%d bytes are used when all is freed", m.heap.Used())
	}
}

// space is the bytes of nodes for each entry, beyond those of keys and values.
func space(m *model) float64 {
	data := 0
	for c := m.tree.First(); c.Valid(); c.Next() {
		data += len(c.Key()) + len(c.Value())
	}
	return float64(m.heap.Used()-int64(data)) / float64(m.tree.Count)
}

// TestTreeSpace holds trees to the space that they may take.
func TestTreeSpace(t *testing.T) {
	const n = 15000
	keys := scoreKeys(n)
	ascending, descending := slices.Clone(keys), slices.Clone(keys)
	slices.SortFunc(ascending, bytes.Compare)
	slices.SortFunc(descending, func(a, b []byte) int { return bytes.Compare(b, a) })
	for _, c := range []struct {
		name  string
		keys  [][]byte
		limit float64 // bytes beyond the 20 of each key
	}{
		{"random", keys, 3.5},
		{"ascending", ascending, 2},
		{"descending", descending, 2},
		{"times", timeKeys(n), 1},
	} {
		m := newModel(t, nil, false)
		for _, k := range c.keys {
			m.tree.Set(k, nil)
		}
		if got := space(m); got > c.limit {
			t.Errorf("%s: %.1f bytes for an entry beside its key", c.name, got)
		}
		for i, k := range c.keys {
			if i%20 > 0 {
				m.tree.Delete(k)
			}
		}
		if got := space(m); got > 9 {
			t.Errorf("%s: %.1f bytes for an entry of the few left, beside its key", c.name, got)
		}
		if err := m.tree.Check(nil); err != nil {
			t.Error(err)
		}
		for i, k := range c.keys { // what comes back finds room
			if i%20 > 0 {
				m.tree.Set(k, nil)
			}
		}
		if got := space(m); got > 4 {
			t.Errorf("%s: %.1f bytes for an entry beside its key, when all are back", c.name, got)
		}
	}
}

func TestBuilder(t *testing.T) {
	m := newModel(t, nil, false)
	for _, size := range []int{0, 1, 2, 100, 300, 5000, 40000} {
		keys := timeKeys(size)
		b := NewBuilder(m.tree.place)
		for i, k := range keys {
			if !b.Add(k, nil) {
				t.Fatalf("Add refuses key %d", i)
			}
			if i%100 == 0 && b.Add(k, nil) || i > 0 && i%1000 == 0 && b.Add(keys[i-1], nil) {
				t.Fatal("Add takes a key that is not greater")
			}
		}
		m.tree = b.Tree()
		m.pairs = nil
		for _, k := range keys {
			m.pairs = append(m.pairs, pair{string(k), ""})
		}
		m.check()
		if size > 1000 && space(m) > -1 { // what leaves share is stored once
			t.Errorf("%.1f bytes for an entry beside its key", space(m))
		}
		m.tree.Free()
	}
}

// TestTreeReaders reads pinned versions without a lock while the tree changes.
func TestTreeReaders(t *testing.T) {
	keys := scoreKeys(3000)
	m := newModel(t, nil, false)
	for _, k := range keys {
		m.tree.Set(k, k[:8])
	}
	r := rand.New(rand.NewPCG(1, 1))
	for range 5 {
		pin, old := m.heap.Pin(), m.tree
		var wg sync.WaitGroup
		wg.Go(func() {
			n, last := int64(0), []byte(nil)
			for c := old.First(); c.Valid(); c.Next() {
				if bytes.Compare(last, c.Key()) >= 0 {
					t.Errorf("entry %d is not after the one before", n)
				}
				last, n = append(last[:0], c.Key()...), n+1
			}
			if n != old.Count {
				t.Errorf("%d entries of %d", n, old.Count)
			}
		})
		for range 3000 {
			k := keys[r.IntN(len(keys))]
			if r.IntN(2) == 0 {
				m.tree.Delete(k)
			} else {
				m.tree.Set(k, k[:r.IntN(8)])
			}
		}
		wg.Wait()
		pin.Release(func(_ int, fn func()) { fn() })
	}
}
