package appliance

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redoubt-kv/redoubt/appliance/admin"
	"github.com/redoubt-kv/redoubt/appliance/metadata"
	"github.com/redoubt-kv/redoubt/appliance/network"
	"github.com/redoubt-kv/redoubt/appliance/slot"
)

// Action is what happens after a crash.
type Action string

// The actions of the setting "oncrash".
const (
	Reboot   Action = "reboot"
	Halt     Action = "halt"
	PowerOff Action = "poweroff"
)

// Settings is what the machine has been told: by machine.conf in the image, and
// over that by the kernel's command line.
type Settings struct {
	// Network is what the command line says; metadata stands below it, and
	// ImageNetwork, which is machine.conf's, below that.
	Network, ImageNetwork network.Config
	UserNetwork           network.Config // of user data, between the two

	DHCPWait        time.Duration
	FallbackAddress netip.Prefix // until DHCP answers; the zero value: none
	FallbackGateway netip.Addr

	MaxmemoryShare   float64 // of the machine's memory, 0 to 1; 0 sets no maxmemory
	MaxmemoryReserve uint64  // bytes of it never used for data

	Slot     string // "a" or "b": what the machine runs from; "" without slots
	Data     string // "own", "auto", "none" or a device's name as in "vdb"
	DataSave string // the server's save points when there is a data disk

	OnCrash    Action
	CrashPause time.Duration
	CrashLimit int // reboots in a row; 0 for no limit

	Metadata     string        // where to get the configuration from, see metadata.Detect
	MetadataWait time.Duration // for a source on the network, before the machine is locked

	// UpdateWait is how long a new version may take to become ready, and
	// UpdateProbation how long it has to stay so before it stays.
	UpdateWait, UpdateProbation time.Duration
	Admin                       admin.Config // Listen is "" for none
	Confine                     bool         // see hardening.go

	// Directives are the server's, in the order given.
	Directives []Directive
}

// Directive is one setting of the server: its name and its value, unquoted.
type Directive struct{ Name, Value string }

// settingsPrefix marks what is ours on the kernel's command line.
const settingsPrefix = "redoubt."

// ParseSettings reads machine.conf (lines of "name value"), then the settings of
// user data, then the kernel's command line, whose words "redoubt.name=value"
// override all. A name that is no setting of the machine is a directive for the
// server, on the command line; elsewhere it is an error. Errors name the setting.
func ParseSettings(conf string, userData []metadata.Setting, cmdline string) (*Settings, error) {
	s := &Settings{DHCPWait: 5 * time.Second, Data: "auto", OnCrash: Reboot, CrashLimit: 5, Metadata: "auto", MetadataWait: 30 * time.Second,
		Confine: true, UpdateWait: defaultUpdateWait, UpdateProbation: defaultUpdateProbation}
	for n, line := range strings.Split(conf, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, _ := strings.Cut(line, " ")
		known, err := s.set(&s.ImageNetwork, name, unquote(strings.TrimSpace(value)))
		if err == nil && !known {
			err = fmt.Errorf("unknown setting %q", name)
		}
		if err != nil {
			return nil, fmt.Errorf("machine.conf, line %d: %w", n+1, err)
		}
	}
	if err := s.apply(userData); err != nil {
		return nil, err
	}
	for _, p := range ParseCmdline(cmdline) {
		name, ours := strings.CutPrefix(p.Name, settingsPrefix)
		if !ours {
			continue
		}
		known, err := s.set(&s.Network, name, p.Value)
		if err != nil {
			return nil, fmt.Errorf("kernel command line: %w", err)
		}
		if !known {
			s.Directives = append(s.Directives, Directive{name, p.Value})
		}
	}
	return s, nil
}

// setting is one line of machine.conf: its name, and what reads its value.
type setting struct {
	name string
	set  func(s *Settings, value string) error
}

// machineSettings are all settings of the machine; each topic lists its own.
var machineSettings = slices.Concat(networkSettings, memorySettings, dataSettings, slotSettings, crashSettings, metadataSettings, updateSettings, adminSettings, hardeningTable)

