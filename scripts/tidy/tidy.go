// Package tidy holds the repository to those rules of its style that a
// program can check. The check is the package's test, over the files that git
// knows; each rule has a planted breach beside it.
package tidy

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
)

// maxLines of a Go file: a file is one room.
const maxLines = 900

var (
	grabBags   = []string{"util", "utils", "helper", "helpers", "common", "misc", "shared", "base"}
	layoutDirs = []string{"core/page", "core/table", "core/tree", "core/listpack", "core/intset", "core/rdb", "core/aof", "core/journal"}
	fuzzDirs   = []string{"core/page", "core/table", "core/tree", "core/listpack", "core/intset", "core/resp", "core/rdb", "core/aof", "core/config", "core/script", "core/glob", "core/lzf"}

	debt      = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X|HA` + `CK)\b`)
	machine   = regexp.MustCompile(`(^|[\s"'=(])/(wo` + `rk|home/[a-z]|Us` + `ers/)`)
	registry  = regexp.MustCompile(`\b(deb\.deb` + `ian\.org|proxy\.go` + `lang\.org|snapshot\.deb` + `ian\.org|registry\.np` + `mjs\.org)\b`)
	invariant = regexp.MustCompile(`^\s*(?:-\s*)?([A-Z][0-9]{1,2})[.:)]?\s`)
	backup    = regexp.MustCompile(`^// ?(if .*\{|\} else \{|return [a-z]\w*\(.*\)|\w+ := .*\(.*\))\s*$`)
)

// Check returns every breach in files (path to content) as "file:line: what".
// Paths are relative to the root, with slashes.
func Check(files map[string][]byte) (breaches []string) {
	c := checker{files: files, fset: token.NewFileSet(), packages: map[string][]*source{}}
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		c.text(name)
		if strings.HasSuffix(name, ".go") {
			c.goFile(name)
		}
	}
	c.collectStrings()
	dirs := make([]string, 0, len(c.packages))
	for dir := range c.packages {
		dirs = append(dirs, dir)
	}
	slices.Sort(dirs)
	for _, dir := range dirs {
		c.goPackage(dir, c.packages[dir])
	}
	return c.breaches
}

type source struct {
	name string
	file *ast.File
	test bool
}

type checker struct {
	files    map[string][]byte
	fset     *token.FileSet
	packages map[string][]*source
	strings  map[string]string // by directory: all string literals, a line each
	breaches []string
}

func (c *checker) breach(file string, line int, format string, args ...any) {
	c.breaches = append(c.breaches, fmt.Sprintf("%s:%d: %s", file, line, fmt.Sprintf(format, args...)))
}

// text checks what holds for every text file.
func (c *checker) text(name string) {
	content := c.files[name]
	if bytes.IndexByte(content, 0) >= 0 || strings.Contains(name, "testdata/") {
		return
	}
	for i, line := range strings.Split(string(content), "\n") {
		if m := debt.FindString(line); m != "" {
			c.breach(name, i+1, "%s: no debt is left standing", m)
		}
		if m := machine.FindString(line); m != "" {
			c.breach(name, i+1, "path of one machine: %s", strings.TrimSpace(m))
		}
		if m := registry.FindString(line); m != "" {
			c.breach(name, i+1, "registry host: %s", m)
		}
	}
}

func (c *checker) goFile(name string) {
	content := c.files[name]
	if lines := bytes.Count(content, []byte("\n")); lines > maxLines && !bytes.Contains(content[:min(len(content), 400)], []byte("Code generated")) {
		c.breach(name, lines, "%d lines; a file is one room, under %d", lines, maxLines)
	}
	formatted, err := format.Source(content)
	if err != nil {
		c.breach(name, 1, "does not parse: %v", err)
		return
	}
	if !bytes.Equal(formatted, content) {
		c.breach(name, 1, "is not gofmt'ed")
	}
	file, err := parser.ParseFile(c.fset, name, content, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		c.breach(name, 1, "does not parse: %v", err)
		return
	}
	test := strings.HasSuffix(name, "_test.go")
	dir := path.Dir(name)
	c.packages[dir] = append(c.packages[dir], &source{name: name, file: file, test: test})
	for _, bag := range grabBags {
		if file.Name.Name == bag || path.Base(dir) == bag {
			c.breach(name, 1, "package %s is a grab bag: name it after what it does", bag)
		}
	}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
			c.breach(name, c.line(f), "func init: nothing registers itself")
		}
	}
	if !test {
		c.documented(name, file)
	}
	for _, group := range file.Comments {
		for _, comment := range group.List {
			if backup.MatchString(comment.Text) {
				c.breach(name, c.line(comment), "commented-out code")
			}
		}
	}
}

