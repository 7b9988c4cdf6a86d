// Package script runs Lua scripts, each as one atomic step of a call.
//
// # Parts
//
// An Engine belongs to a server: it keeps compiled scripts by the SHA-1 of their
// text, and interpreters that are not in use. A Script is compiled once; an
// interpreter (interp) runs one at a time, and is made anew only when several
// loops run scripts at once. Nothing a script does to an interpreter outlives it:
// all that it can reach is read-only, but for what it has made itself.
//
//	Engine.Load ──▶ Script          Engine.Run(call, script, keys, args)
//	   SHA-1 → shebang → parse         interp from the pool → KEYS, ARGV
//	   → bounds → prototype            → PCall → reply → interp to the pool
//
// # The sandbox
//
// gopher-lua has no read-only tables. Tables that scripts share (the libraries,
// _G, metatables) are therefore shown to them as views: an empty table whose
// metatable reads from the real one and refuses to write. Functions that look
// behind metatables (rawset, rawget, next, setmetatable, table.insert …) are ours
// and know views. A script's own look-ups of globals go to the real table of
// globals at once; only a script that assigns to globals, which always fails, looks
// at the view.
package script
