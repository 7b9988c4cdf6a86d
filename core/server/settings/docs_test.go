package settings

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/core/config"
)

var rewrite = flag.Bool("rewrite", false, "write docs/configuration.md anew")

const docsPath = "../../../docs/configuration.md"

const docsHead = `# Configuration

This table is generated from the server's own table of directives:
` + "`go test ./core/server/settings -run TestDocs -rewrite`" + `.

Syntax is that of Redis 7.0's redis.conf. Every directive can also be given on
the command line (` + "`redoubt-server [file.conf] [--directive value …] [-]`" + `; a single
dash reads more from standard input), and what comes later wins. CONFIG SET
changes those marked *yes* in the third column; *protected* ones need
` + "`enable-protected-configs`" + `.

A directive is *effective*; or it has *no effect* in this build, and is kept and
reported so that files and clients made for Redis work; or anything but its
default is *refused*, because ignoring it would do harm.

| directive | default | CONFIG SET | status | note |
|---|---|---|---|---|
`

func docs() string {
	s := Default()
	s.Dir = "(where it was started)"
	var b strings.Builder
	b.WriteString(docsHead)
	for _, row := range config.New(Directives(s)).Table() {
		name := "`" + row.Name + "`"
		if row.Alias != "" {
			name += ", `" + row.Alias + "`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", name, code(row.Default), mutable(row.Flags), row.Status, row.Note)
	}
	b.WriteString("\nA file may also `include` others, by name or pattern. Refused statements: ")
	var names []string
	for _, st := range refusedStatements() {
		names = append(names, "`"+st.Name+"`")
	}
	b.WriteString(strings.Join(names, ", ") + ".\n")
	return b.String()
}

func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

func mutable(f config.Flags) string {
	switch {
	case f&config.Immutable != 0:
		return "no"
	case f&config.Protected != 0:
		return "protected"
	}
	return "yes"
}

func TestDocs(t *testing.T) {
	if *rewrite {
		if err := os.MkdirAll("../../../docs", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(docsPath, []byte(docs()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(docsPath)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != docs() {
		t.Error("docs/configuration.md does not fit the table; run: go test ./core/server/settings -run TestDocs -rewrite")
	}
}

// TestNotes: whoever is refused, or ignored, is told why.
func TestNotes(t *testing.T) {
	for _, d := range Directives(Default()) {
		if d.Status != config.Effective && d.Note == "" {
			t.Errorf("%s is %v and does not say why", d.Name, d.Status)
		}
	}
}

func TestRefused(t *testing.T) {
	r, s, live := NewRegistry()
	for _, line := range []string{"replicaof localhost 6380", "cluster-enabled yes",
		"loadmodule /x.so", "sentinel", "sentinel monitor x", "locale-collate C", "min-replicas-to-write 1"} {
		if err := r.LoadString(line); err == nil || !strings.Contains(err.Error(), "this build of Redoubt refuses") {
			t.Errorf("%s: %v", line, err)
		}
	}
	if s.ReplicaOf.Host != "" || s.ClusterEnabled {
		t.Error("a refused value stayed")
	}
	if err := r.LoadString("replicaof no one\nport 7000\nshards 8"); err != nil {
		t.Error(err)
	}
	if live.Load().Port != 7000 || live.Load() == s {
		t.Error("not published")
	}
	if err := r.LoadString("shards 6"); err == nil {
		t.Error("shards must be a power of two")
	}
}

func TestProcTitle(t *testing.T) {
	s := Default()
	if got := s.ProcTitle("redoubt-server", ""); got != "redoubt-server *:6379" {
		t.Errorf("%q", got)
	}
	s.ProcTitleTemplate, s.Bind, s.Port = "{{x {config-file} {listen-addr}{unixsocket}", nil, 0
	if got := s.ProcTitle("", "/c"); got != "{x /c unixsocket:" {
		t.Errorf("%q", got)
	}
}
