package server

import (
	"strconv"

	"github.com/redoubt-kv/redoubt/core/command"
)

// showCall sends those who monitor the line of a call:
//
//	+1700000000.123456 [0 127.0.0.1:5000] "set" "key" "value"
func (s *Server) showCall(c *command.Call) {
	if s.loading.Load() {
		return
	}
	args := s.redacted(c.Args)
	size := 64
	for _, a := range args {
		size += len(a) + 3
	}
	now := s.clock.NowUs()
	b := strconv.AppendInt(append(make([]byte, 0, size), '+'), now/1e6, 10)
	micros := strconv.AppendInt(nil, 1e6+now%1e6, 10)
	b = append(append(b, '.'), micros[1:]...)
	b = strconv.AppendInt(append(b, " ["...), int64(c.Client.SelectedDB()), 10)
	b = append(append(append(b, ' '), callerOf(c)...), ']')
	for _, a := range args {
		b = appendQuoted(append(b, ' '), a)
	}
	s.channels.Show(append(b, "\r\n"...))
}

// callerOf is where the call comes from, as MONITOR shows it.
func callerOf(c *command.Call) string {
	if c.Scripted {
		return "lua"
	}
	if u, ok := c.Client.(interface{ UnixPath() string }); ok {
		if path := u.UnixPath(); path != "" {
			return "unix:" + path
		}
	}
	return c.Client.Address()
}

// appendQuoted appends s in quotes, with what is not printable escaped (Redis:
// sdscatrepr).
func appendQuoted(b, s []byte) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for _, c := range s {
		switch {
		case c == '\\' || c == '"':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\r':
			b = append(b, '\\', 'r')
		case c == '\t':
			b = append(b, '\\', 't')
		case c == '\a':
			b = append(b, '\\', 'a')
		case c == '\b':
			b = append(b, '\\', 'b')
		case c < ' ' || c > '~':
			b = append(b, '\\', 'x', hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
