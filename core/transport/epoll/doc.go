// Package epoll is the transport for Linux: one event loop per core, each on
// its own locked OS thread. Elsewhere the package is empty.
//
// # System calls
//
// A request costs one read and one write; epoll_wait is shared by all
// connections that became readable in the meantime.
//
//   - Connections are registered once, edge-triggered. A read that fills less
//     than the room it was given has emptied the socket, so no second read
//     asks; one that fills it puts the connection on the list of those that
//     are read again in the next turn, beside what epoll reports.
//   - Writes are tried at once. Only a socket that takes less than all has
//     EPOLLOUT added to its registration, until it has taken the rest.
//   - With io_uring (NewBatched), connections that epoll reports together are read by
//     one system call, and the replies of a turn are sent by one (batch_linux.go). Each
//     of these reads and sends is what the call alone would have been: the rest is the
//     same with and without. A single connection is read and sent to as ever.
//   - After a turn with work, epoll_wait is first called without waiting; only
//     when that finds nothing does the loop go to sleep.
//
// Calls that cannot block bypass the Go scheduler (raw_linux.go). The one that
// sleeps must not: a thread asleep in a raw system call would hold up a
// stop-the-world of the garbage collector, and keep the processor that other
// goroutines could use.
//
// # Connections
//
//	        accept                 Data ... CloseAfterReply
//	(none) --------> open <-> held ------------------------> draining
//	                   |        |                               | all sent
//	                   | Close, peer gone, error                v
//	                   +--------+---------------------------> dying -> closed
//
// open/held: Hold, Resume. draining: also by end of input (endOfInput); no Data
// any more. dying: on the loop's list (die); closed, with Handler.Closed, at
// the end of the turn (bury), since others of the turn may still touch it.
package epoll
