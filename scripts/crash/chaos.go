package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// scene is what the server is doing when it is killed.
type scene struct {
	name string
	in   []string // modes
	play func(s *stage) error
}

// scenes are drawn with equal chance among those of the mode.
var scenes = []scene{
	{"under load", []string{"always", "everysec", "rdb"}, func(s *stage) error { return s.wait(1500 * time.Millisecond) }},
	{"during BGSAVE", []string{"always", "everysec", "rdb"}, func(s *stage) error { return s.after("BGSAVE") }},
	{"at the end of BGSAVE", []string{"always", "rdb"}, func(s *stage) error { return s.atEnd("BGSAVE", "rdb_bgsave_in_progress") }},
	{"at the start of BGREWRITEAOF", []string{"always", "everysec"}, func(s *stage) error { return s.after("BGREWRITEAOF") }},
	{"at the end of BGREWRITEAOF", []string{"always", "everysec"}, func(s *stage) error { return s.atEnd("BGREWRITEAOF", "aof_rewrite_in_progress") }},
	{"during BGREWRITEAOF and BGSAVE", []string{"always"}, func(s *stage) error {
		if err := s.do("BGSAVE"); err != nil {
			return err
		}
		return s.after("BGREWRITEAOF")
	}},
	{"after rewrites one upon the other", []string{"always"}, (*stage).rewrites},
	{"at CONFIG SET appendonly no", []string{"always"}, func(s *stage) error {
		s.durable.Store(false)
		return s.after("CONFIG SET appendonly no")
	}},
	{"at CONFIG SET appendonly yes", []string{"always"}, func(s *stage) error {
		if err := s.switchOff(); err != nil {
			return err
		}
		return s.after("CONFIG SET appendonly yes")
	}},
	{"at the end of the rewrite of CONFIG SET appendonly yes", []string{"always"}, func(s *stage) error {
		if err := s.switchOff(); err != nil {
			return err
		}
		return s.atEnd("CONFIG SET appendonly yes", "aof_rewrite_in_progress")
	}},
	{"after CONFIG SET appendonly no and yes", []string{"always"}, (*stage).offAndOn},
	{"during CONFIG SET appendfsync", []string{"always"}, (*stage).policies},
	{"at SIGTERM", []string{"always", "everysec"}, func(s *stage) error {
		s.gently = true
		return s.wait(500 * time.Millisecond)
	}},
}

// stage is where a scene plays: a loaded server.
type stage struct {
	*trial
	r      *rand.Rand
	c      *redistest.Client
	gently bool   // by SIGTERM
	note   string // when the kill came
}

func drawScene(r *rand.Rand, o options) scene {
	if o.sabotage > 0 {
		return scenes[0]
	}
	for {
		s := scenes[r.IntN(len(scenes))]
		if slices.Contains(s.in, o.mode) && (o.scene == "" || strings.Contains(s.name, o.scene)) {
			return s
		}
	}
}

// pause is a random time up to most, of any order of magnitude from 0.1 ms on.
func (s *stage) pause(most time.Duration) time.Duration {
	scale := 100 * time.Microsecond
	for scale < most && s.r.IntN(4) != 0 {
		scale *= 4
	}
	return time.Duration(s.r.Int64N(int64(min(scale, most)) + 1))
}

func (s *stage) wait(most time.Duration) error {
	d := s.pause(most)
	time.Sleep(d)
	s.note += fmt.Sprintf(" %v later", d.Round(10*time.Microsecond))
	return nil
}

// refused are replies to commands of a scene that are no failure: another one of
// them still runs.
var refused = []string{"ERR Background save already in progress", "ERR Another child process is active",
	"ERR Background append only file rewriting already in progress", "ERR An AOF log rewriting in progress",
	"ERR Can't BGSAVE while AOF log rewriting is in progress"}

func (s *stage) do(line string) error {
	words := strings.Fields(line)
	args := make([]any, len(words))
	for i, w := range words {
		args[i] = w
	}
	reply, err := s.c.Do(args...)
	if err != nil {
		return err
	}
	if e, ok := reply.(redistest.Error); ok {
		for _, text := range refused {
			if strings.HasPrefix(string(e), text) {
				return nil
			}
		}
		return fmt.Errorf("%s: %w", line, e)
	}
	return nil
}

