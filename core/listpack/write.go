package listpack

import (
	"encoding/binary"
	"slices"
)

// Append adds elem at the back.
func Append(lp, elem []byte) []byte { return Insert(lp, len(lp)-1, elem) }

// AppendInt adds n at the back.
func AppendInt(lp []byte, n int64) []byte { return InsertInt(lp, len(lp)-1, n) }

// Prepend adds elem at the front.
func Prepend(lp, elem []byte) []byte { return Insert(lp, headerSize, elem) }

// Insert puts elem before the entry at pos, or at the back if pos is
// len(lp)-1. The new entry is at pos.
func Insert(lp []byte, pos int, elem []byte) []byte {
	lp = put(lp, pos, 0, elem)
	addCount(lp, 1)
	return lp
}

// InsertAfter puts elem behind the entry at pos, and returns where it is.
func InsertAfter(lp []byte, pos int, elem []byte) ([]byte, int) {
	pos += entrySize(lp, pos)
	return Insert(lp, pos, elem), pos
}

// InsertInt is Insert of an integer.
func InsertInt(lp []byte, pos int, n int64) []byte {
	lp = putInt(lp, pos, 0, n)
	addCount(lp, 1)
	return lp
}

// Replace puts elem in the place of the entry at pos. It is at pos too.
func Replace(lp []byte, pos int, elem []byte) []byte {
	return put(lp, pos, entrySize(lp, pos), elem)
}

// ReplaceInt is Replace by an integer.
func ReplaceInt(lp []byte, pos int, n int64) []byte {
	return putInt(lp, pos, entrySize(lp, pos), n)
}

// Delete removes the entry at pos, and returns the position of the next one,
// which is the same number, or None.
func Delete(lp []byte, pos int) ([]byte, int) {
	return DeleteAt(lp, pos, 1)
}

// DeleteAt removes up to n entries from pos on, and returns the position of
// the one behind them, or None.
func DeleteAt(lp []byte, pos, n int) ([]byte, int) {
	size, deleted := 0, 0
	for ; deleted < n && lp[pos+size] != end; deleted++ {
		size += entrySize(lp, pos+size)
	}
	lp = splice(lp, pos, size, 0)
	addCount(lp, -deleted)
	if lp[pos] == end {
		return lp, None
	}
	return lp, pos
}

// DeleteRange removes up to n entries from the index on, which counts as in
// Seek.
func DeleteRange(lp []byte, index, n int) []byte {
	pos := Seek(lp, index)
	if pos == None || n <= 0 {
		return lp
	}
	lp, _ = DeleteAt(lp, pos, n)
	return lp
}

// Merge appends all entries of other, another listpack.
func Merge(lp, other []byte) []byte {
	n := count(lp) + count(other)
	body := other[headerSize : len(other)-1]
	pos := len(lp) - 1
	lp = splice(lp, pos, 0, len(body))
	copy(lp[pos:], body)
	setCount(lp, n)
	return lp
}

// EncodedSize returns by how much elem would lengthen a listpack.
func EncodedSize(elem []byte) int {
	size := 0
	if n, ok := ParseInt(elem); ok {
		size = intSize(n)
	} else {
		size = stringHead(len(elem)) + len(elem)
	}
	return size + backlenSize(size)
}

// put writes elem's entry at pos over one of size old.
func put(lp []byte, pos, old int, elem []byte) []byte {
	if n, ok := ParseInt(elem); ok {
		return putInt(lp, pos, old, n)
	}
	head := stringHead(len(elem))
	size := head + len(elem)
	lp = splice(lp, pos, old, size+backlenSize(size))
	switch n := len(elem); head {
	case 1:
		lp[pos] = encString6 | byte(n)
	case 2:
		lp[pos], lp[pos+1] = encString12|byte(n>>8), byte(n)
	default:
		lp[pos] = encString32
		binary.LittleEndian.PutUint32(lp[pos+1:], uint32(n))
	}
	copy(lp[pos+head:], elem)
	putBacklen(lp, pos+size, size)
	return lp
}

func putInt(lp []byte, pos, old int, n int64) []byte {
	size := intSize(n)
	lp = splice(lp, pos, old, size+1)
	switch size {
	case 1:
		lp[pos] = byte(n)
	case 2:
		lp[pos], lp[pos+1] = encInt13|byte(n>>8)&0x1F, byte(n)
	default:
		lp[pos] = [...]byte{3: encInt16, 4: encInt24, 5: encInt32, 9: encInt64}[size]
		for i := 1; i < size; i++ {
			lp[pos+i] = byte(n)
			n >>= 8
		}
	}
	lp[pos+size] = byte(size)
	return lp
}

// stringHead returns the size of what stands before the bytes of a string.
func stringHead(n int) int {
	switch {
	case n < 64:
		return 1
	case n < 4096:
		return 2
	default:
		return 5
	}
}

// intSize returns the size of encoding and data of an integer.
func intSize(n int64) int {
	switch {
	case n >= 0 && n <= 127:
		return 1
	case n >= -1<<12 && n < 1<<12:
		return 2
	case n >= -1<<15 && n < 1<<15:
		return 3
	case n >= -1<<23 && n < 1<<23:
		return 4
	case n >= -1<<31 && n < 1<<31:
		return 5
	default:
		return 9
	}
}

// putBacklen writes the backlen of a size at pos, most significant group
// first.
func putBacklen(lp []byte, pos, size int) {
	n := backlenSize(size)
	for i := n - 1; i > 0; i-- {
		lp[pos+i] = byte(size) | 0x80
		size >>= 7
	}
	lp[pos] = byte(size)
}

// splice makes the old bytes at pos into size bytes, whose content the caller
// writes, and counts them in the total. The limit is that of the total's 32
// bits; SafeToAdd keeps callers far from it.
func splice(lp []byte, pos, old, size int) []byte {
	was := len(lp)
	grow := size - old
	if uint64(was+grow) > 1<<32-1 {
		panic("listpack: more than 4 GiB")
	}
	if grow > 0 {
		lp = slices.Grow(lp, grow)[:was+grow]
	}
	copy(lp[pos+size:], lp[pos+old:was])
	lp = lp[:was+grow]
	setTotal(lp)
	return lp
}

// AppendFrom appends the n entries that lie in src[from:to], as they are.
func AppendFrom(lp, src []byte, from, to, n int) []byte {
	pos := len(lp) - 1
	lp = append(append(lp[:pos], src[from:to]...), end)
	setTotal(lp)
	addCount(lp, n)
	return lp
}
