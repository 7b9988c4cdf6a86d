package server

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/redoubt-kv/redoubt/core/clock"
	"github.com/redoubt-kv/redoubt/core/config"
	"github.com/redoubt-kv/redoubt/core/journal"
	"github.com/redoubt-kv/redoubt/core/pubsub"
	"github.com/redoubt-kv/redoubt/core/server/settings"
	"github.com/redoubt-kv/redoubt/core/stats"
	"github.com/redoubt-kv/redoubt/core/transport"
	"github.com/redoubt-kv/redoubt/core/vfs"
)

// ConfigError is why a configuration cannot be used. Its text holds no value of a
// directive: there may be secrets among them.
type ConfigError struct {
	File      string // the included file that is to blame, or ""
	Line      int    // in that file, from 1; 0 when no single line is to blame
	Directive string // "" if there is none of that name
	Reason    string
}

// Error is the line, the directive and the reason, as far as they are known.
func (e *ConfigError) Error() string {
	text := e.Reason
	if e.Directive != "" {
		text = e.Directive + ": " + text
	}
	if e.Line > 0 {
		text = fmt.Sprintf("line %d: %s", e.Line, text)
	}
	return text
}

// CheckConfig tells whether RunEmbedded would accept args as far as that can be
// known beforehand: every directive, the users and the ACL file, and the files of
// TLS are read. Nothing is started. An error is a *ConfigError.
func CheckConfig(args []string) error {
	registry, working, live := settings.NewRegistry()
	s := &Server{
		log:      &logger{to: io.Discard, pid: os.Getpid()},
		registry: registry, working: working, live: live,
		clock: clock.NewReal(), fs: vfs.OS, journal: journal.New(),
		listeners: map[string]transport.Listener{},
		started:   time.Now(),
	}
	registry.Handle(s.userStatement())
	if err := registry.Load(config.ParseCommandLine(args), strings.NewReader("")); err != nil {
		return s.explain(err)
	}
	live.Publish(working)
	set := live.Load()
	if set.Daemonize {
		return &ConfigError{Directive: "daemonize", Reason: "the server is a part of a program, which cannot go to the background"}
	}
	if len(s.declared) > 0 || set.ACLFile != "" || len(set.RenameCommand) > 0 {
		if err := s.checkCommands(set); err != nil {
			return err
		}
	}
	if err := s.tls.configure(set); err != nil {
		return &ConfigError{Directive: "tls", Reason: err.Error()}
	}
	return nil
}

// checkCommands checks what refers to commands: their new names, rules of users.
func (s *Server) checkCommands(set *settings.Settings) error {
	s.channels = pubsub.NewRegistry()
	s.stats = stats.New(s.clock, maxCommands)
	if err := s.makeTable(); err != nil {
		return &ConfigError{Directive: "rename-command", Reason: "there is no such command, or there is one of the new name"}
	}
	s.users = s.newUsers()
	if err := s.loadUsers(set); err != nil {
		return &ConfigError{Directive: "user", Reason: "the rules of a user, or the ACL file, cannot be used"}
	}
	return nil
}

// explain makes a ConfigError of what Load returns.
func (s *Server) explain(err error) *ConfigError {
	var le *config.LoadError
	if !errors.As(err, &le) {
		return &ConfigError{Reason: err.Error()}
	}
	e := &ConfigError{File: le.File, Line: le.Line, Reason: le.Err.Error()}
	words, _ := config.SplitArgs(le.Text)
	if len(words) == 0 {
		return e
	}
	name := strings.ToLower(words[0])
	switch {
	case name == "user": // the error quotes the rule
		e.Directive = name
		if cause := errors.Unwrap(le.Err); cause != nil {
			e.Reason = cause.Error()
		} else {
			e.Reason = "its rules cannot be read"
		}
	case s.registry.Knows(name):
		e.Directive = name
	}
	return e
}

// SplitLine splits a line of redis.conf into words; ok is false when a quote is
// not closed.
func SplitLine(line string) (words []string, ok bool) { return config.SplitArgs(line) }

// Quote makes one word of redis.conf of any text.
func Quote(word string) string { return config.Quote(word) }
