package acl

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/redoubt-kv/redoubt/core/resp"
)

// What is wrong with a modifier, in Redis's words.
var (
	errSyntax   = errors.New("Syntax error")
	errUnknown  = errors.New("Unknown command or category name in ACL")
	errAllKeys  = errors.New("Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. Try 'resetkeys' to start with an empty list of patterns")
	errAllChans = errors.New("Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. Try 'resetchannels' to start with an empty list of channels")
	errNoPass   = errors.New("The password you are trying to remove from the user does not exist")
	errHash     = errors.New("The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters")
	errSubArg   = errors.New("Allowing first-arg of a subcommand is not supported")
)

// editor changes rules by modifiers.
type editor struct {
	// catalogue holds the commands; nil if they are not known yet, when those
	// that a modifier names are all errUnknown.
	catalogue *catalogue
	// allChannels is what acl-pubsub-default gives new selectors.
	allChannels bool
	// deprecated is told of a modifier that allows a first argument; nil: nobody.
	deprecated func(modifier string)
}

// ModifierError says which modifier is wrong and why.
type ModifierError struct {
	Modifier string
	Err      error
}

func (e *ModifierError) Error() string {
	shown, _, _ := strings.Cut(e.Modifier, "\x00")
	return fmt.Sprintf("Error in ACL SETUSER modifier '%s': %v", shown, e.Err)
}

func (e *ModifierError) Unwrap() error { return e.Err }

// applyAll applies modifiers whose selectors are merged, up to the first that is
// wrong.
func (e *editor) applyAll(r *Rules, modifiers []string) error {
	for _, m := range modifiers {
		if err := e.apply(r, m); err != nil {
			return &ModifierError{m, err}
		}
	}
	return nil
}

// apply changes r by one modifier, or not at all.
func (e *editor) apply(r *Rules, m string) error {
	switch strings.ToLower(m) {
	case "":
	case "on":
		r.Enabled = true
	case "off":
		r.Enabled = false
	case "skip-sanitize-payload":
		r.sanitize = sanitizeNever
	case "sanitize-payload":
		r.sanitize = sanitizeAlways
	case "nopass", "resetpass":
		r.NoPass, r.passwords = len(m) == len("nopass"), nil
	case "clearselectors":
		r.selectors = r.selectors[:1]
	case "reset":
		*r = *newRules(e.allChannels)
		r.sanitize = sanitizeAlways
	default:
		switch {
		case strings.IndexByte("><#!", m[0]) >= 0:
			return r.password(m)
		case m[0] == '(' && m[len(m)-1] == ')':
			return e.addSelector(r, m[1:])
		}
		return e.select1(r.root(), m)
	}
	return nil
}

// password adds or removes a password or a digest.
func (r *Rules) password(m string) error {
	var d digest
	if kind := m[0]; kind == '>' || kind == '<' {
		d = sha256.Sum256([]byte(m[1:]))
	} else if n, err := hex.Decode(d[:], []byte(m[1:min(len(m), 1+2*len(d))])); err != nil || n != len(d) || len(m) != 1+2*len(d) || strings.ToLower(m) != m {
		return errHash
	}
	i := slices.Index(r.passwords, d)
	switch {
	case m[0] == '>' || m[0] == '#':
		if i < 0 {
			r.passwords = append(r.passwords, d)
		}
		r.NoPass = false
	case i < 0:
		return errNoPass
	default:
		r.passwords = slices.Delete(r.passwords, i, i+1)
	}
	return nil
}

// addSelector adds one; text is what is within its parentheses and the last of
// them.
func (e *editor) addSelector(r *Rules, text string) error {
	words, _ := resp.SplitWords([]byte(strings.TrimSuffix(text, ")")))
	s := selector{allChannels: e.allChannels}
	for _, m := range words {
		if err := e.select1(&s, string(m)); err != nil {
			return err
		}
	}
	r.selectors = append(r.selectors, s)
	return nil
}

