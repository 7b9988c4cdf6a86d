package workload

import (
	"context"
	"flag"
	"fmt"
	"strings"

	"github.com/redoubt-kv/redoubt/bench/load"
	"github.com/redoubt-kv/redoubt/bench/peer"
	"github.com/redoubt-kv/redoubt/bench/report"
)

// collection is a kind of data whose bytes per element are compared.
type collection struct {
	name string
	// one is the command that adds element i to the one large key.
	one func(dst []byte, i uint64) []byte
	// small is the command that makes small key i, of smallSize elements.
	small func(dst []byte, i uint64) []byte
}

const smallSize = 10

// several returns a command of head, a key with the number of the command, and
// smallSize times the words of element, with numbers that differ.
func several(head, element string) func(dst []byte, i uint64) []byte {
	words := strings.Fields(element)
	return func(dst []byte, i uint64) []byte {
		args := []string{head, fmt.Sprintf("key:%012d", i)}
		for k := range uint64(smallSize) {
			for _, w := range words {
				if strings.Contains(w, "%") {
					w = fmt.Sprintf(w, i*smallSize+k)
				}
				args = append(args, w)
			}
		}
		return load.AppendCommand(dst, args...)
	}
}

var collections = []collection{
	{"set", each("SADD big element:%012d"), several("SADD", "element:%012d")},
	{"hash", each("HSET big element:%012d value:%010d"), several("HSET", "field:%d value:%010d")},
	{"sorted set", each("ZADD big %d element:%012d"), several("ZADD", "%d element:%012d")},
	{"list", each("RPUSH big element:%012d"), several("RPUSH", "element:%012d")},
	{"stream", each("XADD big * field element:%012d"), nil},
	{"set of integers", each("SADD big %d"), several("SADD", "%d")},
}

// elements compares bytes per element.
type elements struct {
	peers
	serverCPUs  string
	large, keys int
	only        string
}

func elementsFlags(fs *flag.FlagSet) func(context.Context, *report.Report) error {
	e := &elements{}
	e.peers.flags(fs, 1)
	fs.StringVar(&e.serverCPUs, "server-cpus", "0", "processors for each server, as taskset -c takes them")
	fs.IntVar(&e.large, "large", 10_000_000, "elements of the one large key; 0 leaves it out")
	fs.IntVar(&e.keys, "small", 1_000_000, fmt.Sprintf("small keys of %d elements; 0 leaves them out", smallSize))
	fs.StringVar(&e.only, "only", "", "kinds of collections, between commas, as set,hash; empty for all")
	return e.run
}

func (e *elements) run(ctx context.Context, r *report.Report) error {
	if err := e.begin(r, "Memory per element"); err != nil {
		return err
	}
	r.Note("one key of %d elements, and %d keys of %d; (after the load − empty server) / elements; every figure from a fresh server", e.large, e.keys, smallSize)
	t := &report.Table{Title: "Bytes per element", Header: e.compareHeader([]string{"collection", "figure"}, "")}
	for _, c := range collections {
		if e.only != "" && !strings.Contains(","+e.only+",", ","+c.name+",") {
			continue
		}
		if e.large > 0 {
			if err := e.kind(ctx, r, t, c.name+", one key", c.one, e.large, e.large); err != nil {
				return err
			}
		}
		if e.keys > 0 && c.small != nil {
			if err := e.kind(ctx, r, t, c.name+", small keys", c.small, e.keys, e.keys*smallSize); err != nil {
				return err
			}
		}
	}
	return r.Tables(t)
}

// kind measures one load of so many commands, which make so many elements.
func (e *elements) kind(ctx context.Context, r *report.Report, t *report.Table, name string, fill func([]byte, uint64) []byte, commands, elements int) error {
	used, rss := make([][]float64, len(e.specs)), make([][]float64, len(e.specs))
	for range e.rounds {
		for i := range e.specs {
			err := e.withPeer(r, i, e.serverCPUs, func(s *peer.Peer) error {
				u, p, err := measureFill(ctx, s, commands, elements, fill)
				r.Progress("%s %s: used_memory %.1f, RSS %.1f bytes/element", name, s.Name, u, p)
				used[i], rss[i] = append(used[i], u), append(rss[i], p)
				return err
			})
			if err != nil {
				return fmt.Errorf("memory of %s: %w", e.specs[i].Name, err)
			}
		}
	}
	t.Add(compare([]any{name, "used_memory"}, used, decimals(1))...)
	t.Add(compare([]any{name, "RSS"}, rss, decimals(1))...)
	return nil
}

// measureFill sends the commands and returns bytes per element.
func measureFill(ctx context.Context, s *peer.Peer, commands, elements int, fill func([]byte, uint64) []byte) (used, rss float64, err error) {
	c, err := s.Dial()
	if err != nil {
		return 0, 0, err
	}
	defer c.Close()
	u0, m0, err := settled(ctx, s, c)
	if err != nil {
		return 0, 0, err
	}
	if err := load.FillWith(ctx, s.Addr, uint64(commands), fill); err != nil {
		return 0, 0, err
	}
	u1, m1, err := settled(ctx, s, c)
	if err != nil {
		return 0, 0, err
	}
	n := float64(elements)
	return float64(u1-u0) / n, float64(m1.RSS-m0.RSS) / n, nil
}
