package appliance

import (
	"time"

	"github.com/redoubt-kv/redoubt/appliance/metadata"
)

var metadataSettings = []setting{
	{"metadata", into(func(s *Settings) *string { return &s.Metadata }, parseMetadata)},
	{"metadata-wait", into(func(s *Settings) *time.Duration { return &s.MetadataWait }, parsePause)},
}

func parseMetadata(value string) (string, error) { return value, metadata.CheckSetting(value) }
