// Package metadata is how a machine without a shell is told what to be: by a disk
// (NoCloud, OpenStack's config drive), or by a cloud's metadata service (EC2, GCE,
// Azure, OpenStack). docs/metadata.md describes it for those who use it.
//
//	Detect ──▶ Plan ──▶ ReadDisk or Fetch ──▶ Answer ──▶ Parse ──▶ Config
//	 DMI, labels,        what the source gave,            what the machine and the
//	 command line        as it came                       server are to do
//
// Nothing that comes from outside is trusted: every size is bounded, every wait
// ends, and no text made here, be it an error or a warning, holds a value that
// could be a secret; they name lines and keys.
package metadata

import (
	"fmt"

	"github.com/redoubt-kv/redoubt/appliance/network"
)

// Limits of what a source may give, in bytes if not said otherwise.
const (
	MaxUserData   = 256 << 10 // as it comes; no cloud allows more
	MaxDecoded    = 1 << 20   // after base64 and gzip, all parts together
	MaxMetaData   = 64 << 10  // of each other file or answer
	MaxFiles      = 64        // number of files in user data
	maxParts      = 32        // number of parts of a MIME message
	maxDirectives = 10000     // number of them
)

// FilesDir is where files from user data may be, and nowhere else. It is in
// memory.
const FilesDir = "/run/redoubt"

// Answer is what a source gave, as it came.
type Answer struct {
	Source     string // for people, as in "NoCloud on vdb" or "EC2"
	InstanceID string // "" if the source has none
	Network    network.Config

	VendorData []byte // the provider's user data, below the user's own
	UserData   []byte // nil: there is none
	Extra      []byte // a redis.conf above the user data (GCE's redoubt-config)
}

// Line is one line of redis.conf, and where it comes from.
type Line struct {
	Where string // as in "line 3" or "part 2, line 3"
	Text  string
}

// Setting is one setting of the machine.
type Setting struct {
	Where       string
	Name, Value string
}

// File is a file to write before the server starts.
type File struct {
	Path    string // below FilesDir
	Mode    uint32 // permissions
	Content []byte
}

// Config is what an answer means. Its parts are in the order in which they were
// given; of two that contradict each other, the later one counts.
type Config struct {
	Source     string
	InstanceID string
	Network    network.Config
	Settings   []Setting
	Server     []Line
	Files      []File
	// Warnings are what was left out, for the console and the log.
	Warnings []string
}

// warn adds a warning.
func (c *Config) warn(format string, args ...any) {
	if len(c.Warnings) < 100 {
		c.Warnings = append(c.Warnings, fmt.Sprintf(format, args...))
	}
}

// directive adds a directive of the server whose values are words as they are.
func (c *Config) directive(where, name string, words ...string) {
	text := name
	for _, w := range words {
		text += " " + quote(w)
	}
	c.Server = append(c.Server, Line{where, text})
}

// overlay puts what upper says over c.
func (c *Config) overlay(upper *Config) {
	c.Settings = append(c.Settings, upper.Settings...)
	c.Server = append(c.Server, upper.Server...)
	c.Files = append(c.Files, upper.Files...)
	c.Warnings = append(c.Warnings, upper.Warnings...)
	if upper.Network.Hostname != "" {
		c.Network.Hostname = upper.Network.Hostname
	}
	if upper.Network.NTP != nil {
		c.Network.NTP = upper.Network.NTP
	}
}

// Parse tells what an answer means. An error says which line of the user data
// cannot be understood, and why; the provider's data only lead to warnings. Names
// and values of settings and directives are not checked here.
func Parse(a *Answer) (*Config, error) {
	c := &Config{Source: a.Source, InstanceID: a.InstanceID, Network: a.Network}
	if vendor, err := parseUserData(a.VendorData); err != nil {
		c.warn("vendor data left out: %v", err)
	} else {
		c.overlay(vendor)
	}
	user, err := parseUserData(a.UserData)
	if err != nil {
		return nil, err
	}
	c.overlay(user)
	extra, err := parseUserData(a.Extra)
	if err != nil {
		return nil, fmt.Errorf("redoubt-config: %w", err)
	}
	c.overlay(extra)
	if err := c.Network.Validate(); err != nil {
		return nil, err
	}
	return c, c.checkSizes()
}

// checkSizes refuses more than a machine has room for.
func (c *Config) checkSizes() error {
	total := 0
	for _, f := range c.Files {
		total += len(f.Content)
	}
	switch {
	case len(c.Files) > MaxFiles:
		return fmt.Errorf("%d files, more than %d", len(c.Files), MaxFiles)
	case total > MaxDecoded:
		return fmt.Errorf("files of %d bytes, more than %d", total, MaxDecoded)
	case len(c.Server)+len(c.Settings) > maxDirectives:
		return fmt.Errorf("more than %d directives", maxDirectives)
	}
	return nil
}
