package server

import "github.com/redoubt-kv/redoubt/core/server/settings"

// logScript writes a line of redis.log.
func (s *Server) logScript(level int, line string) {
	s.log.printf(settings.LogLevel(level), "%s", line)
}

// logsScript tells whether lines of redis.log with this level are written.
func (s *Server) logsScript(level int) bool { return s.log.enabled(settings.LogLevel(level)) }
