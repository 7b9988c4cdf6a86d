package familytest

import (
	"reflect"
	"slices"
	"testing"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// CheckRows compares the rows of a group with COMMAND LIST, COMMAND INFO and
// COMMAND DOCS of redis-server.
func CheckRows(t *testing.T, group string, rows []command.Row) {
	oracle := redistest.MustDial(t, redistest.Start(t).Addr)
	var names []any
	for i := range rows {
		r := &rows[i]
		names = append(names, r.Name)
		info := oracle.Must(t, "COMMAND", "INFO", r.Name).([]any)[0].([]any)
		same(t, r.Name+" arity", int64(r.Arity), info[1])
		same(t, r.Name+" flags", words(r.Flags.Names()), info[2])
		same(t, r.Name+" categories", categories(r), info[6])
		same(t, r.Name+" tips", words(r.Tips), info[7])
		same(t, r.Name+" keys", keySpecs(r), info[8])
		docs := oracle.Must(t, "COMMAND", "DOCS", r.Name).([]any)[1]
		same(t, r.Name+" docs", docsOf(r), docs)
		if r.Handler == nil {
			t.Errorf("%s has no handler", r.Name)
		}
	}
	list := oracle.Must(t, "COMMAND", "LIST", "FILTERBY", "ACLCAT", group).([]any)
	same(t, "names", sorted(names), sorted(list))
}

func same(t *testing.T, what string, got, want any) {
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s\n got %v\nwant %v", what, got, want)
	}
}

func sorted(list []any) []any {
	slices.SortFunc(list, func(a, b any) int {
		if a.(string) < b.(string) {
			return -1
		}
		return 1
	})
	return list
}

func categories(r *command.Row) []any {
	out := words(r.Categories())
	for i := range out {
		out[i] = "@" + out[i].(string)
	}
	return out
}

func words(list []string) []any {
	out := []any{}
	for _, w := range list {
		out = append(out, w)
	}
	return out
}

func keySpecs(r *command.Row) []any {
	out := []any{}
	for _, k := range r.Keys {
		var spec []any
		if k.Notes != "" {
			spec = append(spec, "notes", k.Notes)
		}
		spec = append(spec, "flags", words(k.Flags),
			"begin_search", []any{"type", "index", "spec", []any{"index", int64(k.Index)}},
			"find_keys", []any{"type", "range", "spec", []any{"lastkey", int64(k.LastKey),
				"keystep", int64(k.Step), "limit", int64(k.Limit)}})
		out = append(out, spec)
	}
	return out
}

func docsOf(r *command.Row) []any {
	d := &r.Docs
	out := pairs("summary", d.Summary, "since", d.Since, "group", d.Group, "complexity", d.Complexity)
	if len(d.Flags) > 0 {
		out = append(out, "doc_flags", words(d.Flags))
	}
	out = append(out, pairs("deprecated_since", d.Deprecated, "replaced_by", d.ReplacedBy)...)
	if len(d.History) > 0 {
		history := []any{}
		for _, h := range d.History {
			history = append(history, []any{h[0], h[1]})
		}
		out = append(out, "history", history)
	}
	if len(d.Args) > 0 {
		out = append(out, "arguments", argsOf(d.Args))
	}
	return out
}

// pairs drops the names whose value is empty.
func pairs(list ...string) (out []any) {
	for i := 0; i < len(list); i += 2 {
		if list[i+1] != "" {
			out = append(out, list[i], list[i+1])
		}
	}
	return out
}

func argsOf(args []command.Arg) []any {
	out := []any{}
	for _, a := range args {
		arg := pairs("name", a.Name, "type", a.Type)
		if a.Type == "key" {
			arg = append(arg, "key_spec_index", int64(a.KeySpec))
		}
		arg = append(arg, pairs("token", a.Token, "summary", a.Summary, "since", a.Since,
			"deprecated_since", a.Deprecated)...)
		if len(a.Flags) > 0 {
			arg = append(arg, "flags", words(a.Flags))
		}
		if len(a.Args) > 0 {
			arg = append(arg, "arguments", argsOf(a.Args))
		}
		out = append(out, arg)
	}
	return out
}
