package aof

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/core/rdb"
	"github.com/redoubt-kv/redoubt/core/vfs"
	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// TestManifestAgainstRedis has redis-check-aof read the manifests of
// TestBadManifests and random ones: it must refuse the same, for the same reason.
func TestManifestAgainstRedis(t *testing.T) {
	program := redistest.Path(t, "redis-check-aof")
	dir := t.TempDir()
	for _, name := range []string{"a", "b", "c", " x"} { // empty files are valid
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var texts []string
	for _, c := range badManifests {
		texts = append(texts, c.text)
	}
	rnd := rand.New(rand.NewPCG(3, 1))
	words := []string{"file", "FILE", "seq", "type", "a", "b", "c", "\" x\"", "'a'", "\"\\x61\"", "\"a", "a/b", "1", "2", "-3", "+4", "5x", "b", "i", "h", "x", "key", "\v", "\f"}
	for range 150 {
		var text strings.Builder
		for range 1 + rnd.IntN(3) {
			if rnd.IntN(8) == 0 {
				text.WriteString("# comment\n")
			}
			line := []string{"file", words[4+rnd.IntN(6)], "seq", words[12+rnd.IntN(5)], "type", words[17+rnd.IntN(4)]}
			for range rnd.IntN(3) {
				line[rnd.IntN(len(line))] = words[rnd.IntN(len(words))]
			}
			text.WriteString(strings.Join(line, " ") + "\n")
		}
		texts = append(texts, text.String())
	}
	refused := 0
	for _, text := range texts {
		// The tool knows a manifest by a line that starts with "file".
		if !strings.HasPrefix(text, "file") && !strings.Contains(text, "\nfile") {
			continue
		}
		path := filepath.Join(dir, "manifest")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		out, exit := exec.Command(program, path).CombinedOutput()
		_, err := ParseManifest(strings.NewReader(text))
		var bad *ManifestError
		switch {
		case !strings.Contains(string(out), "FATAL AOF MANIFEST"):
			if err != nil {
				t.Errorf("%q: %v, but redis-check-aof reads it (%v):\n%s", text, err, exit, out)
			}
		case !errors.As(err, &bad) || !strings.Contains(string(out), bad.Reason):
			t.Errorf("%q: %v, but redis-check-aof says\n%s", text, err, out)
		default:
			refused++
			for _, line := range bad.LogLines() {
				if !strings.Contains(string(out), line) {
					t.Errorf("%q: redis-check-aof does not say %q:\n%s", text, line, out)
				}
			}
		}
	}
	if refused < 40 || refused > len(texts)-30 {
		t.Errorf("%d of %d manifests were refused", refused, len(texts))
	}
}

// random sends commands of several types, some in transactions.
func random(t *testing.T, s *redistest.Server, rnd *rand.Rand, commands int) {
	t.Helper()
	key := func() string { return fmt.Sprintf("k%d", rnd.IntN(30)) }
	for range commands {
		if rnd.IntN(20) == 0 {
			s.Must(t, "select", rnd.IntN(3))
		}
		transaction := rnd.IntN(10) == 0
		if transaction {
			s.Must(t, "multi")
			s.Must(t, "incr", "n")
		}
		switch rnd.IntN(7) {
		case 0:
			s.Must(t, "set", key(), strings.Repeat("v\r\n", rnd.IntN(200)))
		case 1:
			s.Must(t, "del", key(), key())
		case 2:
			s.Must(t, "rpush", "l"+key(), rnd.IntN(100), "x")
		case 3:
			s.Must(t, "sadd", "s"+key(), rnd.IntN(100))
		case 4:
			s.Must(t, "spop", "s"+key())
		case 5:
			s.Must(t, "incrbyfloat", "f"+key(), "1.5")
		case 6:
			s.Must(t, "hset", "h"+key(), rnd.IntN(10), rnd.IntN(10))
		}
		if transaction {
			s.Must(t, "incr", "n")
			s.Must(t, "exec")
		}
	}
}

// keys counts the keys of an RDB file.
type keyCount struct{ n int }

func (k *keyCount) Aux(_, _ []byte) error      { return nil }
func (k *keyCount) SelectDB(uint64) error      { return nil }
func (k *keyCount) ResizeDB(_, _ uint64) error { return nil }
func (k *keyCount) Entry(*rdb.Entry) error     { k.n++; return nil }

// TestLoadRedisFiles loads what redis-server wrote into another redis-server:
// they must hold the same. Files have commands alone; or their bases, RDB files.
func TestLoadRedisFiles(t *testing.T) {
	for seed, options := range [][]string{
		{"--aof-use-rdb-preamble", "no"},
		{"--aof-use-rdb-preamble", "no", "--aof-timestamp-enabled", "yes", "--appendfilename", "a b'.aof", "--appenddirname", "d"},
		{"--aof-use-rdb-preamble", "yes"},
	} {
		rnd := rand.New(rand.NewPCG(uint64(seed), 2))
		s := redistest.Start(t, append([]string{"--appendonly", "yes", "--enable-debug-command", "yes"}, options...)...)
		random(t, s, rnd, 300)
		if seed != 1 {
			s.Must(t, "bgrewriteaof")
			for strings.Contains(s.Must(t, "info", "persistence").(string), "aof_rewrite_in_progress:1") {
			}
		}
		random(t, s, rnd, 300)
		name, dir := config(t, s, "appendfilename"), config(t, s, "appenddirname")
		want := s.Must(t, "debug", "digest")
		s.Stop()

		copied := redistest.Start(t, "--enable-debug-command", "yes")
		db, count := 0, keyCount{}
		o := LoadOptions{
			FS: vfs.OS, Dir: filepath.Join(s.Dir, dir), Name: name, Databases: 16, Warning: t.Errorf,
			Apply: func(_, to int, argv [][]byte) error {
				if db != to {
					db = to
					copied.Must(t, "select", db)
				}
				args := make([]any, len(argv))
				for i, a := range argv {
					args[i] = string(a)
				}
				copied.Must(t, args...)
				return nil
			},
			RDB: func(file vfs.File, _ string, size int64, progress func(int64) error) (int64, error) {
				d := rdb.NewDecoder(io.NewSectionReader(file, 0, size), rdb.DecoderOptions{Size: size})
				if err := d.Decode(&count); err != nil {
					return 0, err
				}
				return d.Offset(), progress(d.Offset())
			},
		}
		m, err := LoadManifest(vfs.OS, o.Dir, name)
		if err != nil {
			t.Fatal(err)
		}
		manifest, err := os.ReadFile(filepath.Join(o.Dir, ManifestName(name)))
		if err != nil || !strings.Contains(name, "'") && m.String() != string(manifest) {
			t.Errorf("%v: manifest %q, redis-server wrote %q (%v)", options, m, manifest, err)
		}
		got, err := Load(m, o)
		if err != nil || got.State != Whole || got.Commands < 300 {
			t.Errorf("%v: %+v, %v", options, got, err)
		}
		if base, _ := m.Base(); strings.HasSuffix(base.Name, ".rdb") && seed == 2 {
			if count.n == 0 {
				t.Errorf("%v: nothing in the base", options)
			}
			continue
		}
		if digest := copied.Must(t, "debug", "digest"); digest != want {
			t.Errorf("%v: digest %v, want %v", options, digest, want)
		}
	}
}

func config(t *testing.T, s *redistest.Server, name string) string {
	t.Helper()
	return s.Must(t, "config", "get", name).([]any)[1].(string)
}

// TestTailAgainstRedis cuts a file at random places: redis-server must load as
// many commands of it, and cut it at the same place. In a transaction it cuts
// within, which is wrong; there only ours is looked at.
func TestTailAgainstRedis(t *testing.T) {
	text := ""
	for i := range 4 {
		text += cmd("set", fmt.Sprint(i), "v") + "#TS:12\r\n"
	}
	commandsBefore := func(size int) int { return strings.Count(text[:size], "*3\r\n") }
	for _, size := range []int{1, 5, 20, 29, 40, 41, 60, 75, 110} {
		dir := t.TempDir()
		aofDir := filepath.Join(dir, "appendonlydir")
		if err := os.Mkdir(aofDir, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, content := range map[string]string{"appendonly.aof.manifest": oneIncr, "i": text[:size]} {
			if err := os.WriteFile(filepath.Join(aofDir, name), []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		applied := 0
		m, err := LoadManifest(vfs.OS, aofDir, "appendonly.aof")
		if err != nil {
			t.Fatal(err)
		}
		// Ours loads and cuts a copy, so that redis-server gets the whole tail.
		ours := t.TempDir()
		if err := os.WriteFile(filepath.Join(ours, "i"), []byte(text[:size]), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := Load(m, LoadOptions{FS: vfs.OS, Dir: ours, Name: "appendonly.aof", Truncated: true,
			Apply: func(int, int, [][]byte) error { applied++; return nil }})
		if err != nil {
			t.Fatal(err)
		}
		s := redistest.StartIn(t, dir, "--appendonly", "yes", "--aof-load-truncated", "yes")
		if keys := s.Must(t, "dbsize"); keys != int64(applied) || applied > commandsBefore(size) {
			t.Errorf("cut at %d: %d commands, redis-server has %v keys", size, applied, keys)
		}
		s.Stop()
		after, err := os.Stat(filepath.Join(aofDir, "i"))
		if err != nil || got.State == Cut && after.Size() != got.LastSize {
			t.Errorf("cut at %d: sound up to %d, redis-server has cut to %d", size, got.LastSize, after.Size())
		}
	}
}
