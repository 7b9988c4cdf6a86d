package familytest

import (
	"fmt"

	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// Near runs a command whose reply is a number that depends on the clock, and
// allows the two replies to differ by so much.
func (p *Pair) Near(by int64, args ...any) {
	p.t.Helper()
	var line [][]byte
	for _, a := range args {
		line = append(line, []byte(fmt.Sprint(a)))
	}
	want, isInt := p.oracle.Must(p.t, args...).(int64)
	p.own.run(line)
	var got int64
	if _, err := fmt.Sscanf(p.own.reply(), ":%d\r\n", &got); err != nil || !isInt || max(got-want, want-got) > by {
		p.t.Errorf("%s: %d (%v), want %d", short(line), got, err, want)
	}
}

// Store is our side's keyspace, for settings that redis-server gets by
// arguments.
func (p *Pair) Store() *keyspace.Store { return p.own.exec.Store }

// Oracle is the connection to redis-server, for what only that side needs.
func (p *Pair) Oracle() *redistest.Client { return p.oracle }

// Alone runs a command on our side alone, for what Redis 7.0 does not have, and
// returns its reply, its events and the number of changes.
func (p *Pair) Alone(words ...string) (reply, events string, changes int64) {
	var line [][]byte
	for _, w := range words {
		line = append(line, []byte(w))
	}
	p.own.run(line)
	return p.own.reply(), p.own.takeEvents(), p.own.dirty()
}

// Advance lets ms pass on our side, in no time.
func (p *Pair) Advance(ms int64) { p.own.ahead += ms }

// Now is the time on our side, in ms.
func (p *Pair) Now() int64 { return p.own.nowMs() }

// TakeEvents returns our side's events since the last command: those of the
// background.
func (p *Pair) TakeEvents() string { return p.own.takeEvents() }

// SameBut is Same for a command whose reply is equal only after mask, which takes
// out what depends on the clock.
func (p *Pair) SameBut(mask func(reply string) string, args ...any) {
	p.t.Helper()
	p.compare(func(got, want string) bool { return mask(got) == mask(want) }, args)
}
