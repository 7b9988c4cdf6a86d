package acl

import (
	"math/bits"
	"slices"
	"strings"

	"github.com/redoubt-kv/redoubt/core/command"
)

// maxRows is how many rows a table may have.
const maxRows = 1024

// commandSet is a set of rows by their IDs.
type commandSet struct {
	bits [maxRows / 64]uint64
	// future says that commands which there are not yet belong to it.
	future bool
}

func (s *commandSet) has(id int) bool { return s.bits[id/64]&(1<<(id%64)) != 0 }

func (s *commandSet) set(id int, on bool) {
	if on {
		s.bits[id/64] |= 1 << (id % 64)
	} else {
		s.bits[id/64] &^= 1 << (id % 64)
	}
}

// overlap is how many of the rows of t are in s, and how many are not.
func (s *commandSet) overlap(t *commandSet) (in, out int) {
	for i := range s.bits {
		in += bits.OnesCount64(s.bits[i] & t.bits[i])
		out += bits.OnesCount64(^s.bits[i] & t.bits[i])
	}
	return in, out
}

// catalogue is what rules need to know of a table of commands.
type catalogue struct {
	table *command.Table
	// sorted are the commands by name, each with its subcommands behind it, by
	// name as well.
	sorted []*command.Row
	// members are the rows of each category, in the order of
	// command.CategoryNames.
	members []commandSet
}

func newCatalogue(t *command.Table) *catalogue {
	c := &catalogue{table: t, sorted: slices.Clone(t.Rows()), members: make([]commandSet, len(command.CategoryNames()))}
	slices.SortFunc(c.sorted, func(a, b *command.Row) int {
		// '|' sorts behind all letters: "config" and what begins with it would
		// part from its subcommands.
		return strings.Compare(strings.ReplaceAll(a.FullName, "|", "\x00"), strings.ReplaceAll(b.FullName, "|", "\x00"))
	})
	for _, r := range c.sorted {
		of := r.Categories()
		for i, name := range command.CategoryNames() {
			c.members[i].set(r.ID, slices.Contains(of, name))
		}
	}
	return c
}

// category is the index of the one with this name, in any case.
func category(name string) (i int, ok bool) {
	i = slices.IndexFunc(command.CategoryNames(), func(n string) bool { return strings.EqualFold(n, name) })
	return i, i >= 0
}

// lookup finds a row by its full name, in any case; nil if there is none. What
// clients call a command (rename-command) does not matter to rules.
func (c *catalogue) lookup(name string) *command.Row {
	if c == nil {
		return nil
	}
	word, sub, isSub := strings.Cut(name, "|")
	row := c.table.Original([]byte(word))
	if row == nil || !isSub {
		return row
	}
	return row.Sub([]byte(sub))
}

// allow gives or takes a command with all its subcommands.
func (s *selector) allow(row *command.Row, on bool) {
	s.commands.set(row.ID, on)
	for i := range row.Subcommands {
		s.commands.set(row.Subcommands[i].ID, on)
	}
	delete(s.firstArgs, row.ID)
	if !on {
		s.allCommands = false
	}
}

// allowCategory gives or takes all commands of a category.
func (s *selector) allowCategory(c *catalogue, i int, on bool) {
	for _, row := range c.sorted {
		if c.members[i].has(row.ID) {
			s.allow(row, on)
		}
	}
}

// allowAll gives or takes all commands there are and will be.
func (s *selector) allowAll(on bool) {
	s.commands = commandSet{future: on}
	if on {
		for i := range s.commands.bits {
			s.commands.bits[i] = ^uint64(0)
		}
	}
	s.allCommands, s.firstArgs = on, nil
}

// allowFirstArg allows a command with one first argument.
func (s *selector) allowFirstArg(id int, arg string) {
	if slices.ContainsFunc(s.firstArgs[id], func(a string) bool { return strings.EqualFold(a, arg) }) {
		return
	}
	if s.firstArgs == nil {
		s.firstArgs = map[int][]string{}
	}
	s.firstArgs[id] = append(s.firstArgs[id], arg)
}
