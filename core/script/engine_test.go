package script_test

import (
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/core/script"
)

// A script is found by the digits of its digest in either case, however often and
// between others, until all are forgotten.
func TestNamed(t *testing.T) {
	e := script.New(script.Options{Version: "7.4.0"})
	one, text := e.Load([]byte("return 1"))
	two, text2 := e.Load([]byte("return 2"))
	if text != "" || text2 != "" {
		t.Fatal(text, text2)
	}
	for range 2 {
		for _, s := range []*script.Script{one, one, two, one} {
			if e.Named([]byte(s.SHA)) != s || e.Named([]byte(strings.ToUpper(s.SHA))) != s {
				t.Errorf("%s is not found", s.SHA)
			}
		}
		for _, none := range []string{"", one.SHA[1:], one.SHA + "0", strings.Repeat("x", 40), strings.Repeat("0", 40)} {
			if e.Named([]byte(none)) != nil {
				t.Errorf("%q is found", none)
			}
		}
	}
	e.Flush()
	for _, s := range []*script.Script{one, two} {
		if e.Named([]byte(s.SHA)) != nil {
			t.Errorf("%s is found after Flush", s.SHA)
		}
	}
}
