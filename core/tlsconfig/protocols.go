package tlsconfig

import (
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
)

// protocolNames are the words of tls-protocols, by version from TLS 1.0 on.
var protocolNames = [...]string{"TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"}

// Protocols reads the words of tls-protocols: the lowest and the highest version
// of TLS. None stand for TLS 1.2 and 1.3.
func Protocols(words string) (lowest, highest uint16, err error) {
	var named [len(protocolNames)]bool
	for _, word := range strings.Fields(words) {
		found := false
		for i, name := range protocolNames {
			if strings.EqualFold(word, name) {
				named[i], found = true, true
			}
		}
		if !found {
			return 0, 0, errors.New("Invalid tls-protocols specified. Use a combination of 'TLSv1', 'TLSv1.1', 'TLSv1.2' and 'TLSv1.3'.")
		}
	}
	first, last := -1, -1
	for i, is := range named {
		if is && first < 0 {
			first = i
		}
		if is {
			last = i
		}
	}
	if first < 0 {
		return tls.VersionTLS12, tls.VersionTLS13, nil
	}
	for i := first; i <= last; i++ {
		if !named[i] {
			return 0, 0, fmt.Errorf("tls-protocols: crypto/tls has no way to leave out %s between two versions that it offers", protocolNames[i])
		}
	}
	return tls.VersionTLS10 + uint16(first), tls.VersionTLS10 + uint16(last), nil
}
