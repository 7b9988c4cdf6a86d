package rdb

import (
	"fmt"
	"slices"
	"strings"

	"github.com/redoubt-kv/redoubt/core/intset"
	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/value/stream"
)

// printer is a Builder that writes the value down as text: a string as it is,
// else one line for each element. It finds duplicates.
type printer struct {
	text  []byte
	names map[string]bool
	ended bool
}

func (p *printer) line(format string, args ...any) error {
	p.text = fmt.Appendf(p.text, format+"\n", args...)
	return nil
}

func (p *printer) once(name string) error {
	if p.names[name] {
		return ErrDuplicate
	}
	if p.names == nil {
		p.names = map[string]bool{}
	}
	p.names[name] = true
	return nil
}

func (p *printer) String(v []byte) error {
	p.text = append(p.text, v...)
	return nil
}

func (p *printer) Element(v []byte) error { return p.line("%q", v) }

func (p *printer) Elements(lp []byte) error {
	for _, v := range elements(lp) {
		p.Element(v)
	}
	return nil
}

func elements(lp []byte) (list [][]byte) {
	for pos := listpack.First(lp); pos != listpack.None; pos = listpack.Next(lp, pos) {
		list = append(list, listpack.AppendElem(nil, lp, pos))
	}
	return list
}

func (p *printer) Member(v []byte) error {
	p.line("%q", v)
	return p.once(string(v))
}

func (p *printer) Intset(is []byte) error {
	for i := range intset.Len(is) {
		p.line("\"%d\"", intset.Get(is, i))
	}
	return nil
}

func (p *printer) MemberPack(lp []byte) error { return p.Elements(lp) }

func (p *printer) Scored(member []byte, score float64) error {
	p.line("%q %v", member, score)
	return p.once(string(member))
}

func (p *printer) ScoredPack(lp []byte) error {
	for pair := range slices.Chunk(elements(lp), 2) {
		score, _ := parseScore(pair[1])
		p.line("%q %v", pair[0], score)
	}
	return nil
}

func (p *printer) Field(field, value []byte, due int64) error {
	p.line("%q %q %d", field, value, due)
	return p.once(string(field))
}

func (p *printer) FieldPack(lp []byte) error {
	for pair := range slices.Chunk(elements(lp), 2) {
		p.line("%q %q 0", pair[0], pair[1])
	}
	return nil
}

func (p *printer) FieldPackEx(lp []byte) error {
	for triple := range slices.Chunk(elements(lp), 3) {
		p.line("%q %q %s", triple[0], triple[1], triple[2])
	}
	return nil
}

func (p *printer) Stream() (StreamBuilder, error) { return p, nil }

func (p *printer) Pack(id stream.ID, lp []byte) error {
	if _, err := listpack.Validate(lp, true); err != nil {
		return err
	}
	return p.line("%v: %q", id, elements(lp))
}

func (p *printer) SetMeta(m stream.Meta, old bool) error { return p.line("%+v %v", m, old) }

func (p *printer) Group(name []byte, last stream.ID, read int64, old bool) error {
	p.line("group %s %v %d %v", name, last, read, old)
	return p.once("group " + string(name))
}

func (p *printer) Pending(id stream.ID, timeMs int64, deliveries uint64) error {
	return p.line("pending %v %d %d", id, timeMs, deliveries)
}

func (p *printer) Consumer(name []byte, seenMs int64) error {
	return p.line("consumer %s %d", name, seenMs)
}

func (p *printer) Owned(id stream.ID) error { return p.line("owns %v", id) }

func (p *printer) EndGroup() error { return nil }

func (p *printer) End() error {
	p.ended = true
	return nil
}

// sorted gives the lines of a collection in an order of their own.
func sorted(text []byte) string {
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
