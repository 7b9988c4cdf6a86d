package command

// ClientFilter says which clients CLIENT LIST and CLIENT KILL mean: those that
// fit all of it. A field's zero value fits every client.
type ClientFilter struct {
	// ID is the client's number.
	ID int64
	// Class is "normal", "replica", "pubsub" or "master".
	Class string
	// Addr and LocalAddr are the two ends of its connection, as CLIENT LIST
	// shows them.
	Addr, LocalAddr string
	// User is the name of the user that it is authenticated as.
	User string
	// MinAge is how many seconds it has been connected, at least.
	MinAge int64
	// Except is the number of a client that does not fit.
	Except int64
}
