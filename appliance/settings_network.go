package appliance

import (
	"fmt"
	"net/netip"
	"time"
)

// networkSettings are those of the first interface's fallback; network.Config
// has the others.
var networkSettings = []setting{
	{"dhcp-wait", into(func(s *Settings) *time.Duration { return &s.DHCPWait }, parsePause)},
	{"fallback-ip", into(func(s *Settings) *netip.Prefix { return &s.FallbackAddress }, parseFallback)},
	{"fallback-gateway", into(func(s *Settings) *netip.Addr { return &s.FallbackGateway }, netip.ParseAddr)},
}

// parseFallback reads an address with its network's length, or "none".
func parseFallback(value string) (netip.Prefix, error) {
	if value == "none" {
		return netip.Prefix{}, nil
	}
	p, err := netip.ParsePrefix(value)
	if err != nil {
		return p, fmt.Errorf("want none or an address as in 192.0.2.10/24, got %q", value)
	}
	return p, nil
}
