package connection

import (
	"bytes"

	"github.com/redoubt-kv/redoubt/core/command"
)

// The texts of what is wrong with CLIENT TRACKING and CLIENT CACHING.
const (
	errTwoRedirects   = "ERR A client can only redirect to a single other client"
	errNoRedirect     = "ERR The client ID you want redirect to does not exist"
	errPrefixMode     = "ERR PREFIX option requires BCAST mode to be enabled"
	errSwitchMode     = "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode."
	errBroadcastOpt   = "ERR OPTIN and OPTOUT are not compatible with BCAST"
	errBothOpts       = "ERR You can't specify both OPTIN mode and OPTOUT mode"
	errSwitchOpt      = "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode."
	errNotTracking    = "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled"
	errCachingYes     = "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode."
	errCachingNo      = "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode."
	errPrefixExisting = "ERR Prefix '%s' overlaps with an existing prefix '%s'. Prefixes for a single client must not overlap."
	errPrefixOther    = "ERR Prefix '%s' overlaps with another provided prefix '%s'. Prefixes for a single client must not overlap."
)

func caching(c *command.Call) {
	cl := client(c)
	if cl == nil {
		return
	}
	switch t := cl.Tracking(); {
	case !t.On:
		c.Out.Error(errNotTracking)
	case c.Is(2, "yes") && !t.OptIn:
		c.Out.Error(errCachingYes)
	case c.Is(2, "no") && !t.OptOut:
		c.Out.Error(errCachingNo)
	case !c.Is(2, "yes") && !c.Is(2, "no"):
		c.Out.Error(command.ErrSyntax)
	default:
		cl.CacheNext()
		c.Out.OK()
	}
}

// redirection is what CLIENT GETREDIR replies.
func redirection(t command.Tracking) int64 {
	if !t.On {
		return -1
	}
	return t.Redirect
}

func getRedir(c *command.Call) {
	if cl := client(c); cl != nil {
		c.Out.Int(redirection(cl.Tracking()))
	}
}

func trackingInfo(c *command.Call) {
	cl := client(c)
	if cl == nil {
		return
	}
	t := cl.Tracking()
	c.Out.Map(3)
	c.Out.BulkString("flags")
	flags := trackingFlags(t)
	c.Out.Set(len(flags))
	for _, f := range flags {
		c.Out.BulkString(f)
	}
	c.Out.BulkString("redirect")
	c.Out.Int(redirection(t))
	c.Out.BulkString("prefixes")
	c.Out.Array(len(t.Prefixes))
	for _, p := range t.Prefixes {
		c.Out.Bulk(p)
	}
}

// trackingFlags are the words of TRACKINGINFO.
func trackingFlags(t command.Tracking) []string {
	flags := []string{"off"}
	if t.On {
		flags[0] = "on"
	}
	for _, f := range [...]struct {
		on   bool
		word string
	}{
		{t.Broadcast, "bcast"},
		{t.OptIn, "optin"}, {t.OptIn && t.Caching, "caching-yes"},
		{t.OptOut, "optout"}, {t.OptOut && t.Caching, "caching-no"},
		{t.NoLoop, "noloop"}, {t.Broken, "broken_redirect"},
	} {
		if f.on {
			flags = append(flags, f.word)
		}
	}
	return flags
}

func (f family) tracking(c *command.Call) {
	cl := client(c)
	if cl == nil {
		return
	}
	want, ok := f.trackingOptions(c)
	if !ok {
		return
	}
	switch {
	case c.Is(2, "off"):
		cl.Untrack()
		c.Out.OK()
	case !c.Is(2, "on"):
		c.Out.Error(command.ErrSyntax)
	case refuseTracking(c, cl, want):
	default:
		if want.Broadcast && len(want.Prefixes) == 0 {
			want.Prefixes = [][]byte{{}}
		}
		if !cl.Track(want) {
			c.Out.Error(errNoRedirect)
			return
		}
		c.Out.OK()
	}
}

// trackingOptions reads the options, or replies what is wrong.
func (f family) trackingOptions(c *command.Call) (want command.Tracking, ok bool) {
	for i := 3; i < len(c.Args); i++ {
		switch more := i+1 < len(c.Args); {
		case c.Is(i, "redirect") && more:
			i++
			if want.Redirect != 0 {
				c.Out.Error(errTwoRedirects)
				return want, false
			}
			if want.Redirect, ok = c.Int(i); !ok {
				return want, false
			}
			if !f.Clients.Exists(want.Redirect) {
				c.Out.Error(errNoRedirect)
				return want, false
			}
		case c.Is(i, "prefix") && more:
			i++
			want.Prefixes = append(want.Prefixes, c.Args[i])
		case c.Is(i, "bcast"):
			want.Broadcast = true
		case c.Is(i, "optin"):
			want.OptIn = true
		case c.Is(i, "optout"):
			want.OptOut = true
		case c.Is(i, "noloop"):
			want.NoLoop = true
		default:
			c.Out.Error(command.ErrSyntax)
			return want, false
		}
	}
	return want, true
}

// refuseTracking replies why the options do not go together, or with what the client
// does already, and tells whether it has.
func refuseTracking(c *command.Call, cl Client, want command.Tracking) bool {
	have := cl.Tracking()
	switch {
	case !want.Broadcast && len(want.Prefixes) > 0:
		c.Out.Error(errPrefixMode)
	case have.On && have.Broadcast != want.Broadcast:
		c.Out.Error(errSwitchMode)
	case want.Broadcast && (want.OptIn || want.OptOut):
		c.Out.Error(errBroadcastOpt)
	case want.OptIn && want.OptOut:
		c.Out.Error(errBothOpts)
	case want.OptIn && have.OptOut || want.OptOut && have.OptIn:
		c.Out.Error(errSwitchOpt)
	default:
		return refuseOverlap(c, cl, want.Prefixes)
	}
	return true
}

// refuseOverlap replies that some key would begin with two of the prefixes, and tells
// whether it has.
func refuseOverlap(c *command.Call, cl Client, prefixes [][]byte) bool {
	for i, p := range prefixes {
		if own, overlaps := cl.Overlaps(p); overlaps {
			c.Out.Errorf(errPrefixExisting, p, own)
			return true
		}
		for _, q := range prefixes[i+1:] {
			if bytes.HasPrefix(p, q) || bytes.HasPrefix(q, p) {
				c.Out.Errorf(errPrefixOther, p, q)
				return true
			}
		}
	}
	return false
}
