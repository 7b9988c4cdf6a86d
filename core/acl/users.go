package acl

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/redoubt-kv/redoubt/core/command"
)

// Options are what Users are made from.
type Options struct {
	// Table returns the table of commands. It is called once clients are served,
	// or a rule names a command.
	Table func() *command.Table
	// Warn logs what an administrator must see.
	Warn func(format string, args ...any)
	// Notice logs what he may want to see.
	Notice func(format string, args ...any)
	// LogLen is how many entries ACL LOG keeps (acllog-max-len).
	LogLen func() int64
}

// Users are the users of a server. Any goroutine may call its methods.
type Users struct {
	opt         Options
	deflt       *User
	allChannels atomic.Bool
	log         Log

	indexing  sync.Once
	catalogue *catalogue

	mu     sync.Mutex
	byName map[string]*User
}

// New makes Users with none but the default user, who may do everything without a
// password.
func New(opt Options) *Users {
	us := &Users{opt: opt, deflt: newUser(DefaultName, defaultRules())}
	us.byName = map[string]*User{DefaultName: us.deflt}
	return us
}

// defaultRules are those of the default user where nothing else is said.
func defaultRules() *Rules {
	r := newRules(true)
	r.Enabled, r.NoPass = true, true
	r.root().allKeys = true
	r.root().allowAll(true)
	return r.seal()
}

// Default is the user that clients are before they log in as another. There is
// always the same.
func (us *Users) Default() *User { return us.deflt }

// LoginRequired tells whether a client has to log in before it may do anything: the
// default user has a password or is disabled.
func (us *Users) LoginRequired() bool {
	r := us.deflt.Rules()
	return !r.NoPass || !r.Enabled
}

// Get returns the user with that name, nil if there is none.
func (us *Users) Get(name string) *User {
	us.mu.Lock()
	defer us.mu.Unlock()
	return us.byName[name]
}

// Names are all users' names, sorted.
func (us *Users) Names() []string {
	us.mu.Lock()
	defer us.mu.Unlock()
	return slices.Sorted(maps.Keys(us.byName))
}

// SetPubsubDefault says whether new selectors allow all channels
// (acl-pubsub-default).
func (us *Users) SetPubsubDefault(all bool) { us.allChannels.Store(all) }

// SetPassword is the directive requirepass: it replaces the default user's
// passwords, by none that is needed if password is empty.
func (us *Users) SetPassword(password string) {
	us.mu.Lock()
	defer us.mu.Unlock()
	r := us.deflt.Rules().clone()
	r.NoPass, r.passwords = password == "", nil
	if password != "" {
		r.password(">" + password)
	}
	us.deflt.set(r.seal())
}

func (us *Users) index() *catalogue {
	us.indexing.Do(func() { us.catalogue = newCatalogue(us.opt.Table()) })
	return us.catalogue
}

func (us *Users) editor() *editor {
	return &editor{catalogue: us.index(), allChannels: us.allChannels.Load(), deprecated: func(m string) {
		us.opt.Warn("Deprecation warning: Allowing a first arg of an otherwise blocked command is a misuse of ACL and may get disabled in the future (offender: %s)", m)
	}}
}

// Set is ACL SETUSER: it changes a user by modifiers, or makes one. With an error,
// whose text is Redis's, nothing has changed. A user who has lost channels is
// returned: clients that are subscribed to them are to be disconnected.
func (us *Users) Set(name string, args []string) (revoked *User, err error) {
	modifiers, err := mergeSelectors(args)
	if err != nil {
		return nil, err
	}
	e := us.editor()
	us.mu.Lock()
	defer us.mu.Unlock()
	u := us.byName[name]
	next := newRules(e.allChannels)
	if u != nil {
		next = u.Rules().clone()
	}
	if err := e.applyAll(next, modifiers); err != nil {
		return nil, err
	}
	next.seal()
	if u == nil {
		us.byName[name] = newUser(name, next)
		return nil, nil
	}
	if u.Rules().losesChannels(next) {
		revoked = u
	}
	u.set(next)
	return revoked, nil
}

// Delete removes a user and returns it, nil if there is none: its clients are to be
// disconnected. The default user stays.
func (us *Users) Delete(name string) *User {
	us.mu.Lock()
	defer us.mu.Unlock()
	u := us.byName[name]
	if u == nil || u == us.deflt {
		return nil
	}
	delete(us.byName, name)
	u.remove()
	return u
}

// remove has nobody do anything as u any more.
func (u *User) remove() { u.set(&Rules{Gone: true}) }

// Line is what ACL LIST shows of a user: "user", its name and its rules.
func (us *Users) Line(u *User) string {
	return "user " + u.name + " " + u.Rules().describe(us.index())
}

// Lines are those of all users, by name.
func (us *Users) Lines() (lines []string) {
	us.mu.Lock()
	users := slices.Collect(maps.Values(us.byName))
	us.mu.Unlock()
	slices.SortFunc(users, func(a, b *User) int { return strings.Compare(a.name, b.name) })
	for _, u := range users {
		lines = append(lines, us.Line(u))
	}
	return lines
}

// Describe is what ACL GETUSER tells.
func (us *Users) Describe(u *User) *Description { return u.Rules().description(us.index()) }

// Login returns the user with that name and password, nil if they are wrong.
func (us *Users) Login(name string, password []byte) *User {
	u := us.Get(name)
	if u == nil {
		(&Rules{passwords: make([]digest, 1)}).Accepts(password) // takes as long as a wrong one
		return nil
	}
	if !u.Rules().Accepts(password) {
		return nil
	}
	return u
}

// Category lists the commands of an ACL category, whose name may be in any case, by
// their full names; ok is false if there is no such category.
func (us *Users) Category(name string) (list []string, ok bool) {
	i, ok := category(name)
	if !ok {
		return nil, false
	}
	c := us.index()
	for _, row := range c.sorted {
		if c.members[i].has(row.ID) {
			list = append(list, row.FullName)
		}
	}
	return list, true
}
