package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

const (
	maxIncludeDepth = 32       // a file that includes itself must end in an error
	maxFileBytes    = 64 << 20 // of one configuration file or standard input
)

// LoadError is a mistake in a configuration.
type LoadError struct {
	File string // that an include statement named, or ""
	Line int    // from 1; 0 when no single line is to blame
	Text string // the line
	Err  error
}

// Error is one line; Report writes the form that Redis prints.
func (e *LoadError) Error() string {
	if e.Line == 0 {
		return e.Err.Error()
	}
	return fmt.Sprintf("line %d: '%s': %v", e.Line, e.Text, e.Err)
}

// Unwrap returns the cause.
func (e *LoadError) Unwrap() error { return e.Err }

// Report writes an error of Load to w as Redis does before it exits;
// program is the name and version, as in "Redoubt 0.1".
func Report(w io.Writer, program string, err error) {
	var le *LoadError
	if !errors.As(err, &le) {
		fmt.Fprintln(w, err)
		return
	}
	fmt.Fprintf(w, "\n*** FATAL CONFIG FILE ERROR (%s) ***\n", program)
	if le.Line > 0 {
		fmt.Fprintf(w, "Reading the configuration file, at line %d\n>>> '%s'\n", le.Line, le.Text)
	}
	fmt.Fprintln(w, le.Err)
}

// Load sets directives from the file, standard input and options of a
// command line, in this order, so that what comes later wins. After an error
// the settings are in between, and the program is expected to Report it and
// exit with status 1. stdin is read only if the command line asks for it.
func (r *Registry) Load(cmd CommandLine, stdin io.Reader) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if cmd.File != "" {
		path, err := filepath.Abs(cmd.File)
		if err != nil {
			return fmt.Errorf("path of the config file '%s': %w", cmd.File, err)
		}
		r.file = path
	}
	l := loader{r: r}
	text, err := l.readAll(cmd, stdin)
	if err == nil {
		err = l.load(text)
	}
	if err != nil {
		return err
	}
	for _, check := range r.checks {
		if err := check(); err != nil {
			return &LoadError{Err: err}
		}
	}
	r.onCommit()
	return nil
}

// LoadString sets directives from the text of a configuration file, as Load
// does from files.
func (r *Registry) LoadString(text string) error {
	return r.Load(CommandLine{Options: text}, nil)
}

// File is the absolute path of the configuration file, or "".
func (r *Registry) File() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.file
}

type loader struct {
	r     *Registry
	depth int
}

// readAll puts the sources into one text, as Redis does: line numbers in
// errors count through all of them, and options start on a line of their own.
func (l *loader) readAll(cmd CommandLine, stdin io.Reader) (string, error) {
	var text string
	if cmd.File != "" {
		files, err := expand(l.r.file)
		if err != nil {
			return "", err
		}
		for _, f := range files {
			part, err := readFile(f)
			if err != nil {
				return "", err
			}
			text += part
		}
	}
	if cmd.Stdin {
		part, err := readLimited(stdin, "standard input")
		if err != nil {
			return "", err
		}
		text += part
	}
	if cmd.Options != "" {
		text += "\n" + cmd.Options
	}
	return text, nil
}

func readFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("Fatal error, can't open config file '%s': %s", path, errText(err))
	}
	defer f.Close()
	return readLimited(f, "config file '"+path+"'")
}

func readLimited(r io.Reader, name string) (string, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxFileBytes+1))
	if err != nil {
		return "", fmt.Errorf("Fatal error, can't read %s: %s", name, errText(err))
	}
	if len(b) > maxFileBytes {
		return "", fmt.Errorf("Fatal error, %s is longer than %d bytes", name, maxFileBytes)
	}
	return string(b), nil
}

// errText is the system's text for err as C programs print it.
func errText(err error) string {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return err.Error()
	}
	text := errno.Error()
	return strings.ToUpper(text[:1]) + text[1:]
}

