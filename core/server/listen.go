package server

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/redoubt-kv/redoubt/core/server/settings"
	"github.com/redoubt-kv/redoubt/core/session"
	"github.com/redoubt-kv/redoubt/core/transport"
	"github.com/redoubt-kv/redoubt/core/transport/portable"
)

// makeTransport makes the loops and what runs on them.
func (s *Server) makeTransport(set *settings.Settings, loops int) (err error) {
	for i := range loops {
		figures := s.stats.NewLoop()
		s.crashes.rings = append(s.crashes.rings, figures)
		l := s.clients.NewLoop(s.exec, s.store.NewTx(), figures)
		drain := l.Drain
		l.OnMail(func() { s.transport.Post(i, drain) })
		s.loops = append(s.loops, l)
	}
	config := transport.Config{
		Loops: loops,
		Accept: func(c *transport.Conn) transport.Handler {
			return s.clients.Open(s.loops[c.LoopIndex()], c, &c.Out)
		},
		OnTurn: func(loop int) bool {
			s.loops[loop].Broadcast()
			s.loops[loop].Drain()
			return s.mayReply() && s.aof.turn(loop)
		},
		Around: func(loop int, body func()) { s.around(fmt.Sprintf("loop %d", loop), loop, body) },
		Error:  func(err error) { s.log.warning("%v", err) },
	}
	if set.Transport == settings.TransportPortable {
		s.transport, err = portable.New(config)
	} else {
		s.transport, err = bestTransport(config)
	}
	if err != nil {
		return fmt.Errorf("start the event loops: %w", err)
	}
	return nil
}

// listen binds everything that the settings name.
func (s *Server) listen(set *settings.Settings) error {
	if set.Port != 0 {
		if err := s.listenTCP(set); err != nil {
			return err
		}
	}
	if set.UnixSocket != "" {
		l, err := s.transport.Listen(transport.Listen{Network: "unix", Address: set.Path(set.UnixSocket),
			Perm: fileMode(set.UnixSocketPerm), Backlog: set.TCPBacklog})
		if err != nil {
			return fmt.Errorf("Failed opening Unix socket: bind: %w", err)
		}
		s.listeners["unix"] = l
	}
	return nil
}

// listenTCP binds the addresses of the directive bind. One that starts with a
// dash may be missing on this machine.
func (s *Server) listenTCP(set *settings.Settings) error {
	bound := 0
	for _, addr := range set.Bind {
		optional := strings.HasPrefix(addr, "-")
		host, network := strings.TrimPrefix(addr, "-"), "tcp"
		switch host {
		case "*":
			host, network = "0.0.0.0", "tcp4"
		case "::*":
			host, network = "::", "tcp6"
		}
		where := net.JoinHostPort(host, strconv.Itoa(set.Port))
		l, err := s.transport.Listen(transport.Listen{Network: network, Address: where, Backlog: set.TCPBacklog, KeepAlive: set.TCPKeepalive})
		if err != nil {
			if optional && isUnavailable(err) {
				continue
			}
			s.closeTCP()
			return fmt.Errorf("Could not create server TCP listening socket %s:%d: %w", addr, set.Port, err)
		}
		s.listeners["tcp "+where] = l
		bound++
	}
	if bound == 0 && len(set.Bind) > 0 {
		return errors.New("Could not create any server TCP listening socket")
	}
	return nil
}

func isUnavailable(err error) bool {
	for _, e := range []error{syscall.EADDRNOTAVAIL, syscall.EAFNOSUPPORT, syscall.EPROTONOSUPPORT} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

func (s *Server) closeTCP() {
	for name, l := range s.listeners {
		if strings.HasPrefix(name, "tcp ") {
			l.Close()
			delete(s.listeners, name)
		}
	}
}

// relisten binds anew after CONFIG SET of port or bind. If that fails the old
// addresses are bound again by the same function, when the registry takes the
// change back.
func (s *Server) relisten(set *settings.Settings, refusal string) error {
	s.closeTCP()
	if set.Port == 0 {
		return nil
	}
	if err := s.listenTCP(set); err != nil {
		s.log.warning("%v", err)
		return errors.New(refusal)
	}
	return nil
}

// loopCron has every loop look after its clients.
func (s *Server) loopCron(hz int) {
	for i, l := range s.loops {
		s.transport.Post(i, func() { l.Cron(hz) })
	}
}

var _ session.Conn = (*transport.Conn)(nil)

const cronPeriod = 100 * time.Millisecond
