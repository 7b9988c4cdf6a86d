// Package uring has the kernel do many non-blocking sends and receives in one system
// call, by io_uring (Linux 6.1 or later). Elsewhere the package is empty.
//
// # Use
//
//	r.Send(fd, b) ... r.Recv(fd, b)    note operations
//	r.Do()                             one io_uring_enter does all of them
//	r.Result(i)                        as send(2) and recv(2) would have answered
//
// Each operation is one that may not block (MSG_DONTWAIT): the kernel does it while
// it is submitted, in order, and answers EAGAIN where the call would have. So when Do
// returns, nothing is under way: no buffer is lent to the kernel, no operation has to be
// cancelled, and a connection is closed as ever. Who is ready to be read is epoll's to
// tell.
//
// # Invariants
//
//	U1 between calls of Do both rings are empty. Hence neither can overflow: there is
//	   room for as many completions as for entries.
//	U2 what the kernel has not taken (it may lack memory) Do does by plain system
//	   calls, so that every operation has a result.
package uring