// select1 changes what a selector allows by one modifier.
func (e *editor) select1(s *selector, m string) error {
	switch strings.ToLower(m) {
	case "allkeys", "~*":
		s.allKeys, s.keys = true, nil
		return nil
	case "resetkeys":
		s.allKeys, s.keys = false, nil
		return nil
	case "allchannels", "&*":
		s.allChannels, s.channels = true, nil
		return nil
	case "resetchannels":
		s.allChannels, s.channels = false, nil
		return nil
	case "allcommands", "+@all":
		s.allowAll(true)
		return nil
	case "nocommands", "-@all":
		s.allowAll(false)
		return nil
	case "":
		return errSyntax
	}
	switch m[0] {
	case '~', '%':
		return s.addKeys(m)
	case '&':
		return s.addChannels(m[1:])
	case '+', '-':
		return e.selectCommands(s, m)
	}
	return errSyntax
}

// addKeys adds a pattern of keys: ~pattern, or %RW~pattern with R, W or both.
func (s *selector) addKeys(m string) error {
	if s.allKeys {
		return errAllKeys
	}
	may, pattern := reads|writes, m[1:]
	if m[0] == '%' {
		letters, rest, _ := strings.Cut(m[1:], "~") // Redis takes %R for %R~
		if may, pattern = letterAccess(letters), rest; may == 0 {
			return errSyntax
		}
	}
	if hasBlanks(pattern) {
		return errSyntax
	}
	i := slices.IndexFunc(s.keys, func(k keyPattern) bool { return k.pattern == pattern })
	if i < 0 {
		s.keys = append(s.keys, keyPattern{pattern: pattern, access: may})
	} else {
		s.keys[i].access |= may
	}
	return nil
}

// letterAccess reads the letters between % and ~; 0 if they are wrong.
func letterAccess(letters string) (may access) {
	for _, l := range []byte(letters) {
		var one access
		switch l {
		case 'r', 'R':
			one = reads
		case 'w', 'W':
			one = writes
		}
		if one == 0 || may&one != 0 {
			return 0
		}
		may |= one
	}
	return may
}

func (s *selector) addChannels(pattern string) error {
	switch {
	case s.allChannels:
		return errAllChans
	case hasBlanks(pattern):
		return errSyntax
	case !slices.Contains(s.channels, pattern):
		s.channels = append(s.channels, pattern)
	}
	return nil
}

// selectCommands allows or forbids commands: +get -get +config|get +@read
// +select|0, but not all.
func (e *editor) selectCommands(s *selector, m string) error {
	on, name := m[0] == '+', m[1:]
	if strings.HasPrefix(name, "@") {
		i, ok := category(name[1:])
		if !ok {
			return errUnknown
		}
		if e.catalogue != nil {
			s.allowCategory(e.catalogue, i, on)
		}
		return nil
	}
	if bar := strings.LastIndexByte(name, '|'); on && bar >= 0 {
		container := e.catalogue.lookup(name[:bar])
		switch {
		case container == nil:
			return errUnknown
		case container.Parent != nil:
			return errSubArg
		case bar+1 == len(name) || hasBlanks(name):
			return errSyntax
		case len(container.Subcommands) == 0:
			if e.deprecated != nil {
				e.deprecated(m)
			}
			s.allowFirstArg(container.ID, name[bar+1:])
			return nil
		}
	}
	row := e.catalogue.lookup(name)
	if row == nil {
		return errUnknown
	}
	s.allow(row, on)
	return nil
}

// hasBlanks tells whether a name or pattern holds what a rule line could not show:
// white space or NUL.
func hasBlanks(s string) bool { return strings.ContainsAny(s, " \t\n\v\f\r\x00") }

// mergeSelectors joins what stands in parentheses but came as several arguments.
func mergeSelectors(args []string) (modifiers []string, err error) {
	open, joined := -1, ""
	for i, a := range args {
		closes := strings.HasSuffix(a, ")")
		switch {
		// Another parenthesis within an open one begins anew, as Redis has it.
		case strings.HasPrefix(a, "(") && !closes:
			open, joined = i, a
		case open >= 0:
			joined += " " + a
			if closes {
				open, modifiers = -1, append(modifiers, joined)
			}
		default:
			modifiers = append(modifiers, a)
		}
	}
	if open >= 0 {
		return nil, fmt.Errorf("Unmatched parenthesis in acl selector starting at '%s'.", args[open])
	}
	return modifiers, nil
}
