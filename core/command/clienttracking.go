package command

// Tracking says how a client keeps copies of what it reads, and is told of changes:
// the state that CLIENT TRACKING, CACHING and TRACKINGINFO are about.
type Tracking struct {
	// On is false for a client that does nothing of the kind; then all is zero.
	On bool
	// Broadcast has it be told of all keys with one of Prefixes, read or not.
	Broadcast bool
	Prefixes  [][]byte
	// OptIn has it keep only what it reads in the command after CLIENT CACHING YES,
	// OptOut all but what it reads in the one after CLIENT CACHING NO. Caching says
	// that CLIENT CACHING came and is still to take effect.
	OptIn, OptOut, Caching bool
	// NoLoop has it not be told of its own changes.
	NoLoop bool
	// Redirect is the number of the client that is told instead; 0 is none. Broken
	// says that one was to be told and is gone.
	Redirect int64
	Broken   bool
}
