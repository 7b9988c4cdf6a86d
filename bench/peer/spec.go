// Package peer starts and stops the servers that a benchmark compares, pins
// them to processors, and reads from /proc what they cost.
package peer

import (
	"fmt"
	"strings"
)

// Spec is a server to be measured: a name for the tables and the command line
// that starts it, in which {port} and {dir} stand for where it is to listen
// and to put its files.
type Spec struct {
	Name string
	Args []string
}

// ParseSpec reads "name=command line".
func ParseSpec(s string) (Spec, error) {
	name, line, ok := strings.Cut(s, "=")
	if !ok || name == "" {
		return Spec{}, fmt.Errorf("peer %q is not name=command", s)
	}
	args, err := Split(line)
	if err != nil {
		return Spec{}, fmt.Errorf("peer %s: %w", name, err)
	}
	if len(args) == 0 {
		return Spec{}, fmt.Errorf("peer %s has no command", name)
	}
	if !strings.Contains(line, "{port}") {
		return Spec{}, fmt.Errorf("peer %s: the command does not say where {port} goes", name)
	}
	return Spec{Name: name, Args: args}, nil
}

// With returns the arguments with {port} and {dir} filled in.
func (s Spec) With(port int, dir string) []string {
	r := strings.NewReplacer("{port}", fmt.Sprint(port), "{dir}", dir)
	out := make([]string, len(s.Args))
	for i, a := range s.Args {
		out[i] = r.Replace(a)
	}
	return out
}

// Split cuts a command line into words at blanks; single and double quotes
// keep blanks and make empty words, and nothing else is special.
func Split(line string) ([]string, error) {
	var (
		words  []string
		word   strings.Builder
		inWord bool
		quote  rune
	)
	for _, c := range line {
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(c)
		case c == '\'' || c == '"':
			quote, inWord = c, true
		case c == ' ' || c == '\t' || c == '\n':
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
		default:
			word.WriteRune(c)
			inWord = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("quote %c is not closed in %q", quote, line)
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}

// Join is the reverse of Split, for people to copy.
func Join(args []string) string {
	out := make([]string, len(args))
	for i, a := range args {
		out[i] = a
		if a == "" || strings.ContainsAny(a, " \t\n'\"") {
			out[i] = "'" + strings.ReplaceAll(a, "'", `'"'"'`) + "'"
		}
	}
	return strings.Join(out, " ")
}
