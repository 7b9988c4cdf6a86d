package server_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// twins are connections to a server of ours and to redis-server, in pairs.
type twins struct {
	t     *testing.T
	pairs [4][2]*redistest.Client
	log   []string
}

func newTwins(t *testing.T) *twins {
	r := start(t, t.TempDir(), "--save", "", "--enable-debug-command", "yes")
	oracle := redistest.Start(t, "--enable-debug-command", "yes")
	w := &twins{t: t}
	for i := range w.pairs {
		w.pairs[i] = [2]*redistest.Client{r.dial(), redistest.MustDial(t, oracle.Addr)}
	}
	w.same(0, "DEBUG", "SET-ACTIVE-EXPIRE", "0")
	return w
}

// same sends a command over pair i and compares the replies.
func (w *twins) same(i int, args ...any) {
	w.t.Helper()
	w.log = append(w.log, fmt.Sprint(i, ": ", args))
	var replies [2]string
	for side, c := range w.pairs[i] {
		raw, err := c.Raw(args...)
		if err != nil {
			w.t.Fatalf("%v: %v", args, err)
		}
		replies[side] = comparable(raw)
	}
	if replies[0] != replies[1] {
		w.t.Fatalf("%s\n got %q\nwant %q", strings.Join(w.log[max(0, len(w.log)-60):], "\n"), replies[0], replies[1])
	}
}

var figures = regexp.MustCompile(`(?s)\$\d+\r\nid=.* (flags=\S*) (db=\d+) .*(multi=\S+).*(cmd=\S+) .*`)

// comparable leaves the fields of CLIENT INFO that tell about transactions.
func comparable(raw string) string { return figures.ReplaceAllString(raw, "$1 $2 $3 $4") }

// TestTransactionsLikeRedis sends random commands over four connections, which
// watch and change each other's keys, also in other databases.
func TestTransactionsLikeRedis(t *testing.T) {
	w := newTwins(t)
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 0))
		w.log = nil
		for range 250 {
			step := randomStep(r)
			w.same(r.IntN(len(w.pairs)), step...)
			if step[0] == "PEXPIRE" || step[0] == "EXEC" {
				time.Sleep(4 * time.Millisecond) // what is to expire does so on both sides
			}
		}
		for i := range w.pairs {
			w.same(i, "RESET")
		}
		w.same(0, "FLUSHALL")
	}
}

func randomStep(r *rand.Rand) []any {
	key := func() string { return string(rune('a' + r.IntN(5))) }
	db := func() int { return r.IntN(3) }
	switch r.IntN(40) {
	case 0, 1, 2, 3:
		return []any{"MULTI"}
	case 4, 5, 6, 7:
		return []any{"EXEC"}
	case 8, 9, 10:
		return []any{"WATCH", key(), key()}
	case 11:
		return []any{"UNWATCH"}
	case 12:
		return []any{"DISCARD"}
	case 13:
		return []any{"SELECT", db()}
	case 14, 15, 16:
		return []any{"SET", key(), r.IntN(100)}
	case 17:
		return []any{"GET", key()}
	case 18:
		return []any{"DEL", key(), key()}
	case 19:
		return []any{"INCR", key()}
	case 20:
		return []any{"APPEND", key(), "x"}
	case 21:
		return []any{"RENAME", key(), key()}
	case 22:
		return []any{"MOVE", key(), db()}
	case 23:
		return []any{"COPY", key(), key(), "DB", db(), "REPLACE"}
	case 24:
		return []any{"SWAPDB", db(), db()}
	case 25:
		return []any{"FLUSHDB"}
	case 26:
		if r.IntN(3) == 0 {
			return []any{"FLUSHALL"}
		}
		return []any{"DBSIZE"}
	case 27, 28:
		return []any{"PEXPIRE", key(), []int{1, 100000}[r.IntN(2)]}
	case 29, 30:
		return []any{"DEBUG", "SLEEP", "0.003"} // keys do not expire meanwhile
	case 31:
		return []any{"NOSUCH", key()}
	case 32:
		return []any{"SET", key()}
	case 33:
		return []any{"PERSIST", key()}
	case 34, 35:
		return []any{"CLIENT", "INFO"}
	case 36:
		return []any{"RESET"}
	case 37:
		return []any{"SAVE"}
	case 38:
		return []any{"EXISTS", key()}
	}
	return []any{"PFADD", key(), r.IntN(10)}
}

