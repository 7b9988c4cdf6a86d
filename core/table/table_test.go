package table

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
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

func newTable(t testing.TB, hash func([]byte) uint64) Table {
	t.Helper()
	h, err := page.New(page.Options{Reserve: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return New(h.Arena(0), 1, hash, nil)
}

func (t *Table) put1(key string, value string) {
	t.Set(t.hash([]byte(key)), []byte(key), Item{Due: NoDue, Value: []byte(value)})
}

func TestFrozen(t *testing.T) {
	got := []int{MaxBucket, MaxValue, maxInlineKey, kindDirectory, kindBucket, kindKey, maxBits, minBits, maxDepth,
		offDue, offNext, offLow, offDead, offSlots, offDepth, offTags, dirSlots, flagDue, flagExternalKey, int(NoDue)}
	want := []int{4096, 1024, 255, 1, 2, 3, 8, 5, 44, 8, 16, 20, 22, 24, 26, 32, 8, 1, 2, -1}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("number %d is %d, nodes that are stored have %d", i, got[i], want[i])
		}
	}
}

// TestLayoutExample makes the entry that the package comment shows in hex.
func TestLayoutExample(t *testing.T) {
	tab := newTable(t, testHash)
	tab.Set(testHash([]byte("foo")), []byte("foo"), Item{Kind: 1, Due: NoDue, Value: []byte("bar")})
	e, _ := tab.Find(testHash([]byte("foo")), []byte("foo"))
	hex := fmt.Sprintf("% x.", e.b[:e.size()])
	source, err := os.ReadFile("table.go")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(source), hex) {
		t.Errorf("the package comment does not show %s", hex)
	}
}

// TestDump labels the bytes of a bucket.
func TestDump(t *testing.T) {
	tab := newTable(t, testHash)
	tab.put1("foo", "bar")
	due := Item{Kind: 2, Clock: 0x030201, Due: 0x0102030405, Value: []byte("seven")}
	tab.Set(testHash([]byte("key")), []byte("key"), due)
	long := strings.Repeat("k", 256)
	tab.put1(long, "v")
	var s strings.Builder
	b := bucket(tab.heap.Node(tab.Root))
	line := func(label string, from, to int) { fmt.Fprintf(&s, "%3d %-9s % x\n", from, label, b[from:to]) }
	n := b.slots()
	for _, f := range []struct {
		label    string
		from, to int
	}{
		{"epoch", 0, 4}, {"class", 4, 5}, {"kind", 5, 6}, {"count", 6, 8}, {"due", offDue, offNext}, {"next", offNext, offLow},
		{"low", offLow, offDead}, {"dead", offDead, offSlots}, {"slots", offSlots, offDepth}, {"depth", offDepth, offDepth + 1},
		{"zero", offDepth + 1, offTags}, {"tags", offTags, offTags + b.count()}, {"offsets", offTags + n, offTags + n + 2*b.count()},
	} {
		line(f.label, f.from, f.to)
	}
	for i := b.count() - 1; i >= 0; i-- {
		o, e := b.offset(i), b.entry(tab.heap, i)
		line("flags", o, o+1)
		line("kind", o+1, o+2)
		line("clock", o+2, o+5)
		line("key size", o+5, o+6)
		line("val size", o+6, o+8)
		line("due", o+8, o+e.keyOffset())
		line("key", o+e.keyOffset(), o+e.keyOffset()+int(e.b[5]))
		line("value", o+e.keyOffset()+int(e.b[5]), o+e.size())
	}
	golden(t, "bucket.txt", s.String())
}

// topHash takes the position from the key's first two bytes.
func topHash(k []byte) uint64 { return uint64(k[0])<<56 | uint64(k[1])<<48 | testHash(k)>>16 }

