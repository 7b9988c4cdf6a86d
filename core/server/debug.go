package server

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"

	"github.com/redoubt-kv/redoubt/core/command"
)

// allocator is the memory under the data for the command MEMORY.
type allocator struct{ s *Server }

// Purge gives free memory back to the system.
func (a allocator) Purge() error {
	a.s.sweep.purge()
	return nil
}

// Report is MEMORY MALLOC-STATS.
func (a allocator) Report() string {
	h := a.s.store.Heap()
	return fmt.Sprintf("___ Begin node heap statistics ___\nReserved: %d bytes\nIn slabs and spans: %d bytes\nIn nodes: %d bytes\nGiven back to the system: %d bytes\n--- End node heap statistics ---\n",
		h.Reserved(), h.Committed(), h.Used(), a.s.sweep.scavenged.Load())
}

// debugger has the switches of DEBUG.
type debugger Server

// SetActiveExpire turns the expiry cycle on or off.
func (d *debugger) SetActiveExpire(on bool) { (*Server)(d).sweep.noExpire.Store(!on) }

// PauseCron stops the periodic work.
func (d *debugger) PauseCron(on bool) { (*Server)(d).cronOff.Store(on) }

// SkipChecksums leaves the checksums of RDB files unverified.
func (d *debugger) SkipChecksums(on bool) { (*Server)(d).saver.skipSums.Store(on) }

// FailJob ends a save or rewrite in the background as a failure, which with Redis
// is to kill the process that does it.
func (d *debugger) FailJob() { (*Server)(d).saver.fail() }

// ClientWeights is what DEBUG CLIENT-EVICTION shows.
func (d *debugger) ClientWeights() string { return (*Server)(d).clients.WeightReport() }

// ChangeReplicationID makes a new one.
func (d *debugger) ChangeReplicationID() { (*Server)(d).replID.Store(nil) }

// PackedThreshold sets from which length elements of lists are not packed.
func (d *debugger) PackedThreshold(bytes int) {
	s := (*Server)(d)
	s.packedThreshold.Store(int64(bytes))
	s.store.SetLimits(s.valueLimits(s.live.Load()))
}

// Log writes a line to the log.
func (d *debugger) Log(message string) { (*Server)(d).log.warning("%s", message) }

// CompressRDB is rdbcompression.
func (d *debugger) CompressRDB() bool { return (*Server)(d).live.Load().RDBCompression }

// HashStats describes the tables of a database. Every shard is locked.
func (d *debugger) HashStats(c *command.Call, db int) (keys, expires string) {
	n, due := c.Tx.DB(db).Len()
	describe := func(what string, n int64) string {
		if n == 0 {
			return "No stats available for empty dictionaries\n"
		}
		return fmt.Sprintf("Extendible hash table of %s in %d shards:\n entries: %d\n", what, (*Server)(d).store.Shards(), n)
	}
	return describe("keys", n), describe("keys with an expiry", due)
}

// replicationID names this history of the data: 40 hexadecimal digits.
func (s *Server) replicationID() string {
	for {
		if id := s.replID.Load(); id != nil {
			return *id
		}
		b := make([]byte, 20)
		rand.Read(b)
		id := hex.EncodeToString(b)
		s.replID.CompareAndSwap(nil, &id)
	}
}
