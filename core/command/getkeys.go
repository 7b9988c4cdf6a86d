package command

import (
	"errors"
	"slices"
	"strconv"
)

// ErrKeySpec says that the arguments do not fit the key specs, so that the
// keys are not known: an unknown or incomplete spec, a number of keys that is
// none or too large, a range beyond the arguments. The handler has the words
// for what is wrong; until it has spoken any key may be meant.
var ErrKeySpec = errors.New("the arguments do not fit the command's key specs")

// KeyRef is one key among a call's arguments.
type KeyRef struct {
	// Pos is the key's index in the arguments.
	Pos int
	// Flags are those of the KeySpec that found it or, where that has
	// variable_flags, those that hold for these arguments. They are the
	// row's: not to be changed.
	Flags []string
}

// prepareKeys finds out whether the row has the most frequent form, one spec
// with one key at a fixed place. NewTable calls it; without it KeyPositions is
// slower and says the same.
func (r *Row) prepareKeys() {
	r.onlyKey = 0
	r.dataless = !r.HasKeys() && r.Flags&WholeKeyspace == 0 && slices.Contains(datalessGroups[:], r.group())
	if len(r.Keys) != 1 {
		return
	}
	s := &r.Keys[0]
	if !s.Unknown && s.Keyword == "" && !s.KeyNum && s.LastKey == 0 && !s.has("not_key") && !s.has("incomplete") {
		r.onlyKey = s.Index
	}
}

// datalessGroups are those whose commands without keys do not look at the data.
var datalessGroups = [...]string{"connection", "pubsub", "transactions"}

// group is that of COMMAND DOCS, which subcommands share with their command.
func (r *Row) group() string {
	if r.Group == "" && r.Parent != nil {
		return r.Parent.Group
	}
	return r.Group
}

// HasKeys says whether the command takes keys at all.
func (r *Row) HasKeys() bool {
	return slices.ContainsFunc(r.Keys, func(s KeySpec) bool { return !s.has("not_key") })
}

// KeyPositions appends to dst the indexes of the keys among args, which are a
// whole request with the command's name first (for a subcommand: both words).
// A key that occurs twice is listed twice. With ErrKeySpec dst is returned as
// it was.
func (r *Row) KeyPositions(args [][]byte, dst []int) ([]int, error) {
	if r.onlyKey > 0 && r.onlyKey < len(args) {
		return append(dst, r.onlyKey), nil
	}
	if r.FindKeys != nil {
		keys, all := r.FindKeys(args)
		if !all {
			return dst, ErrKeySpec
		}
		for _, k := range keys {
			dst = append(dst, k.Pos)
		}
		return dst, nil
	}
	was := len(dst)
	for i := range r.Keys {
		s := &r.Keys[i]
		if s.has("not_key") {
			continue
		}
		first, last, step, err := s.locate(args)
		if err != nil {
			return dst[:was], err
		}
		for p := first; p <= last; p += step {
			dst = append(dst, p)
		}
	}
	return dst, nil
}

// EachKey calls fn with the keys among the call's arguments, as far as they can be
// told.
func (c *Call) EachKey(fn func(key []byte)) {
	keys, err := c.Row.KeyPositions(c.Args, c.keys[:0])
	c.keys = keys
	if err == nil {
		for _, i := range keys {
			fn(c.Args[i])
		}
		return
	}
	refs, _ := c.Row.KeyRefs(c.Args, nil)
	for _, r := range refs {
		fn(c.Args[r.Pos])
	}
}

// KeyRefs is KeyPositions with each key's flags, for COMMAND
// GETKEYSANDFLAGS and ACL rules. Keys that only the command's work will tell
// are not among them.
func (r *Row) KeyRefs(args [][]byte, dst []KeyRef) ([]KeyRef, error) {
	if r.FindKeys != nil {
		keys, _ := r.FindKeys(args)
		return append(dst, keys...), nil
	}
	was := len(dst)
	for i := range r.Keys {
		s := &r.Keys[i]
		if s.has("not_key") {
			continue
		}
		first, last, step, err := s.locate(args)
		if err != nil {
			return dst[:was], err
		}
		flags := s.Flags
		if r.KeyFlags != nil && s.has("variable_flags") {
			flags = r.KeyFlags(args)
		}
		for p := first; p <= last; p += step {
			dst = append(dst, KeyRef{Pos: p, Flags: flags})
		}
	}
	return dst, nil
}

