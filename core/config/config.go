// Package config is an engine of typed directives in Redis's dialect:
// redis.conf and the command line are parsed with it, and CONFIG GET, SET
// and REWRITE are its operations. It knows nothing of what is configured:
// the server gives it a table of directives, each bound to a variable of the
// server's settings, and functions to call when some of them changed.
//
// # Locking
//
// A Registry has one mutex, held by every operation. Values are bound to
// working variables which only operations change; readers in other
// goroutines must not touch those, but a copy that the OnCommit function
// publishes.
package config

import (
	"errors"
	"fmt"
	"strings"
	"sync"
)

// Flags say how a directive may be used.
type Flags uint16

// Flags of a directive.
const (
	Immutable   Flags = 1 << iota // refused by CONFIG SET
	Sensitive                     // its value must not appear in logs: see Registry.Sensitive
	MultiArg                      // takes several arguments
	Hidden                        // CONFIG GET answers its exact name only, no pattern
	DenyLoading                   // refused by CONFIG SET while the data set loads
	Protected                     // refused by CONFIG SET unless SetOptions allow it
	Volatile                      // applied even when set to the value it has (files that may have changed)
)

// Status says what setting a directive does in this build.
type Status uint8

// Statuses of a directive.
const (
	Effective Status = iota // does what Redis does
	NoEffect                // accepted, kept and reported, and the Note says why it does nothing
	Refused                 // only its default is accepted, and the Note says why
)

// String is the status as a word.
func (s Status) String() string {
	return [...]string{"effective", "no effect", "refused"}[s]
}

// Directive is one row of the table.
type Directive struct {
	Name  string
	Alias string // a second name, or ""
	Flags Flags
	Value Value // bound to a variable, which holds the default when New is called

	Status Status
	Note   string // reason of NoEffect and Refused, or what differs from Redis
	Group  string // directives of one group are applied together, once; "" is the name
}

// Phase tells a Value what it is being set by.
type Phase uint8

// Phases.
const (
	Loading  Phase = iota // configuration file, standard input or command line
	Changing              // CONFIG SET
	Undoing               // CONFIG SET that failed restores what Get returned
)

// Line is a line that CONFIG REWRITE proposes for a directive. Force adds it
// to a file that does not mention the directive.
type Line struct {
	Text  string
	Force bool
}

// Value is a typed variable. Its methods are called with the Registry locked.
type Value interface {
	// Set parses args and stores them, or changes nothing and returns an
	// error whose text is Redis's.
	Set(args []string, phase Phase) error
	// Get renders the value as CONFIG GET does. Set of what Get returned
	// (split at spaces if MultiArg) restores the value.
	Get() string
	// Lines renders the value for a configuration file. None means that
	// lines of the file that mention the directive are to go.
	Lines(name string, isDefault bool) []Line
}

// Statement is something that a configuration file may say besides
// directives: it has no value to get or set.
type Statement struct {
	Name             string
	MinArgs, MaxArgs int // MaxArgs < 0: any number
	Do               func(args []string) error
	// Lines are what CONFIG REWRITE writes in the place of the file's, which survive
	// as they are if it is nil. It must not call the Registry.
	Lines func() []string
}

type entry struct {
	Directive
	name    string // Name or Alias
	isAlias bool
	deflt   string // Get before anything was loaded
}

// Registry is a table of directives and the functions bound to it.
type Registry struct {
	mu         sync.Mutex
	entries    []*entry // table order, an alias after its primary
	byName     map[string]*entry
	statements map[string]Statement
	onChange   map[string]func() error // by group
	onCommit   func()
	checks     []func() error
	resolve    func(path string) string
	file       string // path of the configuration file, or ""

	inTransaction bool // of the Set that runs, or did last
}

// New makes a registry. The values' variables must hold their defaults.
// Rows with the same name are a mistake of the program and panic.
func New(table []Directive) *Registry {
	r := &Registry{
		byName:     map[string]*entry{},
		statements: map[string]Statement{},
		onChange:   map[string]func() error{},
		onCommit:   func() {},
		resolve:    func(path string) string { return path },
	}
	for _, d := range table {
		if d.Group == "" {
			d.Group = d.Name
		}
		r.add(&entry{Directive: d, name: d.Name, deflt: d.Value.Get()})
		if d.Alias != "" {
			r.add(&entry{Directive: d, name: d.Alias, isAlias: true, deflt: d.Value.Get()})
		}
	}
	return r
}

