package network

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"time"
)

// A router advertisement (RFC 4861, 4.2)
//
//	0   type 134    1  code 0    2  checksum, 16 bits
//	4   hop limit   5  flags: 0x80 M (addresses by DHCPv6), 0x40 O (other things by DHCPv6)
//	6   lifetime as a router, s, 16 bits    8  reachable time    12  retransmission time
//	16  options: type, length in units of 8 bytes (of all of it), …
//
//	option 25, name servers (RFC 8106):    2 reserved, 4 lifetime in s, 8 addresses …
//	option 31, search domains (RFC 8106):  the same, then names as in DNS, padded with zeros
const (
	raType     = 134
	raHeader   = 16
	raManaged  = 0x80
	raOther    = 0x40
	raDNS      = 25
	raSearch   = 31
	raEachName = maxHostname
)

// advertisement is what we use of a router's advertisement; the kernel uses the
// rest of it.
type advertisement struct {
	managed, other bool
	dns            []timedAddr
	search         []timedName
}

type timedAddr struct {
	addr     netip.Addr
	lifetime time.Duration
}

type timedName struct {
	name     string
	lifetime time.Duration
}

// decodeRA reads an ICMPv6 message; ok is false if it is no router's
// advertisement or is malformed. Nothing in it is trusted: anybody on the link
// can send one.
func decodeRA(b []byte) (ra advertisement, ok bool) {
	if len(b) < raHeader || b[0] != raType || b[1] != 0 {
		return ra, false
	}
	ra.managed, ra.other = b[5]&raManaged != 0, b[5]&raOther != 0
	for b = b[raHeader:]; len(b) > 0; {
		if len(b) < 8 || b[1] == 0 || len(b) < 8*int(b[1]) {
			return advertisement{}, false
		}
		option := b[:8*int(b[1])]
		b = b[len(option):]
		lifetime := time.Duration(binary.BigEndian.Uint32(option[4:])) * time.Second
		switch option[0] {
		case raDNS:
			for rest := option[8:]; len(rest) >= 16 && len(ra.dns) < maxPerKind; rest = rest[16:] {
				ra.dns = append(ra.dns, timedAddr{netip.AddrFrom16([16]byte(rest)), lifetime})
			}
		case raSearch:
			for _, name := range decodeNames(option[8:]) {
				ra.search = append(ra.search, timedName{name, lifetime})
			}
		}
	}
	return ra, true
}

// decodeNames reads domain names in DNS's form, without compression; what
// follows something malformed is left out.
func decodeNames(b []byte) (names []string) {
	for len(b) > 0 && b[0] != 0 && len(names) < maxPerKind {
		var labels []string
		for len(b) > 0 && b[0] != 0 {
			n := int(b[0])
			if n > 63 || len(b) < 1+n {
				return names
			}
			labels = append(labels, string(b[1:1+n]))
			b = b[1+n:]
		}
		if len(b) == 0 {
			return names
		}
		b = b[1:]
		if name := strings.Join(labels, "."); len(name) <= raEachName && checkServerName(name) == nil {
			names = append(names, name)
		}
	}
	return names
}
