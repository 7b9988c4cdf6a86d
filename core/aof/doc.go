// Package aof keeps the append-only file: the commands that made the data,
// in several files that a manifest lists, as Redis 7 has them. Files move
// both ways between the two.
//
// # Words
//
//   - base: the data as it was at the last rewrite, as an RDB file or as
//     commands. There is one or none.
//   - increment (incr): commands since then, in the order of their numbers. The
//     last one is written to.
//   - history: what a rewrite has replaced; to be removed.
//   - manifest: the list of these files. What it does not list is not there.
//
// # Layout
//
// With appendfilename "appendonly.aof" the directory (appenddirname) holds
//
//	appendonly.aof.manifest
//	appendonly.aof.2.base.rdb      or .base.aof without aof-use-rdb-preamble
//	appendonly.aof.4.incr.aof
//	appendonly.aof.5.incr.aof
//	temp-appendonly.aof.manifest   only while the manifest is replaced
//
// and the manifest
//
//	file appendonly.aof.2.base.rdb seq 2 type b
//	file appendonly.aof.3.incr.aof seq 3 type h
//	file appendonly.aof.4.incr.aof seq 4 type i
//	file appendonly.aof.5.incr.aof seq 5 type i
//
// A line has keys and values in turn; unknown keys are passed over. A name
// with blanks or bytes that do not print stands in double quotes with the
// escapes \n \r \t \a \b \" \\ \xHH. Lines that begin with # are comments. A
// line has at most 1024 bytes and ends with a newline. Numbers of increments
// rise; the base has a count of its own.
//
// A file of commands has one RESP array of bulk strings after the other, and
// between them lines that begin with #:
//
//	2a 32 0d 0a                             *2\r\n        two strings
//	24 36 0d 0a 53 45 4c 45 43 54 0d 0a     $6\r\nSELECT\r\n
//	24 31 0d 0a 30 0d 0a                    $1\r\n0\r\n
//	23 54 53 3a 31 37 36 0d 0a              #TS:176\r\n   Unix time in seconds
//
// A file that begins with "REDIS" is an RDB file, which commands may follow
// (the preamble of an append-only file of Redis 4 to 6).
package aof
