package zset

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"

	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/value"
)

var (
	le = binary.LittleEndian
	be = binary.BigEndian
)

const (
	signBit   = 1 << 63
	orderSize = 8 // bytes of a score in the tree's keys
)

// orderOf is a score as a number that orders as scores do.
func orderOf(score float64) uint64 {
	if score == 0 {
		return signBit // -0 too
	}
	bits := math.Float64bits(score)
	if bits&signBit != 0 {
		return ^bits
	}
	return bits | signBit
}

// scoreOf is the score of an order.
func scoreOf(order uint64) float64 {
	if order&signBit != 0 {
		return math.Float64frombits(order &^ signBit)
	}
	return math.Float64frombits(^order)
}

// appendKey appends the key of the tree for score and member.
func appendKey(dst []byte, score float64, member []byte) []byte {
	return append(be.AppendUint64(dst, orderOf(score)), member...)
}

func isNegativeZero(score float64) bool { return score == 0 && math.Signbit(score) }

// keyScore is the score of an entry of the tree.
func keyScore(key, val []byte) float64 {
	if len(val) > 0 {
		return math.Copysign(0, -1)
	}
	return scoreOf(be.Uint64(key))
}

var zeroByte = []byte{0}

// markOf is the value of an entry of the tree.
func markOf(score float64) []byte {
	if isNegativeZero(score) {
		return zeroByte
	}
	return nil
}

// asInt is the integer that stands for a score in a listpack.
func asInt(score float64) (n int64, ok bool) {
	const limit = 1 << 62
	if score < -limit || score > limit || score != math.Trunc(score) {
		return 0, false
	}
	return int64(score), true
}

const maxScoreText = 32

// appendScoreText appends a score that is no integer as C's %.17g.
func appendScoreText(dst []byte, score float64) []byte {
	switch {
	case math.IsInf(score, 1):
		return append(dst, "inf"...)
	case math.IsInf(score, -1):
		return append(dst, "-inf"...)
	}
	return strconv.AppendFloat(dst, score, 'g', 17, 64)
}

// packScore reads the score at pos of a listpack.
func packScore(lp []byte, pos int) float64 {
	text, n, isInt := listpack.Get(lp, pos)
	if isInt {
		return float64(n)
	}
	if f, err := strconv.ParseFloat(string(text), 64); err == nil {
		return f
	}
	f, _ := value.ParseBound(text) // Redis wrote it otherwise, or somebody else
	return f
}

// compareElem orders the member at pos of a listpack and member.
func compareElem(lp []byte, pos int, member []byte) int {
	b, n, isInt := listpack.Get(lp, pos)
	if isInt {
		var room [20]byte
		b = strconv.AppendInt(room[:0], n, 10)
	}
	return bytes.Compare(b, member)
}
