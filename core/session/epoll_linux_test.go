package session_test

import (
	"testing"

	"github.com/redoubt-kv/redoubt/core/transport"
	"github.com/redoubt-kv/redoubt/core/transport/epoll"
)

func newEpoll(c transport.Config) (transport.Server, error) { return epoll.New(c) }

func TestTogetherEpoll(t *testing.T) { testTogether(t, newEpoll) }

func TestRepliesEpoll(t *testing.T) { testReplies(t, newEpoll) }

func TestWaitingTogetherEpoll(t *testing.T) { testWaitingTogether(t, newEpoll) }
