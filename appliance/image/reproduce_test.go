package image_test

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/appliance/image/format"
)

// TestReproducible builds every profile twice: here, and in a copy of the repository
// in another folder, with other times of its files, another time zone, umask, home
// and language. Each byte must be the same. A format is a function of the raw disk,
// so that one profile has them all; with REDOUBT_BOOT_ALL=1 every profile has, and
// the second build compiles everything anew.
func TestReproducible(t *testing.T) {
	profiles, err := filepath.Glob("../../images/*/profile")
	if err != nil || len(profiles) == 0 {
		t.Fatalf("no profiles: %v", err)
	}
	here, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	there := copyRepository(t, here)
	program := filepath.Join(t.TempDir(), "redoubt-image")
	if out, err := exec.Command("go", "build", "-o", program, "../../cmd/redoubt-image").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, path := range profiles {
		name := filepath.Base(filepath.Dir(path))
		t.Run(name, func(t *testing.T) {
			first, second := filepath.Join(t.TempDir(), "one"), filepath.Join(t.TempDir(), "two")
			build(t, "umask 022", program, here, first, name, nil)
			build(t, "umask 077", program, there, second, name, otherEnvironment(t))
			compare(t, first, second)
		})
	}
}

// otherEnvironment is everything that a build must not depend on.
func otherEnvironment(t *testing.T) []string {
	t.Helper()
	env := []string{
		"TZ=Pacific/Kiritimati", "LC_ALL=C.UTF-8", "LANG=de_DE.UTF-8", "USER=somebody", "LOGNAME=somebody",
		"HOME=" + t.TempDir(), "TMPDIR=" + t.TempDir(), "SOURCE_DATE_EPOCH=1", "MAKEFLAGS=-j9",
	}
	// What go keeps below the home folder.
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH", "GOPROXY", "GONOSUMDB", "GOFLAGS"} {
		out, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		value := strings.TrimSpace(string(out))
		if name == "GOCACHE" && os.Getenv("REDOUBT_BOOT_ALL") != "" {
			value = t.TempDir()
		}
		env = append(env, name+"="+value)
	}
	return env
}

// build runs redoubt-image in a repository.
func build(t *testing.T, before, program, root, output, name string, env []string) {
	t.Helper()
	formats := format.Names()
	switch {
	case name == "redis-memonly":
	case os.Getenv("REDOUBT_BOOT_ALL") != "":
		formats = formats[:len(formats)-1] // an ISO image is a live machine
	default:
		formats = formats[:2]
	}
	cmd := exec.Command("sh", "-c", before+`; exec "$@"`, "sh", program, "-root", root, "-output", output,
		"-version", "v1.2.3", "-format", strings.Join(formats, ","), name)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build in %s: %v\n%s", root, err, out)
	}
}

// compare fails for each file that differs or is in one folder only.
func compare(t *testing.T, first, second string) {
	t.Helper()
	names := map[string]bool{}
	for _, dir := range []string{first, second} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			names[e.Name()] = true
		}
	}
	if len(names) < 7 {
		t.Errorf("only %d files were built", len(names))
	}
	for name := range names {
		a, errA := os.ReadFile(filepath.Join(first, name))
		b, errB := os.ReadFile(filepath.Join(second, name))
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			t.Errorf("%s differs (%d and %d bytes, %v, %v)", name, len(a), len(b), errA, errB)
		}
	}
	cmd := exec.Command("sha256sum", "--quiet", "-c", "SHA256SUMS")
	cmd.Dir = first
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// copyRepository copies what an image is built of to a folder with a longer name,
// and makes all files old.
func copyRepository(t *testing.T, root string) string {
	t.Helper()
	there := filepath.Join(t.TempDir(), "another place", "with a long name")
	old := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
	for _, part := range []string{"go.mod", "go.sum", "LICENSE", "appliance", "cmd", "core", "images", "internal"} {
		err := filepath.WalkDir(filepath.Join(root, part), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || d.Name() == "testdata" {
				return err
			}
			relative, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			target := filepath.Join(there, relative)
			if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
				return err
			}
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if err := os.WriteFile(target, content, 0o600); err != nil {
				return err
			}
			return os.Chtimes(target, old, old)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return there
}
