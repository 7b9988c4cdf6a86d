package session_test

import (
	"testing"

	"github.com/redoubt-kv/redoubt/core/transport"
	"github.com/redoubt-kv/redoubt/core/transport/epoll"
)

func TestTogetherEpoll(t *testing.T) {
	testTogether(t, func(c transport.Config) (transport.Server, error) { return epoll.New(c) })
}