// after sends a command and lets the kill come a random time after that, also before
// its reply.
func (s *stage) after(line string) error {
	done := make(chan error, 1)
	go func() { done <- s.do(line) }()
	if err := s.wait(600 * time.Millisecond); err != nil {
		return err
	}
	select {
	case err := <-done:
		return err
	default:
		s.note += ", before its reply"
		return nil
	}
}

// atEnd sends a command that begins something, and returns shortly before or after
// INFO says that it has ended.
func (s *stage) atEnd(line, field string) error {
	start := time.Now()
	if err := s.do(line); err != nil {
		return err
	}
	if took := s.took[line]; took > 0 && s.r.IntN(2) == 0 {
		d := time.Duration(float64(took) * (0.8 + 0.3*s.r.Float64()))
		time.Sleep(d - time.Since(start))
		s.note += fmt.Sprintf(" %v later, about when it ends", d.Round(10*time.Microsecond))
		return nil
	}
	if err := s.until(field); err != nil {
		return err
	}
	s.took[line] = time.Since(start)
	d := time.Duration(s.r.IntN(4000)) * time.Microsecond
	time.Sleep(d)
	s.note += fmt.Sprintf(" %v after it ended", d)
	return nil
}

// until waits until a field of INFO is 0.
func (s *stage) until(field string) error {
	for deadline := time.Now().Add(startLimit); time.Now().Before(deadline); time.Sleep(200 * time.Microsecond) {
		n, err := infoField(s.c, field)
		if err != nil {
			return err
		}
		if n == "0" {
			return nil
		}
	}
	return fmt.Errorf("%s is not 0 after %v", field, startLimit)
}

func infoField(c *redistest.Client, field string) (string, error) {
	reply, err := c.Do("INFO", "persistence")
	if err != nil {
		return "", err
	}
	for _, line := range strings.Split(fmt.Sprint(reply), "\r\n") {
		if name, val, _ := strings.Cut(line, ":"); name == field {
			return val, nil
		}
	}
	return "", fmt.Errorf("INFO has no %s: %.200v", field, reply)
}

func (s *stage) rewrites() error {
	for range 2 + s.r.IntN(4) {
		if err := s.do("BGREWRITEAOF"); err != nil {
			return err
		}
		if err := s.until("aof_rewrite_in_progress"); err != nil {
			return err
		}
		time.Sleep(s.pause(20 * time.Millisecond))
	}
	return s.wait(20 * time.Millisecond)
}

func (s *stage) switchOff() error {
	s.durable.Store(false)
	if err := s.do("CONFIG SET appendonly no"); err != nil {
		return err
	}
	time.Sleep(s.pause(100 * time.Millisecond))
	return nil
}

// offAndOn switches the AOF off and on and waits for its rewrite: from then on all is
// durable again, also what was written while it was off.
func (s *stage) offAndOn() error {
	for range 1 + s.r.IntN(2) {
		if err := s.switchOff(); err != nil {
			return err
		}
		if err := s.do("CONFIG SET appendonly yes"); err != nil {
			return err
		}
		for _, field := range []string{"aof_rewrite_scheduled", "aof_rewrite_in_progress"} {
			if err := s.until(field); err != nil {
				return err
			}
		}
		if status, err := infoField(s.c, "aof_last_bgrewrite_status"); err != nil || status != "ok" {
			return fmt.Errorf("the rewrite of CONFIG SET appendonly yes failed: %s, %v", status, err)
		}
		s.durable.Store(true)
	}
	return s.wait(100 * time.Millisecond)
}

// policies changes appendfsync all the time. Only under always is what is acknowledged
// certain; after the change back all that was before is.
func (s *stage) policies() error {
	for range 1 + s.r.IntN(6) {
		s.durable.Store(false)
		policy := []string{"everysec", "no"}[s.r.IntN(2)]
		if err := s.do("CONFIG SET appendfsync " + policy); err != nil {
			return err
		}
		time.Sleep(s.pause(200 * time.Millisecond))
		if err := s.do("CONFIG SET appendfsync always"); err != nil {
			return err
		}
		s.durable.Store(true)
		time.Sleep(s.pause(50 * time.Millisecond))
	}
	return s.wait(50 * time.Millisecond)
}
