package settings

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/redoubt-kv/redoubt/core/config"
)

const maxBindAddrs = 16

var errWrongArgs = errors.New("wrong number of arguments")

// leadingInt reads a whole argument as strtoll does: blanks and a plus sign
// may come first, and nothing at all is zero.
func leadingInt(s string) (int64, bool) {
	if s == "" {
		return 0, true
	}
	n, err := strconv.ParseInt(strings.TrimLeft(s, " \t\n\v\f\r"), 10, 64)
	return n, err == nil
}

// SavePoint asks for a snapshot after Seconds with at least Changes.
type SavePoint struct {
	Seconds, Changes int64
}

// saveValue appends while a configuration is loaded, since the directive is
// written once for each save point; the first one drops the defaults.
func saveValue(s *Settings) config.Value {
	loaded := false
	return &config.Special{
		SetFunc: func(args []string, phase config.Phase) error {
			if len(args) == 1 && args[0] == "" {
				s.Save = nil
				args = nil
			}
			points, err := parseSavePoints(args)
			if err != nil {
				return err
			}
			if phase == config.Loading && loaded {
				points = slices.Concat(s.Save, points)
			}
			loaded = loaded || phase == config.Loading
			s.Save = points
			return nil
		},
		GetFunc: func() string {
			var words []string
			for _, p := range s.Save {
				words = append(words, fmt.Sprintf("%d %d", p.Seconds, p.Changes))
			}
			return strings.Join(words, " ")
		},
		LinesFunc: func(name string, _ bool) []config.Line {
			if len(s.Save) == 0 {
				return []config.Line{{Text: name + ` ""`, Force: true}}
			}
			var lines []config.Line
			for _, p := range s.Save {
				lines = append(lines, config.Line{Text: fmt.Sprintf("%s %d %d", name, p.Seconds, p.Changes), Force: true})
			}
			return lines
		},
	}
}

func parseSavePoints(args []string) ([]SavePoint, error) {
	errInvalid := errors.New("Invalid save parameters")
	if len(args)%2 != 0 {
		return nil, errInvalid
	}
	var points []SavePoint
	for i := 0; i < len(args); i += 2 {
		seconds, ok := leadingInt(args[i])
		changes, ok2 := leadingInt(args[i+1])
		if !ok || !ok2 || seconds < 1 || changes < 0 {
			return nil, errInvalid
		}
		points = append(points, SavePoint{seconds, changes})
	}
	return points, nil
}

// dirValue keeps an absolute path. The working directory of the process
// stays: it would be that of all servers in the process.
func dirValue(s *Settings) config.Value {
	return &config.Special{
		SetFunc: func(args []string, phase config.Phase) error {
			dir := args[0]
			if dir == "" {
				return errors.New("No such file or directory")
			}
			dir = s.Path(dir)
			// The dot makes the system ask whether the directory may be
			// entered, as chdir does.
			if _, err := os.Stat(dir + string(filepath.Separator) + "."); err != nil {
				return errors.New(config.SystemError(err))
			}
			s.Dir = filepath.Clean(dir)
			return nil
		},
		GetFunc: func() string { return s.Dir },
		LinesFunc: func(name string, _ bool) []config.Line {
			return []config.Line{{Text: name + " " + config.Quote(s.Dir), Force: true}}
		},
	}
}

// OutputLimit bounds what waits to be sent to a client: it is disconnected
// at HardBytes, or above SoftBytes for SoftSeconds. Zero is no limit.
type OutputLimit struct {
	HardBytes, SoftBytes uint64
	SoftSeconds          int64
}

// Classes of clients: indexes of Settings.ClientOutputBufferLimit.
const (
	ClassNormal = iota
	ClassReplica
	ClassPubSub
)

var (
	outputClasses       = [...]string{"normal", "slave", "pubsub"}
	defaultOutputLimits = [3]OutputLimit{{}, {256 << 20, 64 << 20, 60}, {32 << 20, 8 << 20, 60}}
)

