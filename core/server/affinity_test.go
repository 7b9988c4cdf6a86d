package server

import (
	"fmt"
	"testing"
)

func TestParseCPUList(t *testing.T) {
	for list, want := range map[string]string{
		"0": "[0]", "1,3": "[1 3]", "0-2": "[0 1 2]", "0-7:3": "[0 3 6]", "1,4-5, 9": "[1 4 5 9]", "1023": "[1023]",
	} {
		if got, err := parseCPUList(list); err != nil || fmt.Sprint(got) != want {
			t.Errorf("%q: %v, %v", list, got, err)
		}
	}
	for _, list := range []string{"", "x", "1-", "-1", "3-1", "0-3:0", "1:2", "1024", "0-4000000000", "1,,2"} {
		if got, err := parseCPUList(list); err == nil {
			t.Errorf("%q: %v", list, got)
		}
	}
}