// draw shows the tree under ref, a letter for each bucket.
func draw(t *Table, s *strings.Builder, ref page.Ref, indent string, next *byte) {
	head := page.At[nodeHead](t.heap, ref)
	if head.kind == kindBucket {
		b := bucket(t.heap.Node(ref))
		fmt.Fprintf(s, "%s%c: depth %d, %d entries, %d B\n", indent, *next, b.depth(), b.count(), len(b))
		*next++
		return
	}
	slots := t.heap.Refs(ref, dirSlots, 1<<head.owner)
	letter := *next - 1
	var below []page.Ref
	s.WriteString(indent + "|")
	for i, r := range slots {
		if i == 0 || slots[i-1] != r {
			letter++
			below = append(below, r)
		}
		s.WriteByte(letter)
	}
	s.WriteString("|\n")
	for _, r := range below {
		draw(t, s, r, indent+"  ", next)
	}
}

// TestShapes draws how a table grows, splits and shrinks.
func TestShapes(t *testing.T) {
	tab := newTable(t, topHash)
	var s strings.Builder
	show := func(what string) {
		fmt.Fprintf(&s, "%s: %d entries\n", what, tab.Count)
		next := byte('a')
		if tab.Root != 0 {
			draw(&tab, &s, tab.Root, "  ", &next)
		}
		if err := tab.Check(func(page.Ref) {}); err != nil {
			t.Fatal(err)
		}
	}
	k := func(top byte, i int) string { return string([]byte{top, byte(i), 'k', byte(i >> 8)}) }
	v := strings.Repeat("v", 100)
	fill := func(top byte, n int) {
		for i := range n {
			tab.put1(k(top, i), v)
		}
	}
	fill(0x10, 10)
	show("one bucket")
	fill(0x10, 34)
	show("before a split")
	fill(0x90, 1)
	fill(0x91, 10)
	show("after a split")
	for top := 0; top < 256; top += 8 {
		fill(byte(top), 8)
	}
	show("directory of 32")
	fill(0x10, 60)
	show("doubled")
	for top := 0; top < 256; top++ {
		for i := range 60 {
			key := k(byte(top), i)
			if i > 0 || top%64 > 0 {
				tab.Delete(topHash([]byte(key)), []byte(key))
			}
		}
	}
	show("merged")
	tab.Free()
	show("freed")
	golden(t, "shapes.txt", s.String())
}

// TestRandomIsFair draws often from few keys and compares how often each comes.
func TestRandomIsFair(t *testing.T) {
	tab := newTable(t, testHash)
	const keys, draws = 2000, 200000
	for i := range keys {
		tab.put1(fmt.Sprint("key", i), strings.Repeat("v", i%300))
	}
	r := rand.New(rand.NewPCG(3, 4))
	hits := map[string]int{}
	for range draws {
		hits[string(tab.Random(r.Uint64).Key())]++
	}
	chi := 0.0
	for i := range keys {
		d := float64(hits[fmt.Sprint("key", i)]) - draws/keys
		chi += d * d / (draws / keys)
	}
	// 1999 degrees of freedom: mean 1999, standard deviation 63.
	if chi > 1999+5*63 {
		t.Errorf("chi-square %.0f", chi)
	}
}

