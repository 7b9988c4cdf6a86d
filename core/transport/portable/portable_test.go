package portable

import (
	"testing"

	"github.com/redoubt-kv/redoubt/core/transport"
	"github.com/redoubt-kv/redoubt/core/transport/conformance"
)

func TestConformance(t *testing.T) {
	conformance.Run(t, func(c transport.Config) (transport.Server, error) { return New(c) })
}
