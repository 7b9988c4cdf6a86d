package family_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/internal/familytest"
	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// loader is a redis-server that loads journals.
type loader struct {
	server *redistest.Server
	file   string
}

func startLoader(t *testing.T) *loader {
	t.Helper()
	dir := t.TempDir()
	files := filepath.Join(dir, "appendonlydir")
	l := &loader{file: filepath.Join(files, "appendonly.aof.1.incr.aof")}
	for _, err := range []error{
		os.Mkdir(files, 0o755),
		os.WriteFile(filepath.Join(files, "appendonly.aof.manifest"), []byte("file appendonly.aof.1.incr.aof seq 1 type i\n"), 0o644),
		os.WriteFile(l.file, nil, 0o644),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	l.server = redistest.StartIn(t, dir, "--enable-debug-command", "yes")
	l.server.Must(t, "DEBUG", "SET-ACTIVE-EXPIRE", 0)
	return l
}

// load has redis-server load a journal and returns the signature of the data.
func (l *loader) load(t *testing.T, log []byte) string {
	t.Helper()
	if err := os.WriteFile(l.file, log, 0o644); err != nil {
		t.Fatal(err)
	}
	l.server.Must(t, "DEBUG", "LOADAOF")
	return fmt.Sprint(l.server.Must(t, "DEBUG", "DIGEST"))
}

// exchange has each side load what the other has written, and compares the data
// with those of who wrote it.
func (l *loader) exchange(t *testing.T, o *oracle, theirs, ours []byte, digest string) {
	t.Helper()
	if len(ours) > 0 {
		if got := l.load(t, ours); got != digest {
			t.Errorf("redis-server loads the journal and has the data %s, want %s", got, digest)
		}
	}
	p := newPeer(t, &lazy{}, 4, func() int64 { return time.Now().UnixMilli() })
	p.Replay(theirs)
	if got, want := digestOf(p), fmt.Sprint(o.server.Must(t, "DEBUG", "DIGEST")); got != want {
		t.Errorf("redis-server's file is loaded as the data %s, want %s", got, want)
	}
}

// digestOf is a peer's DEBUG DIGEST.
func digestOf(p *familytest.Peer) string {
	return strings.Trim(p.Client().Do("DEBUG", "DIGEST"), "+\r\n")
}