// TestCanaries plants one fault of each kind and has Check find it.
func TestCanaries(t *testing.T) {
	for i, c := range []struct {
		number string
		plant  func(t *Table, b bucket)
	}{
		{"T1", func(t *Table, b bucket) { b[offTags]++ }},
		{"T1", func(t *Table, b bucket) { b.entry(t.heap, 0).Key()[0]++ }},
		{"T2", func(t *Table, b bucket) { b.setLow(b.low() + 8) }},
		{"T2", func(t *Table, b bucket) { b.setDead(b.dead() + 1) }},
		{"T2", func(t *Table, b bucket) { le.PutUint16(b[offSlots:], 0) }},
		{"T3", func(t *Table, b bucket) { b.setDue(maxDue) }},
		{"T4", func(t *Table, b bucket) { t.Count++ }},
		{"T4", func(t *Table, b bucket) { t.Dues-- }},
		{"T5", func(t *Table, b bucket) { b[offDepth]++ }},
		{"T5", func(t *Table, b bucket) { s := t.heap.Refs(t.Root, dirSlots, 32); s[0] = s[31] }},
		{"T5", func(t *Table, b bucket) { page.At[nodeHead](t.heap, t.leaf(0)).kind = 9 }},
		{"T6", func(t *Table, b bucket) { b.setNext(t.newBucket(256, 8, b.depth())) }},
		{"P5", func(t *Table, b bucket) { t.heap.Pin(); page.At[nodeHead](t.heap, t.leaf(0)).epoch = 99 }},
		{"P6", func(t *Table, b bucket) { t.newBucket(256, 8, 0) }},
		{"P6", func(t *Table, b bucket) {
			key := []byte(strings.Repeat("k", 300))
			e, _ := t.Find(t.hash(key), key)
			t.arena.Retire(e.keyNode(), 0, 0)
			copy(e.Key(), key) // the invariants build has mangled it
		}},
	} {
		tab := newTable(t, testHash)
		for i := range 100 {
			k := fmt.Append(nil, "key", i)
			tab.Set(testHash(k), k, Item{Due: int64(1000 + i), Value: make([]byte, 60)})
		}
		tab.put1(strings.Repeat("k", 300), "")
		check := func() error {
			a := tab.heap.Audit()
			if err := tab.Check(a.Version()); err != nil {
				return err
			}
			return a.Check()
		}
		if err := check(); err != nil {
			t.Fatal(err)
		}
		c.plant(&tab, tab.heap.Node(tab.leaf(0)))
		if err := check(); err == nil || !strings.Contains(err.Error(), c.number+":") {
			t.Errorf("%d: planted a fault against %s, found: %v", i, c.number, err)
		}
	}
}

// TestSupersededPosition: the hook learns the first position of a bucket.
func TestSupersededPosition(t *testing.T) {
	tab := newTable(t, testHash)
	for i := range 200 {
		tab.put1(fmt.Sprint("key", i), strings.Repeat("v", 60))
	}
	old := tab
	pin := tab.heap.Pin()
	seen := 0
	pin.Superseded = func(_ int, ref page.Ref, _ uint32, pos uint64) page.Fate {
		if page.At[nodeHead](tab.heap, ref).kind == kindBucket {
			seen++
			of := bucketOf(tab.heap, ref, pos)
			if b := old.At(pos); b.Start != pos || b != of {
				t.Errorf("bucket %d at %#x is said to be at %#x", ref, b.Start, pos)
			}
		}
		return page.Wait
	}
	for i := range 200 {
		if k := fmt.Append(nil, "key", i); i%2 == 0 {
			tab.Delete(testHash(k), k)
		} else {
			tab.put1(string(k), "")
		}
	}
	if seen < 4 {
		t.Errorf("%d buckets were superseded", seen)
	}
	pin.Release(func(_ int, fn func()) { fn() })
}

// A table that knows how many entries it will have takes no more memory for that
// in the end, and is sound also where that was not true.
func TestExpected(t *testing.T) {
	const n = 20000
	used := map[int64]int64{}
	for _, expected := range []int64{0, n, n / 3, 50 * n, 1 << 62} {
		heap, err := page.New(page.Options{Reserve: 1 << 28})
		if err != nil {
			t.Fatal(err)
		}
		tab := New(heap.Arena(0), 0, testHash, nil)
		tab.Expected = expected
		for i := range n {
			key := fmt.Append(nil, "key:", i)
			tab.Set(testHash(key), key, Item{Due: NoDue, Value: make([]byte, i%90)})
		}
		loose := heap.Used()
		for pos := tab.Fit(0, 1000); pos != 0; {
			pos = tab.Fit(pos, 1000)
		}
		tab.Expected = 0
		if heap.Used() > loose {
			t.Errorf("%d expected: fitting makes %d bytes of %d", expected, heap.Used(), loose)
		}
		for i := range n {
			key := fmt.Append(nil, "key:", i)
			if e, ok := tab.Find(testHash(key), key); !ok || len(e.Value()) != i%90 {
				t.Fatalf("%d expected: %s is lost", expected, key)
			}
		}
		if err := tab.Check(func(page.Ref) {}); err != nil {
			t.Fatalf("%d expected: %v", expected, err)
		}
		used[expected] = heap.Used()
		heap.Close()
	}
	if used[n] > used[0]*108/100 || used[1<<62] > 2*used[0] {
		t.Errorf("bytes in use by what was expected: %v", used)
	}
	t.Log(used)
}