func outputLimitValue(s *Settings) config.Value {
	limits := &s.ClientOutputBufferLimit
	return &config.Special{
		SetFunc: func(args []string, _ config.Phase) error {
			parsed, err := parseOutputLimits(*limits, args)
			*limits = parsed
			return err
		},
		GetFunc: func() string {
			var words []string
			for i, l := range limits {
				words = append(words, fmt.Sprintf("%s %d %d %d", outputClasses[i], l.HardBytes, l.SoftBytes, l.SoftSeconds))
			}
			return strings.Join(words, " ")
		},
		LinesFunc: func(name string, _ bool) []config.Line {
			var lines []config.Line
			for i, l := range limits {
				class := strings.Replace(outputClasses[i], "slave", "replica", 1)
				lines = append(lines, config.Line{
					Text: fmt.Sprintf("%s %s %s %s %d", name, class,
						config.FormatMemory(l.HardBytes), config.FormatMemory(l.SoftBytes), l.SoftSeconds),
					Force: l != defaultOutputLimits[i],
				})
			}
			return lines
		},
	}
}

// parseOutputLimits returns limits with those of args, or limits unchanged
// and an error.
func parseOutputLimits(limits [3]OutputLimit, args []string) ([3]OutputLimit, error) {
	if len(args)%4 != 0 {
		return limits, errors.New("Wrong number of arguments in buffer limit configuration.")
	}
	changed := limits
	for ; len(args) > 0; args = args[4:] {
		class := strings.Replace(strings.ToLower(args[0]), "replica", "slave", 1)
		i := slices.Index(outputClasses[:], class)
		if i < 0 {
			return limits, errors.New("Invalid client class specified in buffer limit configuration.")
		}
		hard, err1 := config.ParseMemory(args[1])
		soft, err2 := config.ParseMemory(args[2])
		seconds, ok := leadingInt(args[3])
		if err1 != nil || err2 != nil || !ok || seconds < 0 {
			return limits, errors.New("Error in hard, soft or soft_seconds setting in buffer limit configuration.")
		}
		changed[i] = OutputLimit{hard, soft, seconds}
	}
	return changed, nil
}

func oomValuesValue(s *Settings) config.Value {
	return &config.Special{
		SetFunc: func(args []string, _ config.Phase) error {
			if len(args) != len(s.OOMScoreAdjValues) {
				return errWrongArgs
			}
			var values [3]int
			for i, a := range args {
				n, ok := leadingInt(a)
				if !ok || n < -2000 || n > 2000 {
					return errors.New("Invalid oom-score-adj-values, elements must be between -2000 and 2000.")
				}
				values[i] = int(n)
			}
			s.OOMScoreAdjValues = values
			return nil
		},
		GetFunc: func() string { return strings.Trim(fmt.Sprint(s.OOMScoreAdjValues), "[]") },
		LinesFunc: func(name string, isDefault bool) []config.Line {
			return []config.Line{{Text: name + " " + strings.Trim(fmt.Sprint(s.OOMScoreAdjValues), "[]"), Force: !isDefault}}
		},
	}
}

// bindValue: the default is never written, so that it can change.
func bindValue(s *Settings) config.Value {
	get := func() string { return strings.Join(s.Bind, " ") }
	return &config.Special{
		SetFunc: func(args []string, _ config.Phase) error {
			if len(args) > maxBindAddrs {
				return errors.New("Too many bind addresses specified.")
			}
			if len(args) == 1 && args[0] == "" {
				args = nil
			}
			s.Bind = slices.Clone(args)
			return nil
		},
		GetFunc: get,
		LinesFunc: func(name string, isDefault bool) []config.Line {
			switch {
			case isDefault:
				return nil
			case len(s.Bind) == 0:
				return []config.Line{{Text: name + ` ""`, Force: true}}
			}
			return []config.Line{{Text: name + " " + get(), Force: true}}
		},
	}
}

// ReplicaOf names a master; without Host there is none.
type ReplicaOf struct {
	Host string
	Port int
}

func replicaOfValue(s *Settings) config.Value {
	get := func() string {
		if s.ReplicaOf.Host == "" {
			return ""
		}
		return fmt.Sprintf("%s %d", s.ReplicaOf.Host, s.ReplicaOf.Port)
	}
	return &config.Special{
		SetFunc: func(args []string, phase config.Phase) error {
			switch {
			case phase == config.Undoing && len(args) == 0:
				s.ReplicaOf = ReplicaOf{}
				return nil
			case len(args) != 2:
				return errWrongArgs
			case strings.EqualFold(args[0], "no") && strings.EqualFold(args[1], "one"):
				s.ReplicaOf = ReplicaOf{}
				return nil
			}
			port, ok := leadingInt(args[1])
			if !ok || port < 0 || port > 65535 {
				return errors.New("Invalid master port")
			}
			s.ReplicaOf = ReplicaOf{args[0], int(port)}
			return nil
		},
		GetFunc: get,
		LinesFunc: func(name string, _ bool) []config.Line {
			if s.ReplicaOf.Host == "" {
				return nil
			}
			return []config.Line{{Text: name + " " + get(), Force: true}}
		},
	}
}

