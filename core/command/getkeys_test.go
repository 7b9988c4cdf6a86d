package command

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func words(s string) [][]byte {
	var args [][]byte
	for _, w := range strings.Fields(s) {
		args = append(args, []byte(w))
	}
	return args
}

// The specs are those that redis-server 7.0.15 reports for the commands named
// in the requests.
func TestKeyPositions(t *testing.T) {
	one := []KeySpec{{Index: 1, Step: 1}}
	all := []KeySpec{{Index: 1, LastKey: -1, Step: 1}}
	pairs := []KeySpec{{Index: 1, LastKey: -1, Step: 2}}
	store := []KeySpec{{Index: 1, Step: 1}, {Index: 2, KeyNum: true, FirstKey: 1, Step: 1}}
	streams := []KeySpec{{Keyword: "STREAMS", From: 1, LastKey: -1, Step: 1, Limit: 2}}
	migrate := []KeySpec{{Index: 3, Step: 1, Flags: []string{"incomplete"}}, {Keyword: "KEYS", From: -2, LastKey: -1, Step: 1}}
	backwards := []KeySpec{{Keyword: "KEYS", From: -2, LastKey: -1, Step: 1}}
	radius := []KeySpec{{Index: 1, Step: 1}, {Keyword: "STORE", From: 6, Step: 1}, {Keyword: "STOREDIST", From: 6, Step: 1}}
	notKey := []KeySpec{{Index: 1, Step: 1, Flags: []string{"not_key"}}}
	cases := []struct {
		keys []KeySpec
		req  string
		want []int // nil: ErrKeySpec
	}{
		{one, "get a", []int{1}},
		{one, "get", nil},
		{all, "del a b c", []int{1, 2, 3}},
		{all, "del", nil},
		{pairs, "mset a 1 b 2", []int{1, 3}},
		{[]KeySpec{{Index: 2, LastKey: -1, Step: 1}}, "bitop and", nil},
		{[]KeySpec{{Index: 2, Step: 1}, {Index: 3, LastKey: -1, Step: 1}}, "bitop and d a b", []int{2, 3, 4}},
		{store, "zunionstore d 2 a b weights 1 2", []int{1, 3, 4}},
		{store, "zunionstore d 0 a", nil},
		{store, "zunionstore d 9 a", nil},
		{store, "zunionstore d 99999999999999999999 a", nil},
		{store, "zunionstore d -1 a", nil},
		{store, "zunionstore d +1 a", nil},
		{store, "zunionstore d x a", nil},
		{store, "zunionstore d", nil},
		{streams, "xread count 2 streams a b 0 0", []int{4, 5}},
		{streams, "xread Streams a 0", []int{2}},
		{streams, "xread streams", []int{}},
		{migrate, "migrate h 1 k 0 5 keys a b", nil},
		{backwards, "migrate h 1 k 0 5 keys a b", []int{7, 8}},
		{backwards, "migrate h 1 k 0 5", []int{}},
		{[]KeySpec{{Unknown: true}}, "sort a", nil},
		{radius, "georadius k 1 2 3 km", []int{1}},
		{radius, "georadius k 1 2 3 km asc Store d", []int{1, 8}},
		{radius, "georadius k 1 2 3 km store a storedist b", []int{1, 7, 9}},
		{radius, "georadius k 1 2 3 km store a store b", nil},
		{notKey, "spublish a b", []int{}},
	}
	for _, tc := range cases {
		for _, prepared := range []bool{false, true} {
			r := Row{Keys: tc.keys}
			if prepared {
				r.prepareKeys()
			}
			got, err := r.KeyPositions(words(tc.req), []int{})
			if tc.want == nil {
				if !errors.Is(err, ErrKeySpec) || len(got) != 0 {
					t.Errorf("%s: %v, %v; want ErrKeySpec", tc.req, got, err)
				}
				continue
			}
			if err != nil || !reflect.DeepEqual(got, tc.want) {
				t.Errorf("%s: %v, %v; want %v", tc.req, got, err, tc.want)
			}
		}
	}
}

func TestKeyRefsVariableFlags(t *testing.T) {
	r := Row{
		Keys:     []KeySpec{{Index: 1, Step: 1, Flags: []string{"RW", "variable_flags"}}, {Index: 2, Step: 1, Flags: []string{"RO"}}},
		KeyFlags: func(args [][]byte) []string { return []string{string(args[0])} },
	}
	got, err := r.KeyRefs(words("ow a b"), nil)
	want := []KeyRef{{1, []string{"ow"}}, {2, []string{"RO"}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%v, %v; want %v", got, err, want)
	}
}

func TestKeyPositionsOfOneKeyDoesNotAllocate(t *testing.T) {
	r := Row{Keys: []KeySpec{{Index: 1, Step: 1, Flags: []string{"RO", "access"}}}}
	r.prepareKeys()
	args, dst := words("get a"), make([]int, 0, 4)
	if n := testing.AllocsPerRun(100, func() { dst, _ = r.KeyPositions(args, dst[:0]) }); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

func FuzzKeyPositions(f *testing.F) {
	f.Add("xread streams a 0", "STREAMS", 1, -1, 1, 2, false, 0, 0)
	f.Add("zunion 2 a b", "", 1, 0, 1, 0, true, 0, 1)
	f.Fuzz(func(t *testing.T, req, keyword string, index, last, step, limit int, num bool, numIdx, firstKey int) {
		small := func(n int) int { return n % 8 }
		s := KeySpec{
			Index: max(small(index), 0), Keyword: keyword, From: small(index), LastKey: small(last), Step: small(step),
			Limit: max(small(limit), 0), KeyNum: num, NumIdx: max(small(numIdx), 0), FirstKey: max(small(firstKey), 0),
		}
		r := Row{Keys: []KeySpec{s}}
		args := words(req)
		got, _ := r.KeyPositions(args, nil)
		for _, p := range got {
			if p < 1 || p >= len(args) {
				t.Fatalf("%q with %+v: position %d", args, s, p)
			}
		}
	})
}
