package commands

import (
	"math"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/resp"
)

// replyInfo appends one command as COMMAND INFO has it: ten items.
func replyInfo(w *resp.Writer, r *command.Row) {
	first, last, step := legacyRange(r.Keys)
	w.Array(10)
	w.BulkString(r.FullName)
	w.Int(int64(r.Arity))
	simpleSet(w, r.Flags.Names())
	w.Int(int64(first))
	w.Int(int64(last))
	w.Int(int64(step))
	categories := r.Categories()
	w.Set(len(categories))
	for _, name := range categories {
		w.Simple("@" + name)
	}
	w.Set(len(r.Tips))
	for _, tip := range r.Tips {
		w.BulkString(tip)
	}
	w.Set(len(r.Keys))
	for i := range r.Keys {
		replyKeySpec(w, &r.Keys[i])
	}
	if len(r.Subcommands) == 0 {
		w.Set(0)
		return
	}
	w.Array(len(r.Subcommands))
	for i := range r.Subcommands {
		replyInfo(w, &r.Subcommands[i])
	}
}

func simpleSet(w *resp.Writer, words []string) {
	w.Set(len(words))
	for _, word := range words {
		w.Simple(word)
	}
}

// legacyRange gives the first key, last key and step of the days before key
// specs. It covers the specs that say "from this index to that one, every
// argument" as long as they join; a lone spec may have any step.
func legacyRange(specs []command.KeySpec) (first, last, step int) {
	isRange := func(s command.KeySpec) bool { return !s.Unknown && s.Keyword == "" && !s.KeyNum }
	if len(specs) == 1 && isRange(specs[0]) {
		return specs[0].Index, absolute(specs[0]), specs[0].Step
	}
	first = math.MaxInt
	for _, s := range specs {
		joins := last == 0 || last == s.Index-1
		if !isRange(s) || s.Step != 1 || !joins {
			continue
		}
		first = min(first, s.Index)
		// A negative index counts from the end and so is behind all others.
		if end := absolute(s); last >= 0 && (end < 0 || end > last) {
			last = end
		}
	}
	if first == math.MaxInt {
		return 0, 0, 0
	}
	return first, last, 1
}

func absolute(s command.KeySpec) (last int) {
	if s.LastKey < 0 {
		return s.LastKey
	}
	return s.Index + s.LastKey
}

func replyKeySpec(w *resp.Writer, s *command.KeySpec) {
	if s.Notes != "" {
		w.Map(4)
		field(w, "notes", s.Notes)
	} else {
		w.Map(3)
	}
	w.BulkString("flags")
	simpleSet(w, s.Flags)
	w.BulkString("begin_search")
	switch {
	case s.Unknown:
		search(w, "unknown", 0)
	case s.Keyword != "":
		search(w, "keyword", 2)
		field(w, "keyword", s.Keyword)
		number(w, "startfrom", s.From)
	default:
		search(w, "index", 1)
		number(w, "index", s.Index)
	}
	w.BulkString("find_keys")
	switch {
	case s.Unknown:
		search(w, "unknown", 0)
	case s.KeyNum:
		search(w, "keynum", 3)
		number(w, "keynumidx", s.NumIdx)
		number(w, "firstkey", s.FirstKey)
		number(w, "keystep", s.Step)
	default:
		search(w, "range", 3)
		number(w, "lastkey", s.LastKey)
		number(w, "keystep", s.Step)
		number(w, "limit", s.Limit)
	}
}

// search begins one half of a key spec; n fields of "spec" follow.
func search(w *resp.Writer, kind string, n int) {
	w.Map(2)
	field(w, "type", kind)
	w.BulkString("spec")
	w.Map(n)
}

func field(w *resp.Writer, name, value string) {
	w.BulkString(name)
	w.BulkString(value)
}

func number(w *resp.Writer, name string, n int) {
	w.BulkString(name)
	w.Int(int64(n))
}

// fields appends those of the pairs whose value is not empty and returns
// their number.
func fields(w *resp.Writer, pairs ...string) (n int) {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			field(w, pairs[i], pairs[i+1])
			n++
		}
	}
	return n
}

// replyDocs appends one command as COMMAND DOCS has it.
func replyDocs(w *resp.Writer, r *command.Row) {
	var d command.Docs
	if r.Docs != nil {
		d = r.Docs()
	}
	mark := w.Mark()
	n := fields(w, "summary", d.Summary, "since", d.Since, "group", r.Group, "complexity", d.Complexity)
	if len(d.Flags) > 0 {
		w.BulkString("doc_flags")
		simpleSet(w, d.Flags)
		n++
	}
	n += fields(w, "deprecated_since", d.Deprecated, "replaced_by", d.ReplacedBy)
	if len(d.History) > 0 {
		w.BulkString("history")
		w.Set(len(d.History))
		for _, h := range d.History {
			w.Array(2)
			w.BulkString(h[0])
			w.BulkString(h[1])
		}
		n++
	}
	if len(d.Args) > 0 {
		w.BulkString("arguments")
		replyArgs(w, d.Args)
		n++
	}
	if len(r.Subcommands) > 0 {
		w.BulkString("subcommands")
		w.Map(len(r.Subcommands))
		for i := range r.Subcommands {
			w.BulkString(r.Subcommands[i].FullName)
			replyDocs(w, &r.Subcommands[i])
		}
		n++
	}
	w.MapAt(mark, n)
}

func replyArgs(w *resp.Writer, args []command.Arg) {
	w.Array(len(args))
	for i := range args {
		a := &args[i]
		mark := w.Mark()
		n := fields(w, "name", a.Name, "type", a.Type)
		if a.Type == "key" || a.KeySpec > 0 { // SORT has patterns that stand for keys
			number(w, "key_spec_index", a.KeySpec)
			n++
		}
		if a.Token == "" && a.Type == "pure-token" { // MIGRATE's empty string
			w.BulkString("token")
			w.BulkString("")
			n++
		}
		n += fields(w, "token", a.Token, "summary", a.Summary, "since", a.Since, "deprecated_since", a.Deprecated)
		if len(a.Flags) > 0 {
			w.BulkString("flags")
			simpleSet(w, a.Flags)
			n++
		}
		if a.Type == "oneof" || a.Type == "block" {
			w.BulkString("arguments")
			replyArgs(w, a.Args)
			n++
		}
		w.MapAt(mark, n)
	}
}
