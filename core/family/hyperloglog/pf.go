package hyperloglog

import (
	"encoding/binary"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/hll"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value"
)

const (
	errNotHLL  = "WRONGTYPE Key is not a valid HyperLogLog string value."
	errCorrupt = "INVALIDOBJ Corrupted HLL object detected"
	// maxSparse is the size of the longest sparse one that can be right: two
	// bytes for each register.
	maxSparse = hll.HeaderSize + 2*hll.Registers
)

// quiet is the class of a change that Redis makes without an event: watchers
// learn of it, subscribers do not.
const quiet keyspace.EventClass = 0

// lookup finds key, which may be absent but nothing other than a HyperLogLog:
// that has been replied as an error where ok is false.
func lookup(c *command.Call, key []byte, how keyspace.Access) (s value.String, found, ok bool) {
	e, found := c.DB.Find(key, how)
	if !found {
		return s, false, true
	}
	if e.Type() != value.TypeString {
		c.Out.Error(command.ErrWrongType)
		return s, true, false
	}
	s = e.String()
	var header [hll.HeaderSize]byte
	if !hll.HeaderOK(s.AppendRange(header[:0], 0, hll.HeaderSize), s.Len()) {
		c.Out.Error(errNotHLL)
		return s, true, false
	}
	if s.Len() > max(maxSparse, hll.DenseSize) {
		c.Out.Error(errCorrupt)
		return s, true, false
	}
	return s, true, true
}

// unshare gives the value s of key the encoding of strings that are changed in
// place, as Redis does even where nothing then changes: a short one that SET
// wrote has another.
func unshare(c *command.Call, key []byte, s value.String) value.String {
	if s.Encoding() == "raw" {
		return s
	}
	c.DB.SetRange(key, 0, []byte{s.At(0)})
	e, _ := c.DB.Find(key, keyspace.Peek)
	return e.String()
}

func encoding(s value.String) hll.Encoding {
	var header [hll.HeaderSize]byte
	return hll.EncodingOf(s.AppendRange(header[:0], 0, hll.HeaderSize))
}

func (f family) pfadd(c *command.Call) {
	key, elements := c.Args[1], c.Args[2:]
	s, found, ok := lookup(c, key, keyspace.ForWrite)
	if !ok {
		return
	}
	changes := 0
	if found && encoding(s) == hll.Dense {
		changes = addDense(c, key, elements)
	} else if changes, ok = f.addSparse(c, key, s, found, elements); !ok {
		return
	}
	if changes > 0 {
		c.Changed(keyspace.EventString, "pfadd", key, changes)
	}
	c.Out.Int(int64(min(changes, 1)))
}

// addSparse adds to a copy of s, or of an empty one, and stores it whole. Where
// it is corrupt that has been replied and nothing is stored.
func (f family) addSparse(c *command.Call, key []byte, s value.String, found bool, elements [][]byte) (changes int, ok bool) {
	var b []byte
	if found {
		b = s.AppendTo(nil)
	} else {
		b = hll.New()
		changes++
	}
	for _, element := range elements {
		grown, changed, err := hll.Add(b, element, f.SparseMax())
		if err != nil {
			c.Out.Error(errCorrupt)
			return 0, false
		}
		if b = grown; changed {
			changes++
		}
	}
	if changes > 0 {
		hll.Invalidate(b)
	}
	if changes > 0 || s.Encoding() != "raw" {
		c.DB.SetRaw(key, b, keyspace.KeepTTL)
	}
	return changes, true
}

// addDense changes the registers where they are: one or two bytes each of
// twelve thousand.
func addDense(c *command.Call, key []byte, elements [][]byte) (changes int) {
	for _, element := range elements {
		register, v := hll.Place(element)
		at, size, shift := hll.DenseRegister(register)
		var buf [2]byte
		b := read(c, key, buf[:0], int64(at), int64(size))
		if hll.GetBits(b, shift) < v {
			hll.SetBits(b, shift, v)
			c.DB.SetRange(key, int64(at), b)
			changes++
		}
	}
	if changes > 0 {
		invalidate(c, key)
	}
	return changes
}

// invalidate marks the cached cardinality of the value at key.
func invalidate(c *command.Call, key []byte) {
	var header [hll.HeaderSize]byte
	b := read(c, key, header[:0], 0, hll.HeaderSize)
	hll.Invalidate(b)
	c.DB.SetRange(key, hll.CacheFlagAt, b[hll.CacheFlagAt:])
}

// read appends size bytes from at on of the value at key, which is known to
// have them, to dst.
func read(c *command.Call, key, dst []byte, at, size int64) []byte {
	e, _ := c.DB.Find(key, keyspace.Peek)
	return e.String().AppendRange(dst, at, at+size)
}

func pfcount(c *command.Call) {
	if len(c.Args) > 2 {
		countUnion(c)
		return
	}
	key := c.Args[1]
	s, found, ok := lookup(c, key, keyspace.ForRead)
	if !ok {
		return
	}
	if !found {
		c.Out.Int(0)
		return
	}
	b := unshare(c, key, s).Bytes(nil)
	n, valid := hll.Cached(b)
	if !valid {
		var err error
		if n, err = hll.Count(b); err != nil {
			c.Out.Error(errCorrupt)
			return
		}
		var cache [8]byte
		binary.LittleEndian.PutUint64(cache[:], n)
		c.DB.SetRange(key, hll.CacheFlagAt-7, cache[:])
		c.Changed(quiet, "", key, 1)
	}
	c.Out.Int(int64(n))
}

// countUnion is PFCOUNT with several keys: nothing is kept.
func countUnion(c *command.Call) {
	var m hll.Max
	for _, key := range c.Args[1:] {
		if _, ok := mergeKey(c, &m, key); !ok {
			return
		}
	}
	c.Out.Int(int64(m.Count()))
}

// mergeKey raises m to the value at key and reports whether that is dense. An
// error has been replied where ok is false.
func mergeKey(c *command.Call, m *hll.Max, key []byte) (dense, ok bool) {
	s, found, ok := lookup(c, key, keyspace.ForRead)
	if !ok || !found {
		return false, ok
	}
	b := s.Bytes(nil)
	if m.Merge(b) != nil {
		c.Out.Error(errCorrupt)
		return false, false
	}
	return hll.EncodingOf(b) == hll.Dense, true
}

func (f family) pfmerge(c *command.Call) {
	var m hll.Max
	useDense := false
	for _, key := range c.Args[1:] { // the destination is one of the sources
		dense, ok := mergeKey(c, &m, key)
		if !ok {
			return
		}
		useDense = useDense || dense
	}
	key := c.Args[1]
	b := hll.New()
	if e, found := c.DB.Find(key, keyspace.ForWrite); found {
		b = e.String().AppendTo(nil)
	}
	b, err := f.raiseAll(b, &m, useDense)
	if err != nil {
		c.Out.Error(errCorrupt)
		return
	}
	c.DB.SetRaw(key, b, keyspace.KeepTTL)
	c.Changed(keyspace.EventString, "pfadd", key, 1)
	c.Out.OK()
}

// raiseAll raises the registers of b to m's, after making b dense if that is
// asked for.
func (f family) raiseAll(b []byte, m *hll.Max, dense bool) (_ []byte, err error) {
	if dense {
		if b, err = hll.ToDense(b); err != nil {
			return nil, err
		}
	}
	for i, v := range m {
		if v == 0 {
			continue
		}
		if b, _, err = hll.Raise(b, i, v, f.SparseMax()); err != nil {
			return nil, err
		}
	}
	hll.Invalidate(b)
	return b, nil
}
