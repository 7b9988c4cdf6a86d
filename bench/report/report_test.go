package report

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMarkdown(t *testing.T) {
	tab := &Table{Title: "T", Header: []string{"name", "µs"}}
	tab.Add("a|b", 1.5)
	tab.Add("long name", "1000")
	var b bytes.Buffer
	if err := tab.Markdown(&b); err != nil {
		t.Fatal(err)
	}
	want := `### T

| name      |   µs |
|-----------|-----:|
| a\|b      |  1.5 |
| long name | 1000 |

`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
	tab.Add("short")
	if err := tab.Markdown(&b); err == nil {
		t.Error("a row that does not fit was written")
	}
}

func TestReportWritesCSVOfAllTables(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.csv")
	if err := os.WriteFile(path, []byte("older"), 0o644); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	r := &Report{Out: &out, Log: &out, CSVPath: path}
	r.Command("do it")
	r.Command("do it")
	a, b := &Table{Title: "A", Header: []string{"x"}}, &Table{Title: "B", Header: []string{"y"}}
	a.Add("1,5")
	b.Add(2)
	if err := r.Tables(a); err != nil {
		t.Fatal(err)
	}
	if err := r.Tables(b); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != 4 || rows[1][1] != "1,5" || rows[3][0] != "B" {
		t.Errorf("rows %q, %v", rows, err)
	}
	if n := strings.Count(out.String(), "do it"); n != 1 {
		t.Errorf("the command is told %d times in\n%s", n, out.String())
	}
}

func TestLoad(t *testing.T) {
	a := parseLoad("cpu  100 0 50 800 40 0 0 10 7 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n")
	if want := (Load{Total: 1000, Stolen: 10, Idle: 840}); a != want {
		t.Errorf("got %+v, want %+v", a, want)
	}
	b := parseLoad("cpu 200 0 100 820 50 0 0 30 7 0")
	if got, want := a.Since(b), "15.0 % idle, 10.0 % stolen by the hypervisor"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, bad := range []string{"", "unknown", "cpu 1 2", "cpu 1 2 3 4 5 6 7 x", "cpu0 1 2 3 4 5 6 7 8"} {
		if got := parseLoad(bad); got != (Load{}) || a.Since(got) != "unknown" {
			t.Errorf("%q gives %+v", bad, got)
		}
	}
}

func TestMedianAndRatio(t *testing.T) {
	for _, c := range []struct {
		v    []float64
		want float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 2, 9}, 3}} {
		if got := Median(c.v); got != c.want {
			t.Errorf("median of %v: %v, want %v", c.v, got, c.want)
		}
	}
	for _, c := range []struct {
		a, b []float64
		want string
	}{
		{nil, nil, "–"}, {[]float64{0}, []float64{1}, "–"}, {[]float64{2}, []float64{1}, "0.500"},
		{[]float64{1, 2, 4}, []float64{2, 2, 2}, "1.000 (0.500–2.000)"},
		{[]float64{-1, 2, 4}, []float64{5, -1, 2}, "0.500"}, {[]float64{1}, []float64{0}, "0.000"},
	} {
		if got := Ratio(c.a, c.b); got != c.want {
			t.Errorf("ratio of %v to %v: %s, want %s", c.b, c.a, got, c.want)
		}
	}
}

func TestMachineTellsWhatItKnows(t *testing.T) {
	var b bytes.Buffer
	if err := Machine(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"processor:", "memory:", "kernel:", "load average", "date:"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
	if got := field("a : x\nmodel name\t:  E   C  \n", "model name"); got != "E C" {
		t.Errorf("field %q", got)
	}
	if got := field("", "none"); got != "unknown" {
		t.Errorf("missing field %q", got)
	}
}
