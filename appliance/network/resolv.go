package network

import (
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
)

// names is what all sources together say about names.
type names struct {
	hostname string
	dns      []netip.Addr
	search   []string
	ntp      []string
}

// mergeNames puts together what layers (the strongest first) and grants (in the
// order of interfaces and sources) say. Name servers and search domains add up;
// of host names and time servers the strongest word counts alone.
func mergeNames(layers []Config, grants []grant, fallbackName string) (n names) {
	var ntp []string
	named := false
	for _, c := range layers {
		n.dns = append(n.dns, c.DNS...)
		n.search = append(n.search, c.Search...)
		if n.hostname == "" {
			n.hostname = c.Hostname
		}
		if c.NTP != nil && !named {
			ntp, named = c.NTP, true
		}
	}
	for _, g := range grants {
		n.dns = append(n.dns, g.dns...)
		n.search = append(n.search, g.search...)
		if n.hostname == "" {
			n.hostname = g.hostname
		}
		if !named {
			ntp = append(ntp, g.ntp...)
		}
	}
	if n.hostname == "" {
		n.hostname = fallbackName
	}
	n.dns, n.search, n.ntp = unique(n.dns), unique(n.search), unique(ntp)
	return n
}

// unique returns list without what has come before in it.
func unique[T comparable](list []T) (once []T) {
	for _, v := range list {
		if !slices.Contains(once, v) {
			once = append(once, v)
		}
	}
	return once
}

// equal tells whether two say the same.
func (n *names) equal(o *names) bool {
	return n.hostname == o.hostname && slices.Equal(n.dns, o.dns) && slices.Equal(n.search, o.search) && slices.Equal(n.ntp, o.ntp)
}

// resolvConf is resolv.conf's text.
func (n *names) resolvConf() string {
	var s strings.Builder
	for _, a := range n.dns {
		fmt.Fprintf(&s, "nameserver %s\n", a)
	}
	if len(n.search) > 0 {
		fmt.Fprintf(&s, "search %s\n", strings.Join(n.search, " "))
	}
	return s.String()
}

// nodeName is the kernel's name of the host: at most 64 bytes, so of a longer
// one its first label.
func (n *names) nodeName() string {
	if len(n.hostname) <= 64 {
		return n.hostname
	}
	first, _, _ := strings.Cut(n.hostname, ".")
	return first
}

// writeWhole replaces a file, so that nobody reads half of it.
func writeWhole(path, text string) error {
	if err := os.WriteFile(path+".new", []byte(text), 0o644); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
