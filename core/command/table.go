package command

import (
	"errors"
	"fmt"
	"strings"

	"github.com/redoubt-kv/redoubt/core/resp"
)

// Table finds rows by name. It does not change after NewTable, and may be read
// by any goroutine.
type Table struct {
	rows     map[string]*Row // by the names that clients use
	original map[string]*Row // by the names that they had before Rename
	order    []*Row          // commands and, behind each, its subcommands
}

// NewTable joins the rows of the families. It fails if a name is there twice or
// a row has neither handler nor subcommands.
func NewTable(families ...[]Row) (*Table, error) {
	t := &Table{rows: make(map[string]*Row), original: make(map[string]*Row)}
	for _, rows := range families {
		for i := range rows {
			if err := t.add(&rows[i]); err != nil {
				return nil, err
			}
		}
	}
	return t, nil
}

func (t *Table) add(r *Row) error {
	if t.rows[r.Name] != nil {
		return fmt.Errorf("command %q is in the table twice", r.Name)
	}
	t.rows[r.Name], t.original[r.Name] = r, r
	r.FullName, r.called = r.Name, r.Name
	if err := t.enter(r); err != nil {
		return err
	}
	for i := range r.Subcommands {
		sub := &r.Subcommands[i]
		if r.subs == nil {
			r.subs = make(map[string]*Row)
		}
		r.subs[sub.Name] = sub
		sub.Parent, sub.FullName = r, r.Name+"|"+sub.Name
		if err := t.enter(sub); err != nil {
			return err
		}
	}
	return nil
}

func (t *Table) enter(r *Row) error {
	if r.Handler == nil && len(r.Subcommands) == 0 {
		return fmt.Errorf("command %q has no handler", r.FullName)
	}
	r.prepareKeys()
	r.ID = len(t.order)
	t.order = append(t.order, r)
	return nil
}

// Rename gives a command another name for clients (rename-command), or with ""
// none, so that they cannot call it. What is recorded of it, and its ACL rules, go
// by the name that it had. It is called before there are clients.
func (t *Table) Rename(from, to string) error {
	from, to = strings.ToLower(from), strings.ToLower(to)
	r := t.rows[from]
	switch {
	case r == nil:
		return errors.New("No such command in rename-command")
	case to != "" && t.rows[to] != nil:
		return errors.New("Target command name already exists")
	}
	delete(t.rows, from)
	if r.called = to; to != "" {
		t.rows[to] = r
	}
	return nil
}

// Lookup returns the row of the command that clients call by this name, in any
// case, or nil.
func (t *Table) Lookup(name []byte) *Row { return find(t.rows, name) }

// Original returns the row of the command that had this name before Rename, in any
// case, or nil.
func (t *Table) Original(name []byte) *Row { return find(t.original, name) }

// Sub returns the subcommand with this name, in any case, or nil.
func (r *Row) Sub(name []byte) *Row { return find(r.subs, name) }

// All returns the commands that clients can call, without subcommands, in the order
// of the families.
func (t *Table) All() []*Row {
	var all []*Row
	for _, r := range t.order {
		if r.Parent == nil && r.called != "" {
			all = append(all, r)
		}
	}
	return all
}

// Rows returns commands and subcommands; a row's ID is its index.
func (t *Table) Rows() []*Row { return t.order }

// find looks name up without allocating.
func find(rows map[string]*Row, name []byte) *Row {
	var lowered [64]byte
	if len(name) > len(lowered) {
		return nil
	}
	for i, c := range name {
		lowered[i] = lower(c)
	}
	return rows[string(lowered[:len(name)])]
}

// unknown is the error for a command that does not exist, with the first of
// its arguments, each part limited to 128 bytes (Redis: commandCheckExistence).
func unknown(args [][]byte) string {
	var b strings.Builder
	fmt.Fprintf(&b, "ERR unknown command '%s', with args beginning with: ", resp.ErrorText(args[0], 128))
	shown := 0
	for _, a := range args[1:] {
		if shown >= 128 {
			break
		}
		a = resp.ErrorText(a, 128-shown)
		fmt.Fprintf(&b, "'%s' ", a)
		shown += len(a) + 3
	}
	return b.String()
}