// PossibleKeys is KeyRefs for rules about keys, which a request must not escape by
// arguments that do not fit. Of those that the handler is going to refuse there
// are none; of an option that is repeated, all that may count.
func (r *Row) PossibleKeys(args [][]byte, dst []KeyRef) []KeyRef {
	was := len(dst)
	dst, err := r.KeyRefs(args, dst)
	if err == nil {
		return dst
	}
	dst = dst[:was]
	for i := range r.Keys {
		s := &r.Keys[i]
		if s.has("not_key") {
			continue
		}
		if s.Keyword != "" && !s.KeyNum && s.LastKey == 0 && s.From > 0 {
			for p := s.From; p+1 < len(args); p++ {
				if EqualFold(args[p], s.Keyword) {
					dst = append(dst, KeyRef{Pos: p + 1, Flags: s.Flags})
				}
			}
			continue
		}
		first, last, step, err := s.locate(args)
		if err != nil {
			return dst[:was]
		}
		for p := first; p <= last; p += step {
			dst = append(dst, KeyRef{Pos: p, Flags: s.Flags})
		}
	}
	return dst
}

func (s *KeySpec) has(flag string) bool { return slices.Contains(s.Flags, flag) }

// locate returns the indexes of the first and last key and the distance
// between keys. An optional part that is absent (a keyword not found) is an
// empty range: last < first.
func (s *KeySpec) locate(args [][]byte) (first, last, step int, err error) {
	step = max(s.Step, 1)
	if s.Unknown || s.has("incomplete") {
		return 0, 0, 0, ErrKeySpec
	}
	first = s.Index
	if s.Keyword != "" {
		if first = s.behindKeyword(args); first == 0 {
			return 1, 0, step, nil
		}
		// Which one counts where an option is repeated, the handler knows.
		if one := !s.KeyNum && s.LastKey == 0; one && s.From > 0 && s.occursIn(args[first:]) {
			return 0, 0, 0, ErrKeySpec
		}
	}
	switch {
	case s.KeyNum:
		n, ok := s.count(args, first)
		if !ok {
			return 0, 0, 0, ErrKeySpec
		}
		first += s.FirstKey
		last = first + n - 1
	case s.LastKey >= 0:
		last = first + s.LastKey
	case s.Limit > 0:
		last = first + (len(args)-first)/s.Limit + s.LastKey
	default:
		last = len(args) + s.LastKey
	}
	if first < 1 || last < first || last >= len(args) {
		return 0, 0, 0, ErrKeySpec
	}
	return first, last, step, nil
}

// behindKeyword returns the index after the spec's keyword, 0 if that does not
// occur where the spec lets it. The first and, searching backwards, the
// command's first argument cannot be the keyword.
func (s *KeySpec) behindKeyword(args [][]byte) int {
	from, end, step := s.From, len(args)-1, 1
	if from <= 0 {
		from, end = len(args)+from, 1
		if from > end {
			step = -1
		}
	}
	for i := from; i != end && i >= 1 && i < len(args); i += step {
		if EqualFold(args[i], s.Keyword) {
			return i + 1
		}
	}
	return 0
}

// occursIn tells whether the spec's keyword is among args.
func (s *KeySpec) occursIn(args [][]byte) bool {
	return slices.ContainsFunc(args, func(a []byte) bool { return EqualFold(a, s.Keyword) })
}

// count reads the number of keys from the argument that holds it.
func (s *KeySpec) count(args [][]byte, first int) (n int, ok bool) {
	at := first + s.NumIdx
	if at >= len(args) {
		return 0, false
	}
	n, err := strconv.Atoi(string(args[at]))
	if err != nil || n < 1 || n > len(args) || args[at][0] == '+' {
		return 0, false
	}
	return n, true
}
