//go:build unix

package server

import (
	"fmt"
	"log/syslog"

	"github.com/redoubt-kv/redoubt/core/server/settings"
)

// dialSyslog connects to the machine's syslog.
func dialSyslog(ident string, facility settings.Facility) (writeSyslog, error) {
	priority := syslog.LOG_USER
	if facility >= settings.FacilityLocal0 {
		priority = syslog.LOG_LOCAL0 + syslog.Priority(facility-settings.FacilityLocal0)<<3
	}
	w, err := syslog.New(priority|syslog.LOG_NOTICE, ident)
	if err != nil {
		return nil, fmt.Errorf("connect to syslog: %w", err)
	}
	return func(level settings.LogLevel, text string) error {
		switch level {
		case settings.LogDebug:
			return w.Debug(text)
		case settings.LogVerbose:
			return w.Info(text)
		case settings.LogNotice:
			return w.Notice(text)
		}
		return w.Warning(text)
	}, nil
}
