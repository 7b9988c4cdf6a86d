package tlsconfig

import (
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// suite is a cipher suite of TLS up to 1.2 by OpenSSL's name, with the words of
// OpenSSL's expressions that it belongs to.
type suite struct {
	id    uint16
	name  string
	words string
}

// suites are all that crypto/tls has, but for those with RC4, which it has left
// only to be named by whoever writes Go.
var suites = []suite{
	{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, "ECDHE-ECDSA-AES128-GCM-SHA256", "DEFAULT HIGH ECDHE ECDSA AES AES128 AESGCM TLSv1.2"},
	{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, "ECDHE-RSA-AES128-GCM-SHA256", "DEFAULT HIGH ECDHE aRSA AES AES128 AESGCM TLSv1.2"},
	{tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, "ECDHE-ECDSA-AES256-GCM-SHA384", "DEFAULT HIGH ECDHE ECDSA AES AES256 AESGCM TLSv1.2"},
	{tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, "ECDHE-RSA-AES256-GCM-SHA384", "DEFAULT HIGH ECDHE aRSA AES AES256 AESGCM TLSv1.2"},
	{tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, "ECDHE-ECDSA-CHACHA20-POLY1305", "DEFAULT HIGH ECDHE ECDSA CHACHA20 TLSv1.2"},
	{tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, "ECDHE-RSA-CHACHA20-POLY1305", "DEFAULT HIGH ECDHE aRSA CHACHA20 TLSv1.2"},
	{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, "ECDHE-ECDSA-AES128-SHA", "DEFAULT HIGH ECDHE ECDSA AES AES128 SHA1"},
	{tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, "ECDHE-RSA-AES128-SHA", "DEFAULT HIGH ECDHE aRSA AES AES128 SHA1"},
	{tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, "ECDHE-ECDSA-AES256-SHA", "DEFAULT HIGH ECDHE ECDSA AES AES256 SHA1"},
	{tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, "ECDHE-RSA-AES256-SHA", "DEFAULT HIGH ECDHE aRSA AES AES256 SHA1"},
	{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, "ECDHE-ECDSA-AES128-SHA256", "HIGH ECDHE ECDSA AES AES128 SHA256 TLSv1.2"},
	{tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256, "ECDHE-RSA-AES128-SHA256", "HIGH ECDHE aRSA AES AES128 SHA256 TLSv1.2"},
	{tls.TLS_RSA_WITH_AES_128_GCM_SHA256, "AES128-GCM-SHA256", "HIGH kRSA aRSA AES AES128 AESGCM TLSv1.2"},
	{tls.TLS_RSA_WITH_AES_256_GCM_SHA384, "AES256-GCM-SHA384", "HIGH kRSA aRSA AES AES256 AESGCM TLSv1.2"},
	{tls.TLS_RSA_WITH_AES_128_CBC_SHA256, "AES128-SHA256", "HIGH kRSA aRSA AES AES128 SHA256 TLSv1.2"},
	{tls.TLS_RSA_WITH_AES_128_CBC_SHA, "AES128-SHA", "HIGH kRSA aRSA AES AES128 SHA1"},
	{tls.TLS_RSA_WITH_AES_256_CBC_SHA, "AES256-SHA", "HIGH kRSA aRSA AES AES256 SHA1"},
	{tls.TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA, "ECDHE-RSA-DES-CBC3-SHA", "MEDIUM ECDHE aRSA 3DES SHA1"},
	{tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA, "DES-CBC3-SHA", "MEDIUM kRSA aRSA 3DES SHA1"},
}

// synonyms are words of OpenSSL's for others.
var synonyms = map[string]string{
	"kECDHE": "ECDHE", "kEECDH": "ECDHE", "EECDH": "ECDHE", "ECDH": "ECDHE", "kECDH": "ECDHE",
	"aECDSA": "ECDSA", "RSA": "kRSA", "SHA": "SHA1", "CHACHA20-POLY1305": "CHACHA20",
	"TLSv1": "SHA1", "SSLv3": "SHA1",
}

// absent are words for suites that Go has none of: to exclude them is done.
var absent = strings.Fields(`aNULL eNULL NULL LOW EXP EXPORT EXPORT40 EXPORT56 DES RC2 RC4 MD5 PSK kPSK aPSK SRP kSRP aSRP
	DSS aDSS DH kDHE DHE EDH kEDH ADH AECDH aDH SEED IDEA CAMELLIA CAMELLIA128 CAMELLIA256 ARIA ARIA128 ARIA256 ARIAGCM
	GOST CCM AESCCM AESCCM8 AES256-SHA256 SHA384 SSLv2 COMPLEMENTOFDEFAULT COMPLEMENTOFALL KRB5 kRSAPSK kECDHEPSK kDHEPSK`)

// Ciphers reads an OpenSSL cipher list: names and classes of suites, joined by + if
// all of several are meant, each after the ones before: added, or taken away for now
// (-) or for good (!). Which one of those left is used is Go's choice in any case, so
// that the order of a list, and what only changes it, mean nothing. nil, for "", is
// Go's own choice.
func Ciphers(list string) ([]uint16, error) {
	words := strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(":,; \t", r) })
	if len(words) == 0 {
		return nil, nil
	}
	chosen, killed := map[uint16]bool{}, map[uint16]bool{}
	for _, word := range words {
		if word == "@STRENGTH" {
			continue
		}
		mark := byte(0)
		if strings.IndexByte("!-+", word[0]) >= 0 {
			mark, word = word[0], word[1:]
		}
		ids, err := matching(word)
		if err != nil && mark == 0 {
			return nil, err
		}
		if err != nil && !slices.Contains(absent, word) {
			return nil, err
		}
		for _, id := range ids {
			switch mark {
			case 0:
				chosen[id] = !killed[id]
			case '-':
				chosen[id] = false
			case '!':
				chosen[id], killed[id] = false, true
			}
		}
	}
	var ids []uint16
	for _, s := range suites {
		if chosen[s.id] {
			ids = append(ids, s.id)
		}
	}
	if len(ids) == 0 {
		return nil, errors.New("no cipher match")
	}
	return ids, nil
}

