package aof

import (
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// shardMap is a small server: strings in databases, in shards with no lock of
// their own. What lanes do that they must not, the race detector sees; what
// comes in the wrong order, the values show: each is a hash of its whole past.
type shardMap struct {
	shards  []map[string]uint64
	calls   []int // by lane
	alone   sync.RWMutex
	failing string // the argument that fails
}

func newShardMap(shards, lanes int) *shardMap {
	m := &shardMap{calls: make([]int, lanes+1)}
	for range shards {
		m.shards = append(m.shards, map[string]uint64{})
	}
	return m
}

func (m *shardMap) shardOf(key []byte) int {
	h := fnv.New32a()
	h.Write(key)
	return int(h.Sum32() % uint32(len(m.shards)))
}

func (m *shardMap) plan(_ int, argv [][]byte) (int, bool) {
	if string(argv[0]) != "mix" {
		return 0, false
	}
	return m.shardOf(argv[1]), true
}

var errPlanted = errors.New("planted")

func (m *shardMap) apply(lane, db int, argv [][]byte) error {
	m.calls[lane]++
	if lane == 0 {
		if !m.alone.TryLock() {
			return errors.New("lane 0 is not alone")
		}
		defer m.alone.Unlock()
	} else {
		m.alone.RLock()
		defer m.alone.RUnlock()
	}
	if m.failing != "" && string(argv[len(argv)-1]) == m.failing {
		return fmt.Errorf("%w at %s", errPlanted, argv[1])
	}
	switch string(argv[0]) {
	case "mix":
		m.mix(db, argv[1], argv[2])
	case "move": // of two keys
		from, to := m.shards[m.shardOf(argv[1])], m.shards[m.shardOf(argv[2])]
		to[nameOf(db, argv[2])] += from[nameOf(db, argv[1])]
		delete(from, nameOf(db, argv[1]))
	case "sum": // of all keys
		var sum uint64
		for _, s := range m.shards {
			for k, v := range s {
				sum += v * uint64(len(k))
			}
		}
		m.mix(db, argv[1], strconv.AppendUint(nil, sum, 10))
	default:
		return ErrUnknownCommand
	}
	return nil
}

func nameOf(db int, key []byte) string { return strconv.Itoa(db) + " " + string(key) }

func (m *shardMap) mix(db int, key, value []byte) {
	h := fnv.New64a()
	s := m.shards[m.shardOf(key)]
	fmt.Fprintf(h, "%d %s", s[nameOf(db, key)], value)
	s[nameOf(db, key)] = h.Sum64()
}

func (m *shardMap) all() map[string]uint64 {
	all := map[string]uint64{}
	for _, s := range m.shards {
		maps.Copy(all, s)
	}
	return all
}

// randomFile is a file of commands that shardMap knows.
func randomFile(rnd *rand.Rand, commands int) string {
	var b strings.Builder
	open := false
	for i := range commands {
		key, other := strconv.Itoa(rnd.IntN(50)), strconv.Itoa(rnd.IntN(50))
		switch n := rnd.IntN(200); {
		case n < 2:
			b.WriteString(cmd("select", strconv.Itoa(rnd.IntN(3))))
		case n < 4:
			b.WriteString(cmd("move", key, other, strconv.Itoa(i)))
		case n < 5:
			b.WriteString(cmd("sum", key, strconv.Itoa(i)))
		case n < 10 && !open:
			open = true
			b.WriteString(cmd("multi"))
		case n < 40 && open:
			open = false
			b.WriteString(cmd("exec"))
		case n == 199:
			b.WriteString(cmd("mix", key, strings.Repeat("x", rnd.IntN(2*laneBytes))))
		default:
			b.WriteString(cmd("mix", key, strconv.Itoa(i)))
		}
	}
	if open {
		b.WriteString(cmd("exec"))
	}
	return b.String()
}

// replayed loads text on so many lanes.
func replayed(t *testing.T, text string, lanes int, failing string) (*shardMap, error) {
	l := newLoading(t, map[string]string{"a.manifest": oneIncr, "i": text})
	m := newShardMap(8, lanes)
	m.failing = failing
	l.o.Lanes, l.o.Plan, l.o.Apply = lanes, m.plan, m.apply
	_, err := l.load(t)
	return m, err
}

// TestLanesAgainstSerial loads random files serially and on lanes: the data
// must be the same, and so must the first error.
func TestLanesAgainstSerial(t *testing.T) {
	const commands = 2000
	for seed := range uint64(6) {
		rnd := rand.New(rand.NewPCG(seed, 5))
		text := randomFile(rnd, commands)
		failing := ""
		if seed%2 == 1 {
			failing = strconv.Itoa(rnd.IntN(commands))
		}
		serial, serialErr := replayed(t, text, 1, failing)
		if serialErr == nil && len(serial.all()) == 0 {
			t.Fatal("nothing was applied")
		}
		for _, lanes := range []int{2, 3, 16} {
			parallel, err := replayed(t, text, lanes, failing)
			if fmt.Sprint(err) != fmt.Sprint(serialErr) || errors.Is(err, errPlanted) != errors.Is(serialErr, errPlanted) {
				t.Errorf("seed %d, %d lanes: %v, serially %v", seed, lanes, err, serialErr)
			}
			if err == nil && !reflect.DeepEqual(parallel.all(), serial.all()) {
				t.Errorf("seed %d: %d lanes give other data", seed, lanes)
			}
			busy := 0
			for _, n := range parallel.calls[1:] {
				if n > 0 {
					busy++
				}
			}
			if err == nil && busy < min(lanes, 8) {
				t.Errorf("seed %d: %d of %d lanes had something to do: %v", seed, busy, lanes, parallel.calls)
			}
		}
	}
}

func TestLanesUnknownCommand(t *testing.T) {
	text := strings.Repeat(cmd("mix", "a", "1"), 100) + cmd("bla")
	m, err := replayed(t, text, 4, "")
	if err == nil || err.Error() != "Unknown command 'bla' reading the append only file i" {
		t.Errorf("error %v", err)
	}
	if m.calls[0] != 1 || m.calls[1]+m.calls[2]+m.calls[3]+m.calls[4] != 100 {
		t.Errorf("calls by lane %v", m.calls)
	}
}

// TestLanesTruncated: an error of a lane comes before the end of the file.
func TestLanesTruncated(t *testing.T) {
	text := cmd("mix", "a", "1") + cmd("mix", "b", "bad") + "*3\r\n"
	if _, err := replayed(t, text, 4, "bad"); !errors.Is(err, errPlanted) {
		t.Errorf("error %v", err)
	}
}