func TestNestedCommandsLikeRedis(t *testing.T) {
	w := newTwins(t)
	for _, line := range []string{
		"EXEC", "DISCARD", "UNWATCH", "EXEC extra", "MULTI", "EXEC extra", "EXEC",
		"MULTI", "WATCH a", "MULTI", "EXEC", "MULTI", "UNWATCH", "EXEC",
		"MULTI", "SCAN 0 COUNT 100", "DBSIZE", "KEYS *", "RANDOMKEY", "EXEC",
		"MULTI", "CONFIG RESETSTAT", "INFO nothing", "MEMORY USAGE nothing", "EXEC",
		"MULTI", "SELECT 2", "SET a 1", "SELECT 0", "GET a", "EXEC", "SELECT 2", "GET a", "SELECT 0",
		"MULTI", "SHUTDOWN", "EXEC", "MULTI", "DEBUG DIGEST", "EXEC",
		"MULTI", "SET a x", "INCR a", "SET b 2", "EXEC", "GET b",
		"MULTI", "CLIENT UNBLOCK 99", "CLIENT GETNAME", "EXEC",
		"MULTI", "BGSAVE", "EXEC",
	} {
		w.same(1, words(line)...)
	}
	for side, c := range w.pairs[2] {
		c.SendBytes([]byte("MULTI\r\nSET a 1\r\nCLIENT REPLY OFF\r\nGET a\r\nEXEC\r\nPING\r\nMULTI\r\nGET a\r\nCLIENT REPLY ON\r\nPING\r\nEXEC\r\nPING end\r\n"))
		got := []any{}
		for len(got) == 0 || got[len(got)-1] != "end" {
			reply, err := c.Receive()
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, reply)
		}
		// EXEC's reply is cut short, and takes what follows for the rest of it.
		if want := "[OK QUEUED QUEUED QUEUED [OK OK PONG] end]"; fmt.Sprint(got) != want {
			t.Errorf("side %d: %v", side, got)
		}
	}
}

func words(line string) (args []any) {
	for _, word := range strings.Fields(line) {
		args = append(args, word)
	}
	return args
}

