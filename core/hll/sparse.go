package hll

import "strconv"

const (
	maxZero   = 64    // registers of a ZERO run
	maxXZero  = 16384 // of an XZERO run
	maxVal    = 4     // of a VAL run
	maxValue  = 32    // value of a VAL run
	xzeroBit  = 0x40
	valBit    = 0x80
	mergeSpan = 5 // runs looked at for merging after a change
)

// opcode is one run as it is written.
type opcode struct {
	size  int  // in bytes: 1, or 2 for XZERO
	n     int  // registers
	value byte // 0 for ZERO and XZERO
}

// decode reads the run at the start of b; ok is false if its second byte is
// missing.
func decode(b []byte) (o opcode, ok bool) {
	switch {
	case b[0]&valBit != 0:
		return opcode{1, int(b[0]&3) + 1, b[0]>>2&0x1f + 1}, true
	case b[0]&xzeroBit == 0:
		return opcode{1, int(b[0]) + 1, 0}, true
	case len(b) < 2:
		return o, false
	}
	return opcode{2, int(b[0]&0x3f)<<8 + int(b[1]) + 1, 0}, true
}

// appendZeros appends a run of n registers at 0, or nothing.
func appendZeros(b []byte, n int) []byte {
	switch {
	case n == 0:
		return b
	case n <= maxZero:
		return append(b, byte(n-1))
	}
	return append(b, xzeroBit|byte((n-1)>>8), byte(n-1))
}

// appendVal appends a run of n registers at value, or nothing.
func appendVal(b []byte, n int, value byte) []byte {
	if n == 0 {
		return b
	}
	return append(b, val(n, value))
}

func val(n int, value byte) byte { return valBit | (value-1)<<2 | byte(n-1) }

// eachRun calls fn with each run of runs; the error is there if they do not
// cover all registers exactly (H1), possibly after some calls. No call goes
// beyond the registers.
func eachRun(runs []byte, fn func(first, n int, value byte)) error {
	first := 0
	for len(runs) > 0 {
		o, ok := decode(runs)
		if !ok || first+o.n > Registers {
			return ErrCorrupt
		}
		fn(first, o.n, o.value)
		first += o.n
		runs = runs[o.size:]
	}
	if first != Registers {
		return ErrCorrupt
	}
	return nil
}

// position is where a register is among the runs.
type position struct {
	prev  int // offset of the run before, or of the first run if there is none
	at    int // offset of its run
	first int // first register of its run
	opcode
}

// locate finds the run of register, b being with its header.
func locate(b []byte, register int) (p position, err error) {
	p.prev, p.at = HeaderSize, HeaderSize
	for p.at < len(b) {
		o, ok := decode(b[p.at:])
		if !ok {
			return p, ErrCorrupt
		}
		if register < p.first+o.n {
			p.opcode = o
			return p, nil
		}
		p.prev = p.at
		p.at += o.size
		p.first += o.n
	}
	return p, ErrCorrupt
}

// raiseSparse is Raise for the sparse encoding. Its steps are Redis's, so that
// the same elements give the same bytes: the run is cut in up to three, and
// then neighbours of equal value are joined, from the run before on.
func raiseSparse(b []byte, register int, value byte, sparseMax int64) ([]byte, bool, error) {
	if value > maxValue {
		return promote(b, register, value)
	}
	p, err := locate(b, register)
	if err != nil {
		return b, false, err
	}
	if p.value >= value {
		return b, false, nil
	}
	var buf [5]byte
	seq := p.cut(buf[:0], register, value)
	if more := len(seq) - p.size; more > 0 && int64(len(b)+more) > sparseMax {
		return promote(b, register, value)
	}
	b = splice(b, p.at, p.size, seq)
	return joinRuns(b, p.prev), true, nil
}

// cut appends the runs that replace p's once register has value.
func (p *position) cut(seq []byte, register int, value byte) []byte {
	before, after := register-p.first, p.first+p.n-1-register
	if p.value == 0 {
		seq = appendZeros(seq, before)
		seq = append(seq, val(1, value))
		return appendZeros(seq, after)
	}
	seq = appendVal(seq, before, p.value)
	seq = append(seq, val(1, value))
	return appendVal(seq, after, p.value)
}

// splice replaces the size bytes of b at at by seq, which is at least half as
// long and at most four bytes longer.
func splice(b []byte, at, size int, seq []byte) []byte {
	var pad [8]byte
	n := len(b)
	if more := len(seq) - size; more > 0 {
		b = append(b, pad[:more]...)
	}
	copy(b[at+len(seq):], b[at+size:n])
	copy(b[at:], seq)
	return b[:n+len(seq)-size]
}

// joinRuns joins neighbouring VAL runs of the same value, as long as one run
// can have them all, among the runs from offset at on.
func joinRuns(b []byte, at int) []byte {
	for left := mergeSpan; left > 0 && at < len(b); left-- {
		o, ok := decode(b[at:])
		if !ok {
			break
		}
		if o.value > 0 && at+1 < len(b) {
			next, ok := decode(b[at+1:])
			if ok && next.value == o.value && o.n+next.n <= maxVal {
				b[at] = val(o.n+next.n, o.value)
				b = append(b[:at+1], b[at+2:]...)
				continue // perhaps the next one, too
			}
		}
		at += o.size
	}
	return b
}

// promote makes b dense and raises a register, which was lower.
func promote(b []byte, register int, value byte) ([]byte, bool, error) {
	dense, err := ToDense(b)
	if err != nil {
		return b, false, err
	}
	return dense, raiseDense(dense[HeaderSize:], register, value), nil
}

// Describe writes the runs of a sparse b as PFDEBUG DECODE does: "z:3" for
// ZERO, "Z:3" for XZERO, "v:2,3" for three registers at 2. It stops at bytes
// that are no run.
func Describe(b []byte) string {
	var out []byte
	for runs := b[HeaderSize:]; len(runs) > 0; {
		o, ok := decode(runs)
		if !ok {
			break
		}
		if len(out) > 0 {
			out = append(out, ' ')
		}
		switch {
		case o.value > 0:
			out = strconv.AppendInt(append(out, "v:"...), int64(o.value), 10)
			out = append(out, ',')
		case o.size == 2:
			out = append(out, "Z:"...)
		default:
			out = append(out, "z:"...)
		}
		out = strconv.AppendInt(out, int64(o.n), 10)
		runs = runs[o.size:]
	}
	return string(out)
}
