package script

import (
	"bytes"
	"strings"

	"github.com/redoubt-kv/redoubt/core/command"
)

// Flags are what a script declares of itself in its first line:
//
//	#!lua flags=no-writes,allow-oom
type Flags uint8

// The flags. A script without such a line has none but Compat: what it calls
// decides.
const (
	NoWrites Flags = 1 << iota
	AllowOOM
	AllowStale
	NoCluster
	AllowCrossSlotKeys
	Compat
)

var flagNames = map[string]Flags{
	"no-writes": NoWrites, "allow-oom": AllowOOM, "allow-stale": AllowStale,
	"no-cluster": NoCluster, "allow-cross-slot-keys": AllowCrossSlotKeys,
}

// ParseFlag returns the flag with this name, false if there is none.
func ParseFlag(name string) (Flags, bool) {
	f, ok := flagNames[name]
	return f, ok
}

// shebang splits a script into its first line, if that begins with #!, and the rest,
// which begins with the line's end to keep the numbers of lines. text is an error
// for the client.
func shebang(source []byte) (flags Flags, body []byte, text string) {
	if !bytes.HasPrefix(source, []byte("#!")) {
		return Compat, source, ""
	}
	end := bytes.IndexByte(source, '\n')
	if end < 0 {
		return 0, nil, "ERR Invalid script shebang"
	}
	parts := strings.Fields(string(source[:end]))
	if parts[0] != "#!lua" {
		return 0, nil, "ERR Unexpected engine in script shebang: " + parts[0]
	}
	for _, part := range parts[1:] {
		list, ok := strings.CutPrefix(part, "flags=")
		if !ok {
			return 0, nil, "ERR Unknown lua shebang option: " + part
		}
		if list == "" {
			continue
		}
		for _, name := range strings.Split(list, ",") {
			f, ok := flagNames[name]
			if !ok {
				return 0, nil, "ERR Unexpected flag in script shebang: " + name
			}
			flags |= f
		}
	}
	return flags, source[end:], ""
}

// CommandFlags are the flags of a command that runs a script with flags f.
func (f Flags) CommandFlags(of command.Flags) command.Flags {
	if f&Compat != 0 {
		return of
	}
	of &^= command.Stale | command.DenyOOM | command.Write | command.MayReplicate
	if f&(AllowOOM|NoWrites) == 0 {
		of |= command.DenyOOM
	}
	if f&NoWrites == 0 {
		of |= command.Write
	}
	if f&AllowStale != 0 {
		of |= command.Stale
	}
	return of
}