func (r *Registry) add(e *entry) {
	if r.byName[e.name] != nil {
		panic("config: directive " + e.name + " twice in the table")
	}
	r.byName[e.name] = e
	r.entries = append(r.entries, e)
}

func (r *Registry) lookup(name string) *entry { return r.byName[strings.ToLower(name)] }

// Handle adds or replaces a statement. Call it before Load.
func (r *Registry) Handle(s Statement) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.statements[s.Name] = s
}

// OnChange sets the function that applies a group after CONFIG SET changed
// a directive of it. If the function fails, the whole CONFIG SET is undone,
// functions already called are called again, and the error's text is part of
// the reply. Load does not call it: the server starts from what was loaded.
// The function must not call the Registry, but for InTransaction.
func (r *Registry) OnChange(group string, apply func() error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.entries {
		if e.Group == group {
			r.onChange[group] = apply
			return
		}
	}
	panic("config: OnChange of unknown group " + group)
}

// OnCommit sets the function that publishes the variables to other
// goroutines; it is called after each Load and each successful Set.
// It must not call the Registry.
func (r *Registry) OnCommit(publish func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.onCommit = publish
}

// Check adds a function that Load calls at the end, for what no single
// directive can decide. Its error ends Load.
func (r *Registry) Check(check func() error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.checks = append(r.checks, check)
}

// ResolvePaths sets how relative paths of include statements become paths
// to open; by default they are relative to the process's directory.
func (r *Registry) ResolvePaths(resolve func(path string) string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.resolve = resolve
}

// Sensitive reports whether the named directive's value must be kept out of
// logs, MONITOR and the slow log.
func (r *Registry) Sensitive(name string) bool {
	e := r.lookup(name)
	return e != nil && e.Flags&Sensitive != 0
}

// Knows tells whether there is a directive or a statement of that name.
func (r *Registry) Knows(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, statement := r.statements[strings.ToLower(name)]
	return statement || r.lookup(name) != nil
}

// Row is what Table tells about a directive.
type Row struct {
	Directive
	Default string // as CONFIG GET renders it
	Current string
}

// Table lists the directives in table order.
func (r *Registry) Table() []Row {
	r.mu.Lock()
	defer r.mu.Unlock()
	var rows []Row
	for _, e := range r.entries {
		if !e.isAlias {
			rows = append(rows, Row{Directive: e.Directive, Default: e.deflt, Current: e.Value.Get()})
		}
	}
	return rows
}

var errWrongArgs = errors.New("wrong number of arguments")

// set stores args unless the directive is refused; then it stores only what
// amounts to the default.
func (e *entry) set(args []string, phase Phase) error {
	if e.Flags&MultiArg == 0 && len(args) != 1 {
		return errWrongArgs
	}
	if e.Status != Refused {
		return e.Value.Set(args, phase)
	}
	old := e.Value.Get()
	if err := e.Value.Set(args, phase); err != nil {
		return err
	}
	if e.Value.Get() == e.deflt {
		return nil
	}
	if err := e.restore(old); err != nil {
		return err
	}
	return fmt.Errorf("this build of Redoubt refuses to set %s: %s", e.Name, e.Note)
}

// restore sets what Get returned earlier.
func (e *entry) restore(old string) error {
	if err := e.Value.Set(e.split(old), Undoing); err != nil {
		return fmt.Errorf("restoring %s to '%s': %w", e.Name, old, err)
	}
	return nil
}

// split makes arguments of a value as CONFIG SET gets it: in one piece,
// in which single spaces separate the arguments of a multi-argument
// directive.
func (e *entry) split(value string) []string {
	switch {
	case e.Flags&MultiArg == 0:
		return []string{value}
	case value == "":
		return nil
	}
	return strings.Split(value, " ")
}
