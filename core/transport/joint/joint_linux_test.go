package joint

import (
	"testing"

	"github.com/redoubt-kv/redoubt/core/transport"
	"github.com/redoubt-kv/redoubt/core/transport/conformance"
	"github.com/redoubt-kv/redoubt/core/transport/epoll"
	"github.com/redoubt-kv/redoubt/core/transport/portable"
)

func TestConformance(t *testing.T) {
	conformance.Run(t, func(c transport.Config) (transport.Server, error) {
		plain, err := epoll.New(c)
		if err != nil {
			return nil, err
		}
		c.FirstLoop = c.Loops
		secure, err := portable.New(c)
		if err != nil {
			return nil, err
		}
		return New(plain, secure, c.Loops), nil
	})
}
