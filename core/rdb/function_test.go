package rdb

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"
)

// libraries returns the sources in a payload.
func libraries(payload []byte) (sources []string, err error) {
	err = DecodeFunctions(payload, DecoderOptions{}, func(s []byte) error {
		sources = append(sources, string(s))
		return nil
	})
	return sources, err
}

// sealed is a payload with body.
func sealed(body ...any) []byte {
	b := binary.LittleEndian.AppendUint16(slices.Clone(raw(body...)[headerSize:]), Version)
	return binary.LittleEndian.AppendUint64(b, crcUpdate(0, b))
}

func TestFunctionPayload(t *testing.T) {
	for _, sources := range [][]string{nil, {""}, {"12"}, {"#!lua name=a\nreturn 1"}, {"a", strings.Repeat("ab", 1000), "c"}} {
		for _, compress := range []bool{false, true} {
			p := new(Dumper).Functions([]byte("before"), sources, compress)
			got, err := libraries(p[len("before"):])
			if err != nil || !slices.Equal(got, sources) {
				t.Errorf("%q: %q, %v", sources, got, err)
			}
			p[len(p)-1] ^= 1
			if _, err := libraries(p[len("before"):]); err != ErrDump {
				t.Errorf("a wrong checksum: %v", err)
			}
		}
	}
	if got, err := libraries(sealed(0xf6, 1, "n", 3, "lua", 1, 1, "d", 4, "body", 0xf6, 1, "m", 3, "lua", 0, 1, "b")); err != nil || !slices.Equal(got, []string{"#!lua name=n\nbody", "#!lua name=m\nb"}) {
		t.Errorf("libraries of release candidates: %q, %v", got, err)
	}
	for _, p := range [][]byte{sealed(0xf5), sealed(0xf5, 5, "abc"), sealed(0xf6, 1, "n", 3, "lua", 0), sealed(0xf5, 0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)} {
		var e *Error
		if _, err := libraries(p); !errors.As(err, &e) {
			t.Errorf("%q: %v", p, err)
		}
	}
	if _, err := libraries(sealed(0, 1, "v")); err != ErrNoFunction {
		t.Errorf("a string: %v", err)
	}
	if _, err := libraries([]byte("short")); err != ErrDump {
		t.Errorf("short: %v", err)
	}
	stop := errors.New("stop")
	if err := DecodeFunctions(sealed(0xf5, 1, "a", 0xf5, 1, "b"), DecoderOptions{}, func([]byte) error { return stop }); err != stop {
		t.Errorf("the visitor's error: %v", err)
	}
}

// FuzzFunctions: a payload's libraries are the same again when they are written anew.
func FuzzFunctions(f *testing.F) {
	f.Add([]byte{}, true)
	f.Add(raw(0xf5, 1, "a", 0xf5, 2, "bc")[headerSize:], true)
	f.Add(raw(0xf6, 1, "n", 3, "lua", 1, 1, "d", 4, "body")[headerSize:], false)
	f.Add(raw(0xf5, 0xc3, 2, 30, 0x20, 0)[headerSize:], true)
	f.Add(raw(0xf5, 0x80, 0xff, 0xff, 0xff, 0xff)[headerSize:], false)
	f.Fuzz(func(t *testing.T, body []byte, compress bool) {
		p := binary.LittleEndian.AppendUint16(bytes.Clone(body), Version)
		p = binary.LittleEndian.AppendUint64(p, crcUpdate(0, p))
		sources, err := libraries(p)
		if err != nil {
			return
		}
		again, err := libraries(new(Dumper).Functions(nil, sources, compress))
		if err != nil || !slices.Equal(again, sources) {
			t.Errorf("%q became %q, %v", sources, again, err)
		}
	})
}
