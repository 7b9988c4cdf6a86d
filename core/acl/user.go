package acl

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"maps"
	"slices"
	"sync/atomic"
)

// DefaultName is the name of the user that every client is at first.
const DefaultName = "default"

// User is one user. Any goroutine may call its methods.
type User struct {
	name  string
	rules atomic.Pointer[Rules]
	// free repeats Rules.everything: each request looks at it.
	free atomic.Bool
}

func newUser(name string, rules *Rules) *User {
	u := &User{name: name}
	u.set(rules)
	return u
}

// set replaces the rules. The caller has the lock of the Users that u is one of.
func (u *User) set(r *Rules) {
	if !r.everything {
		u.free.Store(false)
	}
	u.rules.Store(r)
	if r.everything {
		u.free.Store(true)
	}
}

// Name is the user's name.
func (u *User) Name() string { return u.name }

// Rules are what holds for the user now.
func (u *User) Rules() *Rules { return u.rules.Load() }

// Unrestricted tells whether the user may do everything.
func (u *User) Unrestricted() bool { return u.free.Load() }

// Rules are what holds for a user. They do not change.
type Rules struct {
	// Enabled says that one can log in as the user.
	Enabled bool
	// NoPass says that any password is right.
	NoPass bool
	// Gone says that the user has been removed.
	Gone bool

	sanitize  sanitizing
	passwords []digest
	selectors []selector // the first one is the root

	// everything repeats that the root selector allows all that there is.
	everything bool
}

// sanitizing is whether payloads of the user's RESTORE are checked in depth. Ours
// always are; the words are kept as Redis has them.
type sanitizing uint8

const (
	sanitizeUnsaid sanitizing = iota
	sanitizeAlways
	sanitizeNever
)

// digest is the SHA-256 of a password.
type digest [sha256.Size]byte

func (d digest) String() string { return hex.EncodeToString(d[:]) }

// selector is one set of permissions.
type selector struct {
	allKeys, allChannels bool
	// allCommands says that no command has been taken away since +@all.
	allCommands bool
	commands    commandSet
	// firstArgs are first arguments with which a command is allowed that is not
	// allowed otherwise, by row ID.
	firstArgs map[int][]string
	keys      []keyPattern
	channels  []string
}

// access is what may be done, or is done, with a key.
type access uint8

const (
	reads access = 1 << iota
	writes
)

// keyPattern allows access to the keys that match.
type keyPattern struct {
	pattern string
	access  access
}

// newRules are those of a user that has just been made.
func newRules(allChannels bool) *Rules {
	return &Rules{selectors: []selector{{allChannels: allChannels}}}
}

// clone copies r so that the copy may be changed.
func (r *Rules) clone() *Rules {
	c := *r
	c.passwords = slices.Clone(r.passwords)
	c.selectors = slices.Clone(r.selectors)
	for i := range c.selectors {
		c.selectors[i] = r.selectors[i].clone()
	}
	return &c
}

func (s *selector) clone() selector {
	c := *s
	c.firstArgs = maps.Clone(s.firstArgs)
	for id, words := range c.firstArgs {
		c.firstArgs[id] = slices.Clone(words)
	}
	c.keys, c.channels = slices.Clone(s.keys), slices.Clone(s.channels)
	return c
}

// root is the selector that modifiers change.
func (r *Rules) root() *selector { return &r.selectors[0] }

// seal ends the making of r.
func (r *Rules) seal() *Rules {
	s := r.root()
	r.everything = !r.Gone && s.allCommands && s.allKeys && s.allChannels
	return r
}

// Accepts tells whether one can log in with password. How long it takes does not
// tell how much of it is right.
func (r *Rules) Accepts(password []byte) bool {
	got, right := sha256.Sum256(password), 0
	for i := range r.passwords {
		right |= subtle.ConstantTimeCompare(got[:], r.passwords[i][:])
	}
	return r.Enabled && (r.NoPass || right == 1)
}