func percentilesValue(s *Settings) config.Value {
	get := func() string {
		var words []string
		for _, p := range s.LatencyTrackingInfoPercentiles {
			words = append(words, FormatPercentile(p))
		}
		return strings.Join(words, " ")
	}
	return &config.Special{
		SetFunc: func(args []string, _ config.Phase) error {
			if len(args) == 1 && args[0] == "" {
				args = nil
			}
			var list []float64
			for _, a := range args {
				p, err := strconv.ParseFloat(a, 64)
				if err != nil || p != p {
					return errors.New("Invalid latency-tracking-info-percentiles parameters")
				}
				if p < 0 || p > 100 {
					return errors.New("latency-tracking-info-percentiles parameters should sit between [0.0,100.0]")
				}
				list = append(list, p)
			}
			s.LatencyTrackingInfoPercentiles = list
			return nil
		},
		GetFunc: get,
		LinesFunc: func(name string, _ bool) []config.Line {
			if text := get(); text != "" {
				return []config.Line{{Text: name + " " + text, Force: true}}
			}
			return []config.Line{{Text: name + ` ""`, Force: true}}
		},
	}
}

// FormatPercentile renders a percentile as CONFIG GET and INFO do: at most
// six decimals, without zeros at the end.
func FormatPercentile(p float64) string {
	text := strconv.FormatFloat(p, 'f', 6, 64)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// KeyEvents are the classes of events of notify-keyspace-events.
type KeyEvents int

// Classes of key events, and where they are published.
const (
	EventsKeyspace KeyEvents = 1 << iota // K: on the channel of the key
	EventsKeyevent                       // E: on the channel of the event
	EventsGeneric                        // g
	EventsString                         // $
	EventsList                           // l
	EventsSet                            // s
	EventsHash                           // h
	EventsZSet                           // z
	EventsExpired                        // x
	EventsEvicted                        // e
	EventsStream                         // t
	EventsKeyMiss                        // m, not in A
	EventsModule                         // d
	EventsNew                            // n, not in A
)

const eventsAll = EventsGeneric | EventsString | EventsList | EventsSet | EventsHash | EventsZSet |
	EventsExpired | EventsEvicted | EventsStream | EventsModule

// eventLetters in the order of CONFIG GET; A stands for all of eventsAll.
var eventLetters = []struct {
	letter byte
	class  KeyEvents
}{
	{'g', EventsGeneric}, {'$', EventsString}, {'l', EventsList}, {'s', EventsSet}, {'h', EventsHash},
	{'z', EventsZSet}, {'x', EventsExpired}, {'e', EventsEvicted}, {'t', EventsStream}, {'d', EventsModule},
	{'n', EventsNew}, {'K', EventsKeyspace}, {'E', EventsKeyevent}, {'m', EventsKeyMiss},
}

// String is the classes in letters.
func (k KeyEvents) String() string {
	var b []byte
	if all := k&eventsAll == eventsAll; all {
		b = append(b, 'A')
		k &^= eventsAll | EventsNew // as Redis, which does not show n beside A
	}
	for _, l := range eventLetters {
		if k&l.class != 0 {
			b = append(b, l.letter)
		}
	}
	return string(b)
}

func parseKeyEvents(text string) (KeyEvents, error) {
	var k KeyEvents
next:
	for _, c := range []byte(text) {
		if c == 'A' {
			k |= eventsAll
			continue
		}
		for _, l := range eventLetters {
			if l.letter == c {
				k |= l.class
				continue next
			}
		}
		return 0, errors.New("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")
	}
	return k, nil
}

func keyEventsValue(s *Settings) config.Value {
	return &config.Special{
		SetFunc: func(args []string, _ config.Phase) error {
			k, err := parseKeyEvents(args[0])
			if err == nil {
				s.NotifyKeyspaceEvents = k
			}
			return err
		},
		GetFunc: func() string { return s.NotifyKeyspaceEvents.String() },
		LinesFunc: func(name string, isDefault bool) []config.Line {
			return []config.Line{{Text: name + " " + config.Quote(s.NotifyKeyspaceEvents.String()), Force: !isDefault}}
		},
	}
}
