package main

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// op is one step of a run: a command on one of the standing connections,
// bytes on a connection of their own, or a restart of both servers from what
// they save.
type op struct {
	conn    int      // 0 speaks RESP2, 1 RESP3 (until the commands change that)
	argv    []string // nil: raw or restart
	raw     string
	restart bool
}

// name is the command in capitals, "" for raw bytes.
func (o op) name() string {
	if len(o.argv) == 0 {
		return ""
	}
	return strings.ToUpper(o.argv[0])
}

// subcommand is the first argument in capitals, "" if there is none.
func (o op) subcommand() string {
	if len(o.argv) < 2 {
		return ""
	}
	return strings.ToUpper(o.argv[1])
}

// String is the form of the operations log: the connection, then quoted
// strings as in Go; "raw" stands in the place of the connection for bytes, and
// "restart" alone.
func (o op) String() string {
	if o.restart {
		return "restart"
	}
	if o.argv == nil {
		return "raw " + strconv.Quote(o.raw)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "c%d", o.conn)
	for _, a := range o.argv {
		b.WriteByte(' ')
		b.WriteString(strconv.Quote(a))
	}
	return b.String()
}

func writeOps(w io.Writer, ops []op) error {
	buf := bufio.NewWriter(w)
	for _, o := range ops {
		fmt.Fprintln(buf, o)
	}
	return buf.Flush()
}

// readOps reads an operations log; empty lines and lines with # are skipped.
func readOps(r io.Reader) ([]op, error) {
	var ops []op
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<28)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		o, err := parseOp(line)
		if err != nil {
			return nil, fmt.Errorf("operations log, line %d: %w", n, err)
		}
		ops = append(ops, o)
	}
	return ops, lines.Err()
}

func parseOp(line string) (op, error) {
	where, rest, _ := strings.Cut(line, " ")
	var o op
	if where == "restart" && rest == "" {
		return op{restart: true}, nil
	}
	if where != "raw" {
		n, err := strconv.Atoi(strings.TrimPrefix(where, "c"))
		if err != nil || n < 0 || n >= connections {
			return o, fmt.Errorf("want c0, c1 or raw, got %q", where)
		}
		o.conn = n
	}
	var words []string
	for rest = strings.TrimSpace(rest); rest != ""; rest = strings.TrimSpace(rest) {
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil {
			return o, fmt.Errorf("want quoted strings, got %.40q", rest)
		}
		word, err := strconv.Unquote(quoted)
		if err != nil {
			return o, fmt.Errorf("unquote %.40q: %w", quoted, err)
		}
		words = append(words, word)
		rest = rest[len(quoted):]
	}
	switch {
	case len(words) == 0:
		return o, fmt.Errorf("no command")
	case where == "raw":
		o.raw = words[0]
	default:
		o.argv = words
	}
	return o, nil
}
