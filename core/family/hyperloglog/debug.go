package hyperloglog

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/hll"
	"github.com/redoubt-kv/redoubt/core/keyspace"
)

func pfdebug(c *command.Call) {
	key := c.Args[2]
	if _, found := c.DB.Find(key, keyspace.ForWrite); !found {
		c.Out.Error("ERR The specified key does not exist")
		return
	}
	s, _, ok := lookup(c, key, keyspace.Peek)
	if !ok {
		return
	}
	b := unshare(c, key, s).AppendTo(nil)
	sparse := hll.EncodingOf(b) == hll.Sparse
	switch {
	case c.Is(1, "GETREG"):
		if b, ok = makeDense(c, key, b); ok {
			replyRegisters(c, b)
		}
	case c.Is(1, "DECODE"):
		if !sparse {
			c.Out.Error("ERR HLL encoding is not sparse")
			return
		}
		c.Out.BulkString(hll.Describe(b))
	case c.Is(1, "ENCODING"):
		if sparse {
			c.Out.Simple("sparse")
		} else {
			c.Out.Simple("dense")
		}
	case c.Is(1, "TODENSE"):
		if _, ok = makeDense(c, key, b); !ok {
			return
		}
		if sparse {
			c.Out.Int(1)
		} else {
			c.Out.Int(0)
		}
	default:
		c.Out.Errorf("ERR Unknown PFDEBUG subcommand '%s'", c.Args[1])
	}
}

// makeDense stores b at key in the dense encoding if it is sparse. Where it is
// corrupt that has been replied.
func makeDense(c *command.Call, key, b []byte) (dense []byte, ok bool) {
	if hll.EncodingOf(b) == hll.Dense {
		return b, true
	}
	dense, err := hll.ToDense(b)
	if err != nil {
		c.Out.Error(errCorrupt)
		return nil, false
	}
	c.DB.SetRaw(key, dense, keyspace.KeepTTL)
	c.Changed(quiet, "", key, 1)
	return dense, true
}

func replyRegisters(c *command.Call, dense []byte) {
	c.Out.Array(hll.Registers)
	for i := range hll.Registers {
		at, size, shift := hll.DenseRegister(i)
		c.Out.Int(int64(hll.GetBits(dense[at:at+size], shift)))
	}
}

// pfselftest tries the registers and the estimate. Like Redis's it takes some
// seconds, in which its client's loop does nothing else.
func (f family) pfselftest(c *command.Call) {
	rng := rand.New(rand.NewPCG(uint64(c.Now), 0))
	err := testRegisters(rng)
	if err == nil {
		err = f.testEstimate(rng.Uint64())
	}
	if err != nil {
		c.Out.Errorf("ERR TESTFAILED %v", err)
		return
	}
	c.Out.OK()
}

// testRegisters writes random values to all registers and reads them back.
func testRegisters(rng *rand.Rand) error {
	b := make([]byte, hll.DenseSize)
	var want [hll.Registers]byte
	for range 1000 {
		for i := range want {
			want[i] = byte(rng.Uint32()) & (1<<hll.RegisterBits - 1)
			at, size, shift := hll.DenseRegister(i)
			hll.SetBits(b[at:at+size], shift, want[i])
		}
		for i, w := range want {
			at, size, shift := hll.DenseRegister(i)
			if got := hll.GetBits(b[at:at+size], shift); got != w {
				return fmt.Errorf("Register %d should be %d but is %d", i, w, got)
			}
		}
	}
	return nil
}

// testEstimate adds ten million elements to a dense one and to one that starts
// sparse, and looks at both at each power of ten.
func (f family) testEstimate(seed uint64) error {
	dense, err := hll.ToDense(hll.New())
	if err != nil {
		return err
	}
	grown := hll.New()
	checkpoint := uint64(1)
	for j := uint64(1); j <= 10_000_000; j++ {
		var element [8]byte
		binary.LittleEndian.PutUint64(element[:], j^seed)
		if dense, _, err = hll.Add(dense, element[:], f.SparseMax()); err != nil {
			return err
		}
		if grown, _, err = hll.Add(grown, element[:], f.SparseMax()); err != nil {
			return err
		}
		if j != checkpoint {
			continue
		}
		if int64(j) < f.SparseMax()/2 && hll.EncodingOf(grown) != hll.Sparse {
			return fmt.Errorf("sparse encoding not used")
		}
		if err := checkEstimate(dense, grown, j); err != nil {
			return err
		}
		checkpoint *= 10
	}
	return nil
}

// checkEstimate allows six times the standard error, or one in ten elements.
func checkEstimate(dense, grown []byte, n uint64) error {
	a, err := hll.Count(dense)
	if err != nil {
		return err
	}
	b, err := hll.Count(grown)
	if err != nil {
		return err
	}
	if a != b {
		return fmt.Errorf("dense/sparse disagree")
	}
	limit := math.Ceil(1.04 / math.Sqrt(hll.Registers) * 6 * float64(n))
	if n == 10 {
		limit = 1
	}
	if off := math.Abs(float64(n) - float64(a)); off > limit {
		return fmt.Errorf("Too big error. card:%d abserr:%.0f", n, off)
	}
	return nil
}
