// Package resp parses the requests of Redis clients and appends the replies
// sent to them, in both versions of the Redis serialization protocol. It
// knows bytes only: no commands, no sockets, no clients.
//
// # Requests
//
// A request has one of two forms, told apart by its first byte:
//
//	multibulk   *<count>\r\n  then count times  $<length>\r\n<length bytes>\r\n
//	inline      words on one line ended by \n or \r\n, with shell-like quotes
//
// [Scanner] finds one request after the other in the bytes a client sent,
// with the limits and the error texts of Redis. It does not stand on
// redcon.ReadNextCommand, because that one
//
//   - panics on negative bulk lengths ("*1\r\n$-50\r\n"), that is, any
//     client may end the process;
//   - starts from the first byte again whenever a piece arrives, so that a
//     request in n pieces costs n²;
//   - knows no limits: on counts, lengths, lines, or what an unauthenticated
//     client may send;
//   - splits inline requests by other rules than Redis (quotes inside a word,
//     \x escapes, tabs), takes a leading '$' for another protocol, and reports
//     errors in other words.
//
// # Replies
//
// [Writer] appends replies. The forms that RESP2 and RESP3 share come from
// redcon's appenders; those that differ by protocol version are here.
package resp
