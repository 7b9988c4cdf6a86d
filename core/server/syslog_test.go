package server

import (
	"errors"
	"fmt"
	"testing"

	"github.com/redoubt-kv/redoubt/core/server/settings"
)

// TestSystemLog: nobody waits for a syslog that does not move, or is not there yet,
// and what was lost meanwhile is told.
func TestSystemLog(t *testing.T) {
	l := &systemLog{lines: make(chan systemLine, 4)}
	for i := range 7 {
		l.add(settings.LogNotice, fmt.Sprint(i))
	}
	close(l.lines)
	var got []string
	attempts, lines := 0, 0
	l.run(func() (writeSyslog, error) {
		if attempts++; attempts == 1 {
			return nil, errors.New("not yet")
		}
		return func(_ settings.LogLevel, text string) error {
			if lines++; lines == 3 {
				return errors.New("full")
			}
			got = append(got, text)
			return nil
		}, nil
	}, 0)
	const lost = " lines of the log were lost: syslog did not take them in time"
	want := []string{"4" + lost, "1", "1" + lost, "3"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%q", got)
	}
}