// expand lists the files that a pattern matches, sorted; none is no error.
// A path without wildcards is itself, whether it exists or not.
func expand(pattern string) ([]string, error) {
	if !strings.ContainsAny(pattern, "*?[") {
		return []string{pattern}, nil
	}
	paths, err := filepath.Glob(pattern)
	if err != nil { // an unclosed bracket, which matches nothing
		return nil, nil
	}
	kept := paths[:0]
	for _, p := range paths {
		if !hiddenMatch(pattern, p) {
			kept = append(kept, p)
		}
	}
	return kept, nil
}

// hiddenMatch reports whether a wildcard stands for the leading dot of a
// name in path, which the shell and glob(3) do not allow.
func hiddenMatch(pattern, path string) bool {
	want := strings.Split(filepath.ToSlash(filepath.Clean(pattern)), "/")
	got := strings.Split(filepath.ToSlash(filepath.Clean(path)), "/")
	for i, name := range got {
		if i < len(want) && strings.HasPrefix(name, ".") && !strings.HasPrefix(want[i], ".") {
			return true
		}
	}
	return false
}

func (l *loader) load(text string) error {
	if i := strings.IndexByte(text, 0); i >= 0 {
		return &LoadError{Line: 1 + strings.Count(text[:i], "\n"), Text: "", Err: errors.New("NUL byte in configuration")}
	}
	for i, line := range strings.Split(text, "\n") {
		line = strings.Trim(line, " \t\r\n")
		if line == "" || line[0] == '#' {
			continue
		}
		if err := l.line(line); err != nil {
			var inner *LoadError
			if errors.As(err, &inner) || errors.As(err, new(fatalError)) {
				return err // of an included file, which names its own line
			}
			return &LoadError{Line: i + 1, Text: line, Err: err}
		}
	}
	return nil
}

// fatalError is about a file rather than about a line.
type fatalError struct{ error }

func (l *loader) line(line string) error {
	args, ok := SplitArgs(line)
	if !ok {
		return errors.New("Unbalanced quotes in configuration line")
	}
	if len(args) == 0 {
		return nil
	}
	name := strings.ToLower(args[0])
	args = args[1:]
	if e := l.r.byName[name]; e != nil {
		return l.directive(e, args)
	}
	if name == "include" && len(args) == 1 {
		return l.include(args[0])
	}
	if s, ok := l.r.statements[name]; ok && len(args) >= s.MinArgs && (s.MaxArgs < 0 || len(args) <= s.MaxArgs) {
		return s.Do(args)
	}
	if strings.Contains(name, ".") {
		if len(args) == 0 {
			return errors.New("Module config specified without value")
		}
		return errors.New("this build of Redoubt refuses configuration of modules: it cannot load any")
	}
	return errors.New("Bad directive or wrong number of arguments")
}

// directive sets e. A multi-argument directive may also have its arguments
// in one, as in --save "900 1 300 10".
func (l *loader) directive(e *entry, args []string) error {
	if e.Flags&MultiArg != 0 && len(args) == 1 && args[0] != "" {
		split, ok := SplitArgs(args[0])
		if !ok {
			return errors.New("Unbalanced quotes in configuration line")
		}
		args = split
	}
	return e.set(args, Loading)
}

func (l *loader) include(pattern string) error {
	if l.depth++; l.depth > maxIncludeDepth {
		return fmt.Errorf("include is nested more than %d times", maxIncludeDepth)
	}
	defer func() { l.depth-- }()
	files, err := expand(l.r.resolve(pattern))
	if err != nil {
		return err
	}
	for _, f := range files {
		text, err := readFile(f)
		if err != nil {
			return fatalError{err}
		}
		if err := l.load(text); err != nil {
			var inner *LoadError
			if errors.As(err, &inner) && inner.File == "" {
				inner.File = f
			}
			return err
		}
	}
	return nil
}

// SystemError is the text of a system error as Redis shows it to clients:
// the bare reason, without the operation and the path that Go adds.
func SystemError(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return errText(err)
}
