package family_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestZZ(t *testing.T) {
	r := newReplayRun(t, *replaySeed)
	r.run(8000)
	ok, bad := map[string]int{}, map[string]int{}
	for _, l := range r.done {
		_, rest, is := strings.Cut(l, `: ["`)
		if !is {
			continue
		}
		name, _, _ := strings.Cut(rest, `"`)
		if strings.Contains(l, `-> "-`) {
			bad[name]++
		} else {
			ok[name]++
		}
	}
	fmt.Println(len(r.done), len(r.peer.Log.Bytes), "ok", ok, "\nbad", bad)
	d := data(r.peer)
	fmt.Println(len(d))
	for k, v := range d {
		fmt.Printf("%s: %.150s\n", k, v)
	}
	counts := map[string]int{}
	names := map[string]int{}
	var l []string
	_ = l
	for _, b := range strings.Split(string(r.peer.Log.Bytes), "\r\n*") {
		p := strings.Split(b, "\r\n")
		if len(p) > 2 {
			names[p[2]]++
		}
	}
	fmt.Println(counts, names)
}