func (c *checker) line(n ast.Node) int { return c.fset.Position(n.Pos()).Line }

// selfEvident are the methods whose name is their whole contract, by an
// interface of the standard library.
var selfEvident = map[string]bool{"Error": true, "String": true, "Unwrap": true, "Len": true, "Less": true, "Swap": true}

// documented wants a comment at each exported name. Methods of unexported
// types are exempt: they are there for an interface.
func (c *checker) documented(name string, file *ast.File) {
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && d.Doc == nil && !selfEvident[d.Name.Name] && (d.Recv == nil || ast.IsExported(receiver(d.Recv))) {
				c.breach(name, c.line(d), "exported %s has no comment", d.Name.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				c.documentedSpec(name, d, spec)
			}
		}
	}
}

func (c *checker) documentedSpec(name string, d *ast.GenDecl, spec ast.Spec) {
	switch s := spec.(type) {
	case *ast.TypeSpec:
		if s.Name.IsExported() && s.Doc == nil && d.Doc == nil && s.Comment == nil {
			c.breach(name, c.line(s), "exported type %s has no comment", s.Name.Name)
		}
	case *ast.ValueSpec:
		for _, n := range s.Names {
			if n.IsExported() && s.Doc == nil && s.Comment == nil && d.Doc == nil {
				c.breach(name, c.line(s), "exported %s has no comment", n.Name)
			}
		}
	}
}

func receiver(fields *ast.FieldList) string {
	t := fields.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

// goPackage checks what holds for a package as a whole.
func (c *checker) goPackage(dir string, sources []*source) {
	doc, fuzz, onlyTests := "", false, true
	for _, s := range sources {
		if !s.test {
			onlyTests = false
			if s.file.Doc != nil {
				doc += s.file.Doc.Text()
			}
		}
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && s.test && strings.HasPrefix(f.Name.Name, "Fuzz") {
				fuzz = true
			}
		}
	}
	if onlyTests {
		return
	}
	first := sources[0].name
	if doc == "" {
		c.breach(first, 1, "package %s has no package comment", dir)
	}
	if slices.Contains(layoutDirs, dir) && !regexp.MustCompile(`(?m)^#? ?Layout\b`).MatchString(doc) {
		c.breach(first, 1, "package %s owns a format: its comment needs a heading Layout", dir)
	}
	if slices.Contains(fuzzDirs, dir) && !fuzz {
		c.breach(first, 1, "package %s has no Fuzz target", dir)
	}
	if strings.HasPrefix(dir, "core/") {
		c.invariants(dir, sources)
	}
}

// collectStrings gathers the string literals of each package, in which checks
// cite invariants.
func (c *checker) collectStrings() {
	c.strings = map[string]string{}
	for dir, sources := range c.packages {
		var all strings.Builder
		for _, s := range sources {
			ast.Inspect(s.file, func(n ast.Node) bool {
				if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					all.WriteString(lit.Value + "\n")
				}
				return true
			})
		}
		c.strings[dir] = all.String()
	}
}

// cited tells whether a check or test of the package cites the number, or one
// of another package does by the package's name too, as in "page P5".
func (c *checker) cited(dir, number string) bool {
	if regexp.MustCompile(`\b` + number + `\b`).MatchString(c.strings[dir]) {
		return true
	}
	full := regexp.MustCompile(`\b` + path.Base(dir) + ` ` + number + `\b`)
	for other, text := range c.strings {
		if other != dir && full.MatchString(text) {
			return true
		}
	}
	return false
}

// invariants wants each number defined in a comment of a package (a line that
// starts with it, as "P1. …") cited by a check.
func (c *checker) invariants(dir string, sources []*source) {
	defined := map[string]token.Position{}
	for _, s := range sources {
		for _, group := range s.file.Comments {
			for i, line := range strings.Split(group.Text(), "\n") {
				if m := invariant.FindStringSubmatch(line); m != nil && !s.test {
					pos := c.fset.Position(group.Pos())
					pos.Line += i
					defined[m[1]] = pos
				}
			}
		}
	}
	numbers := make([]string, 0, len(defined))
	for n := range defined {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	for _, n := range numbers {
		if !c.cited(dir, n) {
			c.breach(defined[n].Filename, defined[n].Line, "invariant %s is cited by no check", n)
		}
	}
}
