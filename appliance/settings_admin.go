package appliance

import (
	"fmt"
	"net"
	"strconv"
)

// adminSettings are those of the administration over HTTP (package admin).
var adminSettings = []setting{
	{"admin-listen", into(func(s *Settings) *string { return &s.Admin.Listen }, parseListen)},
	{"admin-password", into(func(s *Settings) *string { return &s.Admin.Password }, parseSecret)},
	{"admin-token", into(func(s *Settings) *string { return &s.Admin.Token }, parseSecret)},
	{"admin-tls-cert", into(func(s *Settings) *string { return &s.Admin.CertFile }, word)},
	{"admin-tls-key", into(func(s *Settings) *string { return &s.Admin.KeyFile }, word)},
	{"admin-open", into(func(s *Settings) *bool { return &s.Admin.Open }, parseYesNo)},
}

// parseListen reads an address to listen at, or "none".
func parseListen(value string) (string, error) {
	if value == "none" {
		return "", nil
	}
	_, port, err := net.SplitHostPort(value)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return "", fmt.Errorf("want none or an address as in :8080 or 192.0.2.10:8080, got %q", value)
	}
	return value, nil
}

// parseSecret reads a password or a token; its error does not quote it.
func parseSecret(value string) (string, error) {
	const least, most = 4, 1024
	if len(value) < least || len(value) > most {
		return "", fmt.Errorf("want %d to %d bytes, got %d", least, most, len(value))
	}
	return value, nil
}

func parseYesNo(value string) (bool, error) {
	switch value {
	case "yes":
		return true, nil
	case "no":
		return false, nil
	}
	return false, fmt.Errorf("want yes or no, got %q", value)
}
