package tidy

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestRepository checks the files of the work tree that git tracks or would
// track.
func TestRepository(t *testing.T) {
	const root = "../.."
	cmd := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git ls-files: %v", err)
	}
	files := map[string][]byte{}
	for _, name := range strings.Split(strings.TrimRight(string(out), "\x00"), "\x00") {
		content, err := os.ReadFile(filepath.Join(root, name))
		if os.IsNotExist(err) {
			continue // deleted and not yet committed
		}
		if err != nil {
			t.Fatal(err)
		}
		files[name] = content
	}
	if len(files) == 0 {
		t.Fatal("git names no files")
	}
	for _, b := range Check(files) {
		t.Error(b)
	}
}

// TestPlanted breaks each rule once.
func TestPlanted(t *testing.T) {
	const ok = "// Package x is.\npackage x\n"
	for _, c := range []struct{ name, content, want string }{
		{"core/x/x.go", ok, ""},
		{"core/x/x.go", ok + "var  a = 1\n", "core/x/x.go:1: is not gofmt'ed"},
		{"core/util/x.go", ok, "grab bag"},
		{"core/x/x.go", ok + "\nfunc F() {}\n", "core/x/x.go:4: exported F has no comment"},
		{"core/x/x.go", ok + "\ntype t int\n\nfunc (t) F() {}\n", ""},
		{"core/x/x.go", ok + "\ntype T int\n", "exported type T"},
		{"core/x/x.go", ok + "\nvar V int\n", "exported V"},
		{"core/x/x.go", ok + "\nfunc init() {}\n", "func init"},
		{"core/x/x.go", ok + "\n// TO" + "DO: more\n", "core/x/x.go:4: TO" + "DO"},
		{"core/x/x.go", ok + strings.Repeat("\n// a\n", maxLines), "under 900"},
		{"core/page/x.go", ok, "heading Layout"},
		{"core/glob/x.go", ok, "no Fuzz target"},
		{"cmd/x/x.go", "package main\n", "no package comment"},
		{"core/x/x.go", "// Package x is.\n//\n//\tP1. All is well.\npackage x\n", "core/x/x.go:3: invariant P1"},
		{"core/x/x.go", "// Package x is.\n//\n//\tP1. All is well.\npackage x\n\nconst a = \"P1 broken\"\n", ""},
		{"core/x/x.go", "// Package x is.\n//\n//\tP1. All is well.\npackage x\n\nconst a = \"y P1 broken\"\n", ""},
		{"core/x/x.go", ok + "\n// if a { \n", "commented-out"},
		{"core/x/x.go", ok + "\n//\ta := f()\n", ""},
		{"docs/a.md", "see /wo" + "rk/x\n", "path of one machine"},
		{"docs/a.md", "from deb.deb" + "ian.org\n", "registry host"},
	} {
		got := strings.Join(Check(map[string][]byte{c.name: []byte(c.content)}), "\n")
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s %q:\n got %q\nwant %q", c.name, c.content, got, c.want)
		}
	}
}