// set applies one setting of the machine, one of the network to net; known is
// false if there is none of that name.
func (s *Settings) set(net *network.Config, name, value string) (known bool, err error) {
	for _, m := range machineSettings {
		if m.name == name {
			known, err = true, m.set(s, value)
		}
	}
	if !known {
		known, err = net.Set(name, value)
	}
	if err != nil {
		return true, fmt.Errorf("%s: %w", name, err)
	}
	return known, nil
}

// into returns the set function of a field that parse reads.
func into[T any](field func(*Settings) *T, parse func(string) (T, error)) func(*Settings, string) error {
	return func(s *Settings, value string) error {
		v, err := parse(value)
		if err == nil {
			*field(s) = v
		}
		return err
	}
}

// word is parse for a text that may be anything.
func word(value string) (string, error) { return value, nil }

var memorySettings = []setting{
	{"maxmemory-share", into(func(s *Settings) *float64 { return &s.MaxmemoryShare }, parseShare)},
	{"maxmemory-reserve", into(func(s *Settings) *uint64 { return &s.MaxmemoryReserve }, ParseSize)},
}

var dataSettings = []setting{
	{"data", into(func(s *Settings) *string { return &s.Data }, parseData)},
	{"data-save", into(func(s *Settings) *string { return &s.DataSave }, word)},
}

var slotSettings = []setting{
	{"slot", into(func(s *Settings) *string { return &s.Slot }, parseSlot)},
}

var crashSettings = []setting{
	{"oncrash", into(func(s *Settings) *Action { return &s.OnCrash }, parseAction)},
	{"crash-pause", into(func(s *Settings) *time.Duration { return &s.CrashPause }, parsePause)},
	{"crash-limit", into(func(s *Settings) *int { return &s.CrashLimit }, parseCount)},
}

func parsePause(value string) (time.Duration, error) {
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 || d > time.Hour {
		return 0, fmt.Errorf("want a time from 0s to 1h, got %q", value)
	}
	return d, nil
}

func parseShare(value string) (float64, error) {
	f, err := strconv.ParseFloat(value, 64)
	if err != nil || !(f >= 0 && f <= 1) {
		return 0, fmt.Errorf("want a number from 0 to 1, got %q", value)
	}
	return f, nil
}

func parseCount(value string) (int, error) {
	n, err := strconv.ParseUint(value, 10, 8)
	if err != nil {
		return 0, fmt.Errorf("want a number from 0 to 255, got %q", value)
	}
	return int(n), nil
}

func parseAction(value string) (Action, error) {
	switch a := Action(value); a {
	case Reboot, Halt, PowerOff:
		return a, nil
	}
	return "", fmt.Errorf("want reboot, halt or poweroff, got %q", value)
}

func parseData(value string) (string, error) {
	value = strings.TrimPrefix(value, "/dev/")
	if value == "" || strings.ContainsAny(value, "/.") {
		return "", fmt.Errorf("want own, auto, none or a device as in vdb, got %q", value)
	}
	return value, nil
}

func parseSlot(value string) (string, error) {
	n, err := slot.ParseName(value)
	if err != nil {
		return "", err
	}
	return n.String(), nil
}

// ParseSize reads a number of bytes with redis.conf's units: k, m, g count in
// thousands, kb, mb, gb in 1024s.
func ParseSize(value string) (uint64, error) {
	digits := strings.TrimRight(strings.ToLower(value), "bgkm")
	units := map[string]uint64{
		"": 1, "b": 1, "k": 1e3, "kb": 1 << 10, "m": 1e6, "mb": 1 << 20, "g": 1e9, "gb": 1 << 30,
	}
	unit, ok := units[strings.ToLower(value)[len(digits):]]
	n, err := strconv.ParseUint(digits, 10, 64)
	if !ok || err != nil || n > (1<<63)/unit {
		return 0, fmt.Errorf("want a size as in 96mb, got %q", value)
	}
	return n * unit, nil
}
