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
//	temp-appendonly.aof.base       only while a base is written
//	temp-appendonly.aof.incr       until a file that is turned on has its first base
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
//
// # Writing
//
// The Writer takes the journal's bytes into memory (Append) and writes them
// before the replies that depend on them (Turn). It has these phases:
//
//	 ┌──── Start, after loading ─────────────────────────────┐
//	 │                                                       ▼
//	off ── TurnOn ──▶ waiting ── Rewrite.Install ──────────▶ on
//	 ▲                   │                                   │
//	 └────── Stop ───────┴───────────── Stop ────────────────┘
//
// While it is waiting, bytes since the cut go to temp-appendonly.aof.incr, which
// Install gives its name together with the base. While on:
//
//	           flush: the write failed and was undone
//	writing ─────────────────────────────────────────▶ failing
//	 ▲  │ ▲                                            │  │
//	 │  │ └──────────── Tick: it succeeded ────────────┘  │
//	 │  │                                                 │
//	 │  └── goStale: a sync failed, a write could not ────┤
//	 │      be undone, a file has vanished               ▼
//	 └──────────────── Rewrite.Install ──────────────── stale
//
// While failing nothing is lost: bytes stay in memory, which Err bounds, since it
// has the server refuse commands that write. While stale the current file is cut
// back to what is durable and left alone, what is appended is dropped, and the
// server begins rewrites until one is installed. With the policy Always, Turn is
// false for what is not durable in both.
//
// A rewrite switches files where the data is cut:
//
//	PrepareSwitch  make the next increment           appendonly.aof.3.incr.aof
//	Cut            bytes from now on are for it      no I/O, under every shard's lock
//	  (then)       write the rest to the file before, sync it, list the next
//	               increment in the manifest, write to it
//	WriteBase      the data at the cut               temp-appendonly.aof.base
//	Install        name the base, list it, make history of what it replaces;
//	               remove that, and take it out of the manifest
//
// # Invariants
//
//	A1 A file of commands that is written to ends where a unit ends, between two
//	   writes; a failed write is cut off.
//	A2 Bytes are durable only after they are written, and written after they were
//	   appended: durable ≤ written ≤ end.
//	A3 Of the files that a manifest lists only the last may be incomplete: before
//	   the next one is listed, the one before it is written and synced to its end.
//	A4 After a failed sync, or a write that could not be cut off, nothing is written
//	   to the file: what is behind the gap could not be told from what is before.
//	A5 No file is removed, and no name used again, that a manifest lists which the
//	   next start may find.
//	A6 What Append gets begins and ends with a unit, so that lines with the time
//	   stand between units.
//
// Lock order: shards, the journal's mutex, Writer.mu. Writer.io, the file lock, is
// taken before mu and never under the others.
package aof
