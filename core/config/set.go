package config

import (
	"fmt"
	"strings"

	"github.com/redoubt-kv/redoubt/core/glob"
)

// Error is an error reply of a CONFIG command, with its code, as a client
// gets it.
type Error string

func (e Error) Error() string { return string(e) }

// ErrLoading refuses a change while the data set loads.
const ErrLoading = Error("LOADING Redis is loading the dataset in memory")

// SetOptions tell Set about the moment and the client.
type SetOptions struct {
	Loading        bool // the data set is being loaded
	AllowProtected bool // enable-protected-configs lets this client
	InTransaction  bool // the change is one command of a transaction or script
}

// Get is CONFIG GET: names and values in turn of the directives that any of
// patterns matches, each once, in the order of the patterns and the table.
// A pattern without wildcards is a name and comes back as it was written.
func (r *Registry) Get(patterns []string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var pairs []string
	seen := map[string]bool{} // an alias is reported beside its primary
	add := func(name string, e *entry) {
		if !seen[e.name] {
			seen[e.name] = true
			pairs = append(pairs, name, e.Value.Get())
		}
	}
	for _, p := range patterns {
		if !strings.ContainsAny(p, "[*?") {
			if e := r.lookup(p); e != nil {
				add(p, e)
			}
			continue
		}
		for _, e := range r.entries {
			if e.Flags&Hidden == 0 && glob.MatchFold(p, e.name) {
				add(e.name, e)
			}
		}
	}
	return pairs
}

// Set is CONFIG SET of names and values in turn: all of them, or none and
// an Error.
func (r *Registry) Set(pairs []string, opt SetOptions) error {
	if len(pairs) == 0 || len(pairs)%2 != 0 {
		return Error("ERR syntax error")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inTransaction = opt.InTransaction
	c := change{r: r}
	if err := c.find(pairs, opt); err != nil {
		return err
	}
	if err := c.set(); err != nil {
		return err
	}
	if err := c.apply(); err != nil {
		return err
	}
	r.onCommit()
	return nil
}

// InTransaction tells a function that OnChange has set whether the CONFIG SET that
// it is called by is one command of a transaction or script.
func (r *Registry) InTransaction() bool { return r.inTransaction }

// change is one CONFIG SET under way.
type change struct {
	r       *Registry
	entries []*entry
	values  []string
	old     []string
	groups  []groupChange
}

type groupChange struct {
	group string
	name  string // of the directive that brought the group in
	call  func() error
}

func failed(name string, reason string) error {
	return Error(fmt.Sprintf("ERR CONFIG SET failed (possibly related to argument '%s') - %s", name, reason))
}

func (c *change) find(pairs []string, opt SetOptions) error {
	// An alias and its primary may come together, and the later one wins.
	seen := map[*entry]bool{}
	for i := 0; i < len(pairs); i += 2 {
		name := pairs[i]
		e := c.r.lookup(name)
		switch {
		case e == nil:
			return Error(fmt.Sprintf("ERR Unknown option or number of arguments for CONFIG SET - '%s'", name))
		case e.Flags&Immutable != 0:
			return failed(name, "can't set immutable config")
		case e.Flags&Protected != 0 && !opt.AllowProtected:
			return failed(name, "can't set protected config")
		case e.Flags&DenyLoading != 0 && opt.Loading:
			return ErrLoading
		case seen[e]:
			return failed(name, "duplicate parameter")
		}
		seen[e] = true
		c.entries = append(c.entries, e)
		c.values = append(c.values, pairs[i+1])
	}
	return nil
}

func (c *change) set() error {
	for _, e := range c.entries {
		c.old = append(c.old, e.Value.Get())
	}
	for i, e := range c.entries {
		if err := e.set(e.split(c.values[i]), Changing); err != nil {
			return failed(e.name, c.undo(i+1, err).Error())
		}
		if e.Value.Get() != c.old[i] || e.Flags&Volatile != 0 {
			c.addGroup(e)
		}
	}
	return nil
}

func (c *change) addGroup(e *entry) {
	call := c.r.onChange[e.Group]
	for _, g := range c.groups {
		if g.group == e.Group {
			return
		}
	}
	if call != nil {
		c.groups = append(c.groups, groupChange{e.Group, e.name, call})
	}
}

func (c *change) apply() error {
	for i, g := range c.groups {
		err := g.call()
		if err == nil {
			continue
		}
		err = c.undo(len(c.entries), err)
		for _, done := range c.groups[:i+1] {
			if e := done.call(); e != nil {
				err = fmt.Errorf("%w; and undoing %s: %w", err, done.name, e)
			}
		}
		return failed(g.name, err.Error())
	}
	return nil
}

// undo restores the first n entries after cause, and adds to it what could
// not be restored.
func (c *change) undo(n int, cause error) error {
	for i := range n {
		if err := c.entries[i].restore(c.old[i]); err != nil {
			cause = fmt.Errorf("%w; and %w", cause, err)
		}
	}
	return cause
}
