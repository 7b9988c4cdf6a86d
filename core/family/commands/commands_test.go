package commands_test

import (
	"reflect"
	"sort"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/family/commands"
	"github.com/redoubt-kv/redoubt/internal/redistest"
	"github.com/redoubt-kv/redoubt/internal/rowtest"
)

func table(t *testing.T, more ...command.Row) *command.Table {
	t.Helper()
	var table *command.Table
	table, err := command.NewTable(commands.Commands(func() *command.Table { return table }), more)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestRowsAreRedis(t *testing.T) {
	rowtest.Compare(t, redistest.Start(t), commands.Commands(nil))
}

// specOf is the reverse of what COMMAND INFO makes of a key spec.
func specOf(t *testing.T, reply any) (s command.KeySpec) {
	t.Helper()
	m := fields(reply)
	if notes, ok := m["notes"]; ok {
		s.Notes = notes.(string)
	}
	for _, f := range m["flags"].([]any) {
		s.Flags = append(s.Flags, f.(string))
	}
	begin := fields(m["begin_search"])
	at := fields(begin["spec"])
	switch begin["type"] {
	case "index":
		s.Index = number(at["index"])
	case "keyword":
		s.Keyword, s.From = at["keyword"].(string), number(at["startfrom"])
	default:
		s.Unknown = true
	}
	find := fields(m["find_keys"])
	of := fields(find["spec"])
	switch find["type"] {
	case "range":
		s.LastKey, s.Step, s.Limit = number(of["lastkey"]), number(of["keystep"]), number(of["limit"])
	case "keynum":
		s.KeyNum, s.NumIdx, s.FirstKey, s.Step = true, number(of["keynumidx"]), number(of["firstkey"]), number(of["keystep"])
	}
	return s
}

func nothing(*command.Call) {}

func fields(reply any) map[string]any {
	m, list := map[string]any{}, reply.([]any)
	for i := 0; i < len(list); i += 2 {
		m[list[i].(string)] = list[i+1]
	}
	return m
}

func number(v any) int { return int(v.(int64)) }

// Each command of Redis is rebuilt from its key specs alone; the triple of the
// days before key specs must come out as Redis has it.
func TestLegacyRanges(t *testing.T) {
	for _, v := range redistest.Start(t).Must(t, "COMMAND").([]any) {
		theirs := v.([]any)
		row := command.Row{Name: theirs[0].(string), Arity: number(theirs[1]), Handler: nothing}
		for _, spec := range theirs[8].([]any) {
			row.Keys = append(row.Keys, specOf(t, spec))
		}
		if row.Name == "command" {
			continue
		}
		ours := rowtest.Run(t, table(t, row), "COMMAND", "INFO", row.Name).([]any)[0].([]any)
		for _, i := range []int{0, 1, 3, 4, 5, 8} {
			if !reflect.DeepEqual(ours[i], theirs[i]) {
				t.Errorf("%s, item %d: %v, want %v", row.Name, i, ours[i], theirs[i])
			}
		}
	}
}

// Requests whose keys the key specs tell, for commands of all kinds.
func TestGetKeys(t *testing.T) {
	s := redistest.Start(t)
	var rows []command.Row
	for _, v := range s.Must(t, "COMMAND").([]any) {
		theirs := v.([]any)
		row := command.Row{Name: theirs[0].(string), Arity: number(theirs[1]), Handler: nothing}
		for _, flag := range theirs[2].([]any) {
			if flag == "no_mandatory_keys" {
				row.Flags |= command.NoMandatoryKeys
			}
		}
		for _, spec := range theirs[8].([]any) {
			row.Keys = append(row.Keys, specOf(t, spec))
		}
		for _, sub := range theirs[9].([]any) {
			info := sub.([]any)
			_, word, _ := strings.Cut(info[0].(string), "|")
			subRow := command.Row{Name: word, Arity: number(info[1]), Handler: nothing}
			for _, spec := range info[8].([]any) {
				subRow.Keys = append(subRow.Keys, specOf(t, spec))
			}
			row.Subcommands = append(row.Subcommands, subRow)
		}
		if row.Name != "command" {
			rows = append(rows, row)
		}
	}
	ours := table(t, rows...)
	for _, req := range []string{
		"get a", "GET a", "del a b c", "mset a 1 b 2", "bitop and d a b", "rename a b", "ping x",
		"memory usage a", "memory usage", "memory nosuch a", "memory doctor x", "object encoding a", "config get a",
		"nosuch a", "get a b", "zunionstore d 2 a b", "zunionstore d 3 a b", "zunionstore d x a b", "eval s 0",
		"eval s 0 x y", "eval s 1 k a", "eval s x", "eval s -1 x", "xread streams a b 0 0", "xread count 1 streams a 0",
		"xread block 1 x", "lmpop 2 a b LEFT", "lmpop 0 a LEFT", "georadius k 1 2 3 m store d", "copy a b db 3",
		"spublish a b", "mset a", "mset a 1 b", "smove a b c", "sintercard 2 a b limit 3", "blpop a b 0", "lcs a b",
		"pfcount a b", "sinter a b", "hset k f v", "zadd k 1 m", "geosearchstore a b frommember x byradius 1 m",
	} {
		args := strings.Fields(req)
		for _, sub := range []string{"GETKEYS", "GETKEYSANDFLAGS"} {
			words := append([]string{"COMMAND", sub}, args...)
			if len(words) < 4 {
				continue
			}
			var args4 []any
			for _, w := range words {
				args4 = append(args4, w)
			}
			want, err := s.Do(args4...)
			if err != nil {
				t.Fatal(err)
			}
			if got := rowtest.Run(t, ours, words...); !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %v, want %v", words, got, want)
			}
		}
	}
}

func TestList(t *testing.T) {
	s, ours := redistest.Start(t), table(t)
	for _, req := range []string{
		"command list filterby pattern COMMAND*", "command list filterby pattern command|[gil]*", "command list filterby module x",
		"command list filterby aclcat nosuch", "command list filterby nosuch x", "command list x", "command list filterby pattern",
		"command info nosuch command|nosuch command|list|x", "command docs nosuch", "command help",
	} {
		words := strings.Fields(req)
		var args []any
		for _, w := range words {
			args = append(args, w)
		}
		want, err := s.Do(args...)
		if err != nil {
			t.Fatal(err)
		}
		got := rowtest.Run(t, ours, words...)
		if words[1] == "list" {
			order(got)
			order(want)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n have %v\n want %v", req, got, want)
		}
	}
}

func order(v any) {
	if list, ok := v.([]any); ok {
		sort.Slice(list, func(i, j int) bool { return list[i].(string) < list[j].(string) })
	}
}
