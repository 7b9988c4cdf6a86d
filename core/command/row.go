// Package command turns a request into one atomic step on the keyspace.
//
// A command is a row of data (Row): name, arity, flags, key specs,
// documentation, handler. Families export slices of rows; the server joins
// them to a Table. For each request the Executor looks up the row, checks it,
// turns the key specs into the set of shards to lock, locks them in order of
// their index, runs the handler, records the effects and unlocks.
//
// The package knows no concrete command and no connection.
package command

// Flags say what a command does and where it may run. The names and meanings
// are those of COMMAND INFO (Redis: server.h, CMD_*).
type Flags uint32

// The flags COMMAND INFO reports, in the order in which it reports them.
const (
	Write Flags = 1 << iota
	ReadOnly
	DenyOOM
	Module
	Admin
	PubSub
	NoScript
	Blocking
	Loading
	Stale
	SkipMonitor
	SkipSlowlog
	Asking
	Fast
	NoAuth
	MayReplicate
	NoMandatoryKeys
	NoAsyncLoading
	NoMulti
	MovableKeys
	AllowBusy

	// Flags below are not reported by COMMAND INFO.

	// WholeKeyspace commands run with every shard locked.
	WholeKeyspace
	// InMulti commands run at once between MULTI and EXEC, where others are
	// queued.
	InMulti
	// EndsMulti commands are those of them that end a transaction without
	// running it: they are not refused for what it would do.
	EndsMulti
	// RunsQueue is EXEC's.
	RunsQueue
	// Exclusive commands run with every shard locked, and may take long.
	Exclusive
	// WhileSubscribed commands are what a client with subscriptions may send in
	// RESP2.
	WhileSubscribed
)

// flagNames are the words of COMMAND INFO, by bit.
var flagNames = [...]string{
	"write", "readonly", "denyoom", "module", "admin", "pubsub", "noscript",
	"blocking", "loading", "stale", "skip_monitor", "skip_slowlog", "asking",
	"fast", "no_auth", "may_replicate", "no_mandatory_keys",
	"no_async_loading", "no_multi", "movablekeys", "allow_busy",
}

// Names returns the words COMMAND INFO uses for f, in its order.
func (f Flags) Names() []string {
	var names []string
	for i, n := range flagNames {
		// Redis keeps may_replicate to itself.
		if f&(1<<i) != 0 && Flags(1<<i) != MayReplicate {
			names = append(names, n)
		}
	}
	return names
}

// Handler runs one command. The shards its keys are in are locked; what it
// appends to c.Out is the reply.
type Handler func(c *Call)

// Row describes one command or subcommand.
type Row struct {
	// Name is in lower case; of a subcommand only its own word ("get" of
	// "config|get").
	Name string
	// Arity counts the name (for subcommands both words); -n means at least n.
	Arity int
	Flags Flags
	// ACL holds the categories beyond those that follow from Flags and the
	// group, without the @ ("dangerous").
	ACL []string
	// Tips are COMMAND INFO's tips ("nondeterministic_output").
	Tips []string
	Keys []KeySpec
	// KeyFlags returns the flags of the keys of a spec with variable_flags for
	// these arguments (SET with GET reads what SET alone overwrites); nil
	// where no spec has that flag.
	KeyFlags func(args [][]byte) []string
	// FindKeys finds the keys where specs of an unknown kind cannot (SORT);
	// all is false if the command works on others too. Nil: the specs tell.
	FindKeys func(args [][]byte) (keys []KeyRef, all bool)
	// Group is COMMAND DOCS' group; "" is that of the command whose subcommand
	// this is.
	Group string
	// Docs returns what else COMMAND DOCS says. Most servers are never asked, so
	// it is made anew each time; nil is nothing.
	Docs func() Docs
	// FlagsFor returns the flags of a call with these arguments where they depend
	// on them (scripts declare their own); nil: Flags. COMMAND INFO shows Flags.
	FlagsFor func(args [][]byte) Flags
	// Subcommands are looked up by Args[1]. A row with subcommands and no
	// Handler is only their container.
	Subcommands []Row
	Handler     Handler

	// Parent is set by NewTable for subcommands.
	Parent *Row
	// ID is the row's place in the table, set by NewTable: an index for
	// per-command statistics.
	ID int
	// FullName is "get" or "config|get", set by NewTable.
	FullName string

	// called is the name by which clients call it: Name, unless renamed.
	called string
	subs   map[string]*Row
	// onlyKey is where the only key is, 0 if the specs must be asked
	// (prepareKeys).
	onlyKey int
	// dataless commands look at no key (prepareKeys).
	dataless bool
}

// KeySpec says where the keys of a command are (Redis: key-specs). Fields are
// those of COMMAND INFO.
type KeySpec struct {
	Notes string
	// Flags are COMMAND INFO's: RO, RW, OW, RM, access, update, insert,
	// delete, not_key, incomplete, variable_flags.
	Flags []string

	// Begin: the first key is at Index, or behind Keyword, searched from
	// argument From (negative: from the end, backwards).
	Index   int
	Keyword string
	From    int
	Unknown bool // begin_search of type unknown

	// Range: LastKey (relative to the first; negative from the end), Step,
	// Limit. KeyNum: the number of keys is in argument first+NumIdx, keys
	// start at first+FirstKey.
	LastKey, Step, Limit int
	KeyNum               bool
	NumIdx, FirstKey     int
}

// Docs is what COMMAND DOCS replies.
type Docs struct {
	Summary, Since, Complexity string
	Deprecated, ReplacedBy     string // deprecated_since, replaced_by
	Flags                      []string
	History                    [][2]string
	Args                       []Arg
}

// Arg is one argument in COMMAND DOCS.
type Arg struct {
	Name, Type, Token, Summary, Since, Deprecated, Display string
	KeySpec                                                int // index into Keys; meaningful for Type "key"
	Flags                                                  []string
	Args                                                   []Arg
}
