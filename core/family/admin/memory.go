package admin

import (
	"fmt"
	"math"
	"strings"

	"github.com/redoubt-kv/redoubt/core/command"
)

// defaultSamples is how many members of a collection MEMORY USAGE looks at.
const defaultSamples = 5

func memoryUsage(c *command.Call) {
	samples := int64(defaultSamples)
	for i := 3; i < len(c.Args); i += 2 {
		if !c.Is(i, "SAMPLES") || i+1 >= len(c.Args) {
			c.Out.Error(command.ErrSyntax)
			return
		}
		var ok bool
		if samples, ok = c.Int(i + 1); !ok {
			return
		}
		if samples < 0 {
			c.Out.Error(command.ErrSyntax)
			return
		}
		if samples == 0 {
			samples = math.MaxInt
		}
	}
	size, ok := c.DB.MemoryUsage(c.Args[2], int(min(samples, math.MaxInt)))
	if !ok {
		c.Out.Null()
		return
	}
	c.Out.Int(size)
}

func (f *family) memoryStats(c *command.Call) {
	m := f.Info.Memory(c)
	w := c.Out
	mark, n := w.Mark(), 0
	number := func(name string, v int64) {
		w.BulkString(name)
		w.Int(v)
		n++
	}
	ratio := func(name string, v float64) {
		w.BulkString(name)
		w.Double(v)
		n++
	}
	number("peak.allocated", m.Peak)
	number("total.allocated", m.Used)
	number("startup.allocated", m.Startup)
	number("replication.backlog", m.ReplicationBacklog)
	number("clients.slaves", m.ReplicaClients)
	number("clients.normal", m.NormalClients)
	number("cluster.links", 0)
	number("aof.buffer", m.AOFBuffer)
	number("lua.caches", m.ScriptCaches)
	number("functions.caches", m.FunctionCaches)
	for _, db := range m.Databases {
		w.BulkString(fmt.Sprintf("db.%d", db.Index))
		w.Map(3)
		w.BulkString("overhead.hashtable.main")
		w.Int(db.Main)
		w.BulkString("overhead.hashtable.expires")
		w.Int(db.Expires)
		w.BulkString("overhead.hashtable.slot-to-keys")
		w.Int(0)
		n++
	}
	number("overhead.total", m.overhead())
	number("keys.count", m.Keys)
	number("keys.bytes-per-key", m.bytesPerKey())
	number("dataset.bytes", m.dataset())
	ratio("dataset.percentage", m.datasetPercent())
	ratio("peak.percentage", m.peakPercent())
	number("allocator.allocated", m.Allocated)
	number("allocator.active", m.Active)
	number("allocator.resident", m.Resident)
	ratio("allocator-fragmentation.ratio", quotient(m.Active, m.Allocated))
	number("allocator-fragmentation.bytes", m.Active-m.Allocated)
	ratio("allocator-rss.ratio", quotient(m.Resident, m.Active))
	number("allocator-rss.bytes", m.Resident-m.Active)
	ratio("rss-overhead.ratio", quotient(m.RSS, m.Resident))
	number("rss-overhead.bytes", m.RSS-m.Resident)
	ratio("fragmentation", quotient(m.RSS, m.Used))
	number("fragmentation.bytes", m.RSS-m.Used)
	w.MapAt(mark, n)
}

func (f *family) memoryDoctor(c *command.Call) {
	c.Out.Verbatim("txt", diagnose(f.Info.Memory(c)))
}

// diagnose applies the thresholds of Redis's doctor.
func diagnose(m *Memory) string {
	const small = 5 << 20
	if m.Used < small {
		return "This server holds hardly any data (under 5 MB), too little to judge its memory by. Ask again once it does.\n"
	}
	var found []string
	add := func(sick bool, text string) {
		if sick {
			found = append(found, " * "+text+"\n")
		}
	}
	wasteful := func(ratio float64, bytes int64, limit float64) bool { return ratio > limit && bytes > 10<<20 }
	add(float64(m.Peak) > 1.5*float64(m.Used),
		"Peak: at its peak this server used more than one and a half times today's memory. Ratios of resident memory stay high after that; MEMORY PURGE gives free memory back.")
	add(wasteful(quotient(m.RSS, m.Used), m.RSS-m.Used, 1.4),
		"Fragmentation: the process occupies more than 1.4 times the memory that data and buffers take.")
	add(wasteful(quotient(m.Active, m.Allocated), m.Active-m.Allocated, 1.1),
		"Allocator: more than a tenth of the memory taken for data lies in half-empty pages.")
	add(wasteful(quotient(m.Resident, m.Active), m.Resident-m.Active, 1.1),
		"Free memory: more than a tenth of the resident memory is free and not given back; MEMORY PURGE gives it back.")
	add(wasteful(quotient(m.RSS, m.Resident), m.RSS-m.Resident, 1.1),
		"Process: more than a tenth of the process's memory is not the allocator's.")
	add(m.Clients > 0 && m.NormalClients/m.Clients > 200<<10,
		"Clients: buffers take more than 200 KB per client on average. See the columns qbuf, argv-mem, obl and omem of CLIENT LIST.")
	if len(found) == 0 {
		return "Nothing unusual about this server's memory.\n"
	}
	return "This server's memory shows:\n\n" + strings.Join(found, "\n")
}

func (f *family) mallocStats(c *command.Call) { c.Out.Verbatim("txt", f.Options.Memory.Report()) }

func (f *family) memoryPurge(c *command.Call) {
	if err := f.Options.Memory.Purge(); err != nil {
		c.Out.Error("ERR Error purging dirty pages")
		return
	}
	c.Out.OK()
}

func memoryHelp(c *command.Call) {
	c.Help(
		"DOCTOR",
		"    Return memory problems reports.",
		"MALLOC-STATS",
		"    Return internal statistics report from the memory allocator.",
		"PURGE",
		"    Attempt to purge dirty pages for reclamation by the allocator.",
		"STATS",
		"    Return information about the memory usage of the server.",
		"USAGE <key> [SAMPLES <count>]",
		"    Return memory in bytes used by <key> and its value. Nested values are",
		"    sampled up to <count> times (default: 5, 0 means sample all).",
	)
}
