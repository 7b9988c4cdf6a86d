package server_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// TestSavesUnderTransfers saves with several workers while clients move amounts
// between accounts: string keys, and fields of a hash that is read in parts. Each
// file, loaded, has the sums of the start.
func TestSavesUnderTransfers(t *testing.T) {
	const accounts, each = 3000, 1000
	dir := t.TempDir()
	r := start(t, dir, "--save", "", "--snapshot-workers", "3", "--snapshot-memory-budget", "1mb")
	c := r.dial()
	for i := range accounts {
		c.Send("SET", fmt.Sprint("account:", i), fmt.Sprint(each))
		c.Send("HSET", "bank", fmt.Sprint(i), fmt.Sprint(each))
	}
	for range 2 * accounts {
		if _, err := c.Receive(); err != nil {
			t.Fatal(err)
		}
	}
	var stop atomic.Bool
	var group sync.WaitGroup
	for w := range 3 {
		client := r.dial()
		group.Go(func() {
			for n := w; !stop.Load(); n += 7919 {
				transferWithin(t, client, n%accounts, (n*31+7)%accounts, n%100)
			}
		})
	}
	for range 4 {
		saves := func() string {
			got, _ := c.Do("INFO", "persistence")
			return fmt.Sprint(got)
		}
		expect(t, c, "Background saving started", "BGSAVE")
		r.eventually("the save ends", func() bool { return strings.Contains(saves(), "rdb_bgsave_in_progress:0") })
		if !strings.Contains(saves(), "rdb_last_bgsave_status:ok") {
			t.Fatal(saves())
		}
		checkSums(t, filepath.Join(dir, "dump.rdb"), accounts, each)
	}
	stop.Store(true)
	group.Wait()
	if left, _ := filepath.Glob(filepath.Join(dir, "temp-*")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func transferWithin(t *testing.T, c *redistest.Client, from, to, n int) {
	for _, args := range [][]any{
		{"MULTI"}, {"DECRBY", fmt.Sprint("account:", from), n}, {"INCRBY", fmt.Sprint("account:", to), n},
		{"HINCRBY", "bank", fmt.Sprint(from), -n}, {"HINCRBY", "bank", fmt.Sprint(to), n}, {"EXEC"},
	} {
		if _, err := c.Do(args...); err != nil {
			t.Error(err)
		}
	}
}

// checkSums loads the file and adds up what is in it.
func checkSums(t *testing.T, file string, accounts, each int) {
	t.Helper()
	dir := t.TempDir()
	data, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "dump.rdb"), data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	loaded := start(t, dir, "--save", "")
	c := loaded.dial()
	expect(t, c, accounts+1, "DBSIZE")
	var keys []any
	for i := range accounts {
		keys = append(keys, fmt.Sprint("account:", i))
	}
	for _, request := range [][]any{append([]any{"MGET"}, keys...), {"HVALS", "bank"}} {
		got, err := c.Do(request...)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0
		for _, v := range got.([]any) {
			var n int
			fmt.Sscan(fmt.Sprint(v), &n)
			sum += n
		}
		if sum != accounts*each {
			t.Errorf("%v: the sum is %d, want %d", request[0], sum, accounts*each)
		}
	}
	c.Send("SHUTDOWN", "NOSAVE")
	loaded.exit(0)
}

// TestSaveFails: the reply is Redis's, and the log has the reason.
func TestSaveFails(t *testing.T) {
	oracle := redistest.Start(t, "--enable-protected-configs", "yes")
	r := start(t, t.TempDir(), "--enable-protected-configs", "yes", "--save", "")
	c := r.dial()
	for _, do := range []func(args ...any) (any, error){oracle.Do, c.Do} {
		// A directory cannot be replaced by a file.
		dir := t.TempDir()
		if err := os.MkdirAll(filepath.Join(dir, "taken", "full"), 0o700); err != nil {
			t.Fatal(err)
		}
		do("CONFIG", "SET", "dir", dir, "dbfilename", "taken")
		reply, err := do("SAVE")
		if err != nil || reply != redistest.Error("ERR") {
			t.Errorf("SAVE: %q, %v", reply, err)
		}
	}
	if !strings.Contains(r.log.String(), "Error saving DB on disk: ") {
		t.Error("the log does not say why")
	}
}