func sortLines(text string) string {
	lines := strings.Fields(text)
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// TestRefusalsLikeRedis: what memory there is counts when a command is queued, and
// at EXEC for what is queued.
func TestRefusalsLikeRedis(t *testing.T) {
	w := newTwins(t)
	full, room := "CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0"
	for _, step := range []struct {
		i    int
		line string
	}{
		{0, "MULTI"}, {0, "SET a 1"}, {1, full}, {0, "EXEC"}, {0, "EXEC"}, // what it runs needs memory
		{0, "MULTI"}, {0, "GET a"}, {0, "DISCARD"}, // queueing does
		{0, "MULTI"}, {0, "GET a"}, {0, "EXEC"},
		{0, "MULTI"}, {0, "MULTI"}, {0, "WATCH a"}, {0, "UNWATCH"}, {0, "RESET"},
		{0, "WATCH a"}, {0, "MULTI"}, {0, "EXEC"},
		{1, room}, {0, "MULTI"}, {0, "GET a"}, {1, full}, {0, "EXEC"}, // this runs nothing that does
		{1, room}, {0, "WATCH a"}, {0, "MULTI"}, {0, "SET a 2"}, {1, full}, {0, "EXEC"},
		{1, room}, {1, "SET a 3"}, {0, "MULTI"}, {0, "GET a"}, {0, "EXEC"}, // the refusal has ended the watch
		{1, "CLIENT PAUSE 100000 WRITE"}, {0, "MULTI"}, {0, "GET a"}, {0, "EXEC"}, {1, "CLIENT UNPAUSE"},
	} {
		w.same(step.i, words(step.line)...)
	}
}

// TestChangesLikeRedis: a change of the key k, and only that, has EXEC refuse.
func TestChangesLikeRedis(t *testing.T) {
	w := newTwins(t)
	for _, line := range []string{
		"SET k 1", "SET k 2 NX", "SET k 2 XX GET", "SETNX k 2", "GETSET k 1", "GETDEL k", "GETEX k", "GETEX k EX 100",
		"GETEX k PERSIST", "APPEND k x", "APPEND k ", "SETRANGE k 1 x", "SETRANGE k 1 ", "INCR k", "INCRBYFLOAT k 0",
		"MSET k 1", "MSETNX k 1", "GET k", "STRLEN k", "SETBIT k 1 1", "SETBIT k 1 1", "BITFIELD k GET u8 0",
		"BITFIELD k SET u8 0 1", "BITFIELD k SET u8 0 1", "BITOP NOT k k", "BITOP AND k none none", "BITOP AND none k k",
		"DEL k", "DEL k", "UNLINK k", "EXPIRE k 100", "EXPIRE k 100 NX", "EXPIRE k 100 XX", "EXPIRE k -1", "PERSIST k", "PERSIST k",
		"TOUCH k", "OBJECT ENCODING k", "RENAME k l", "RENAME l k", "RENAMENX k l", "RENAMENX x k", "COPY k l", "COPY l k",
		"COPY l k REPLACE", "COPY k k DB 1", "MOVE k 1", "MOVE k 2", "MOVE x 1", "FLUSHALL", "FLUSHDB", "SWAPDB 0 1", "SWAPDB 1 2",
		"PFADD k a", "PFADD k a", "PFCOUNT k", "PFMERGE k k", "PFMERGE k", "PFADD h b", "PFMERGE k h",
		"DEBUG POPULATE 1 k", "DEBUG POPULATE 1 p", "PEXPIREAT k 1", "DUMP k", "DEBUG RELOAD", "SETEX k 100 v", "DEBUG RELOAD",
		"RESTORE k 0 x", "EVICTED k",
	} {
		for _, before := range []string{"SET k 1", "SET k 1 EX 100", "SET k v", "DEL k", "SET x 1"} {
			w.same(1, words(before)...)
			w.same(1, "SET", "l", "1")
			w.same(0, "WATCH", "k", "k:0")
			w.same(1, words(line)...)
			w.same(0, "MULTI")
			w.same(0, "EXEC")
		}
		w.same(1, "DEL", "k", "l", "h", "x")
	}
}

// TestFiguresOfTransactions: commands within EXEC are counted each, and EXEC.
func TestFiguresOfTransactions(t *testing.T) {
	w := newTwins(t)
	calls := regexp.MustCompile(`cmdstat_(\S+):(calls=\d+).*(rejected_calls=\d+,failed_calls=\d+)`)
	w.same(0, "CONFIG", "RESETSTAT")
	for _, line := range []string{"MULTI", "SET a 1", "SET a 1", "INCR b", "LCS a", "EXEC", "MULTI", "SET a x", "SET a x", "INCR a", "EXEC", "WATCH a", "EXEC"} {
		w.same(0, words(line)...)
	}
	var got [2]string
	for side, c := range w.pairs[0] {
		text := fmt.Sprint(c.Must(t, "INFO", "commandstats", "errorstats"))
		for _, m := range calls.FindAllStringSubmatch(text, -1) {
			if m[1] != "info" && !strings.HasPrefix(m[1], "config") {
				got[side] += strings.Join(m[1:], " ") + "\n"
			}
		}
		_, errors, _ := strings.Cut(text, "# Errorstats")
		got[side] += errors
	}
	if sortLines(got[0]) != sortLines(got[1]) {
		t.Errorf("got\n%s\nwant\n%s", got[0], got[1])
	}
}

// Clients move amounts between accounts, each in a transaction that watches, and
// others look at all accounts in one: the sum never changes, and no money is
// lost to a lost update.
func TestTransactionsTogether(t *testing.T) {
	const accounts, clients, transfers = 6, 6, 150
	r := start(t, t.TempDir(), "--save", "", "--loops", "3")
	c := r.dial()
	names := []any{"MGET"}
	for i := range accounts {
		c.Must(t, "SET", fmt.Sprint("account", i), 100)
		names = append(names, fmt.Sprint("account", i))
	}
	var all sync.WaitGroup
	done := make(chan struct{})
	for n := range clients {
		all.Add(1)
		go func() {
			defer all.Done()
			transfer(t, r.dial(), rand.New(rand.NewPCG(uint64(n), 1)), accounts, transfers)
		}()
	}
	go func() { all.Wait(); close(done) }()
	for busy := true; busy; {
		select {
		case <-done:
			busy = false
		default:
		}
		c.Must(t, "MULTI")
		for _, name := range names[1:] {
			c.Must(t, "GET", name)
		}
		sum := 0
		for _, v := range c.Must(t, "EXEC").([]any) {
			var n int
			fmt.Sscan(fmt.Sprint(v), &n)
			sum += n
		}
		if sum != 100*accounts {
			t.Fatalf("the accounts hold %d", sum)
		}
		time.Sleep(time.Millisecond)
	}
	expect(t, c, fmt.Sprint(clients*transfers), "GET", "transfers")
}

// transfer moves one from account to account until it has succeeded so often.
func transfer(t *testing.T, c *redistest.Client, r *rand.Rand, accounts, times int) {
	for times > 0 {
		a, b := fmt.Sprint("account", r.IntN(accounts)), fmt.Sprint("account", r.IntN(accounts))
		if a == b {
			continue
		}
		c.Must(t, "WATCH", a, b)
		var x, y int
		fmt.Sscan(fmt.Sprint(c.Must(t, "GET", a)), &x)
		fmt.Sscan(fmt.Sprint(c.Must(t, "GET", b)), &y)
		c.Must(t, "MULTI")
		c.Must(t, "SET", a, x-1)
		c.Must(t, "SET", b, y+1)
		c.Must(t, "INCR", "transfers")
		if c.Must(t, "EXEC") != nil {
			times--
		}
	}
}
