// Package report writes what a benchmark found: the machine, the commands,
// and tables in Markdown and CSV.
package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Table is a titled grid of text.
type Table struct {
	Title  string
	Header []string
	Rows   [][]string
}

// Add appends a row; each cell is formatted with %v.
func (t *Table) Add(cells ...any) {
	row := make([]string, len(cells))
	for i, c := range cells {
		row[i] = fmt.Sprint(c)
	}
	t.Rows = append(t.Rows, row)
}

// Markdown writes the table with its columns aligned for reading as text too.
func (t *Table) Markdown(w io.Writer) error {
	width := make([]int, len(t.Header))
	for _, row := range append([][]string{t.Header}, t.Rows...) {
		if len(row) != len(t.Header) {
			return fmt.Errorf("table %q: a row of %d cells under a header of %d", t.Title, len(row), len(t.Header))
		}
		for i, c := range row {
			width[i] = max(width[i], utf8.RuneCountInString(escape(c)))
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n", t.Title)
	line(&b, t.Header, width)
	for i, n := range width {
		b.WriteString("|" + strings.Repeat("-", n+1))
		b.WriteString(map[bool]string{true: "-", false: ":"}[i == 0])
	}
	b.WriteString("|\n")
	for _, row := range t.Rows {
		line(&b, row, width)
	}
	b.WriteString("\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// line writes one row, the first column to the left and the others, numbers
// as a rule, to the right.
func line(b *strings.Builder, cells []string, width []int) {
	for i, c := range cells {
		c = escape(c)
		pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(c))
		if i == 0 {
			b.WriteString("| " + c + pad + " ")
		} else {
			b.WriteString("| " + pad + c + " ")
		}
	}
	b.WriteString("|\n")
}

func escape(c string) string { return strings.ReplaceAll(c, "|", `\|`) }

// CSV writes the header and the rows with the title as a first column, so
// that several tables can follow each other in one file.
func (t *Table) CSV(w io.Writer) error {
	cw := csv.NewWriter(w)
	if err := cw.Write(append([]string{"table"}, t.Header...)); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	for _, row := range t.Rows {
		if err := cw.Write(append([]string{t.Title}, row...)); err != nil {
			return fmt.Errorf("write CSV: %w", err)
		}
	}
	cw.Flush()
	return cw.Error()
}

// Median returns the middle of v, the mean of the two middles if their number
// is even, and 0 of nothing.
func Median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(v))
	m := len(s) / 2
	if len(s)%2 == 1 {
		return s[m]
	}
	return (s[m-1] + s[m]) / 2
}

// Ratio describes b/a, round by round: its median and how far the rounds
// spread. Rounds pair up since the runs were interleaved. Rounds with a
// negative figure (a difference) or by zero have no ratio.
func Ratio(a, b []float64) string {
	var r []float64
	for i := range min(len(a), len(b)) {
		if a[i] > 0 && b[i] >= 0 {
			r = append(r, b[i]/a[i])
		}
	}
	if len(r) == 0 {
		return "–"
	}
	if len(r) == 1 {
		return fmt.Sprintf("%.3f", r[0])
	}
	return fmt.Sprintf("%.3f (%.3f–%.3f)", Median(r), slices.Min(r), slices.Max(r))
}
