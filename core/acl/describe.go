package acl

import (
	"strings"

	"github.com/redoubt-kv/redoubt/core/command"
)

// flags are the words for a user's state, in Redis's order.
func (r *Rules) flags() []string {
	words := []string{"off"}
	if r.Enabled {
		words[0] = "on"
	}
	if r.NoPass {
		words = append(words, "nopass")
	}
	switch r.sanitize {
	case sanitizeNever:
		words = append(words, "skip-sanitize-payload")
	case sanitizeAlways:
		words = append(words, "sanitize-payload")
	}
	return words
}

// describe writes r as modifiers that make it from new rules.
func (r *Rules) describe(c *catalogue) string {
	words := r.flags()
	for _, p := range r.passwords {
		words = append(words, "#"+p.String())
	}
	for i := range r.selectors {
		text := r.selectors[i].describe(c)
		if i > 0 {
			text = parenthesized(text)
		}
		words = append(words, strings.Join(text, " "))
	}
	return strings.Join(words, " ")
}

func (s *selector) describe(c *catalogue) []string {
	words := s.keyRules()
	if !s.allChannels {
		words = append(words, "resetchannels")
	}
	words = append(words, s.channelRules()...)
	return append(words, s.commandRules(c)...)
}

// parenthesized puts the words of a selector into parentheses, in which quotes mean
// something, and words that end in one are quoted.
func parenthesized(words []string) []string {
	for i, w := range words {
		if strings.ContainsAny(w, `"'`) || strings.HasSuffix(w, ")") {
			words[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(w) + `"`
		}
	}
	words[0] = "(" + words[0]
	words[len(words)-1] += ")"
	return words
}

func (s *selector) keyRules() (words []string) {
	if s.allKeys {
		return []string{"~*"}
	}
	for i, k := range s.keys {
		sign := [...]string{reads: "%R~", writes: "%W~", reads | writes: "~"}[k.access]
		if sign+k.pattern == "~*" && i+1 < len(s.keys) {
			sign = "%RW~" // Redis has ~*, behind which it takes no other pattern
		}
		words = append(words, sign+k.pattern)
	}
	return words
}

func (s *selector) channelRules() (words []string) {
	if s.allChannels {
		return []string{"&*"}
	}
	for _, p := range s.channels {
		words = append(words, "&"+p)
	}
	return words
}

// commandRules writes which commands are allowed: all or none, then the
// categories by which that differs least, one after the other, and the single
// commands that are left. What is written is applied to a copy as it is written,
// to know the rest.
func (s *selector) commandRules(c *catalogue) []string {
	adds := !s.commands.future
	var written, left selector
	written.allowAll(!adds)
	left.commands = s.commands
	sign, words := "+@", []string{"-@all"}
	if !adds {
		sign, words = "-@", []string{"+@all"}
	}
	applied := make([]bool, len(c.members))
	for {
		best := c.bestCategory(&left.commands, applied, adds)
		if best < 0 {
			break
		}
		applied[best] = true
		written.allowCategory(c, best, adds)
		left.allowCategory(c, best, !adds)
		words = append(words, sign+command.CategoryNames()[best])
	}
	return append(words, s.singleCommands(c, &written)...)
}

// bestCategory is the one, not applied yet, that differs least from what is to be
// written, of several the one that has most in common; -1 if none has more in
// common than different.
func (c *catalogue) bestCategory(commands *commandSet, applied []bool, adds bool) (best int) {
	best = -1
	var leastDiff, mostSame int
	for i := range c.members {
		if applied[i] {
			continue
		}
		same, diff := commands.overlap(&c.members[i])
		if !adds {
			same, diff = diff, same
		}
		if same > diff && (best < 0 || diff < leastDiff || diff == leastDiff && same > mostSame) {
			best, leastDiff, mostSame = i, diff, same
		}
	}
	return best
}

// singleCommands writes by which commands s differs from what is written, and the
// first arguments.
func (s *selector) singleCommands(c *catalogue, written *selector) (words []string) {
	for _, row := range c.sorted {
		on := s.commands.has(row.ID)
		if on != written.commands.has(row.ID) {
			sign := "-"
			if on {
				sign = "+"
			}
			words = append(words, sign+row.FullName)
			written.allow(row, on)
		}
		if !on {
			for _, arg := range s.firstArgs[row.ID] {
				words = append(words, "+"+row.FullName+"|"+arg)
			}
		}
	}
	return words
}

// Selector is what ACL GETUSER tells of one: rules as in ACL LIST.
type Selector struct{ Commands, Keys, Channels string }

// Description is what ACL GETUSER tells of a user. Selectors begins with the root.
type Description struct {
	Flags, Passwords []string
	Selectors        []Selector
}

func (r *Rules) description(c *catalogue) *Description {
	d := &Description{Flags: r.flags()}
	for _, p := range r.passwords {
		d.Passwords = append(d.Passwords, p.String())
	}
	for i := range r.selectors {
		s := &r.selectors[i]
		d.Selectors = append(d.Selectors, Selector{
			Commands: strings.Join(s.commandRules(c), " "), Keys: strings.Join(s.keyRules(), " "), Channels: strings.Join(s.channelRules(), " "),
		})
	}
	return d
}
