package script

import (
	"bytes"
	"strings"

	"github.com/redoubt-kv/redoubt/core/resp"
)

// Library is a function library: what FUNCTION LOAD has made of a source. It does
// not change.
type Library struct {
	Name string
	// Source is the whole text, with its first line.
	Source string
	// Functions are in the order in which they were registered.
	Functions []*Function

	program *program
}

// EngineName is the name of the engine that runs libraries, as FUNCTION LIST shows it.
const EngineName = "LUA"

// Function is a function of a library. It does not change.
type Function struct {
	Library *Library
	Name    string
	// Description is what the library says of the function; nil: nothing.
	Description *string
	Flags       Flags
}

// Function returns the function with that name, nil if there is none.
func (l *Library) Function(name string) *Function {
	for _, f := range l.Functions {
		if f.Name == name {
			return f
		}
	}
	return nil
}

const (
	errBadName   = "Library names can only contain letters, numbers, or underscores(_) and must be at least one character long"
	errExists    = "Library '%s' already exists"
	errNoMeta    = "Missing library metadata"
	errBadMeta   = "Invalid library metadata"
	errNamedTwo  = "Invalid metadata value, name argument was given multiple times"
	errMetaValue = "Invalid metadata value given: "
	errNameless  = "Library name was not given"
)

// metadata is what the first line of a library says:
//
//	#!engine name=…
type metadata struct {
	engine, name string
	// body is what follows the line, with its end, to keep the numbers of lines.
	body []byte
}

// readMetadata reads the first line of a library. text says what is wrong with it.
func readMetadata(source []byte) (m metadata, text string) {
	if !bytes.HasPrefix(source, []byte("#!")) {
		return m, errNoMeta
	}
	end := bytes.IndexByte(source, '\n')
	if end < 0 || bytes.IndexByte(source[:end], 0) >= 0 {
		return m, errBadMeta
	}
	parts, ok := resp.SplitWords(source[:end])
	if !ok || len(parts) == 0 {
		return m, errBadMeta
	}
	named := false
	for _, part := range parts[1:] {
		const name = "name="
		if len(part) < len(name) || !strings.EqualFold(string(part[:len(name)]), name) {
			return m, errMetaValue + string(part)
		}
		if named {
			return m, errNamedTwo
		}
		m.name, named = string(part[len(name):]), true
	}
	if !named {
		return m, errNameless
	}
	m.engine, m.body = string(parts[0][2:]), source[end:]
	return m, ""
}

// validName tells whether a library or a function may have the name.
func validName(name string) bool {
	for _, c := range []byte(name) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_':
		default:
			return false
		}
	}
	return name != ""
}
