package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/redoubt-kv/redoubt/core/aof"
)

// newestIncrement is the path of the last incremental file that the manifest names,
// "" if there is none.
func (p *process) newestIncrement() (string, error) {
	dir := filepath.Join(p.dir, "appendonlydir")
	b, err := os.ReadFile(filepath.Join(dir, "appendonly.aof.manifest"))
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("manifest of the AOF: %w", err)
	}
	newest := ""
	for _, line := range strings.Split(string(b), "\n") {
		if words := strings.Fields(line); len(words) == 6 && words[0] == "file" && words[5] == "i" {
			newest = filepath.Join(dir, words[1])
		}
	}
	return newest, nil
}

// torn are the beginnings that are left behind the newest incremental file. After one
// that ends within a transaction Redis 7.0.15 leaves the transaction open in the file
// (it cuts off the last command only), and what is written later becomes part of it.
var torn = map[string]string{
	"command":     "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$4\r\ntorn\r\n$1\r\n1\r\n",
	"transaction": "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$4\r\ntorn\r\n$1\r\n1\r\n*1\r\n$4\r\nEXEC\r\n",
}

// tear now and then leaves behind the newest incremental file the beginning of
// something that nobody sent, as a write that the kill cut short. The server must cut
// it off.
func (t *trial) tear(r *rand.Rand) (note string, err error) {
	text := torn[t.o.tear]
	if t.o.mode == "rdb" || text == "" || r.IntN(4) > 0 {
		return "", nil
	}
	path, err := t.p.newestIncrement()
	if err != nil || path == "" {
		return "", err
	}
	if torn, err := isTorn(path); torn || err != nil {
		return ", its AOF torn by the kill", err
	}
	n := 1 + r.IntN(len(text)-2)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return "", fmt.Errorf("tear the AOF: %w", err)
	}
	_, err = f.WriteString(text[:n])
	return fmt.Sprintf(", its AOF torn after %d bytes of a %s", n, t.o.tear), errors.Join(err, f.Close())
}

// isTorn tells whether the kill itself has left a file with the beginning of
// something: a second one behind it is nothing that a crash leaves.
func isTorn(path string) (bool, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return false, fmt.Errorf("look whether the AOF is torn: %w", err)
	}
	reader, open := aof.NewReader(bytes.NewReader(b), aof.ReaderOptions{Size: int64(len(b))}), false
	for {
		argv, err := reader.Next()
		switch {
		case err == io.EOF:
			return open, nil
		case err != nil:
			return true, nil // in whatever way: the server is the one to judge
		case strings.EqualFold(string(argv[0]), "MULTI"):
			open = true
		case strings.EqualFold(string(argv[0]), "EXEC"):
			open = false
		}
	}
}

// sabotaged takes the last bytes off the newest incremental file, whose end is an
// acknowledged write, and wants that to be found out. Then all begins anew.
func (t *trial) sabotaged(n int, r *rand.Rand) error {
	path, err := t.p.newestIncrement()
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("sabotage: %w", err)
	}
	if err := os.Truncate(path, max(0, info.Size()-t.o.sabotage)); err != nil {
		return fmt.Errorf("sabotage: %w", err)
	}
	if _, err := t.start(r); err != nil {
		return t.failure(n, "the restart after the sabotage failed", err)
	}
	_, err = t.verify(nowMs(), nil, false)
	if err == nil {
		return t.failure(n, "sabotage", fmt.Errorf("%d bytes were taken from %s, and nothing was found to be missing", t.o.sabotage, path))
	}
	fmt.Fprintf(t.out, "round %d: %d bytes taken from the AOF, and found out: %.300s\n", n, t.o.sabotage, strings.ReplaceAll(err.Error(), "\n", " "))
	t.p.kill()
	if err := os.RemoveAll(t.p.dir); err != nil {
		return err
	}
	fresh, err := newTrial(t.o, filepath.Dir(t.p.dir), t.out)
	if err != nil {
		return err
	}
	t.p, t.actors, t.consumers, t.shared, t.ballast = fresh.p, fresh.actors, fresh.consumers, [sharedCount]int64{}, false
	_, err = t.start(r)
	return err
}

// lastWord has an acknowledged write be the last one in the AOF.
func (s *stage) lastWord() error {
	s.shared[0]++
	return s.do("INCR shared:0")
}
