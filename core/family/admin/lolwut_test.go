package admin

import (
	"strings"
	"testing"
)

// TestLolwutSizes: pictures of versions 5 and 6 are random, but of Redis's sizes.
func TestLolwutSizes(t *testing.T) {
	p, _ := pair(t)
	shape := func(reply string) (lines int, columns []int, last string) {
		_, text, _ := strings.Cut(reply, "\r\n")
		all := strings.Split(strings.TrimRight(text, "\r\n"), "\n")
		for _, line := range all[:len(all)-1] {
			columns = append(columns, strings.Count(line, "\x1b[0m")+strings.Count(line, "\xe2"))
		}
		last, _, _ = strings.Cut(all[len(all)-1], "ver.")
		return len(all), columns, last
	}
	for _, args := range []string{"5", "5 1", "5 2 1 1", "5 30 4 5", "5 0 0 0", "5 999 1 1", "5 5 200 200", "5 20 4 1", "5 20 4 2", "5 20 4 3", "5 21 3 3", "6", "6 1 1", "6 40 7", "6 -1 9999", "6 10 0"} {
		words := append([]string{"LOLWUT", "VERSION"}, strings.Fields(args)...)
		var list []any
		for _, w := range words {
			list = append(list, w)
		}
		theirs, err := p.Oracle().Raw(list...)
		if err != nil {
			t.Fatal(err)
		}
		ours, _, _ := p.Alone(words...)
		n, columns, last := shape(ours)
		wantN, wantColumns, wantLast := shape(theirs)
		if n != wantN || len(columns) != len(wantColumns) || last != wantLast {
			t.Errorf("%s: %d lines, last %q; want %d, %q", args, n, last, wantN, wantLast)
			continue
		}
		for i := range columns {
			if columns[i] != wantColumns[i] {
				t.Errorf("%s: line %d has %d columns, want %d", args, i, columns[i], wantColumns[i])
				break
			}
		}
	}
}
