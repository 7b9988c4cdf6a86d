package memfs

import "math/rand/v2"

// sector is the unit in which unsynced bytes reach a disk, or do not.
const sector = 512

// CrashClone returns a copy of the file system as a machine could find it
// after losing power now. With a nil r that is the least there can be: names
// and bytes that were synced. Otherwise r decides how much more survived: of
// each directory's changes since its SyncDir the first few, and of each
// file's unsynced bytes any sectors, the others being old or zero. The two
// file systems share nothing afterwards.
func (f *FS) CrashClone(r *rand.Rand) *FS { return f.crash(crasher{r: r}) }

// CrashPrefix is CrashClone on a file system that keeps what was appended in order:
// of each file's unsynced bytes a prefix survived, of any length.
func (f *FS) CrashPrefix(r *rand.Rand) *FS { return f.crash(crasher{r: r, ordered: true}) }

func (f *FS) crash(c crasher) *FS {
	f.mu.Lock()
	defer f.mu.Unlock()
	c.done = map[*node]*node{}
	return &FS{root: c.dir(f.root)}
}

type crasher struct {
	r       *rand.Rand
	ordered bool            // files keep prefixes
	done    map[*node]*node // a node of two names stays one node
}

func (c *crasher) upTo(n int) int {
	if c.r == nil || n <= 0 {
		return 0
	}
	return c.r.IntN(n + 1)
}

func (c *crasher) node(n *node) *node {
	if to := c.done[n]; to != nil {
		return to
	}
	if n.isDir() {
		return c.dir(n)
	}
	to := &node{data: c.bytes(n)}
	to.synced = append([]byte(nil), to.data...)
	c.done[n] = to
	return to
}

func (c *crasher) dir(n *node) *node {
	to := newDir()
	c.done[n] = to
	found := map[string]*node{}
	apply(found, n.durable)
	for _, change := range n.pending[:c.upTo(len(n.pending))] {
		apply(found, change.set)
	}
	for name, child := range found {
		to.names[name] = c.node(child)
		to.durable[name] = to.names[name]
	}
	return to
}

// bytes tears what was written since the last Sync.
func (c *crasher) bytes(n *node) []byte {
	if c.r == nil {
		return append([]byte(nil), n.synced...)
	}
	if c.ordered {
		return c.prefix(n)
	}
	low, high := len(n.synced), len(n.data)
	if low > high {
		low, high = high, low
	}
	out := make([]byte, low+c.upTo(high-low))
	copy(out, n.synced)
	for at := 0; at < len(out); at += sector {
		if c.r.IntN(2) == 0 && at < len(n.data) {
			copy(out[at:min(at+sector, len(out))], n.data[at:])
		}
	}
	return out
}

// prefix keeps the first of the bytes that are not as they were at the last Sync.
// Behind them the old ones stay.
func (c *crasher) prefix(n *node) []byte {
	same := 0
	for same < min(len(n.synced), len(n.data)) && n.synced[same] == n.data[same] {
		same++
	}
	to := same + c.upTo(len(n.data)-same)
	out := append([]byte(nil), n.data[:to]...)
	if to < len(n.synced) {
		out = append(out, n.synced[to:]...)
	}
	return out
}
