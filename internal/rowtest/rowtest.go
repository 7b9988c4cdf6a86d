// Package rowtest compares the rows of a family with what redis-server says
// about the same commands.
package rowtest

import (
	"fmt"
	"net"
	"reflect"
	"slices"
	"testing"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/family/commands"
	"github.com/redoubt-kv/redoubt/core/resp"
	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// Compare asks s for COMMAND INFO and COMMAND DOCS of each row and fails the
// test where the replies of this table differ.
func Compare(t *testing.T, s *redistest.Server, rows []command.Row) {
	t.Helper()
	var table *command.Table
	ours := commands.Commands(func() *command.Table { return table })
	if slices.ContainsFunc(rows, func(r command.Row) bool { return r.Name == "command" }) {
		rows = ours
		ours = nil
	}
	table, err := command.NewTable(rows, ours)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		for _, what := range []string{"INFO", "DOCS"} {
			theirs := s.Must(t, "COMMAND", what, r.Name)
			got := Run(t, table, "COMMAND", what, r.Name)
			if diff(sorted(got), sorted(theirs)) {
				t.Errorf("COMMAND %s %s:\n have %v\n want %v", what, r.Name, sorted(got), sorted(theirs))
			}
		}
	}
}

// Complete fails the test if the rows are not those of an ACL category of s, or
// one has no handler.
func Complete(t *testing.T, s *redistest.Server, category string, rows []command.Row) {
	t.Helper()
	var names, theirs []string
	for _, r := range rows {
		names = append(names, r.Name)
		if r.Handler == nil {
			t.Errorf("%s has no handler", r.Name)
		}
	}
	for _, name := range s.Must(t, "COMMAND", "LIST", "FILTERBY", "ACLCAT", category).([]any) {
		// SORT is of the categories of what it sorts, but not of their groups.
		if name != "sort" && name != "sort_ro" {
			theirs = append(theirs, name.(string))
		}
	}
	slices.Sort(names)
	slices.Sort(theirs)
	if !slices.Equal(names, theirs) {
		t.Errorf("commands of @%s\n have %v\n want %v", category, names, theirs)
	}
}

// Run executes a command of a table that needs no keyspace and returns its
// reply as redistest's client would.
func Run(t *testing.T, table *command.Table, words ...string) any {
	t.Helper()
	row := table.Lookup([]byte(words[0]))
	if len(words) > 1 && row.Sub([]byte(words[1])) != nil {
		row = row.Sub([]byte(words[1]))
	}
	var w resp.Writer
	call := command.Call{Row: row, Out: &w}
	for _, word := range words {
		call.Args = append(call.Args, []byte(word))
	}
	row.Handler(&call)
	return parse(t, w.B)
}

func parse(t *testing.T, reply []byte) any {
	t.Helper()
	near, far := net.Pipe()
	defer near.Close()
	go func() {
		far.Write(reply)
		far.Close()
	}()
	v, err := redistest.NewClient(near).Receive()
	if err != nil {
		t.Fatalf("%.200q: %v", reply, err)
	}
	return v
}

func diff(a, b any) bool { return !reflect.DeepEqual(a, b) }

// sorted orders what Redis orders by the slots of its dictionary, which are
// the subcommands: in INFO an array of commands, in DOCS names and docs in
// turn.
func sorted(v any) any {
	list, ok := v.([]any)
	if !ok {
		return v
	}
	list = slices.Clone(list)
	for i := range list {
		list[i] = sorted(list[i])
	}
	switch {
	case len(list) == 10:
		if subs, ok := list[9].([]any); ok {
			slices.SortFunc(subs, byText)
		}
	case len(list)%2 == 0:
		for i := 0; i < len(list); i += 2 {
			if list[i] == "subcommands" {
				list[i+1] = sortedPairs(list[i+1].([]any))
			}
		}
	}
	return list
}

func sortedPairs(list []any) []any {
	var pairs []any
	for i := 0; i < len(list); i += 2 {
		pairs = append(pairs, list[i:i+2])
	}
	slices.SortFunc(pairs, byText)
	return pairs
}

func byText(a, b any) int {
	x, y := fmt.Sprint(a), fmt.Sprint(b)
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}
