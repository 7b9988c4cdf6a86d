// Package portable is the transport for any system, and for TLS: net.Conn and
// goroutines, with the rules of package transport.
//
// Each connection has a goroutine that reads and one that writes; a loop is a
// goroutine too. The reader hands a piece to the loop and waits until it has
// been taken, the writer takes what the loop queued, so that neither a slow
// client nor a slow reader of replies ever blocks a loop:
//
//	reader --arrived--> loop: Data, posted functions, timers --out--> writer
//	       <--taken---                                       <-sent--
//
// Two things are weaker than in package epoll. The reader keeps its small
// buffer while it waits, so an idle connection is not free of buffers (R4).
// And while a connection is held, input is read up to heldInput bytes to
// notice a peer that closes; behind more than that, its end stays unnoticed
// until Resume. The backlog of a listener is the system's.
//
// It does not stand on redcon's server, for its Reader belongs to it and cannot
// be replaced: a length near the largest integer makes it index out of range
// and so ends the process, a large argument count keeps it in a loop over
// nothing, its buffer doubles without a limit, and each piece that arrives has
// it parse from the start. Its accept loop spins when descriptors run out, and
// its replies are written by the goroutine that runs the handler, so that a
// client that does not read would block whoever publishes to it.
package portable
