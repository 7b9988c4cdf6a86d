package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// kind is what a key holds.
type kind byte

const (
	noKind kind = iota
	stringKind
	listKind
	hashKind
	setKind
	zsetKind
	streamKind
)

var kindNames = [...]string{"none", "string", "list", "hash", "set", "zset", "stream"}

// window is when a key is due, in ms since 1970: not exactly, because the server
// counted a relative expiry from a moment between sending and reply. The zero window
// is no expiry.
type window struct{ from, to int64 }

// slackMs is by how much the server's clock, which it reads once a turn, may be
// behind ours.
const slackMs = 300

// value is what a key holds, in the model or read from a server.
type value struct {
	kind   kind
	due    window
	text   string
	list   []string
	fields map[string]string // of a hash; a set's and zset's members with "" or the score
	lost   int               // members that SPOPs whose replies never came have taken
	stream *stream
}

type entry struct {
	id   string // "" when the server chose it and the reply never came
	text string
}

type stream struct {
	entries []entry
	last    string // the last ID given, "" when unknown
	added   int64
	groups  map[string]*group
}

type group struct {
	last    string
	pending map[string]string // ID to consumer and number of deliveries
}

func (v *value) clone() *value {
	c := *v
	c.list, c.fields = slices.Clone(v.list), maps.Clone(v.fields)
	if v.stream != nil {
		s := *v.stream
		s.entries, s.groups = slices.Clone(s.entries), map[string]*group{}
		for name, g := range v.stream.groups {
			s.groups[name] = &group{last: g.last, pending: maps.Clone(g.pending)}
		}
		c.stream = &s
	}
	return &c
}

// differs says how what the server has differs from what the model expects, ""
// if it does not. begun and done are between when the server was asked, in ms.
func differs(want, got *value, begun, done int64) string {
	switch {
	case got == nil && want == nil:
		return ""
	case got == nil:
		if want.due.to > 0 && done >= want.due.from-slackMs {
			return "" // it may have expired
		}
		return "is missing, expected " + want.brief()
	case want == nil:
		return "is there, expected nothing: " + got.brief()
	case want.kind != got.kind:
		return fmt.Sprintf("is a %s, expected a %s", kindNames[got.kind], kindNames[want.kind])
	}
	if why := want.due.differs(got.due, begun); why != "" {
		return why
	}
	switch want.kind {
	case stringKind:
		if want.text != got.text {
			return fmt.Sprintf("is %s, expected %s", short(got.text), short(want.text))
		}
	case listKind:
		return differentList(want.list, got.list)
	case hashKind, setKind, zsetKind:
		return differentFields(want, got)
	case streamKind:
		return want.stream.differs(got.stream)
	}
	return ""
}

func (w window) differs(got window, now int64) string {
	switch {
	case w.to == 0 && got.to == 0:
		return ""
	case w.to == 0:
		return fmt.Sprintf("expires at %d, expected never", got.to)
	case got.to == 0:
		return fmt.Sprintf("does not expire, expected at %d to %d", w.from, w.to)
	case got.from < w.from-slackMs || got.to > w.to+slackMs:
		return fmt.Sprintf("expires at %d, expected at %d to %d", got.to, w.from, w.to)
	case now > w.to+slackMs:
		return fmt.Sprintf("is there at %d although it expired at %d", now, w.to)
	}
	return ""
}

func differentList(want, got []string) string {
	if slices.Equal(want, got) {
		return ""
	}
	at := 0
	for at < min(len(want), len(got)) && want[at] == got[at] {
		at++
	}
	return fmt.Sprintf("has %d elements, expected %d; from index %d on %s, expected %s", len(got), len(want), at,
		short(strings.Join(got[at:], " ")), short(strings.Join(want[at:], " ")))
}

func differentFields(want, got *value) string {
	var wrong []string
	missing := 0
	for f, v := range want.fields {
		have, ok := got.fields[f]
		switch {
		case !ok:
			missing++
			wrong = append(wrong, fmt.Sprintf("%s (%s) is missing", f, v))
		case have != v:
			wrong = append(wrong, fmt.Sprintf("%s is %s, expected %s", f, have, v))
		}
	}
	for f, v := range got.fields {
		if _, ok := want.fields[f]; !ok {
			wrong = append(wrong, fmt.Sprintf("%s (%s) is there, expected nothing", f, v))
		}
	}
	if missing == want.lost && len(wrong) == missing {
		return ""
	}
	slices.Sort(wrong)
	return fmt.Sprintf("%d of %d members differ: %s", len(wrong), len(want.fields), short(strings.Join(wrong, "; ")))
}

func (s *stream) differs(got *stream) string {
	sameEntry := func(a, b entry) bool { return a.text == b.text && (a.id == "" || a.id == b.id) }
	if !slices.EqualFunc(s.entries, got.entries, sameEntry) {
		return fmt.Sprintf("has entries %s, expected %s", short(fmt.Sprint(got.entries)), short(fmt.Sprint(s.entries)))
	}
	if s.last != "" && s.last != got.last || s.added != got.added {
		return fmt.Sprintf("has last ID %s and %d entries added, expected %s and %d", got.last, got.added, s.last, s.added)
	}
	for name, g := range s.groups {
		have := got.groups[name]
		if have == nil {
			return "lacks group " + name
		}
		if g.last != have.last {
			return fmt.Sprintf("has group %s at %s, expected at %s", name, have.last, g.last)
		}
		if why := s.differentPending(g, have); why != "" {
			return "has group " + name + " with " + why
		}
	}
	if len(got.groups) != len(s.groups) {
		return fmt.Sprintf("has %d groups, expected %d", len(got.groups), len(s.groups))
	}
	return ""
}

// differentPending compares what is pending of entries that are still there. A base
// file of commands cannot keep that of others: XCLAIM drops them.
func (s *stream) differentPending(want, got *group) string {
	var wrong []string
	for _, e := range s.entries {
		if a, b := want.pending[e.id], got.pending[e.id]; a != b {
			wrong = append(wrong, fmt.Sprintf("%s pending for %q, expected %q", e.id, b, a))
		}
	}
	if wrong == nil {
		return ""
	}
	return short(strings.Join(wrong, "; "))
}

func (v *value) brief() string {
	switch v.kind {
	case stringKind:
		return "string " + short(v.text)
	case listKind:
		return fmt.Sprintf("list of %d: %s", len(v.list), short(strings.Join(v.list, " ")))
	case streamKind:
		return fmt.Sprintf("stream of %d", len(v.stream.entries))
	}
	return fmt.Sprintf("%s of %d: %s", kindNames[v.kind], len(v.fields), short(fmt.Sprint(v.fields)))
}

func short(s string) string {
	const most = 200
	if len(s) > most {
		return fmt.Sprintf("%q… (%d bytes)", s[:most], len(s))
	}
	return fmt.Sprintf("%q", s)
}
