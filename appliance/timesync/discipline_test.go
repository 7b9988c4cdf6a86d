package timesync

import (
	"encoding/binary"
	"errors"
	"testing"
	"time"
)

var now = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)

func TestDiscipline(t *testing.T) {
	const s = time.Second
	type round struct {
		offset  time.Duration
		servers int
		want    verdict
	}
	for name, rounds := range map[string][]round{
		"right from the start":           {{s / 10, 1, doSlew}, {-s / 10, 1, doSlew}},
		"wrong at the start":             {{time.Hour, 1, doStep}, {s / 100, 1, doSlew}},
		"years off at the start":         {{3 * 365 * 24 * time.Hour, 1, doStep}},
		"beyond all years":               {{-40 * 365 * 24 * time.Hour, 3, doNothing}, {200 * 365 * 24 * time.Hour, 3, doNothing}},
		"one wild answer later":          {{0, 1, doSlew}, {9 * s, 1, doDoubt}, {0, 1, doSlew}, {9 * s, 1, doDoubt}},
		"confirmed later":                {{0, 1, doSlew}, {9 * s, 1, doDoubt}, {9 * s, 1, doDoubt}, {9 * s, 1, doDoubt}, {9 * s, 1, doStep}},
		"wild in different ways":         {{0, 1, doSlew}, {9 * s, 1, doDoubt}, {8 * s, 1, doDoubt}, {7 * s, 1, doDoubt}, {6 * s, 1, doDoubt}, {5 * s, 1, doDoubt}},
		"panic, one server":              {{0, 1, doSlew}, {-time.Hour, 1, doRefuse}, {-time.Hour, 2, doRefuse}, {-time.Hour, 1, doRefuse}, {-time.Hour, 1, doRefuse}},
		"panic, three servers":           {{0, 3, doSlew}, {time.Hour, 3, doDoubt}, {time.Hour, 3, doDoubt}, {time.Hour, 3, doDoubt}, {time.Hour, 3, doStep}},
		"a refused one confirms no more": {{0, 1, doSlew}, {9 * s, 1, doDoubt}, {9 * s, 1, doDoubt}, {9 * s, 1, doDoubt}, {s / 10, 1, doSlew}, {9 * s, 1, doDoubt}},
	} {
		var d discipline
		for n, r := range rounds {
			if got := d.judge(now, r.offset, r.servers, false); got != r.want {
				t.Errorf("%s, round %d: got %q, want %q", name, n+1, got, r.want)
			}
		}
	}
	d := discipline{running: true}
	if got := d.judge(now, time.Hour, 1, true); got != doStep {
		t.Errorf("the hypervisor's clock: %q", got)
	}
}

func TestCombine(t *testing.T) {
	ms := func(offsets ...int) (list []sample) {
		for _, o := range offsets {
			list = append(list, sample{time.Duration(o) * time.Millisecond, 10 * time.Millisecond})
		}
		return list
	}
	for _, test := range []struct {
		samples  []sample
		offset   int
		agreeing int
		ok       bool
	}{
		{nil, 0, 0, false},
		{ms(5), 5, 1, true},
		{ms(4, 6), 5, 2, true},
		{ms(0, 90000), 0, 1, false},
		{ms(-90000, 10, 20, 90000), 15, 2, false},
		{ms(10, 20, 90000), 15, 2, true},
		{ms(-90000, 90000, 10, 20, 30), 20, 3, true},
	} {
		offset, agreeing, ok := combine(test.samples)
		if ok != test.ok || agreeing != test.agreeing || ok && offset != time.Duration(test.offset)*time.Millisecond {
			t.Errorf("%v: got %s, %d, %v", test.samples, offset, agreeing, ok)
		}
	}
}

// reply makes a server's packet that shows at.
func reply(nonce uint64, at time.Time) []byte {
	b := make([]byte, packetSize)
	b[0], b[1] = version<<3|modeServer, 2
	binary.BigEndian.PutUint64(b[24:], nonce)
	for _, field := range [][]byte{b[32:], b[40:]} {
		binary.BigEndian.PutUint32(field, uint32(at.Unix()+2208988800))
		binary.BigEndian.PutUint32(field[4:], uint32(int64(at.Nanosecond())<<32/1e9))
	}
	return b
}

func TestAnswer(t *testing.T) {
	sent, received := now, now.Add(20*time.Millisecond)
	s, err := answer(reply(7, now.Add(time.Second+10*time.Millisecond)), 7, sent, received)
	if err != nil || (s.offset-time.Second).Abs() > time.Microsecond || s.delay != 20*time.Millisecond {
		t.Errorf("got %+v, %v", s, err)
	}
	// After 2036, seconds begin anew.
	future := time.Date(2040, 1, 1, 0, 0, 0, 5e8, time.UTC)
	if got := timestamp(reply(7, future)[40:]); got.Sub(future).Abs() > time.Microsecond {
		t.Errorf("got %s", got)
	}
	for name, spoil := range map[string]func(b []byte) []byte{
		"short":          func(b []byte) []byte { return b[:47] },
		"another nonce":  func(b []byte) []byte { b[31]++; return b },
		"a request":      func(b []byte) []byte { b[0] = version<<3 | modeClient; return b },
		"unsynchronized": func(b []byte) []byte { b[0] |= leapUnknown << 6; return b },
		"stratum 16":     func(b []byte) []byte { b[1] = 16; return b },
		"far off":        func(b []byte) []byte { b[9] = 2; return b },
		"no time":        func(b []byte) []byte { copy(b[32:], make([]byte, 16)); return b },
		"back in time":   func(b []byte) []byte { b[35]++; return b },
	} {
		if s, err := answer(spoil(reply(7, now)), 7, sent, received); err == nil || errors.Is(err, errKiss) {
			t.Errorf("%s: got %+v, %v", name, s, err)
		}
	}
	kiss := reply(7, now)
	kiss[1] = 0
	if _, err := answer(kiss, 7, sent, received); !errors.Is(err, errKiss) {
		t.Errorf("kiss: %v", err)
	}
}

func TestNextPoll(t *testing.T) {
	poll, previous := startPoll, time.Duration(0)
	for round := range 20 {
		poll = nextPoll(poll, round, time.Millisecond, doSlew)
		if poll < previous {
			t.Errorf("round %d: %s after %s", round, poll, previous)
		}
		previous = poll
	}
	if poll != maxPoll {
		t.Errorf("a clock that keeps time is looked at each %s", poll)
	}
	if poll = nextPoll(maxPoll, 20, 100*time.Millisecond, doSlew); poll != minPoll {
		t.Errorf("one that does not: %s", poll)
	}
	if poll = nextPoll(maxPoll, 20, time.Minute, doDoubt); poll != startPoll {
		t.Errorf("in doubt: %s", poll)
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add(reply(7, now))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := answer(b, 7, now, now.Add(time.Second))
		if err == nil && s.delay < 0 {
			t.Errorf("got %+v", s)
		}
		if err == nil {
			var d discipline
			if v := d.judge(now, s.offset, 1, false); v == doStep && (now.Add(s.offset).Before(firstTime) || now.Add(s.offset).After(lastTime)) {
				t.Errorf("steps to %s", now.Add(s.offset))
			}
		}
	})
}
