package server

import (
	"errors"

	"github.com/redoubt-kv/redoubt/core/server/settings"
)

func dialSyslog(string, settings.Facility) (writeSyslog, error) {
	return nil, errors.New("syslog-enabled: Windows has no syslog")
}
