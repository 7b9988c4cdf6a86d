package report

import (
	"fmt"
	"io"
	"os"
	"time"
)

// Report collects the output of one benchmark: Markdown to Out as it comes,
// progress to Log, tables also to the CSV file if there is one.
type Report struct {
	Out io.Writer
	Log io.Writer
	// CSVPath is a file that tables are written to; "" for none.
	CSVPath string

	csvBegun bool
	commands []string
	seen     map[string]bool
	noted    map[string]bool
}

// Begin writes the title and the machine.
func (r *Report) Begin(title string) error {
	fmt.Fprintf(r.Out, "## %s\n\n", title)
	if err := Machine(r.Out); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// Note writes one more line of the list that Begin began.
func (r *Report) Note(format string, args ...any) {
	fmt.Fprintf(r.Out, "- "+format+"\n", args...)
}

// NoteOnce writes a note unless it has been written before.
func (r *Report) NoteOnce(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !r.noted[text] {
		if r.noted == nil {
			r.noted = map[string]bool{}
		}
		r.noted[text] = true
		r.Note("%s", text)
	}
}

// Progress tells who waits what is going on, and since when.
func (r *Report) Progress(format string, args ...any) {
	fmt.Fprintf(r.Log, time.Now().Format(time.TimeOnly)+" "+format+"\n", args...)
}

// Command remembers a command line that was run, each text once.
func (r *Report) Command(line string) {
	if r.seen == nil {
		r.seen = map[string]bool{}
	}
	if !r.seen[line] {
		r.seen[line] = true
		r.commands = append(r.commands, line)
	}
}

// Tables writes the tables, after them the commands that led to them.
func (r *Report) Tables(tables ...*Table) error {
	fmt.Fprintln(r.Out)
	for _, t := range tables {
		if err := t.Markdown(r.Out); err != nil {
			return err
		}
		if err := r.csv(t); err != nil {
			return err
		}
	}
	if len(r.commands) == 0 {
		return nil
	}
	fmt.Fprint(r.Out, "Commands:\n\n")
	for _, c := range r.commands {
		fmt.Fprintf(r.Out, "    %s\n", c)
	}
	fmt.Fprintln(r.Out)
	r.commands = nil
	return nil
}

// csv appends t to the file, which the first table of a report begins anew.
func (r *Report) csv(t *Table) error {
	if r.CSVPath == "" {
		return nil
	}
	mode := os.O_CREATE | os.O_WRONLY | os.O_APPEND
	if !r.csvBegun {
		mode |= os.O_TRUNC
		r.csvBegun = true
	}
	f, err := os.OpenFile(r.CSVPath, mode, 0o644)
	if err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	if err := t.CSV(f); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}