// matching are the suites of a name, or of all classes joined by +.
func matching(expression string) (ids []uint16, err error) {
	for _, s := range suites {
		if s.name == expression {
			return []uint16{s.id}, nil
		}
	}
	classes := strings.Split(expression, "+")
	for i, class := range classes {
		if other, ok := synonyms[class]; ok {
			classes[i] = other
		} else if !isClass(class) {
			return nil, fmt.Errorf("crypto/tls has no cipher suite '%s'", expression)
		}
	}
	for _, s := range suites {
		if s.in(classes) {
			ids = append(ids, s.id)
		}
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("crypto/tls has no cipher suite '%s'", expression)
	}
	return ids, nil
}

func isClass(word string) bool {
	return word == "ALL" || slices.ContainsFunc(suites, func(s suite) bool { return s.has(word) })
}

func (s *suite) has(class string) bool {
	return class == "ALL" || slices.Contains(strings.Fields(s.words), class)
}

func (s *suite) in(classes []string) bool {
	return !slices.ContainsFunc(classes, func(c string) bool { return !s.has(c) })
}

// CheckCiphersuites checks the suites of TLS 1.3, which Go always offers all of.
func CheckCiphersuites(list string) error {
	named := strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(":, \t", r) })
	if len(named) == 0 {
		return nil
	}
	has := []string{tls.CipherSuiteName(tls.TLS_AES_128_GCM_SHA256), tls.CipherSuiteName(tls.TLS_AES_256_GCM_SHA384), tls.CipherSuiteName(tls.TLS_CHACHA20_POLY1305_SHA256)}
	for _, name := range named {
		if !slices.Contains(has, name) {
			return fmt.Errorf("crypto/tls has no cipher suite '%s' of TLS 1.3", name)
		}
	}
	for _, name := range has {
		if !slices.Contains(named, name) {
			return fmt.Errorf("crypto/tls offers %s with TLS 1.3 in any case, and cannot leave it out", name)
		}
	}
	return nil
}
