package script

import (
	"maps"
	"slices"
	"strings"
)

// Libraries is a set of libraries, of which no two have a function of the same name
// (in any case). It does not change: what changes it makes another one.
type Libraries struct {
	byName    map[string]*Library
	functions map[string]*Function // by their names in lower case
	total     int                  // of functions, also of those that another one hides
	bytes     int64                // about what they take beside compiled code
}

// NoLibraries returns an empty set.
func NoLibraries() *Libraries {
	return &Libraries{byName: map[string]*Library{}, functions: map[string]*Function{}}
}

// Len is how many libraries there are, and functions that can be called.
func (ls *Libraries) Len() (libraries, functions int) { return len(ls.byName), len(ls.functions) }

// Registered is how many functions the libraries have registered: more than can be
// called if a library has two whose names differ in case only.
func (ls *Libraries) Registered() int { return ls.total }

// Find returns the library with that name, nil if there is none.
func (ls *Libraries) Find(name string) *Library { return ls.byName[name] }

// Function returns the function with that name, in any case; nil if there is none.
func (ls *Libraries) Function(name []byte) *Function {
	var room [64]byte
	lower := append(room[:0], name...)
	for i, c := range lower {
		if 'A' <= c && c <= 'Z' {
			lower[i] = c + 'a' - 'A'
		}
	}
	return ls.functions[string(lower)]
}

// All returns the libraries by name.
func (ls *Libraries) All() []*Library {
	return slices.SortedFunc(maps.Values(ls.byName), func(a, b *Library) int { return strings.Compare(a.Name, b.Name) })
}

// Sources are those of the libraries, by name.
func (ls *Libraries) Sources() (list []string) {
	for _, l := range ls.All() {
		list = append(list, l.Source)
	}
	return list
}

// Without returns the set without the library of that name.
func (ls *Libraries) Without(name string) *Libraries {
	rest := NoLibraries()
	for _, l := range ls.byName {
		if l.Name != name {
			rest.link(l)
		}
	}
	return rest
}

// With returns the set with l, in the place of the library that has its name, if
// there is one. text says which function stands in the way.
func (ls *Libraries) With(l *Library) (more *Libraries, text string) {
	more = ls.Without(l.Name)
	for _, f := range l.Functions {
		if more.Function([]byte(f.Name)) != nil {
			return ls, "Function " + f.Name + " already exists"
		}
	}
	more.link(l)
	return more, ""
}

// Join returns the set with those of others, which replace those of the same names or,
// without replace, must have other names. text says what stands in the way.
func (ls *Libraries) Join(others *Libraries, replace bool) (joined *Libraries, text string) {
	joined = NoLibraries()
	for _, l := range ls.All() {
		switch {
		case others.byName[l.Name] == nil:
			joined.link(l)
		case !replace:
			return ls, "Library " + l.Name + " already exists"
		}
	}
	for _, l := range others.All() {
		for _, f := range l.Functions {
			if joined.Function([]byte(f.Name)) != nil {
				return ls, "Function " + f.Name + " already exists"
			}
		}
	}
	for _, l := range others.All() {
		joined.link(l)
	}
	return joined, ""
}

// link adds l to a set that is being made.
func (ls *Libraries) link(l *Library) {
	ls.byName[l.Name] = l
	for _, f := range l.Functions {
		if lower := strings.ToLower(f.Name); ls.functions[lower] == nil {
			ls.functions[lower] = f
		}
	}
	ls.total += len(l.Functions)
	ls.bytes += l.size()
}

// size is about how many bytes l takes beside compiled code.
func (l *Library) size() int64 {
	const perLibrary, perFunction = 200, 150
	n := perLibrary + int64(len(l.Name)+len(l.Source))
	for _, f := range l.Functions {
		n += perFunction + int64(len(f.Name))
		if f.Description != nil {
			n += int64(len(*f.Description))
		}
	}
	return n
}
