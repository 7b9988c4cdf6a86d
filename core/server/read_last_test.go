package server_test

import (
	"fmt"
	"testing"
)

// TestReadLastEntry: XREAD takes "+" for what is before the last entry, since
// Redis 7.4; the oracle does not know it.
func TestReadLastEntry(t *testing.T) {
	c := start(t, t.TempDir(), "--save", "").dial()
	for _, v := range []struct{ command, want string }{
		{"XREAD STREAMS s +", "<nil>"},
		{"XADD s 1-1 f a", "1-1"},
		{"XADD s 1-2 f b", "1-2"},
		{"XADD s 1-3 f c", "1-3"},
		{"XREAD STREAMS s +", "[[s [[1-3 [f c]]]]]"},
		{"XREAD COUNT 5 STREAMS s +", "[[s [[1-3 [f c]]]]]"},
		{"XREAD BLOCK 1 STREAMS nokey s + +", "[[s [[1-3 [f c]]]]]"},
		{"XDEL s 1-3", "1"},
		{"XREAD STREAMS s +", "[[s [[1-2 [f b]]]]]"},
		{"XTRIM s MAXLEN 0", "2"},
		{"XREAD STREAMS s +", "<nil>"},
		{"XREAD BLOCK 1 STREAMS s +", "<nil>"},
		{"XADD s 0-1 f a", "ERR The ID specified in XADD is equal or smaller than the target stream top item"},
		{"XADD first 0-1 f a", "0-1"},
		{"XREAD STREAMS first +", "[[first [[0-1 [f a]]]]]"},
		{"XGROUP CREATE s g 0", "OK"},
		{"XREADGROUP GROUP g c STREAMS s +", "ERR The + ID is meaningless in the context of XREADGROUP: you want to read the history of" +
			" this consumer by specifying a proper ID, or use the > ID to get new messages. The + ID would just return an empty result set."},
	} {
		reply, err := c.Do(words(v.command)...)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(reply); got != v.want {
			t.Errorf("%s: %s, want %s", v.command, got, v.want)
		}
	}
}
