package acl

import (
	"errors"
	"fmt"
	"strings"
)

// ValidName tells whether a user may have the name: one without white space and NUL.
func ValidName(name string) bool { return !hasBlanks(name) }

// Loaded is what Load has changed beside the rules.
type Loaded struct {
	// Removed are the users that were there before, but for the default user. None of
	// them is one of those with the same name that were loaded.
	Removed []*User
	// Revoked is the default user if he has lost channels, else nil.
	Revoked *User
}

// Load replaces all users by those of an ACL file with this text, or none if a line
// is wrong: the error's text has all of them, as "file:line: …". A file without a
// default user has the one of a new server.
func (us *Users) Load(file, text string) (*Loaded, error) {
	l := loader{file: file, editor: us.editor(), byName: map[string]*Rules{}}
	for i, line := range strings.Split(text, "\n") {
		if line = strings.Trim(line, " \t\r\n"); line != "" {
			l.line(i+1, line)
		}
	}
	if len(l.wrong) > 0 {
		return nil, errors.New(strings.Join(l.wrong, " ") + " WARNING: ACL errors detected, no change to the previously active ACL rules was performed")
	}
	return us.replace(l.byName), nil
}

func (us *Users) replace(byName map[string]*Rules) *Loaded {
	loaded := new(Loaded)
	us.mu.Lock()
	defer us.mu.Unlock()
	old := us.byName
	next := defaultRules()
	if r := byName[DefaultName]; r != nil {
		next = r
	}
	if us.deflt.Rules().losesChannels(next) {
		loaded.Revoked = us.deflt
	}
	us.deflt.set(next)
	us.byName = map[string]*User{DefaultName: us.deflt}
	for name, r := range byName {
		if name != DefaultName {
			us.byName[name] = newUser(name, r)
		}
	}
	for _, u := range old {
		if u != us.deflt {
			u.remove()
			loaded.Removed = append(loaded.Removed, u)
		}
	}
	return loaded
}

// loader collects the users of a file and what is wrong with it.
type loader struct {
	file   string
	editor *editor
	byName map[string]*Rules
	wrong  []string
}

func (l *loader) line(n int, line string) {
	words := strings.Split(line, " ")
	complain := func(format string, args ...any) { l.wrong = append(l.wrong, fmt.Sprintf(format, args...)) }
	if words[0] != "user" || len(words) < 2 {
		complain("%s:%d should start with user keyword followed by the username.", l.file, n)
		return
	}
	name := words[1]
	switch {
	case !ValidName(name):
		complain("'%s:%d: username '%s' contains invalid characters.", l.file, n, name)
		return
	case l.byName[name] != nil:
		complain("WARNING: Duplicate user '%s' found on line %d.", name, n)
		return
	}
	r := newRules(l.editor.allChannels)
	l.byName[name] = r
	modifiers, err := mergeSelectors(words[2:])
	if err != nil {
		complain("%s:%d: Unmatched parenthesis in selector definition.", l.file, n)
		return
	}
	told := false
	for _, m := range modifiers {
		m = strings.Trim(m, "\t\r\n")
		switch err := l.editor.apply(r, m); {
		case err == errUnknown:
			complain("%s:%d: Error in applying operation '%s': %v.", l.file, n, m, err)
		case err != nil && !told: // without the modifier, which may be a secret
			told = true
			complain("%s:%d: %v.", l.file, n, err)
		}
	}
	r.seal()
}

// Declaration is a user line of a configuration file.
type Declaration struct {
	Name      string
	Modifiers []string // selectors are merged
}

// ParseDeclaration reads the arguments of a user line, and finds what is wrong with
// it but for commands, which are not known yet. The error's text names the word.
func ParseDeclaration(args []string) (d Declaration, err error) {
	if len(args) == 0 {
		return d, errSyntax
	}
	d.Name = args[0]
	if d.Modifiers, err = mergeSelectors(args[1:]); err != nil {
		return d, err
	}
	r, e := newRules(false), &editor{}
	for _, m := range d.Modifiers {
		if err := e.apply(r, m); err != nil && err != errUnknown {
			return d, fmt.Errorf("Error in user declaration '%s': %w", m, err)
		}
	}
	return d, nil
}

// ErrDuplicate is why a second line for a user is refused.
var ErrDuplicate = errors.New("Duplicate user found. A user can only be defined once in config files")

// Declare makes the users of a configuration. An error, of which the log has the
// reason, leaves some of them made.
func (us *Users) Declare(list []Declaration) error {
	for _, d := range list {
		if !ValidName(d.Name) {
			us.opt.Warn("Spaces not allowed in ACL usernames")
			return errors.New("a name has white space")
		}
		e := us.editor()
		r := newRules(e.allChannels)
		if d.Name == DefaultName {
			r.sanitize = sanitizeAlways // what "reset" makes of it
		}
		for _, m := range d.Modifiers {
			if err := e.apply(r, m); err != nil {
				us.opt.Warn("Error loading ACL rule '%s' for the user named '%s': %v", m, d.Name, err)
				return err
			}
		}
		if !r.Enabled {
			us.opt.Notice("The user '%s' is disabled (there is no 'on' modifier in the user description). Make sure this is not a configuration error.", d.Name)
		}
		us.declare(d.Name, r.seal())
	}
	return nil
}

func (us *Users) declare(name string, r *Rules) {
	us.mu.Lock()
	defer us.mu.Unlock()
	if u := us.byName[name]; u != nil {
		u.set(r)
		return
	}
	us.byName[name] = newUser(name, r)
}

// Text is an ACL file with all users.
func (us *Users) Text() string { return strings.Join(append(us.Lines(), ""), "\n") }
