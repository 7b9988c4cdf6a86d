package appliance

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/redoubt-kv/redoubt/appliance/metadata"
	"github.com/redoubt-kv/redoubt/core/server"
)

// Configuration from outside (docs/metadata.md) goes through these states:
//
//	looking ──▶ none ───────────────────────────────────────────▶ serving
//	   │ ├─────▶ read from a disk ──▶ checked ──────────────────▶ serving
//	   │ └─────▶ asking the network ──▶ checked ────────────────▶ serving
//	   │             │ metadata-wait      │ malformed
//	   │ unreadable  ▼                    ▼
//	   └───────▶ locked, asking on     locked, until a reboot
//	                 │ an answer
//	                 └──▶ checked ──▶ the server starts anew, serving
//
// A locked machine runs a server that holds no data and touches none: it is there
// to say why it refuses.

// lockedText is what clients of a locked machine are told.
func lockedText(source, problem string) string {
	text := fmt.Sprintf("this machine's user data (%s) cannot be used: %s", source, problem)
	if source == "" {
		text = problem
	}
	// One line of the protocol, whatever the problem quotes.
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "?")), " ")
	return text[:min(len(text), 400)]
}

// userConf is the server's part of the user data, one line for each Line.
const userConf = "/run/redoubt-user.conf"

// problem says what CheckConfig found in the words of whoever wrote the user data:
// with the line there.
func problem(err error, lines []metadata.Line) string {
	var ce *server.ConfigError
	if !errors.As(err, &ce) {
		return err.Error()
	}
	reason := *ce
	reason.Line = 0
	text := reason.Error()
	if ce.Directive == "" && ce.Line > 0 {
		text = "there is no such directive, or its values are not as it wants them"
	}
	if ce.File == userConf && ce.Line >= 1 && ce.Line <= len(lines) {
		return lines[ce.Line-1].Where + ": " + text
	}
	return text
}

// serverText is the file userConf.
func serverText(lines []metadata.Line) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.Text)
		b.WriteByte('\n')
	}
	return b.String()
}

// lockedDirectives keep a locked machine's server away from the data.
func lockedDirectives() []Directive {
	return []Directive{{"dir", noDataDir}, {"save", ""}, {"appendonly", "no"}}
}

// notFromOutside are settings that decide where the metadata come from.
var notFromOutside = []string{"metadata", "metadata-wait"}

// apply sets the machine's settings of user data. Errors name the line.
func (s *Settings) apply(list []metadata.Setting) error {
	for _, one := range list {
		if slices.Contains(notFromOutside, one.Name) {
			return fmt.Errorf("%s: %s%s cannot be set here: it says where this comes from", one.Where, settingsPrefix, one.Name)
		}
		known, err := s.set(&s.UserNetwork, one.Name, one.Value)
		if err != nil {
			return fmt.Errorf("%s: %w", one.Where, err)
		}
		if !known {
			return fmt.Errorf("%s: the machine has no setting %.60q", one.Where, settingsPrefix+one.Name)
		}
	}
	return nil
}
